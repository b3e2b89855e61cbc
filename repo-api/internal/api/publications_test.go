package api_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
)

const bookMetadata = `<md:content-id>%s</md:content-id><md:title>%s</md:title><md:uuid>%s</md:uuid><md:license url="http://creativecommons.org/licenses/by/4.0/"/><md:language>en</md:language>`

func pageOfBook(id, uuid, text string) string {
	return fmt.Sprintf(`<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>%s</title><metadata>`+bookMetadata+`</metadata><content><para id="p">%s</para></content></document>`, id, id, id, uuid, text)
}

func bookOf(modules ...string) string {
	text := fmt.Sprintf(`<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><col:metadata>`+bookMetadata+`</col:metadata><col:content>`, "col1", "A Book", "5f6a2c8e-0d3b-4c6e-9f51-7d1c2b3a4e5f")
	for _, m := range modules {
		text += `<col:module document="` + m + `"/>`
	}
	return text + `</col:content></col:collection>`
}

const m1 = "0a1b2c3d-4e5f-4061-8293-a4b5c6d7e8f9"

// writeBook writes a small book.
func writeBook(s *site) {
	s.t.Helper()
	s.want(201, "PUT", "/content/book@main/collections/a.collection.xml", bookOf("m1"), "If-None-Match", "*")
	s.want(201, "PUT", "/content/book@main/modules/m1/index.cnxml", pageOfBook("m1", m1, "first"), "If-None-Match", "*")
}

// published asks for a publication of the default branch and follows it to its end.
func (s *site) published() answer {
	s.t.Helper()
	asked := s.want(202, "POST", "/repos/book/publications", `{"ref":"main","message":"An edition"}`, "Content-Type", "application/json")
	if asked.Header.Get("Retry-After") == "" || asked.member(s.t, "state") == nil {
		s.t.Errorf("202 with %v: %s", asked.Header, asked.body)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		a := s.want(200, "GET", asked.Header.Get("Location"), "")
		switch a.member(s.t, "state") {
		case "done", "failed", "rejected", "cancelled":
			return a
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("still %v: %s", a.member(s.t, "state"), a.body)
		}
	}
}

func TestAnEditionOverHTTP(t *testing.T) {
	s := newSite(t)
	s.want(302, "GET", "/content/book/modules/m1/index.cnxml", "")
	writeBook(s)
	rehearsed := s.want(200, "POST", "/repos/book/publications", `{"ref":"main","dry_run":true}`, "Content-Type", "application/json")
	if rehearsed.member(t, "passes") != true || rehearsed.member(t, "edition") != "1.1" {
		t.Errorf("rehearsal: %s", rehearsed.body)
	}
	if list := s.want(200, "GET", "/repos/book/publications", ""); list.body != `{"items":[]}`+"\n" {
		t.Errorf("a rehearsal left %s", list.body)
	}
	done := s.published()
	if done.member(t, "state") != "done" || done.member(t, "edition") != "1.1" {
		t.Fatalf("published: %s", done.body)
	}
	s.want(200, "PUT", "/content/book@main/modules/m1/index.cnxml", pageOfBook("m1", m1, "second"), "If-Match", "*", "Prefer", "return=representation")
	old := s.want(200, "GET", "/content/book@1.1/modules/m1/index.cnxml", "")
	if !strings.Contains(old.body, "first") || !strings.Contains(old.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the edition reads %s, %v", old.body, old.Header)
	}
	s.want(405, "PUT", "/content/book@1.1/modules/m1/index.cnxml", "x", "If-Match", "*")
	latest := s.want(302, "GET", "/content/book/modules/m1/index.cnxml", "")
	if got := latest.Header.Get("Location"); got != "/content/book@1.1/modules/m1/index.cnxml" {
		t.Errorf("latest is at %s", got)
	}

	edition := s.want(200, "GET", "/repos/book/versions/1.1", "")
	downloads, _ := edition.member(t, "downloads").([]any)
	if len(downloads) != 3 {
		t.Fatalf("downloads: %s", edition.body)
	}
	for _, d := range downloads {
		file := d.(map[string]any)
		got := s.want(200, "GET", file["href"].(string), "")
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(got.body))); sum != file["sha256"] || float64(len(got.body)) != file["size"] {
			t.Errorf("%s: %d bytes, sha256 %s", file["name"], len(got.body), sum)
		}
		if _, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body))); err != nil {
			t.Errorf("%s: %v", file["name"], err)
		}
		if got.Header.Get("Content-Disposition") != `attachment; filename=`+file["name"].(string) || !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s with %v", file["name"], got.Header)
		}
		part := s.want(206, "GET", file["href"].(string), "", "Range", "bytes=0-3")
		if !bytes.Equal([]byte(part.body), []byte("PK\x03\x04")) {
			t.Errorf("%s begins with %q", file["name"], part.body)
		}
	}
	for accept, want := range map[string]string{
		"application/epub+zip": "application/epub+zip", "application/zip": "application/zip",
		"text/html": "text/html; charset=utf-8", "application/json": "application/json",
	} {
		got := s.want(200, "GET", "/repos/book/versions/1.1", "", "Accept", accept)
		if got.Header.Get("Content-Type") != want || !strings.Contains(got.Header.Get("Vary"), "Accept") {
			t.Errorf("Accept: %s gives %v", accept, got.Header)
		}
	}
	at, _ := downloads[2].(map[string]any)["read_url"].(string)
	read := s.want(200, "GET", at, "")
	if !strings.Contains(read.body, "A Book") || !strings.Contains(read.Header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(read.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the site reads %s, %v", read.body, read.Header)
	}
	s.want(404, "GET", strings.Replace(at, "index.html", "nothing.html", 1), "")
	s.want(404, "GET", strings.Replace(at, "-site.zip", "-complete.zip", 1), "")
	for agent, want := range map[string]string{"Mozilla/5.0 (iPad)": ".epub", "curl/8": "-complete.zip"} {
		if got := s.want(302, "GET", "/repos/book/versions/1.1/downloads/latest", "", "User-Agent", agent).Header.Get("Location"); !strings.HasSuffix(got, want) {
			t.Errorf("%s is recommended %s", agent, got)
		}
	}

	if again := s.published(); again.member(t, "edition") != "1.2" {
		t.Errorf("after a change: %s", again.body)
	}
	same := s.want(200, "POST", "/repos/book/publications", `{"ref":"main"}`, "Content-Type", "application/json")
	if same.member(t, "state") != "unchanged" {
		t.Errorf("nothing changed: %s", same.body)
	}
	s.want(428, "DELETE", "/repos/book/versions/1.2", "", "Rhapsode-Message", "a mistake")
	s.want(400, "DELETE", "/repos/book/versions/1.2", "", "If-Match", "*")
	s.want(204, "DELETE", "/repos/book/versions/1.2", "", "If-Match", "*", "Rhapsode-Message", "a mistake")
	for _, path := range []string{"/repos/book/versions/1.2", "/repos/book/versions/1.2/downloads", "/repos/book/versions/1.2/downloads/latest", "/content/book@1.2/modules/m1/index.cnxml"} {
		if gone := s.want(410, "GET", path, ""); !strings.Contains(gone.body, "a mistake") {
			t.Errorf("%s is gone without its reason: %s", path, gone.body)
		}
	}
	if list := s.want(200, "GET", "/repos/book/versions", ""); strings.Count(list.body, `"previous":`) != 1 || !strings.Contains(list.body, "a mistake") {
		t.Errorf("what was is not on record: %s", list.body)
	}
	if got := s.want(302, "GET", "/content/book/", "").Header.Get("Location"); got != "/content/book@1.1/" {
		t.Errorf("latest is at %s", got)
	}
	s.want(404, "GET", "/repos/book/versions/7.1", "")
	s.want(404, "GET", "/repos/book/versions/x", "")
	s.want(404, "GET", "/repos/book/publications/99", "")
}

func TestWorksAreFoundByIdentity(t *testing.T) {
	s := newSite(t)
	writeBook(s)
	s.published()
	long := s.want(302, "GET", "/ids/"+m1, "")
	if got := long.Header.Get("Location"); got != "/content/book@1.1/modules/m1/index.cnxml" {
		t.Errorf("the work is at %s", got)
	}
	s.want(301, "GET", "/ids/"+m1+"@1", "")
	short := s.want(301, "GET", "/ids/ChssPU5f", "")
	if got := short.Header.Get("Location"); got != "/ids/"+m1 {
		t.Errorf("the short form leads to %s", got)
	}
	s.want(404, "GET", "/ids/"+m1+"@2", "")
	s.want(404, "GET", "/ids/ChssPU5g", "")
	s.want(404, "GET", "/ids/nonsense-that-is-none", "")
}

func TestFindingsComeAllAtOnce(t *testing.T) {
	s := newSite(t)
	writeBook(s)
	s.want(201, "PUT", "/content/book@main/collections/b.collection.xml", strings.Replace(bookOf("m1", "m2"), "col1", "col2", 1), "If-None-Match", "*")
	s.want(204, "PUT", "/content/book@main/modules/m1/index.cnxml", "<document><a>\n</b></document>", "If-Match", "*")
	failed := s.published()
	if failed.member(t, "state") != "failed" || !strings.Contains(failed.body, `"code":"malformed"`) || !strings.Contains(failed.body, `"code":"missing-module"`) ||
		!strings.Contains(failed.body, `"path":"modules/m1/index.cnxml","line":2`) {
		t.Errorf("failed with %s", failed.body)
	}
	s.want(405, "DELETE", failed.Request.URL.Path, "")
	s.want(400, "POST", "/repos/book/publications", `{"ref":"main","colour":"red"}`, "Content-Type", "application/json")
	s.want(404, "POST", "/repos/book/publications", `{"ref":"nowhere"}`, "Content-Type", "application/json")
	s.want(415, "POST", "/repos/book/publications", `x`, "Content-Type", "text/plain")
}
