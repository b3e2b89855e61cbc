package api_test

import (
	"html"
	"net/url"
	"strings"
	"testing"
)

// TestATrialShowsTheWayAndChangesNothing tries requests in the form of /docs/flow.
func TestATrialShowsTheWayAndChangesNothing(t *testing.T) {
	s := newSite(t)
	tag := s.create("/content/book@main/a.json", `{"a":1}`).etag()
	before := s.tip()
	tests := []struct {
		method, target, fields string
		status, ends           string
	}{
		{"GET", "/content/book@main/a.json", "", "200 OK", "O18"},
		{"GET", "/content/book@main/a.json", "If-None-Match: " + tag, "304 Not Modified", "J18"},
		{"GET", "/content/book@main/a.json", "Range: bytes=0-1\r\nIf-Range: " + tag, "206 Partial Content", "O24"},
		{"GET", "/repos", "Accept: image/png", "406 Not Acceptable", "C4"},
		{"PUT", "/content/book@main/a.json", "", "428 Precondition Required", "L18"},
		{"PUT", "/content/book@main/a.json", `If-Match: "old"`, "412 Precondition Failed", "G11"},
		{"PUT", "/content/book@main/a.json", "If-Match: *", "204 No Content <small>(it would be tried)</small>", "O14"},
		{"PUT", "/content/book@main/new.txt", "", "204 No Content <small>(it would be tried)</small>", "P3"},
		{"PATCH", "/content/book@main/a.json", "If-Match: *\nContent-Type: application/merge-patch+json", "204 No Content <small>(it would be tried)</small>", "P16"},
		{"DELETE", "/content/book@main/a.json", "If-Match: *", "204 No Content <small>(it would be tried)</small>", "M20"},
		{"DELETE", "/repos/book", "If-Match: *", "204 No Content <small>(it would be tried)</small>", "M20"},
		{"POST", "/repos", "Content-Type: application/json", "204 No Content <small>(it would be tried)</small>", "N11"},
		{"DELETE", "/repos/book/branches/main", "", "428 Precondition Required", "L18"},
		{"OPTIONS", "/repos", "", "204 No Content", "B3"},
	}
	for _, tt := range tests {
		query := url.Values{"method": {tt.method}, "target": {tt.target}, "fields": {tt.fields}}
		a := s.want(200, "GET", "/docs/flow?"+query.Encode(), "", "Accept", browser)
		_, trail, _ := strings.Cut(a.body, `<p class="trail">`)
		trail, _, _ = strings.Cut(trail, "</p>")
		if !strings.Contains(a.body, "<h2>"+tt.status+"</h2>") || !strings.HasSuffix(trail, ">"+tt.ends+"</a>") {
			t.Errorf("%s %s %s: no %s at %s: %s", tt.method, tt.target, tt.fields, tt.status, tt.ends, trail)
		}
	}
	if s.tip() != before {
		t.Error("something has changed")
	}
}

func TestATrialThatCanNotBeMadeSaysWhy(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct{ method, target, fields, want string }{
		{"BREW", "/", "", "this method can't be tried"},
		{"GET", "http://elsewhere.example/", "", "the target is a path on this server"},
		{"GET", "/docs/flow?method=GET&target=/docs/flow", "", "and not this page itself"},
		{"GET", "x", "", "the target is a path on this server"},
		{"GET", "/", "no colon", "each field is a line of its own"},
		{"GET", "/", "A: " + strings.Repeat("x", 9<<10), "each field is a line of its own"},
	} {
		query := url.Values{"method": {tt.method}, "target": {tt.target}, "fields": {tt.fields}}
		a := s.want(200, "GET", "/docs/flow?"+query.Encode(), "")
		if !strings.Contains(html.UnescapeString(a.body), tt.want) {
			t.Errorf("%s %s: it does not say %q", tt.method, tt.target, tt.want)
		}
	}
}

func TestATraceIsLit(t *testing.T) {
	s := newSite(t)
	trace := s.want(404, "GET", "/content/book@main/none", "", "Prefer", "trace").Header.Get("Rhapsode-Trace")
	for _, separator := range []string{" ", ","} {
		query := url.Values{"trace": {strings.ReplaceAll(trace, " ", separator)}, "status": {"404"}}
		a := s.want(200, "GET", "/docs/flow?"+query.Encode(), "")
		if boxes := strings.Count(a.body, `class="box lit"`); boxes != len(strings.Fields(trace)) || strings.Count(a.body, `class="end lit"`) != 1 {
			t.Errorf("%d boxes of %s are lit", boxes, trace)
		}
	}
}
