package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// commission is a resource of a repository that takes orders for commits. It is
// only posted to: what came of an order is a commit, and is read there.
type commission struct {
	api *API
	view
	jsonContent
	repo   content.RepoID
	credit credit
	most   int64 // bytes of an order
}

func (a *API) commission(r *http.Request, most int64) (commission, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return commission{api: a, view: a.view(), repo: repo, most: most}, err
}

// Methods is POST.
func (*commission) Methods(*flow.Exchange) (flow.Methods, error) { return flow.POST, nil }

// Bounds bounds an order.
func (c *commission) Bounds() flow.Bounds { return flow.Bounds{Max: c.most} }

// Look finds it there: whether the repository is, the order will tell.
func (*commission) Look(*flow.Exchange) (flow.State, error) { return flow.State{Exists: true}, nil }

// rehearses says whether the client only wants to know what would come of it (Prefer: dry-run).
func (*commission) rehearses(x *flow.Exchange) bool {
	if x.Prefer.DryRun {
		x.Honour(flow.DryRunPreference)
	}
	return x.Prefer.DryRun
}

// Check reads who gives the order.
func (c *commission) Check(x *flow.Exchange) (err error) {
	c.credit, err = creditOf(x.Request.Header)
	return err
}
