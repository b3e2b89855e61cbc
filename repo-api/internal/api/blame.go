package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// blame is with which commit each line of a document came.
func (a *API) blame(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	path, _, err := resource.ParsePath(mux.Vars(r)["path"])
	if err != nil {
		return nil, err
	}
	rev, err := revisionIn(r.URL.Query())
	if err != nil {
		return nil, err
	}
	cache := ""
	if isCommit(rev) {
		cache = immutable
	}
	return a.reading(cache, func(x *flow.Exchange) (any, string, error) {
		blamed, err := a.FS.Blame(x.Context(), fsapi.At{Repo: repo, Rev: rev, Path: path, Fresh: freshness(x.Request)})
		if err != nil {
			return nil, "", err
		}
		shape := func(b fsapi.Blamed) resource.Blamed { return resource.BlamedOf(repo, path, b) }
		return resource.ListOf(blamed, shape), "", nil
	}), nil
}
