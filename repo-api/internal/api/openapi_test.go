package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// description is what /openapi.json says, read back. The tests hold every exchange to it.
type description struct {
	doc   *openapi3.T
	paths map[string]*regexp.Regexp // by path of doc
}

// loadDescription asks a surface what it says of itself.
func loadDescription(t *testing.T, h http.Handler) *description {
	t.Helper()
	w := &buffered{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), "GET", "/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI = "/openapi.json"
	h.ServeHTTP(w, r)
	doc, err := openapi3.NewLoader().LoadFromData(w.Bytes())
	if err != nil {
		t.Fatalf("%v: %s", err, w)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := &description{doc: doc, paths: map[string]*regexp.Regexp{}}
	for _, path := range doc.Paths.InMatchingOrder() {
		pattern := regexp.QuoteMeta(path)
		pattern = strings.ReplaceAll(pattern, `\{path\}`, `.*`)
		pattern = regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(pattern, `[^/@]+`)
		switch path {
		case "/content/{repo}@{ref}/":
			pattern += "(.*/)?" // of any depth
		case "/content/{repo}/{path}":
			pattern = strings.Replace(pattern, "/.*", "(/.*)?", 1) // the root may be meant
		}
		d.paths[path] = regexp.MustCompile("^" + pattern + "$")
	}
	return d
}

type buffered struct {
	bytes.Buffer
	header http.Header
}

func (b *buffered) Header() http.Header { return b.header }
func (b *buffered) WriteHeader(int)     {}

// route is the described operation that a request is, or nil.
func (d *description) route(method, path string) *routers.Route {
	best := ""
	for described, pattern := range d.paths {
		if pattern.MatchString(path) && (best == "" || special(described) > special(best)) {
			best = described
		}
	}
	if best == "" {
		return nil
	}
	item := d.doc.Paths.Value(best)
	op := item.GetOperation(method)
	if op == nil {
		return nil
	}
	return &routers.Route{Spec: d.doc, Path: best, PathItem: item, Method: method, Operation: op}
}

// special orders descriptions of the same path: a directory before a document,
// and what has a revision before what has none.
func special(path string) int {
	n := strings.Count(path, "@") * 2
	if strings.HasSuffix(path, "@{ref}/") {
		n++
	}
	if !strings.Contains(path, "{") {
		n += 10
	}
	return n
}

// check holds an answer to the description.
func (d *description) check(t *testing.T, a answer) {
	t.Helper()
	r := a.Request
	route := d.route(r.Method, r.URL.EscapedPath())
	if route == nil {
		if a.StatusCode < 400 && r.Method != "OPTIONS" && !strings.HasPrefix(r.URL.Path, "/metrics") && !strings.HasPrefix(r.URL.Path, "/git/") {
			t.Errorf("%s %s is not described: %d", r.Method, r.URL, a.StatusCode)
		}
		return
	}
	if a.Header.Get("Content-Encoding") != "" {
		return // the body is not what the schema speaks of
	}
	minimal := strings.Contains(a.Header.Get("Preference-Applied"), "return=minimal")
	options := &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: minimal}
	err := openapi3filter.ValidateResponse(context.WithoutCancel(r.Context()), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route, Options: options},
		Status:                 a.StatusCode, Header: a.Header, Body: io.NopCloser(strings.NewReader(a.body)), Options: options,
	})
	if err != nil {
		t.Errorf("%s %s: %d is not as described: %v", r.Method, r.URL, a.StatusCode, err)
	}
}

func TestTheDescriptionIsGood(t *testing.T) {
	s := newSite(t)
	a := s.want(200, "GET", "/openapi.json", "")
	doc := s.described.doc
	if !strings.Contains(a.body, `"openapi":"3.1.0"`) || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %.200s", a.Header, a.body)
	}
	for name, scheme := range map[string]string{"bearer": "bearer", "basic": "basic"} {
		if s := doc.Components.SecuritySchemes[name]; s == nil || s.Value.Type != "http" || s.Value.Scheme != scheme {
			t.Errorf("the security scheme %s: %+v", name, s)
		}
	}
	seen := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		if item.Summary == "" {
			t.Errorf("%s has no summary", path)
		}
		for method, op := range item.Operations() {
			if op.Summary == "" || seen[op.OperationID] || op.Responses.Default() == nil {
				t.Errorf("%s %s: %+v", method, path, op)
			}
			seen[op.OperationID] = true
			for _, status := range []string{"401", "403", "429", "451"} {
				if op.Responses.Value(status) == nil {
					t.Errorf("%s %s does not tell of %s", method, path, status)
				}
			}
		}
	}
	page := s.want(200, "GET", "/docs", "", "Accept", browser)
	for path := range doc.Paths.Map() {
		if !strings.Contains(page.body, ">"+path+"<") {
			t.Errorf("/docs says nothing of %s", path)
		}
	}
}

// TestAllowIsAsDescribed holds what resources allow against what is described.
func TestAllowIsAsDescribed(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a.json", "{}")
	for path, described := range map[string]string{
		"/": "/", "/repos": "/repos", "/repos/book": "/repos/{repo}", "/repos/book/branches": "/repos/{repo}/branches",
		"/repos/book/branches/main": "/repos/{repo}/branches/{branch}", "/repos/book/commits": "/repos/{repo}/commits",
		"/repos/book/history/a.json": "/repos/{repo}/history/{path}", "/content/book@main/a.json": "/content/{repo}@{ref}/{path}",
		"/content/book@main/": "/content/{repo}@{ref}/", "/content/book/a.json": "/content/{repo}/{path}",
		"/healthz": "/healthz", "/docs": "/docs", "/docs/flow": "/docs/flow", "/openapi.json": "/openapi.json",
	} {
		allow := s.want(204, "OPTIONS", path, "").Header.Get("Allow")
		item := s.described.doc.Paths.Value(described)
		if item == nil {
			t.Fatalf("%s is not described", described)
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			allowed := false
			for one := range strings.SplitSeq(allow, ", ") {
				allowed = allowed || one == method
			}
			if allowed != (item.GetOperation(method) != nil) {
				t.Errorf("%s: Allow: %s, but %s is described: %v", path, allow, method, !allowed)
			}
		}
	}
}
