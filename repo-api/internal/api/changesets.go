package api

import (
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// maxChangeset is the size in bytes of the largest set of changes, without the documents that come
// as they are and are large.
const maxChangeset = 32 << 20

// changesets is where many documents are changed in one commit, all or none. What
// came of it is a commit, so there is nothing here to read.
func (a *API) changesets(r *http.Request) (flow.Resource, error) {
	most := int64(maxChangeset)
	if isForm(r) {
		most = max(most, a.MaxBody)
	}
	c, err := a.commission(r, most)
	return &changesets{c, sends(r, "Content-Type") || r.Method == http.MethodOptions}, err
}

type changesets struct {
	commission
	typed bool // the request says of what type its content is, or asks for the types
}

var (
	_ flow.Poster  = (*changesets)(nil)
	_ flow.Checker = (*changesets)(nil)
	_ flow.Bounded = (*changesets)(nil)
)

// Consumes are JSON, which is also what is meant where no type is told, and a form.
func (c *changesets) Consumes(string) []string {
	if !c.typed {
		return []string{resource.JSON}
	}
	return []string{resource.JSON, formData}
}

// Post makes one commit of all changes. 201: it was made. 200: everything is as
// asked already.
func (c *changesets) Post(x *flow.Exchange) (flow.Done, error) {
	asked, err := c.readOrder(x.Context(), x.Request)
	if err != nil {
		return flow.Done{}, err
	}
	set := content.ChangeSet{
		Repo: c.repo, Author: c.credit.author, Message: cmp.Or(asked.Message, c.credit.message),
	}
	if asked.Head != nil {
		set.Head = content.OneOf(*asked.Head)
	}
	if set.Branch, err = c.branch(x, asked.Branch); err != nil {
		return flow.Done{}, err
	}
	for _, change := range asked.Changes {
		changes, err := c.changes(x, set.Branch, asked, change)
		if err != nil {
			return flow.Done{}, err
		}
		set.Changes = append(set.Changes, changes...)
	}
	set.Request = requestID(x, asked.all(set)...)
	set.DryRun = c.rehearses(x)
	changed, err := c.api.FS.Change(x.Context(), set)
	if err != nil {
		return flow.Done{}, c.refused(x, asked, set, err)
	}
	shape := resource.ChangesetOf(set, changed)
	_, err = c.show(x, shape)
	made := changed.Modified && !set.DryRun
	return flow.Done{Created: made, Location: location(made, shape.URL), Content: c.representation()}, err
}

// refused says why none of the changes was made. What they bring is kept if it was for what
// they expect.
func (c *changesets) refused(x *flow.Exchange, asked order, set content.ChangeSet, err error) error {
	err = asked.refused(err)
	if isStale(err) && !set.DryRun {
		err = c.api.rescue(x, set, err)
	}
	return err
}

// branch is the one that is named, or the default one.
func (c *changesets) branch(x *flow.Exchange, name string) (content.RefName, error) {
	if name != "" {
		return content.Branch(name)
	}
	repo, err := c.api.FS.Repo(x.Context(), c.repo)
	return repo.Default, err
}

// newChangeset is a set of changes that is asked for.
type newChangeset struct {
	Branch  string          `json:"branch,omitempty"` // "": the default branch
	Head    *content.Digest `json:"head,omitempty"`   // where the branch has to be
	Message string          `json:"message,omitempty"`
	Changes []newChange     `json:"changes"`
}

// newChange is one of them. A put brings text, base64, or a part of the form; a copy or move brings what
// is at from. What exists is only changed if if_match says that it was seen.
type newChange struct {
	Op      string  `json:"op"` // put, delete, copy or move
	Path    string  `json:"path"`
	From    string  `json:"from,omitempty"`
	Text    *string `json:"text,omitempty"`
	Base64  *string `json:"base64,omitempty"`
	Part    string  `json:"part,omitempty"`
	IfMatch string  `json:"if_match,omitempty"`      // an entity tag, or *
	IfNone  string  `json:"if_none_match,omitempty"` // *
}

// changes is what c asks of the file system: two changes for a move.
func (c *changesets) changes(x *flow.Exchange, branch content.RefName, o order, asked newChange) ([]content.Change, error) {
	path, err := content.ParsePath(asked.Path)
	if err != nil {
		return nil, err
	}
	expect, err := asked.expect()
	if err != nil {
		return nil, err
	}
	change := content.Change{Path: path, Expect: expect}
	switch asked.Op {
	case "put":
		change.Body, err = asked.body(o.parts)
		return []content.Change{change}, err
	case "delete":
		change.Delete = true
		return []content.Change{change}, nil
	case "copy", "move":
		source, err := c.source(x, branch, asked.From)
		if err != nil {
			return nil, err
		}
		change.Body = content.Body{Digest: source.Entry.Digest, Size: source.Entry.Size}
		change.Mode = source.Entry.Mode
		if asked.Op == "copy" {
			return []content.Change{change}, nil
		}
		from, err := content.ParsePath(asked.From)
		gone := content.Change{Path: from, Delete: true, Expect: content.OneOf(source.Entry.Digest)}
		return []content.Change{change, gone}, err
	}
	return nil, fault.Newf(fault.Invalid, "change", "%v: op is put, delete, copy or move, not %q", path, asked.Op)
}

// source is the document that a copy or move begins with.
func (c *changesets) source(x *flow.Exchange, branch content.RefName, from string) (fsapi.Stat, error) {
	path, err := content.ParsePath(from)
	if err != nil {
		return fsapi.Stat{}, err
	}
	at := fsapi.At{Repo: c.repo, Rev: content.AtRef(branch), Path: path}
	stat, err := c.api.FS.Stat(x.Context(), fsapi.StatQuestion{At: at, Brief: true})
	if err == nil && !stat.Entry.Mode.IsFile() {
		err = fault.Newf(fault.Conflict, "change", "%v is not a document", path)
	}
	return stat, err
}

func (n newChange) body(parts map[string]content.Body) (content.Body, error) {
	part, sent := parts[n.Part]
	switch {
	case sent && n.Text == nil && n.Base64 == nil:
		return part, nil
	case n.Part != "" || (n.Text == nil) == (n.Base64 == nil):
		return content.Body{}, fault.Newf(fault.Invalid, "change", "%s: a put brings either text, base64, or a part of a form", n.Path)
	case n.Text != nil:
		return inlineBody(n.Path, []byte(*n.Text))
	}
	b, err := base64.StdEncoding.DecodeString(*n.Base64)
	if err != nil {
		return content.Body{}, fault.New(fault.Invalid, "change", n.Path, err)
	}
	return inlineBody(n.Path, b)
}

func inlineBody(path string, b []byte) (content.Body, error) {
	if len(b) > content.InlineLimit {
		return content.Body{}, fault.Newf(fault.TooLarge, "change", "%s has %d bytes, more than %d: put it by itself", path, len(b), content.InlineLimit)
	}
	return content.InlineBody(b), nil
}

// expect is what the change expects of its path. Without a condition there must be
// nothing to put in the place of, and a deletion is not made at all.
func (n newChange) expect() (content.Expect, error) {
	switch {
	case n.IfMatch != "" && n.IfNone != "":
		return content.Expect{}, fault.Newf(fault.Invalid, "change", "%s: if_match and if_none_match are both set", n.Path)
	case n.IfMatch == "*":
		return content.Present(), nil
	case n.IfMatch != "":
		tags, err := flow.ParseTags([]string{n.IfMatch})
		if err != nil {
			return content.Expect{}, fault.New(fault.Invalid, "change", n.Path, err)
		}
		return content.OneOf(digests(tags.List, false)...), nil
	case n.IfNone != "" && n.IfNone != "*":
		return content.Expect{}, fault.Newf(fault.Invalid, "change", "%s: if_none_match is *", n.Path)
	case n.Op == "delete":
		return content.OneOf(), nil
	}
	return content.Absent(), nil
}

// refused says why none of the changes was made: which path was not as expected, and
// whether anything had been said of it.
func (n newChangeset) refused(err error) error {
	var e *fault.Error
	if !fault.Is(err, fault.Stale) || !errors.As(err, &e) {
		return err
	}
	for _, change := range n.Changes {
		if change.Path == e.Name && change.IfMatch == "" && change.IfNone == "" {
			err = flow.ErrUnconditional
		}
	}
	return problem.With(err, map[string]any{"path": e.Name}, nil)
}
