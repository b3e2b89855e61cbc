package api

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/page"
	"rhapsode/repo-api/internal/resource"
)

// view is what a resource sends that is read as JSON, by programs and by whoever
// does not say otherwise, or as HTML, by people. It is part of such resources.
type view struct {
	pages *page.Pages
	text  []byte
	media string
	links []string
	more  string // where the list goes on; ""
	cache string // "": revalidate
}

// view makes an empty one.
func (a *API) view() view { return view{pages: a.pages} }

// Variants are JSON and HTML, or the one that ?as= names.
func (v *view) Variants(x *flow.Exchange) ([]flow.Variant, error) {
	asJSON := flow.Variant{Type: resource.JSON, URL: resource.As(x.Request.URL, resource.AsJSON)}
	asHTML := flow.Variant{Type: page.Type, Language: page.Language, URL: resource.As(x.Request.URL, resource.AsHTML)}
	switch as := x.Request.URL.Query()["as"]; {
	case as == nil:
		return []flow.Variant{asJSON, asHTML}, nil
	case as[0] == resource.AsJSON:
		return []flow.Variant{asJSON}, nil
	case as[0] == resource.AsHTML:
		return []flow.Variant{asHTML}, nil
	}
	return nil, fault.Newf(fault.Invalid, "query", "as is %s or %s", resource.AsJSON, resource.AsHTML)
}

// show makes v the text of the variant that was chosen, and returns the state of
// a resource that shows it. What a change answers is JSON.
func (v *view) show(x *flow.Exchange, shape any) (state flow.State, err error) {
	if v.media = x.Variant.Type; v.media == page.Type {
		v.text, err = v.pages.Of(shape, x.Request.URL, v.more)
	} else {
		v.media = resource.JSON
		v.text, err = marshal(shape)
	}
	if err != nil {
		return flow.State{}, err
	}
	return v.hold(v.media, v.text), nil
}

// hold makes text what v sends, and returns the state of a resource that does.
func (v *view) hold(media string, text []byte) flow.State {
	v.media, v.text = media, text
	return flow.State{Exists: true, Tag: resource.TagOfBytes(text), Codable: resource.Codable(media, int64(len(text)))}
}

func marshal(shape any) ([]byte, error) {
	text, err := json.Marshal(shape)
	if err != nil {
		return nil, fault.New(fault.Internal, "write JSON", "", err)
	}
	return append(text, '\n'), nil
}

// Get sends the text.
func (v *view) Get(*flow.Exchange) (flow.Representation, error) { return *v.representation(), nil }

func (v *view) representation() *flow.Representation {
	return &flow.Representation{Type: v.media, Size: int64(len(v.text)), Bytes: v.text}
}

// Fields says how long the text holds, and what belongs to it.
func (v *view) Fields(x *flow.Exchange, h http.Header) {
	if v.media == page.Type {
		h.Set("Content-Security-Policy", page.Policy)
	}
	if v.cache == "" {
		v.cache = revalidate
	}
	h.Set("Cache-Control", forWhom(x, v.cache))
	h.Set("X-Content-Type-Options", "nosniff")
	for _, link := range v.links {
		h.Add("Link", link)
	}
	linkAround(linker{h}, x.Request.URL)
}

// linkAround leads from what is at u to what it belongs to, and to what describes
// it (RFC 8631). A list has its members in its content: fields have to be small.
func linkAround(link linker, u *url.URL) {
	link.Add("Link", `</openapi.json>; rel="service-desc describedby", </docs>; rel="service-doc"`)
	if above, listed := resource.Above(u); listed {
		link.to(above, "up collection")
	} else if above != "" {
		link.to(above, "up")
	}
	if canonical := resource.Canonical(u); canonical != "" {
		link.to(canonical, "canonical")
	}
}

// next links to the page after the one that r asks for.
func (v *view) next(r *http.Request, cursor string) {
	if cursor == "" {
		return
	}
	query := r.URL.Query()
	query.Set("after", cursor)
	v.more = r.URL.EscapedPath() + "?" + query.Encode()
	v.links = append(v.links, "<"+v.more+`>; rel="next"`)
}

// reading is a resource that is only read. It loads a shape, and the cursor of
// the page after it if it is one of several.
type reading struct {
	view
	load func(*flow.Exchange) (shape any, next string, err error)
}

// reading makes one whose answers hold for as long as cache says.
func (a *API) reading(cache string, load func(*flow.Exchange) (any, string, error)) *reading {
	p := &reading{view: a.view(), load: load}
	p.cache = cache
	return p
}

var (
	_ flow.Getter     = (*reading)(nil)
	_ flow.Fielder    = (*reading)(nil)
	_ flow.Negotiable = (*reading)(nil)
)

func (*reading) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (p *reading) Look(x *flow.Exchange) (flow.State, error) {
	shape, next, err := p.load(x)
	if err != nil {
		return absent(err)
	}
	p.next(x.Request, next)
	return p.show(x, shape)
}

// pageOf reads ?limit= and ?after=. A limit above the largest is the largest.
func pageOf(r *http.Request) (fsapi.Page, error) {
	query := r.URL.Query()
	page := fsapi.Page{After: query.Get("after")}
	if !query.Has("limit") {
		return page, nil
	}
	n, err := strconv.ParseUint(query.Get("limit"), 10, 31)
	if err != nil || n == 0 {
		return page, fault.Newf(fault.Invalid, "query", "limit is a number from 1 to %d", fsapi.MaxPage)
	}
	page.Limit = int(min(n, fsapi.MaxPage))
	return page, nil
}

// revisionIn reads ?ref=; without it the default branch is meant.
func revisionIn(query url.Values) (content.Revision, error) {
	if !query.Has("ref") {
		return content.Revision{}, nil
	}
	return content.ParseRevision(query.Get("ref"))
}

// root is where everything can be found from.
func (a *API) root(*http.Request) (flow.Resource, error) {
	return a.reading("", func(*flow.Exchange) (any, string, error) { return resource.RootOf(), "", nil }), nil
}
