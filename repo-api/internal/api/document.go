package api

import (
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// inline is the size in bytes up to which a document comes along with the answer
// about what is there.
const inline = 64 << 10

// content is everything under /content/.
func (a *API) content(r *http.Request) (flow.Resource, error) {
	place, err := resource.ParsePlace(mux.Vars(r)["place"])
	switch {
	case err != nil:
		return nil, err
	case !place.HasRev():
		return &latest{api: a, Place: place}, nil
	case place.Dir:
		return a.directory(place), nil
	}
	return &document{api: a, Place: place}, nil
}

// document is a document at a revision. On a branch it can be written. A symbolic
// link is read as the text that it holds, its target, and never followed; writing to it
// makes a document of it. A submodule has no bytes here: it is not found.
type document struct {
	api *API
	resource.Place

	stat   fsapi.Stat      // what is there, once looked at
	branch content.RefName // what Rev named, if that can be written to
	looked bool
	state  flow.State
	credit credit // of the change that is asked for
	offer  [1]flow.Variant
}

var (
	_ flow.Getter     = (*document)(nil)
	_ flow.Putter     = (*document)(nil)
	_ flow.Patcher    = (*document)(nil)
	_ flow.Consumer   = (*document)(nil)
	_ flow.Deleter    = (*document)(nil)
	_ flow.Checker    = (*document)(nil)
	_ flow.Bounded    = (*document)(nil)
	_ flow.Fielder    = (*document)(nil)
	_ flow.Negotiable = (*document)(nil)
)

// Methods asks what the revision is only where the answer depends on it: a read
// is allowed anyway.
func (d *document) Methods(x *flow.Exchange) (flow.Methods, error) {
	all := flow.GET | flow.PUT | flow.DELETE
	if d.patchable() {
		all |= flow.PATCH
	}
	if reads(x.Request) {
		return all, nil
	}
	if _, fixed := d.Rev.Commit(); fixed {
		return flow.GET, nil
	}
	if err := d.look(x); err != nil {
		return 0, err
	}
	if d.branch.IsZero() {
		return flow.GET, nil
	}
	return all, nil
}

func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

func (d *document) Bounds() flow.Bounds { return flow.Bounds{Max: d.api.MaxBody} }

// Variants is the document as it is, if it is there.
func (d *document) Variants(x *flow.Exchange) ([]flow.Variant, error) {
	state, err := d.Look(x)
	if err != nil || !state.Exists {
		return nil, err
	}
	d.offer[0].Type = resource.MediaType(d.stat.Entry)
	return d.offer[:], nil
}

// Look finds out what is there, once.
func (d *document) Look(x *flow.Exchange) (flow.State, error) {
	if when, ok, err := d.moment(x.Request); err != nil {
		return flow.State{}, err
	} else if ok && !d.looked {
		if found, err := d.travel(x, when); found || err != nil {
			return d.state, err
		}
	}
	if !d.looked {
		if err := d.look(x); err != nil {
			return flow.State{}, err
		}
	}
	mode := d.stat.Entry.Mode
	if d.state.Exists && (mode.IsDir() || mode == content.ModeSubmodule) {
		return d.noDocument(x)
	}
	return d.state, nil
}

// noDocument is the state of a path that holds something else.
func (d *document) noDocument(x *flow.Exchange) (flow.State, error) {
	kind, state := "a submodule", flow.State{}
	if d.stat.Entry.Mode.IsDir() {
		dir := d.Place
		dir.Dir = true
		kind, state = "a directory", flow.State{Moved: flow.ForGood, To: dir.URL()}
	}
	why := fault.Newf(fault.Conflict, "document", "%v is %s", d.Path, kind)
	if !reads(x.Request) {
		return flow.State{}, why
	}
	state.Why = why
	return state, nil
}

// look finds out what is there. Where the file system will judge all there is to
// judge anyway, what a replica happens to know is enough to go on with; to refuse
// takes more.
func (d *document) look(x *flow.Exchange) error {
	if judgedLater(x.Request) && d.see(x, fsapi.Any) == nil && d.writable() {
		d.state.Judges = true
		return nil
	}
	return d.see(x, freshness(x.Request))
}

// judgedLater says whether the expectation of a change depends on the request alone
// (see expectation), and its content is too small for an early refusal to spare much.
func judgedLater(r *http.Request) bool {
	both := sends(r, "If-Match") && sends(r, "If-None-Match")
	return r.Method == http.MethodPut && r.ContentLength >= 0 && r.ContentLength <= content.InlineLimit &&
		!both && !sends(r, "If-Unmodified-Since")
}

// isKept says whether what r brings is kept if its conditions are false (see rescue): then it has to
// be read first. What says nothing of what it expects is refused as soon as that is seen.
func isKept(r *http.Request) bool {
	return (r.Method == http.MethodPut || r.Method == http.MethodPatch) &&
		(sends(r, "If-Match") || sends(r, "If-None-Match") || sends(r, "If-Unmodified-Since"))
}

// sends says whether r has a field, before anybody has parsed it.
func sends(r *http.Request, field string) bool { return len(r.Header[field]) > 0 }

func (d *document) writable() bool {
	mode := d.stat.Entry.Mode
	return !d.branch.IsZero() && !mode.IsDir() && mode != content.ModeSubmodule
}

func (d *document) see(x *flow.Exchange, fresh fsapi.Freshness) error {
	d.looked, d.stat, d.branch = true, fsapi.Stat{}, content.RefName{}
	question := fsapi.StatQuestion{At: fsapi.At{Repo: d.Repo, Rev: d.Rev, Path: d.Path, Fresh: fresh}}
	if x.Request.Method == http.MethodGet {
		question.Inline, question.Have = inline, known(x)
	}
	question.Near = reads(x.Request)
	question.Brief = !reads(x.Request) && !sends(x.Request, "If-Unmodified-Since")
	stat, err := d.api.FS.Stat(x.Context(), question)
	if err != nil {
		if d.state, err = absent(err); err != nil || reads(x.Request) {
			return err
		}
		if d.state.Gone {
			return d.state.Why
		}
		d.branch, err = d.api.branchOf(x.Context(), fsapi.At{Repo: d.Repo, Rev: d.Rev, Fresh: fresh})
		d.state.Judges = named(x.Request) || isKept(x.Request)
		return err
	}
	d.stat = stat
	if stat.Ref.IsBranch() {
		d.branch = stat.Ref
	}
	_, fixed := d.Rev.Commit()
	d.state = flow.State{
		Exists: true, Tag: resource.TagOf(stat.Entry.Digest), Modified: stat.Modified, Exact: fixed,
		Codable: resource.Codable(resource.MediaType(stat.Entry), stat.Entry.Size),
		Guarded: true, Judges: named(x.Request) || isKept(x.Request),
	}
	if stat.Modified.After(d.api.Clock()) {
		d.state.Modified = time.Time{} // a date that is yet to come tells nothing (RFC 9110 8.8.2.1)
	}
	return nil
}

// known is the digest that the client has the bytes of, if it says so.
func known(x *flow.Exchange) content.Digest {
	tags := x.Conditions.IfNoneMatch.List
	if len(tags) != 1 {
		return content.Digest{}
	}
	d, _ := resource.DigestOf(x.Uncoded(tags[0]))
	return d
}

// branchOf returns the branch that at.Rev names, or none if it names something else.
// It may be a default branch that begins with the first document.
func (a *API) branchOf(ctx context.Context, at fsapi.At) (content.RefName, error) {
	root, err := a.FS.Stat(ctx, fsapi.StatQuestion{At: at, Brief: true})
	if err == nil {
		if root.Ref.IsBranch() {
			return root.Ref, nil
		}
		return content.RefName{}, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return content.RefName{}, err
	}
	repo, repoErr := a.FS.Repo(ctx, at.Repo)
	if repoErr != nil {
		return content.RefName{}, repoErr
	}
	for _, ref := range at.Rev.Candidates() {
		if ref == repo.Default {
			return ref, nil
		}
	}
	return content.RefName{}, err
}

// freshness is what the client asks for: max-stale takes an answer that may be old.
func freshness(r *http.Request) fsapi.Freshness {
	for _, line := range r.Header["Cache-Control"] {
		if reads(r) && strings.Contains(line, "max-stale") {
			return fsapi.Any
		}
	}
	return fsapi.Linearizable
}

// Get sends the bytes that came along, or opens them.
func (d *document) Get(*flow.Exchange) (flow.Representation, error) { return d.representation(), nil }

func (d *document) representation() flow.Representation {
	entry := d.stat.Entry
	return flow.Representation{
		Type: resource.MediaType(entry), Size: entry.Size, Bytes: d.stat.Inline, Parts: d,
	}
}

// Open opens a part of the document.
func (d *document) Open(ctx context.Context, off, n int64) (io.ReadCloser, error) {
	return d.api.FS.Blob(ctx, d.found(), d.stat.Entry.Digest, off, n)
}

// found is where the document was found: in the very commit that was looked at.
func (d *document) found() fsapi.At {
	return fsapi.At{Repo: d.Repo, Rev: content.AtCommit(d.stat.Commit), Path: d.Path}
}

// Fields names the very version that is there now, and where its history is.
func (d *document) Fields(x *flow.Exchange, h http.Header) {
	h["Cache-Control"] = cachings[forWhom(x, cachingOf(d.Rev, d.stat.Ref))]
	h["X-Content-Type-Options"] = nosniff
	if resource.Active(resource.MediaType(d.stat.Entry)) {
		h["Content-Security-Policy"] = sandbox
	}
	if !d.stat.Commit.IsZero() && x.State.Moved == flow.Stayed {
		h.Set("Content-Location", d.At(content.AtCommit(d.stat.Commit)).URL())
	}
	d.versionFields(x, h)
	if reads(x.Request) && !d.stat.Commit.IsZero() && x.State.Moved == flow.Stayed {
		d.linkAround(linker{h})
	}
}

// cachingOf says how long an answer about rev holds, which named ref: a commit's and an
// edition's for ever.
func cachingOf(rev content.Revision, ref content.RefName) string {
	if _, fixed := rev.Commit(); fixed || ref.IsEdition() {
		return immutable
	}
	return revalidate
}

const (
	immutable       = "public, max-age=31536000, immutable"
	immutableForOne = "private, max-age=31536000, immutable"
	revalidate      = "no-cache"
)

// Values ready for a Header: a document is what is read most. Nobody writes to them.
var (
	cachings = map[string][]string{immutable: {immutable}, immutableForOne: {immutableForOne}, revalidate: {revalidate}}
	nosniff  = []string{"nosniff"}
	sandbox  = []string{"sandbox"}
)
