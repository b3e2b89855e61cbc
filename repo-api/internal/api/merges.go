package api

import (
	"cmp"
	"context"
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

// Post merges.
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
	if merge.From, err = content.ParseRevision(asked.From); err != nil {
		return flow.Done{}, err
	}
	merge.FromRepo = asked.FromRepo
	return m.bringIn(x, merge, text, m.api.FS.Merge)
}

// bringIn has something brought into a branch by do. 201: a commit was made. 200: nothing had to
// be, or it was only a rehearsal. 409: every conflict.
func (c *commission) bringIn(x *flow.Exchange, m fsapi.Merge, text []byte, do func(context.Context, fsapi.Merge) (fsapi.Merged, error)) (flow.Done, error) {
	m.Repo, m.Author, m.Request = c.repo, c.credit.author, requestID(x, text)
	m.Message = cmp.Or(m.Message, c.credit.message)
	m.DryRun = c.rehearses(x) || m.DryRun
	merged, err := do(x.Context(), m)
	if err != nil {
		return flow.Done{}, err
	}
	if len(merged.Conflicts) > 0 {
		return flow.Done{}, inConflict(c.repo, cmp.Or(m.FromRepo, c.repo), merged)
	}
	shape := resource.MergeOf(c.repo, merged)
	_, err = c.show(x, shape)
	made := merged.Modified && !m.DryRun
	return flow.Done{Created: made, Location: location(made, shape.URL), Content: c.representation()}, err
}

// inConflict refuses a merge and names every path that somebody has to decide on.
func inConflict(repo, from content.RepoID, m fsapi.Merged) error {
	err := fault.Newf(fault.Conflict, "merge", "%d paths are in conflict; the branch is as it was. Send the merge again with a resolution for each", len(m.Conflicts))
	return problem.With(err, map[string]any{
		"conflicts": resource.ConflictsOf(repo, from, m), "more": m.More, "ours": m.Ours, "theirs": m.Theirs, "bases": m.Bases,
	}, nil)
}

// newMerge is a merge that is asked for.
type newMerge struct {
	newJoint
	From     string         `json:"from"`
	FromRepo content.RepoID `json:"from_repo,omitzero"` // where that is, if not in the same
}

// newJoint is what of everything that is brought into a branch is said alike.
type newJoint struct {
	Into        string                   `json:"into"`
	Expect      *content.Digest          `json:"expect,omitempty"` // where into has to be
	Message     string                   `json:"message,omitempty"`
	DryRun      bool                     `json:"dry_run,omitempty"`
	Resolutions map[string]newResolution `json:"resolutions,omitempty"` // by path
}

func (n newJoint) merge() (m fsapi.Merge, err error) {
	if m.Into, err = content.Branch(n.Into); err != nil {
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
