package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// commit is one commit and what it changed.
func (a *API) commit(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	id, err := content.ParseDigest(mux.Vars(r)["id"])
	return a.reading(immutable, func(x *flow.Exchange) (any, string, error) {
		detail, err := a.FS.Commit(x.Context(), repo, id)
		if err != nil {
			return nil, "", err
		}
		return resource.CommitDetailOf(repo, detail), "", nil
	}), err
}
