package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

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
	repo, owner, err := askedOf(r)
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

// askedOf is which repository r is about, and whose drafts: until there are tokens, those of the
// author that it names.
func askedOf(r *http.Request) (content.RepoID, string, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return content.RepoID{}, "", err
	}
	who, err := creditOf(r.Header)
	return repo, ownerOf(who.author), err
}

// maxOwner is the length of the part of a ref's name that stands for a person.
const maxOwner = 64

// ownerOf is the part of a ref's name that stands for a person. A name that can't be one
// as it is gets a hash behind what is left of it.
func ownerOf(who content.Signature) string {
	owner := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, who.Name)
	if owner == who.Name && len(owner) <= maxOwner {
		return owner
	}
	hash := sha256.Sum256([]byte(who.Name))
	return owner[:min(len(owner), maxOwner-9)] + "-" + hex.EncodeToString(hash[:4])
}

// draft is one of them, with what it would have changed.
func (a *API) draft(r *http.Request) (flow.Resource, error) {
	repo, owner, err := askedOf(r)
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
