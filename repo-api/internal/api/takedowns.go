package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// takedowns are what of a repository is withheld by law, and what was.
func (a *API) takedowns(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return a.reading("no-store", func(x *flow.Exchange) (any, string, error) {
		all, err := a.FS.Takedowns(x.Context(), repo)
		return resource.ListOf(all, func(t access.Takedown) resource.Takedown { return resource.TakedownOf(repo, t) }), "", err
	}), err
}

// takedown is the one in force of a repository, or of an edition. Nothing is overwritten unseen:
// what one replaces stays on record.
func (a *API) takedown(r *http.Request) (flow.Resource, error) {
	t := &takedown{api: a, view: a.view()}
	t.cache = "no-store"
	var err error
	if t.repo, err = resource.ParseRepo(mux.Vars(r)["repo"]); err != nil {
		return nil, err
	}
	t.edition, err = resource.ParseTakedown(mux.Vars(r)["what"])
	return t, err
}

type takedown struct {
	api *API
	view
	jsonContent
	repo    content.RepoID
	edition content.RefName // zero: all of the repository
}

var (
	_ flow.Getter  = (*takedown)(nil)
	_ flow.Putter  = (*takedown)(nil)
	_ flow.Deleter = (*takedown)(nil)
)

func (*takedown) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.PUT | flow.DELETE, nil
}

func (t *takedown) Look(x *flow.Exchange) (flow.State, error) {
	all, err := t.api.FS.Takedowns(x.Context(), t.repo)
	if err != nil {
		return absent(err)
	}
	now, ok := all.Of(t.edition)
	if !ok {
		return flow.State{Why: fault.Newf(fault.NotFound, "takedown", "none is in force")}, nil
	}
	return t.show(x, resource.TakedownOf(t.repo, now))
}

// newTakedown is what may be said of a takedown.
type newTakedown struct {
	Reason    string `json:"reason"`
	BlockedBy string `json:"blocked_by"`
}

// Put withholds: {"reason", "blocked_by"}.
func (t *takedown) Put(x *flow.Exchange) (flow.Done, error) {
	var asked newTakedown
	if _, err := readJSON(x.Request, &asked); err != nil {
		return flow.Done{}, err
	}
	wanted := access.Takedown{Edition: t.edition, Reason: asked.Reason, BlockedBy: asked.BlockedBy}
	if err := wanted.Check(); err != nil {
		return flow.Done{}, problem.Unprocessable(err)
	}
	now, err := t.api.FS.TakeDown(x.Context(), t.repo, wanted)
	if err != nil {
		return flow.Done{}, err
	}
	shape := resource.TakedownOf(t.repo, now)
	_, err = t.show(x, shape)
	return flow.Done{Created: !x.State.Exists, Location: location(!x.State.Exists, shape.URL), Content: t.representation()}, err
}

// Delete shows again what was withheld.
func (t *takedown) Delete(x *flow.Exchange) (flow.Done, error) {
	return flow.Done{}, t.api.FS.Lift(x.Context(), t.repo, t.edition)
}
