package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// ownAnswer is the caching of what is for nobody but who asks.
const ownAnswer = "private, no-cache"

// drafts lists the refused saves of whoever asks, by name.
func (a *API) drafts(r *http.Request) (flow.Resource, error) {
	repo, owner, err := a.askedOf(r)
	if err != nil {
		return nil, err
	}
	return a.reading(ownAnswer, func(x *flow.Exchange) (any, string, error) {
		page, err := pageOf(x.Request)
		if err != nil {
			return nil, "", err
		}
		refs, err := a.FS.Refs(x.Context(), repo, content.DraftsPrefix+owner+"/", page)
		shape := func(r fsapi.Ref) resource.Draft { return resource.DraftOf(repo, r.Name, r.Commit) }
		return resource.ListOf(refs.Refs, shape), refs.Next, err
	}), nil
}

// askedOf is which repository r is about, and whose drafts.
func (a *API) askedOf(r *http.Request) (content.RepoID, string, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return content.RepoID{}, "", err
	}
	who, err := a.FS.Whoami(r.Context())
	if err != nil || who.User != "" {
		return repo, content.DraftOwner(who.User), err
	}
	credit, err := creditOf(r.Header)
	return repo, nobody(credit.author), err
}

// nobody is the owner of the drafts of whoever brings no token: of the author that they name, whom
// no user's name is taken for.
func nobody(author content.Signature) string { return content.DraftOwner("by " + author.Name) }

// draft is one of them, with what it would have changed.
func (a *API) draft(r *http.Request) (flow.Resource, error) {
	repo, owner, err := a.askedOf(r)
	if err != nil {
		return nil, err
	}
	name, err := content.Draft(owner, mux.Vars(r)["id"])
	d := &draft{reading: a.reading(ownAnswer, nil), api: a, repo: repo, name: name}
	d.load = d.detail
	return d, err
}

type draft struct {
	*reading
	api  *API
	repo content.RepoID
	name content.RefName
}

var _ flow.Deleter = (*draft)(nil)

func (*draft) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET | flow.DELETE, nil }

func (d *draft) detail(x *flow.Exchange) (any, string, error) {
	ref, err := d.api.FS.Ref(x.Context(), d.repo, d.name)
	if err != nil {
		return nil, "", err
	}
	commit, err := d.api.FS.Commit(x.Context(), d.repo, ref.Commit)
	return resource.DraftDetailOf(d.repo, d.name, commit), "", err
}

// Delete drops the draft. It takes no condition: nobody but its owner writes it.
func (d *draft) Delete(x *flow.Exchange) (flow.Done, error) {
	_, err := d.api.FS.MoveRef(x.Context(), fsapi.RefMove{Repo: d.repo, Name: d.name, Request: requestID(x)})
	return flow.Done{}, err
}
