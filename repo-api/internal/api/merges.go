package api

import (
	"cmp"
	"encoding/base64"
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// maxMerge is the size in bytes of the largest request for a merge: it may hold documents.
const maxMerge = 16 << 20

// merges is where merges are asked for. What came of one is a commit, so there is
// nothing here to read.
func (a *API) merges(r *http.Request) (flow.Resource, error) {
	c, err := a.commission(r, maxMerge)
	return &merges{c}, err
}

type merges struct{ commission }

var (
	_ flow.Poster  = (*merges)(nil)
	_ flow.Checker = (*merges)(nil)
	_ flow.Bounded = (*merges)(nil)
)

// Post merges. 201: a commit was made. 200: nothing had to be, or it was only a
// rehearsal. 409: every conflict.
func (m *merges) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newMerge
	text, err := readJSONUpTo(x.Request, maxMerge, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	merge, err := asked.merge()
	if err != nil {
		return flow.Done{}, err
	}
	merge.Repo, merge.Author, merge.Request = m.repo, m.credit.author, requestID(x, text)
	merge.Message = cmp.Or(merge.Message, m.credit.message)
	merged, err := m.api.FS.Merge(x.Context(), merge)
	if err != nil {
		return flow.Done{}, err
	}
	if len(merged.Conflicts) > 0 {
		return flow.Done{}, inConflict(m.repo, merged)
	}
	shape := resource.MergeOf(m.repo, merged)
	_, err = m.show(x, shape)
	made := merged.Modified && !asked.DryRun
	return flow.Done{Created: made, Location: location(made, shape.URL), Content: m.representation()}, err
}

// inConflict refuses a merge and names every path that somebody has to decide on.
func inConflict(repo content.RepoID, m fsapi.Merged) error {
	err := fault.Newf(fault.Conflict, "merge", "%d paths are in conflict; the branch is as it was. Send the merge again with a resolution for each", len(m.Conflicts))
	return problem.With(err, map[string]any{
		"conflicts": resource.ConflictsOf(repo, m), "more": m.More, "ours": m.Ours, "theirs": m.Theirs, "bases": m.Bases,
	}, nil)
}

// newMerge is a merge that is asked for.
type newMerge struct {
	Into        string                   `json:"into"`
	From        string                   `json:"from"`
	Expect      *content.Digest          `json:"expect,omitempty"` // where into has to be
	Message     string                   `json:"message,omitempty"`
	DryRun      bool                     `json:"dry_run,omitempty"`
	Resolutions map[string]newResolution `json:"resolutions,omitempty"` // by path
}

// newResolution says what a path in conflict should hold: one of its members is set.
type newResolution struct {
	Use    string  `json:"use,omitempty"` // ours, theirs, base, or gone
	Text   *string `json:"text,omitempty"`
	Base64 *string `json:"base64,omitempty"`
}

func (n newMerge) merge() (m fsapi.Merge, err error) {
	if m.Into, err = content.Branch(n.Into); err != nil {
		return m, err
	}
	if m.From, err = content.ParseRevision(n.From); err != nil {
		return m, err
	}
	if n.Expect != nil {
		m.Expect = content.OneOf(*n.Expect)
	}
	m.Message, m.DryRun = n.Message, n.DryRun
	for name, asked := range n.Resolutions {
		r, err := asked.resolution(name)
		if err != nil {
			return m, err
		}
		m.Resolutions = append(m.Resolutions, r)
	}
	return m, nil
}

// sides are the words for a side.
var sides = map[string]fsapi.Side{"ours": fsapi.Ours, "theirs": fsapi.Theirs, "base": fsapi.Base, "gone": fsapi.Gone}

func (n newResolution) resolution(name string) (r fsapi.Resolution, err error) {
	if r.Path, err = content.ParsePath(name); err != nil {
		return r, err
	}
	said := 0
	if n.Use != "" {
		said++
		r.Use = sides[n.Use]
	}
	if n.Text != nil {
		said++
		r.Use, r.Given = fsapi.Given, []byte(*n.Text)
	}
	if n.Base64 != nil {
		said++
		r.Use = fsapi.Given
		if r.Given, err = base64.StdEncoding.DecodeString(*n.Base64); err != nil {
			return r, fault.New(fault.Invalid, "resolution", name, err)
		}
	}
	if said != 1 || r.Use == 0 {
		return r, fault.Newf(fault.Invalid, "resolution", "%v: it is one of use (ours, theirs, base or gone), text, or base64", r.Path)
	}
	return r, nil
}
