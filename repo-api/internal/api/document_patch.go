package api

import (
	"io"
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/resource"
)

// patchAttempts is how often a patch is made anew because the document changed
// meanwhile and the request's conditions still hold.
const patchAttempts = 4

// Consumes lists the patches that a document takes. Otherwise it takes anything.
func (d *document) Consumes(method string) []string {
	if method != http.MethodPatch {
		return nil
	}
	if resource.IsJSON(d.mediaType()) {
		return append(patch.Types(), patch.TextTypes()...)
	}
	return patch.TextTypes()
}

// patchable says whether there may be parts in the document that a patch could name.
func (d *document) patchable() bool { return resource.MayBeText(d.mediaType()) }

// mediaType is what the document's name says of it.
func (d *document) mediaType() string { return resource.MediaType(content.Entry{Name: d.Path.Base()}) }

// Patch changes a part of the document. What the conditions say is judged on what
// was patched, and just that must still be there when it is replaced.
func (d *document) Patch(x *flow.Exchange) (flow.Done, error) {
	text, err := readPatch(x, patchLimit(mediaOf(x.Request)))
	if err != nil {
		return flow.Done{}, err
	}
	for range patchAttempts {
		var again bool
		if again, err = d.patchOnce(x, text); !again {
			break
		}
	}
	if isStale(err) {
		return d.rescuePatch(x, text, err)
	}
	if err != nil {
		return flow.Done{}, err
	}
	return flow.Done{Tag: resource.TagOf(d.stat.Entry.Digest), Content: d.shown(x)}, nil
}

// patchLimit is the size in bytes of the largest patch of a media type.
func patchLimit(mediaType string) int64 {
	if mediaType == patch.Diff {
		return patch.MaxSize
	}
	return maxJSON
}

// versionsSearched is how many versions of a document are looked through for the one that a patch was
// made of.
const versionsSearched = fsapi.MaxPage

// rescuePatch keeps what a patch that is stale would have made of the version that its author
// had. If that can't be told, there is nothing to keep.
func (d *document) rescuePatch(x *flow.Exchange, text []byte, stale error) (flow.Done, error) {
	seen, err := d.version(x, expectation(x))
	if err != nil {
		return flow.Done{}, lost(stale, err)
	}
	after, err := d.apply(x, seen, text)
	if err != nil {
		return flow.Done{}, lost(stale, err)
	}
	return d.rescue(x, content.Change{Path: d.Path, Body: content.InlineBody(after), Expect: content.OneOf(seen.Entry.Digest)}, stale)
}

// version is the newest version of the document of which e holds.
func (d *document) version(x *flow.Exchange, e content.Expect) (fsapi.Stat, error) {
	at := fsapi.At{Repo: d.Repo, Rev: content.AtRef(d.branch), Path: d.Path}
	history, err := d.api.FS.History(x.Context(), at, fsapi.Page{Limit: versionsSearched})
	if err != nil {
		return fsapi.Stat{}, err
	}
	for _, item := range history.Items {
		if item.Entry.Mode.IsFile() && e.Judge("", &item.Entry.Digest) == nil {
			at.Rev = content.AtCommit(item.Commit.ID)
			return d.api.FS.Stat(x.Context(), fsapi.StatQuestion{At: at, Brief: true})
		}
	}
	return fsapi.Stat{}, fault.Newf(fault.NotFound, "patch", "none of the last %d versions is the one that was patched", len(history.Items))
}

// patchOnce patches what was seen. Again says that something else is there now,
// of which the conditions hold too.
func (d *document) patchOnce(x *flow.Exchange, text []byte) (again bool, err error) {
	if !x.State.Exists {
		return false, fault.New(fault.NotFound, "patch", d.Path.String(), x.State.Why)
	}
	change, unable := d.patched(x, text)
	if unable != nil {
		// It may have been done already, and then it must not be done to the outcome.
		change = content.Change{Path: d.Path, Delete: true, Expect: never()}
	}
	changed, err := d.commit(x, change, []byte(mediaOf(x.Request)), text)
	if err == nil && !changed.Modified && change.Body.Digest != d.stat.Entry.Digest {
		// Somebody else made just the same of it; but to append twice is not to append once.
		err = fault.Newf(fault.Stale, "patch", "%v has changed meanwhile", d.Path)
	}
	if err == nil {
		return false, d.lookAgain(x)
	}
	if unable != nil && holding(x) && fault.Is(err, fault.Stale) {
		return false, unable
	}
	err = d.refused(x, err)
	return fault.Is(err, fault.Stale) && holding(x), err
}

// holding says whether the request has conditions and they hold of what was seen.
func holding(x *flow.Exchange) bool {
	return x.Conditions.Guard(&x.State) && x.Conditions.Hold(&x.State)
}

// patched is the change that the patch makes of what was seen.
func (d *document) patched(x *flow.Exchange, text []byte) (content.Change, error) {
	after, err := d.apply(x, d.stat, text)
	if err != nil {
		return content.Change{}, err
	}
	expect := never()
	if holding(x) {
		expect = content.OneOf(d.stat.Entry.Digest)
	}
	return content.Change{Path: d.Path, Body: content.InlineBody(after), Expect: expect}, nil
}

// apply is what the patch makes of a version of the document.
func (d *document) apply(x *flow.Exchange, version fsapi.Stat, text []byte) ([]byte, error) {
	if err := patch.TooLarge(version.Entry.Size); err != nil {
		return nil, err
	}
	at := fsapi.At{Repo: d.Repo, Rev: content.AtCommit(version.Commit), Path: d.Path}
	r, err := d.api.FS.Blob(x.Context(), at, version.Entry.Digest, 0, version.Entry.Size)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	before, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if media := mediaOf(x.Request); media != patch.Diff {
		return patch.Apply(media, before, text)
	}
	return patch.Text(d.Path.String(), before, text)
}

// lookAgain finds out what the commit holds: if the request was a repeat, that is
// what the first one made.
func (d *document) lookAgain(x *flow.Exchange) (err error) {
	at := fsapi.At{Repo: d.Repo, Rev: content.AtCommit(d.stat.Commit), Path: d.Path}
	d.stat, err = d.api.FS.Stat(x.Context(), fsapi.StatQuestion{At: at, Inline: inline, Brief: true})
	if err != nil {
		return fault.New(fault.Unknown, "patch", d.Path.String(), err) // no other kind may claim that nothing was done
	}
	return nil
}
