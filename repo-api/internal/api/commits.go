package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// commits is the history of everything in a repository.
func (a *API) commits(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return a.events(repo, content.Root), err
}

// history is the history of one path.
func (a *API) history(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	path, _, err := resource.ParsePath(mux.Vars(r)["path"])
	return a.events(repo, path), err
}

// events lists the commits that changed path, newest first.
func (a *API) events(repo content.RepoID, path content.Path) flow.Resource {
	return a.reading("", func(x *flow.Exchange) (any, string, error) {
		page, err := pageOf(x.Request)
		if err != nil {
			return nil, "", err
		}
		rev, err := revisionIn(x.Request.URL.Query())
		if err != nil {
			return nil, "", err
		}
		at := fsapi.At{Repo: repo, Rev: rev, Path: path, Fresh: freshness(x.Request)}
		history, err := a.FS.History(x.Context(), at, page)
		if err != nil {
			return nil, "", err
		}
		shape := func(item fsapi.HistoryItem) resource.Event { return resource.EventOf(repo, path, item) }
		return resource.ListOf(history.Items, shape), history.Next, nil
	})
}

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
