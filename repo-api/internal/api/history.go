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
	return &events{view: a.view(), fs: a.FS, repo: repo, path: path}
}

// events is read as a list, or as a TimeMap: the versions with their times (RFC 7089 5).
type events struct {
	view
	fs   fsapi.FS
	repo content.RepoID
	path content.Path
}

var (
	_ flow.Getter     = (*events)(nil)
	_ flow.Fielder    = (*events)(nil)
	_ flow.Negotiable = (*events)(nil)
)

func (*events) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

// Variants are those of a view, and of what can be a document the TimeMap for who asks for it.
func (e *events) Variants(x *flow.Exchange) ([]flow.Variant, error) {
	query := x.Request.URL.Query()
	asTimeMap := flow.Variant{Type: resource.LinkFormat, URL: resource.As(x.Request.URL, resource.AsTimeMap)}
	switch {
	case e.path.IsRoot():
		return e.view.Variants(x)
	case query.Get("as") == resource.AsTimeMap:
		return []flow.Variant{asTimeMap}, nil
	}
	variants, err := e.view.Variants(x)
	if !query.Has("as") {
		variants = append(variants, asTimeMap)
	}
	return variants, err
}

func (e *events) Look(x *flow.Exchange) (flow.State, error) {
	page, err := pageOf(x.Request)
	if err != nil {
		return flow.State{}, err
	}
	query := x.Request.URL.Query()
	rev, err := revisionIn(query)
	if err != nil {
		return flow.State{}, err
	}
	list := e.fs.History
	switch follow := query.Get("follow"); {
	case follow == "true":
		list = e.fs.Follow
	case query.Has("follow") && follow != "false":
		return flow.State{}, fault.Newf(fault.Invalid, "query", "follow is true or false")
	}
	history, err := list(x.Context(), fsapi.At{Repo: e.repo, Rev: rev, Path: e.path, Fresh: freshness(x.Request)}, page)
	if err != nil {
		return absent(err)
	}
	e.next(x.Request, history.Next)
	if x.Variant.Type == resource.LinkFormat {
		document := resource.Place{Repo: e.repo, Rev: rev, Path: e.path}
		return e.hold(resource.LinkFormat, resource.TimeMap(document, x.Request.URL, e.more, history.Items)), nil
	}
	return e.show(x, resource.ListOf(history.Items, func(item fsapi.HistoryItem) resource.Event {
		return resource.EventOf(e.repo, item)
	}))
}
