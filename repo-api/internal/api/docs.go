package api

import (
	"net/http"

	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/openapi"
	"rhapsode/repo-api/internal/page"
	"rhapsode/repo-api/internal/resource"
)

// hour is how long what is fixed may be kept without asking.
const hour = "public, max-age=3600"

// fixed is a resource that is the same for as long as the process runs.
type fixed struct {
	media string
	text  []byte
	cache string
}

var (
	_ flow.Getter     = (*fixed)(nil)
	_ flow.Negotiable = (*fixed)(nil)
	_ flow.Fielder    = (*fixed)(nil)
)

func (*fixed) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (f *fixed) Variants(*flow.Exchange) ([]flow.Variant, error) {
	return []flow.Variant{{Type: f.media}}, nil
}

func (f *fixed) Look(*flow.Exchange) (flow.State, error) {
	return flow.State{
		Exists: true, Tag: resource.TagOfBytes(f.text), Codable: resource.Codable(f.media, int64(len(f.text))),
	}, nil
}

func (f *fixed) Get(*flow.Exchange) (flow.Representation, error) {
	return flow.Representation{Type: f.media, Size: int64(len(f.text)), Bytes: f.text}, nil
}

func (f *fixed) Fields(_ *flow.Exchange, h http.Header) {
	h.Set("Cache-Control", f.cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", page.Policy)
}

// style is the stylesheet of every page.
func (a *API) style(*http.Request) (flow.Resource, error) {
	return &fixed{media: page.StyleType, text: page.Style(), cache: hour}, nil
}

// rendered is a page that depends on its query.
type rendered struct {
	fixed
	make func(*flow.Exchange) ([]byte, error)
}

func (p *rendered) Look(x *flow.Exchange) (state flow.State, err error) {
	if p.text, err = p.make(x); err != nil {
		return state, err
	}
	return p.fixed.Look(x)
}

// openAPI describes the surface to programs.
func (a *API) openAPI(*http.Request) (flow.Resource, error) {
	return &fixed{media: openapi.MediaType, text: a.described.text, cache: hour}, nil
}

// docs describes it to people.
func (a *API) docs(*http.Request) (flow.Resource, error) {
	return &rendered{fixed: fixed{media: page.Type, cache: revalidate}, make: func(*flow.Exchange) ([]byte, error) { return a.pages.Docs(a.described.paths) }}, nil
}
