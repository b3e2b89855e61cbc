package faulty

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// goingBack makes a server whose every Last-Modified is before the one it sent last.
func goingBack() func(*request, *reply) {
	sent := 0
	return func(_ *request, a *reply) {
		if at, err := http.ParseTime(a.header.Get("Last-Modified")); err == nil {
			sent++
			a.set("Last-Modified", at.Add(-time.Duration(sent)*time.Hour).Format(http.TimeFormat))
		}
	}
}

// restless makes a server that never sends a tag twice.
func restless() func(*request, *reply) {
	sent := 0
	return func(_ *request, a *reply) {
		if a.header.Get("ETag") != "" {
			sent++
			a.set("ETag", `"`+strconv.Itoa(sent)+`"`)
		}
	}
}

// cached makes a server that says this of documents that can change.
func cached(said string) func(*request, *reply) {
	return func(_ *request, a *reply) {
		if a.header.Get("Cache-Control") == "no-cache" {
			a.set("Cache-Control", said)
		}
	}
}

// problems makes a server whose every problem is this.
func problems(body string) func(*request, *reply) {
	return func(_ *request, a *reply) {
		if a.status >= 400 {
			a.body = []byte(body)
		}
	}
}

func answerFaults() []Fault {
	return []Fault{
		{Name: "an Allow that lies", Cases: []string{"9110/10.2.1/true"}, after: func(r *request, a *reply) {
			if r.method == "OPTIONS" && a.header.Get("Allow") != "" {
				a.set("Allow", a.header.Get("Allow")+", POST")
			}
		}},
		{Name: "an Allow that keeps silent", Cases: []string{"9110/10.2.1/true"}, after: func(_ *request, a *reply) {
			if allow := a.header.Get("Allow"); allow != "" {
				a.set("Allow", strings.ReplaceAll(allow, ", DELETE", ""))
			}
		}},
		{Name: "405 has another Allow than OPTIONS", Cases: []string{"9110/10.2.1/same"}, after: func(_ *request, a *reply) {
			if a.status == 405 {
				a.set("Allow", "GET")
			}
		}},
		{Name: "OPTIONS without Allow", Cases: []string{"9110/9.3.7/options"}, after: func(r *request, _a *reply) {
			if r.method == "OPTIONS" {
				_a.header.Del("Allow")
			}
		}},
		{Name: "405 without Allow", after: without("Allow", 405), Cases: []string{"9110/15.5.6/allow"}},
		{Name: "405 for a method that nobody knows", after: instead("BREW", 501, 405), Cases: []string{"9110/9.1/unknown"}},
		{Name: "HEAD with another length", Cases: []string{"9110/9.3.2/length"}, after: func(r *request, a *reply) {
			if r.method == "HEAD" {
				a.set("Content-Length", strconv.Itoa(len(a.body)+7))
			}
		}},
		{Name: "HEAD with content", Cases: []string{"9110/9.3.2/no-content"}, after: func(r *request, a *reply) { a.insisted = r.method == "HEAD" }},
		{Name: "HEAD without the fields of GET", Cases: []string{"9110/9.3.2/fields"}, after: func(r *request, a *reply) {
			if r.method == "HEAD" {
				a.header.Del("Content-Type")
			}
		}},
		{Name: "304 without ETag", after: without("ETag", 304), Cases: []string{"9110/15.4.5/required", "9110/13.2.2/product-get"}},
		{Name: "304 without Cache-Control", after: without("Cache-Control", 304), Cases: []string{"9110/15.4.5/required"}},
		{Name: "304 with fields about the content", Cases: []string{"9110/15.4.5/metadata"}, after: func(_ *request, a *reply) {
			if a.status == 304 {
				a.set("Content-Type", "text/plain")
			}
		}},
		{Name: "304 with content", Cases: []string{"9110/15.3.5/nothing-after"}, after: func(_ *request, a *reply) {
			if a.status == 304 {
				a.body, a.insisted = []byte("not to be here"), true
			}
		}},
		{Name: "204 with Content-Length", Cases: []string{"9110/15.3.5/no-content"}, after: func(_ *request, a *reply) {
			if a.status == 204 {
				a.set("Content-Length", "0")
			}
		}},
		{Name: "201 without Location", after: without("Location", 201), Cases: []string{"9110/9.3.3/created"}},
		{Name: "a PUT that made something is 204", after: instead("PUT", 201, 204), Cases: []string{"9110/9.3.4/created", "9110/13.2.2/product-put"}},
		{Name: "a tag of another state after PUT", Cases: []string{"9110/9.3.4/tag"}, after: func(r *request, a *reply) {
			if r.method == "PUT" && a.header.Get("ETag") != "" {
				a.set("ETag", `"not-yet-known"`)
			}
		}},
		{Name: "Date missing", after: func(_ *request, a *reply) { a.undated = true }, Cases: []string{"9110/6.6.1/date"}},
		{Name: "Last-Modified in the future", Cases: []string{"9110/8.8.2/not-in-the-future"}, after: func(_ *request, a *reply) {
			if at, err := http.ParseTime(a.header.Get("Last-Modified")); err == nil {
				a.set("Last-Modified", at.Add(time.Hour).Format(http.TimeFormat))
			}
		}},
		{Name: "a tag without quotes", Cases: []string{"9110/8.8.3/syntax"}, after: func(_ *request, a *reply) {
			if tag := a.header.Get("ETag"); tag != "" {
				a.set("ETag", strings.Trim(tag, `"`))
			}
		}},
		{Name: "error body not problem+json", Cases: []string{"9457/3/type"}, after: func(_ *request, a *reply) {
			if a.status >= 400 {
				a.set("Content-Type", "text/html")
			}
		}},
		{Name: "a problem of another status", Cases: []string{"9457/3.1.2/status"}, after: func(_ *request, a *reply) {
			if a.status == 412 {
				a.body = []byte(strings.ReplaceAll(string(a.body), "412", "400"))
			}
		}},
		{Name: "an error that may be reused", after: without("Cache-Control", 404), Cases: []string{"9111/3/errors"}},
		{Name: "404 for what is gone", after: instead("", 410, 404), Cases: []string{"9110/15.5.11/gone"}},
		{Name: "308 without Location", after: without("Location", 308), Cases: []string{"9110/15.4.9/location"}},
		{Name: "429 without Retry-After", after: without("Retry-After", 429), Cases: []string{"6585/4/limited"}},
		{Name: "immutable without max-age", Cases: []string{"8246/2/fresh"}, after: func(_ *request, a *reply) {
			if strings.Contains(a.header.Get("Cache-Control"), "immutable") {
				a.set("Cache-Control", "immutable")
			}
		}},
		{Name: "a link without a relation", Cases: []string{"8288/3/syntax"}, after: func(_ *request, a *reply) {
			if a.header.Get("Link") != "" {
				a.set("Link", "</history>")
			}
		}},
		{Name: "a link that leads nowhere", Cases: []string{"8288/3/lead"}, after: func(_ *request, a *reply) {
			if a.header.Get("Link") != "" {
				a.set("Link", `</nowhere>; rel="version-history"`)
			}
		}},
		{Name: "content without a type", after: without("Content-Type", 200), Cases: []string{"9110/8.3/content-type"}},
		{Name: "an empty document is 204", Cases: []string{"9110/8.6/length"}, after: func(r *request, a *reply) {
			if r.method == "GET" && len(a.body) == 0 && a.status == 200 {
				a.status = 204
			}
		}},
		{Name: "Last-Modified goes back", Cases: []string{"9110/8.8.2/changes"}, after: goingBack()},
		{Name: "a tag that changes of itself", after: restless(), Cases: []string{"9110/8.8.3/same-bytes"}},
		{Name: "methods in any letters", before: func(r *request) { r.method = strings.ToUpper(r.method) }, Cases: []string{"9110/9.1/case"}},
		{Name: "GET changes the document", rules: func(r *rules) { r.readsWrite = true }, Cases: []string{"9110/9.2.1/safe"}},
		{Name: "HEAD finds what GET does not", after: instead("HEAD", 404, 200), Cases: []string{"9110/9.3.2/missing"}},
		{Name: "HEAD without links", Cases: []string{"8288/3/everywhere"}, after: func(r *request, a *reply) {
			if r.method == "HEAD" {
				a.header.Del("Link")
			}
		}},
		{Name: "no link to the history", after: without("Link", 0), Cases: []string{"5829/3.1/version-history"}},
		{Name: "OPTIONS * is too much", Cases: []string{"9110/9.3.7/server"}, after: func(r *request, a *reply) {
			if r.path == "*" {
				a.status = 500
			}
		}},
		{Name: "TRACE tells credentials back", Cases: []string{"9110/9.3.8/trace"}, after: func(r *request, a *reply) {
			if r.method == "TRACE" {
				*a = *answer(200, "Content-Type", "message/http").with("Authorization: " + r.get("Authorization"))
			}
		}},
		{Name: "Location of something else", Cases: []string{"9110/10.2.2/location"}, after: func(_ *request, a *reply) {
			if a.header.Get("Location") != "" {
				a.set("Location", "/d/elsewhere")
			}
		}},
		{Name: "400 for 404", after: instead("", 404, 400), Cases: []string{"9110/15.5.5/missing"}},
		{Name: "freshness left to guesses", after: without("Cache-Control", 200), Cases: []string{"9111/4.2.2/said"}},
		{Name: "a changing document is fresh for an hour", Cases: []string{"9111/4.2/changing"}, after: cached("max-age=3600")},
		{Name: "a changing document is immutable", Cases: []string{"8246/2/changing"}, after: cached("max-age=31536000, immutable")},
		{Name: "Age below nothing", Cases: []string{"9111/5.1/age"}, after: func(_ *request, a *reply) { a.set("Age", "-1") }},
		{Name: "Expires that is no date", Cases: []string{"9111/5.3/expires"}, after: func(_ *request, a *reply) { a.set("Expires", "0") }},
		{Name: "an immutable resource that changes", Cases: []string{"8246/2/true"}, after: func(r *request, a *reply) {
			if strings.HasPrefix(r.path, "/v/") {
				a.body = []byte("what it is now")
			}
		}},
		{Name: "a problem whose title is a number", Cases: []string{"9457/3.1/members"}, after: problems(`{"title":404}`)},
		{Name: "a problem that says nothing", Cases: []string{"9457/3/said"}, after: problems(`{}`)},
	}
}
