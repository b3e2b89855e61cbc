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
	"rhapsode/repo-api/internal/resource"
)

// view is what a resource sends that is read as JSON. It is part of such resources.
type view struct {
	text  []byte
	links []string
	cache string // "": revalidate
}

// show makes v the text and returns the state of a resource that shows it.
func (v *view) show(shape any) (flow.State, error) {
	text, err := json.Marshal(shape)
	if err != nil {
		return flow.State{}, fault.New(fault.Internal, "write JSON", "", err)
	}
	v.text = append(text, '\n')
	return flow.State{Exists: true, Tag: resource.TagOfBytes(v.text)}, nil
}

// Get sends the text.
func (v *view) Get(*flow.Exchange) (flow.Representation, error) { return *v.representation(), nil }

func (v *view) representation() *flow.Representation {
	return &flow.Representation{Type: resource.JSON, Size: int64(len(v.text)), Bytes: v.text}
}

// Fields says how long the text holds, and what belongs to it.
func (v *view) Fields(_ *flow.Exchange, h http.Header) {
	if v.cache == "" {
		v.cache = revalidate
	}
	h.Set("Cache-Control", v.cache)
	h.Set("X-Content-Type-Options", "nosniff")
	for _, link := range v.links {
		h.Add("Link", link)
	}
}

// next links to the page after the one that r asks for.
func (v *view) next(r *http.Request, cursor string) {
	if cursor == "" {
		return
	}
	query := r.URL.Query()
	query.Set("after", cursor)
	v.links = append(v.links, "<"+r.URL.EscapedPath()+"?"+query.Encode()+`>; rel="next"`)
}

// reading is a resource that is only read. It loads a shape, and the cursor of
// the page after it if it is one of several.
type reading struct {
	view
	load func(*flow.Exchange) (shape any, next string, err error)
}

var (
	_ flow.Getter  = (*reading)(nil)
	_ flow.Fielder = (*reading)(nil)
)

func (*reading) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (p *reading) Look(x *flow.Exchange) (flow.State, error) {
	shape, next, err := p.load(x)
	if err != nil {
		return absent(err)
	}
	p.next(x.Request, next)
	return p.show(shape)
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
	return &reading{load: func(*flow.Exchange) (any, string, error) {
		return map[string]string{
			"repos":   "/repos",
			"repo":    "/repos/{repo}",
			"content": "/content/{repo}@{ref}/{path}",
			"history": "/repos/{repo}/history/{path}?ref={ref}",
			"health":  "/healthz",
			"ready":   "/readyz",
			"metrics": "/metrics",
		}, "", nil
	}}, nil
}
