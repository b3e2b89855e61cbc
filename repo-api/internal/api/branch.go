package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// branch is one branch. Its tag is the commit that it points at.
func (a *API) branch(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	name, err := resource.ParseBranch(mux.Vars(r)["branch"])
	return &branch{api: a, view: a.view(), repo: repo, name: name}, err
}

type branch struct {
	api *API
	view
	jsonContent
	repo content.RepoID
	name content.RefName
}

var (
	_ flow.Getter  = (*branch)(nil)
	_ flow.Putter  = (*branch)(nil)
	_ flow.Deleter = (*branch)(nil)
)

func (*branch) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.PUT | flow.DELETE, nil
}

func (b *branch) Look(x *flow.Exchange) (flow.State, error) {
	ref, err := b.api.FS.Ref(x.Context(), b.repo, b.name)
	if err != nil {
		state, err := absent(err)
		state.Judges = named(x.Request)
		return state, err
	}
	state, err := b.show(x, resource.BranchOf(b.repo, ref))
	if b.media == resource.JSON {
		state.Tag = resource.TagOf(ref.Target)
	}
	state.Guarded, state.Judges = true, named(x.Request)
	return state, err
}

// Put makes the branch or moves it: {"from" or "commit"}, and "force" if not forward.
func (b *branch) Put(x *flow.Exchange) (flow.Done, error) {
	var asked target
	text, err := readJSON(x.Request, &asked)
	if err != nil {
		return flow.Done{}, err
	}
	to, err := b.api.resolve(x, b.repo, asked)
	if err != nil {
		return flow.Done{}, err
	}
	created := !x.State.Exists || !x.Conditions.Guard(&x.State) || x.Conditions.IfNoneMatch.Any
	ref, err := b.move(x, fsapi.RefMove{To: to, Force: asked.Force}, text)
	if err != nil {
		return flow.Done{}, err
	}
	_, err = b.show(x, resource.BranchOf(b.repo, ref))
	return flow.Done{Created: created, Location: location(created, resource.BranchURL(b.repo, b.name)), Content: b.representation()}, err
}

// Delete takes the branch away; its commits stay.
func (b *branch) Delete(x *flow.Exchange) (flow.Done, error) {
	_, err := b.move(x, fsapi.RefMove{}, nil)
	return flow.Done{}, err
}

func (b *branch) move(x *flow.Exchange, m fsapi.RefMove, asked []byte) (fsapi.Ref, error) {
	m.Repo, m.Name, m.Expect, m.Request = b.repo, b.name, expectation(x), requestID(x, asked)
	ref, err := b.api.FS.MoveRef(x.Context(), m)
	if !fault.Is(err, fault.Stale) {
		return ref, err
	}
	seen := x.State
	if now, err := b.Look(x); err == nil {
		x.State = now
	}
	return fsapi.Ref{}, refusal(x, &seen, err)
}
