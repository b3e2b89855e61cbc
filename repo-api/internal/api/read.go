package api

import (
	"net/http"
	"path"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/publication"
	"rhapsode/repo-api/internal/resource"
)

// sitePolicy is what a page of a site may do: show itself and its pictures. It was made of
// what authors wrote.
const sitePolicy = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self'; font-src 'self'; sandbox"

// read is a page of an edition's site, or a picture on it. It never changes.
func (a *API) read(r *http.Request) (flow.Resource, error) {
	repo, n, err := editionIn(r)
	if err != nil {
		return nil, err
	}
	name, _, err := resource.ParsePath(mux.Vars(r)["page"])
	return &sitePage{view: a.view(), api: a, repo: repo, number: n, site: mux.Vars(r)["name"], name: name}, err
}

type sitePage struct {
	view
	api    *API
	repo   content.RepoID
	number book.Number
	site   string
	name   content.Path
}

var (
	_ flow.Getter  = (*sitePage)(nil)
	_ flow.Fielder = (*sitePage)(nil)
)

func (*sitePage) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (p *sitePage) Look(x *flow.Exchange) (flow.State, error) {
	e, err := p.api.standing(x.Context(), p.repo, p.number)
	if err != nil {
		return absent(err)
	}
	for _, d := range e.Downloads {
		if d.Name == p.site {
			return p.page(x, d)
		}
	}
	return flow.State{Why: fault.Newf(fault.NotFound, "read", "edition %v has no %q", p.number, p.site)}, nil
}

func (p *sitePage) page(x *flow.Exchange, d publication.Download) (flow.State, error) {
	text, err := p.api.Publisher.Page(x.Context(), p.repo, p.number, d, p.name.String())
	if err != nil {
		return absent(err)
	}
	media := resource.MediaType(content.Entry{Name: path.Base(p.name.String()), Mode: content.ModeRegular})
	return p.hold(media, text), nil
}

// Variants are none: a page is what it is.
func (*sitePage) Variants(*flow.Exchange) ([]flow.Variant, error) { return nil, nil }

func (p *sitePage) Fields(x *flow.Exchange, h http.Header) {
	p.cache = immutable
	p.view.Fields(x, h)
	h.Set("Content-Security-Policy", sitePolicy)
}
