package api

import (
	"net/http"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// directory lists what is in one.
func (a *API) directory(place resource.Place) flow.Resource {
	p := a.reading(cachingOf(place.Rev, content.RefName{}), nil)
	p.load = func(x *flow.Exchange) (any, string, error) {
		page, err := pageOf(x.Request)
		if err != nil {
			return nil, "", err
		}
		at := fsapi.At{Repo: place.Repo, Rev: place.Rev, Path: place.Path, Fresh: freshness(x.Request)}
		listing, err := a.FS.List(x.Context(), at, page)
		if fault.Is(err, fault.Conflict) {
			err = fault.Newf(fault.NotFound, "directory", "%v is a document: its URL ends without a slash", place.Path)
		}
		if err != nil {
			return nil, "", err
		}
		p.cache = cachingOf(place.Rev, listing.Stat.Ref)
		p.links = append(p.links, "<"+resource.HistoryURL(place.Repo, place.Path, place.Rev)+`>; rel="version-history"`)
		return resource.DirectoryOf(place, listing), listing.Next, nil
	}
	return p
}

// latest is a place without a revision. It is found in the latest edition, or, where nothing was
// published yet, on the default branch.
type latest struct {
	api *API
	resource.Place
}

var _ flow.Fielder = (*latest)(nil)

func (*latest) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (l *latest) Look(x *flow.Exchange) (flow.State, error) {
	n, err := l.api.Publisher.Latest(x.Context(), l.Repo)
	if err != nil {
		return absent(err)
	}
	if !n.IsZero() {
		return flow.State{Moved: flow.Found, To: l.At(resource.EditionPlace(l.Repo, n).Rev).URL()}, nil
	}
	repo, err := l.api.FS.Repo(x.Context(), l.Repo)
	if err != nil {
		return absent(err)
	}
	return flow.State{Moved: flow.Found, To: l.At(content.AtRef(repo.Default)).URL()}, nil
}

func (*latest) Fields(_ *flow.Exchange, h http.Header) { h.Set("Cache-Control", revalidate) }
