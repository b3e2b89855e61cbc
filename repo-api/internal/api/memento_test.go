package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fstest"
)

var linked = regexp.MustCompile(`<([^>]*)>; rel="([^"]*)"`)

// links are the targets of an answer's links, by relation.
func (a answer) links() map[string]string {
	to := map[string]string{}
	for _, m := range linked.FindAllStringSubmatch(strings.Join(a.Header.Values("Link"), ", "), -1) {
		for rel := range strings.FieldsSeq(m[2]) {
			to[rel] = m[1]
		}
	}
	return to
}

const doc = "/content/book@main/a%20text"

// versions writes n versions of a document, and returns where they are, the oldest first.
func (s *site) versions(n int) (urls []string) {
	s.t.Helper()
	for i := range n {
		if i == 0 {
			s.create(doc, "version 0")
		} else {
			s.want(204, "PUT", doc, fmt.Sprint("version ", i), "If-Match", "*")
		}
		urls = append(urls, s.want(200, "HEAD", doc, "").Header.Get("Content-Location"))
		s.want(201, "PUT", fmt.Sprint("/content/book@main/other", i), "x", "If-None-Match", "*")
	}
	return urls
}

func TestVersionsLeadToEachOther(t *testing.T) {
	s := newSite(t)
	urls := s.versions(4)
	for _, method := range []string{"GET", "HEAD"} {
		now := s.want(200, method, doc, "").links()
		if now["latest-version"] != urls[3] || now["working-copy-of"] != urls[3] || now["predecessor-version"] != urls[2] || now["successor-version"] != "" {
			t.Errorf("of the branch: %v", now)
		}
		for i, url := range urls {
			a := s.want(200, method, url, "")
			got := a.links()
			want := map[string]string{"latest-version": doc, "working-copy": doc, "original": doc, "timegate": doc}
			if i > 0 {
				want["predecessor-version"] = urls[i-1]
			}
			if i < 3 {
				want["successor-version"] = urls[i+1]
			}
			for _, rel := range []string{"latest-version", "working-copy", "original", "timegate", "predecessor-version", "successor-version"} {
				if got[rel] != want[rel] {
					t.Errorf("version %d: %s is %q, want %q", i, rel, got[rel], want[rel])
				}
			}
			if a.Header.Get("Memento-Datetime") != a.Header.Get("Last-Modified") || method == "GET" && a.body != fmt.Sprint("version ", i) {
				t.Errorf("version %d: %v %s", i, a.Header, a.body)
			}
		}
	}
	for rel, to := range s.want(200, "GET", urls[1], "").links() {
		if a := s.want(200, "GET", to, ""); rel == "timemap" && a.Header.Get("Content-Type") != "application/link-format" {
			t.Errorf("%s is %s", to, a.Header.Get("Content-Type"))
		}
	}
}

func TestATimeLeadsToTheVersionOfThen(t *testing.T) {
	s := newSite(t)
	urls := s.versions(3)
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	for _, c := range []struct {
		name, when, to string
	}{
		{"before the first", at(-time.Hour), urls[0]},
		{"after the last", at(time.Hour), urls[2]},
	} {
		a := s.want(302, "GET", doc, "", "Accept-Datetime", c.when)
		if a.Header.Get("Location") != c.to || !strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Accept-Datetime") || a.links()["timemap"] == "" || a.links()["original"] != doc {
			t.Errorf("%s: %v, want %s", c.name, a.Header, c.to)
		}
	}
	s.want(204, "DELETE", doc, "", "If-Match", "*")
	if to := s.want(302, "HEAD", doc, "", "Accept-Datetime", at(time.Hour)).Header.Get("Location"); to != urls[2] {
		t.Errorf("of what was deleted since: %s, want %s", to, urls[2])
	}
	s.want(404, "GET", "/content/book@main/never", "", "Accept-Datetime", at(0))
	for _, bad := range []string{"yesterday", "2026-11-21T00:00:00Z", "Sat, 21 Nov 2026 00:00:00", "0"} {
		s.want(400, "GET", doc, "", "Accept-Datetime", bad)
	}
	s.want(200, "GET", urls[1], "", "Accept-Datetime", at(0))
}

var memento = regexp.MustCompile(`<([^>]*)>; rel="memento"; datetime="([^"]*)"`)

func TestATimeMapListsEveryVersion(t *testing.T) {
	s := newSite(t)
	urls := s.versions(5) // most of them in one second
	s.want(204, "DELETE", doc, "", "If-Match", "*")
	var got []string
	next := "/repos/book/history/a%20text?limit=2&ref=main&as=timemap"
	for pages := 0; next != ""; pages++ {
		a := s.want(200, "GET", next, "")
		if a.Header.Get("Content-Type") != "application/link-format" || !strings.Contains(a.body, "<"+doc+`>; rel="original timegate"`) {
			t.Fatalf("%v\n%s", a.Header, a.body)
		}
		for _, m := range memento.FindAllStringSubmatch(a.body, -1) {
			got = append(got, m[1])
			if when := s.want(200, "HEAD", m[1], "").Header.Get("Memento-Datetime"); when != m[2] {
				t.Errorf("%s is of %s, and was listed as of %s", m[1], when, m[2])
			}
		}
		if next = a.links()["next"]; (next != "") != strings.Contains(a.body, `rel="timemap next"`) || pages > 5 {
			t.Fatalf("page %d leads on to %q\n%s", pages, next, a.body)
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, urls) {
		t.Errorf("listed %q, want %q", got, urls)
	}
	s.want(200, "GET", "/repos/book/history/a%20text", "", "Accept", "application/link-format")
	s.want(406, "GET", "/repos/book/commits", "", "Accept", "application/link-format")
}

// Cursors are held where they were given out, and pages fit together though the branch moves on.
func TestCursorsAreOfOneList(t *testing.T) {
	s := newSite(t)
	s.versions(3)
	s.want(201, "PUT", "/repos/twin", "{}", "If-None-Match", "*")
	s.want(201, "PUT", "/content/twin@main/a%20text", "x", "If-None-Match", "*")
	next := s.want(200, "GET", "/repos/book/history/a%20text?limit=1", "").links()["next"]
	_, query, _ := strings.Cut(next, "?")
	for _, other := range []string{"/repos/book/history/other0?", "/repos/book/commits?", "/repos/twin/history/a%20text?", "/repos/book/history/a%20text?follow=true&"} {
		s.want(400, "GET", other+query, "")
	}
	s.want(204, "PUT", doc, "meanwhile", "If-Match", "*")
	a := s.want(200, "GET", next, "")
	if items, _ := a.member(t, "items").([]any); len(items) != 1 || items[0].(map[string]any)["subject"] != "Write a text" {
		t.Errorf("the second page: %s", a.body)
	}
	s.want(400, "GET", "/repos/book/history/a%20text?follow=perhaps", "")
}

func TestAHistoryFollowsRenames(t *testing.T) {
	fs := fstest.Memory(t)
	s := siteOver(t, fs)
	s.want(201, "PUT", "/repos/book", "{}", "If-None-Match", "*")
	s.create("/content/book@main/old", "one\ntwo\nthree\n")
	repo, _ := content.ParseRepoID("book")
	main, _ := content.Branch("main")
	name := func(s string) content.Path { p, _ := content.ParsePath(s); return p }
	_, err := fs.Change(t.Context(), content.ChangeSet{
		Repo: repo, Branch: main, Author: content.Signature{Name: "A"}, Message: "Rename it", Request: content.NewRequestID(),
		Changes: []content.Change{
			{Path: name("old"), Delete: true, Expect: content.Present()},
			{Path: name("new"), Body: content.InlineBody([]byte("one\ntwo\nthree\nfour\n"))},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []struct{ Path, Document_url string }
	}
	for query, want := range map[string][]string{"": {"new"}, "?follow=false": {"new"}, "?follow=true": {"new", "old"}} {
		list.Items = nil
		if err := json.Unmarshal([]byte(s.want(200, "GET", "/repos/book/history/new"+query, "").body), &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item.Path)
			s.want(200, "GET", item.Document_url, "")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

// TestEverythingLeadsOn: to what it belongs to, to what describes it, and from a document to
// where its lines are from and what its last change did; and where it leads, something is.
func TestEverythingLeadsOn(t *testing.T) {
	s := newSite(t)
	urls := s.versions(2)
	tests := []struct {
		target string
		leads  map[string]string
	}{
		{"/", map[string]string{"service-desc": "/openapi.json", "service-doc": "/docs", "up": ""}},
		{"/repos/book?as=html", map[string]string{"up": "/repos", "collection": "/repos", "canonical": "/repos/book"}},
		{"/repos/book/branches/main", map[string]string{"collection": "/repos/book/branches"}},
		{"/content/book@main/", map[string]string{"up": "/repos/book", "collection": ""}},
		{doc, map[string]string{"edit": doc}},
		{urls[1], map[string]string{"edit": ""}},
	}
	for _, tt := range tests {
		got := s.want(200, "GET", tt.target, "", "Accept", "*/*").links()
		for rel, to := range tt.leads {
			if got[rel] != to {
				t.Errorf("%s: %s is %q, not %q", tt.target, rel, got[rel], to)
			}
		}
		for rel, to := range got {
			s.want(200, "GET", to, "", "Accept", "*/*")
			if rel == "related" && !strings.Contains(to, "/compare/") {
				t.Errorf("%s: related is %s, and not last the comparison", tt.target, to)
			}
		}
	}
	if got := s.want(404, "GET", "/repos/none", "").links()["help"]; got != "/problems/not-found" {
		t.Errorf("help is at %q", got)
	}
}
