package api_test

import (
	"strings"
	"sync"
	"testing"
)

const (
	mergePatch = "application/merge-patch+json"
	jsonPatch  = "application/json-patch+json"
	textDiff   = "text/x-diff"
)

func TestAPatchChangesAPart(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/book.json"
	made := s.create(doc, "{\n  \"title\": \"Old\",\n  \"year\": 2026\n}\n")
	a := s.want(204, "PATCH", doc, `{"title":"New"}`, "Content-Type", mergePatch, "If-Match", made.etag(), "Rhapsode-Message", "Rename it")
	b := s.want(200, "GET", doc, "")
	if b.body != "{\n  \"title\": \"New\",\n  \"year\": 2026\n}\n" || b.etag() != a.etag() || b.Header.Get("Content-Location") != a.Header.Get("Content-Location") {
		t.Errorf("%q %v, patched %v", b.body, b.Header, a.Header)
	}
	c := s.want(200, "PATCH", doc, `[{"op":"test","path":"/title","value":"New"},{"op":"remove","path":"/year"}]`,
		"Content-Type", jsonPatch, "If-Match", a.etag(), "Prefer", "return=representation")
	if c.body != "{\n  \"title\": \"New\"\n}\n" || c.Header.Get("Preference-Applied") != "return=representation" ||
		c.Header.Get("Content-Type") != "application/json" || c.Header.Get("Content-Location") == "" || c.etag() != s.want(200, "GET", doc, "").etag() {
		t.Errorf("%q %v", c.body, c.Header)
	}
	if history := s.want(200, "GET", "/repos/book/history/book.json", ""); !strings.Contains(history.body, "Rename it") {
		t.Errorf("%s", history.body)
	}
}

func TestADiffChangesLines(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/dir/text.txt"
	made := s.create(doc, "1\n2\n3\n")
	const two = "--- a/dir/text.txt\n+++ b/dir/text.txt\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n"
	a := s.want(200, "PATCH", doc, two, "Content-Type", textDiff, "If-Match", made.etag(), "Prefer", "return=representation")
	if a.body != "1\ntwo\n3\n" || a.etag() != s.want(200, "GET", doc, "").etag() {
		t.Errorf("%q %v", a.body, a.Header)
	}
	refused := s.want(409, "PATCH", doc, two, "Content-Type", textDiff, "If-Match", a.etag())
	if refused.member(t, "hunk") != float64(1) || refused.member(t, "header") != "@@ -1,3 +1,3 @@" {
		t.Errorf("%s", refused.body)
	}
	three := "--- a/dir/text.txt\n+++ b/dir/text.txt\n@@ -2,2 +2,2 @@\n 2\n-3\n+three\n"
	kept := s.want(412, "PATCH", doc, three, "Content-Type", textDiff, "If-Match", made.etag()).rescued(t)
	if got := s.want(200, "GET", kept.Draft.Content+"dir/text.txt", "").body; got != "1\n2\nthree\n" {
		t.Errorf("kept: %q", got)
	}
	for path, want := range map[string]string{
		"dir/text.txt": textDiff, "new": textDiff, "new.json": mergePatch + ", " + jsonPatch + ", " + textDiff, "new.png": "",
	} {
		options := s.want(204, "OPTIONS", "/content/book@main/"+path, "")
		if got := options.Header.Get("Accept-Patch"); got != want || strings.Contains(options.Header.Get("Allow"), "PATCH") != (want != "") {
			t.Errorf("%s: %v", path, options.Header)
		}
	}
}

// TestPatchesFailAsTheyShould goes by RFC 5789 2.2, and by 13.2.1 for what comes first.
func TestPatchesFailAsTheyShould(t *testing.T) {
	s := newSite(t)
	tag := s.create("/content/book@main/a.json", `{"a":1}`).etag()
	s.create("/content/book@main/broken.json", `{"a":`)
	s.create("/content/book@main/large.json", `"`+strings.Repeat("x", 2<<20)+`"`)
	version := s.create("/content/book@main/b.json", `{}`).Header.Get("Content-Location")
	s.create("/content/book@main/text.txt", "text")
	s.create("/content/book@main/binary", "\x00text")
	before := s.tip()
	tests := []struct {
		status                      int
		path, media, patch, ifMatch string
	}{
		{400, "a.json", mergePatch, `{"a"`, tag},
		{400, "a.json", jsonPatch, `{"a":2}`, tag},
		{400, "a.json", jsonPatch, `[{"op":"tea","path":"/a"}]`, tag},
		{404, "none.json", mergePatch, `{}`, "*"},
		{405, "picture.png", textDiff, "", "*"},
		{415, "text.txt", mergePatch, `{}`, "*"},
		{400, "text.txt", textDiff, "@@ -1 +1 @@\n-text\n+x\n", "*"},
		{409, "text.txt", textDiff, "--- a/text.txt\n+++ b/text.txt\n@@ -1 +1 @@\n-other\n+x\n", "*"},
		{412, "text.txt", textDiff, "--- a/text.txt\n+++ b/text.txt\n@@ -1 +1 @@\n-text\n+x\n", `"0123456789012345678901234567890123456789"`},
		{422, "text.txt", textDiff, "--- a/other.txt\n+++ b/other.txt\n@@ -1 +1 @@\n-text\n+x\n", "*"},
		{422, "binary", textDiff, "--- a/binary\n+++ b/binary\n@@ -1 +1 @@\n-text\n+x\n", "*"},
		{409, "a.json", jsonPatch, `[{"op":"test","path":"/a","value":2}]`, tag},
		{409, "a.json", jsonPatch, `[{"op":"remove","path":"/b"}]`, "*"},
		{412, "a.json", mergePatch, `{"a":2}`, `"0123456789012345678901234567890123456789"`},
		{412, "a.json", jsonPatch, `[{"op":"remove","path":"/b"}]`, `"0123456789012345678901234567890123456789"`},
		{413, "a.json", mergePatch, `"` + strings.Repeat("x", 70<<10) + `"`, tag},
		{415, "a.json", "application/json", `{"a":2}`, tag},
		{415, "a.json", "", `{"a":2}`, tag},
		{422, "broken.json", mergePatch, `{"a":2}`, "*"},
		{422, "large.json", mergePatch, `{"a":2}`, "*"},
		{428, "a.json", mergePatch, `{"a":2}`, ""},
		{428, "a.json", jsonPatch, `[{"op":"remove","path":"/b"}]`, ""},
	}
	for _, tt := range tests {
		for _, id := range []string{"", "patch-" + tt.path + tt.media} {
			a := s.want(tt.status, "PATCH", "/content/book@main/"+tt.path, tt.patch, "Content-Type", tt.media, "If-Match", tt.ifMatch, "X-Request-Id", id)
			if tt.status == 415 && !strings.HasSuffix(a.Header.Get("Accept-Patch"), textDiff) {
				t.Errorf("415: %v", a.Header)
			}
		}
	}
	s.want(405, "PATCH", version, "{}", "Content-Type", mergePatch, "If-Match", "*")
	if s.tip() != before {
		t.Error("something has changed")
	}
	o := s.want(204, "OPTIONS", "/content/book@main/a.json", "")
	if strings.Join(o.Header["Accept-Patch"], ", ") != mergePatch+", "+jsonPatch+", "+textDiff || o.Header.Get("Allow") != "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" {
		t.Errorf("OPTIONS: %v", o.Header)
	}
}

// TestARepeatedPatchIsNotDoneTwice appends to an array: done twice, it would be seen.
func TestARepeatedPatchIsNotDoneTwice(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/list.json"
	tag := s.create(doc, `[1]`).etag()
	for _, patch := range []string{
		`[{"op":"add","path":"/-","value":2}]`,
		`[{"op":"test","path":"/0","value":1},{"op":"remove","path":"/0"}]`, // can't be applied to what it makes
	} {
		fields := []string{"Content-Type", jsonPatch, "If-Match", tag, "X-Request-Id", "append-once-" + tag[1:9]}
		first := s.want(204, "PATCH", doc, patch, fields...)
		again := s.want(204, "PATCH", doc, patch, fields...)
		if again.etag() != first.etag() || again.Header.Get("Content-Location") != first.Header.Get("Content-Location") {
			t.Errorf("%v, again %v", first.Header, again.Header)
		}
		tag = first.etag()
	}
	if a := s.want(200, "GET", doc, ""); a.body != "[2]" {
		t.Errorf("%s", a.body)
	}
}

func TestPatchesOfWhateverIsThereAllCount(t *testing.T) {
	s := newSite(t)
	const doc, writers = "/content/book@main/list.json", 4
	s.create(doc, `[]`)
	var wait sync.WaitGroup
	var done sync.Map
	for i := range writers {
		wait.Go(func() {
			a := s.ask("PATCH", doc, strings.NewReader(`[{"op":"add","path":"/-","value":"x"}]`), "Content-Type", jsonPatch, "If-Match", "*")
			if a.StatusCode == 204 {
				done.Store(i, true)
			} else if a.StatusCode != 412 {
				t.Errorf("%d %s", a.StatusCode, a.body)
			}
		})
	}
	wait.Wait()
	count := 0
	done.Range(func(any, any) bool { count++; return true })
	if a := s.want(200, "GET", doc, ""); strings.Count(a.body, "x") != count || count == 0 {
		t.Errorf("%d were told that it is done: %s", count, a.body)
	}
}

func TestARepositoryIsPatched(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "a")
	s.want(201, "PUT", "/repos/book/branches/side", `{"from":"main"}`, "If-None-Match", "*")
	tag := s.want(200, "GET", "/repos/book", "").etag()
	a := s.want(200, "PATCH", "/repos/book", `{"description":"A book"}`, "Content-Type", mergePatch, "If-Match", tag)
	if a.member(t, "description") != "A book" || a.member(t, "default_branch") != "main" {
		t.Errorf("%s", a.body)
	}
	a = s.want(204, "PATCH", "/repos/book", `[{"op":"replace","path":"/default_branch","value":"side"}]`,
		"Content-Type", jsonPatch, "If-Match", "*", "Prefer", "return=minimal")
	if now := s.want(200, "GET", "/repos/book", ""); now.member(t, "description") != "A book" || now.member(t, "default_branch") != "side" {
		t.Errorf("%s", now.body)
	}
	a = s.want(200, "PATCH", "/repos/book", `{"description":null}`, "Content-Type", mergePatch, "If-Match", "*")
	if a.member(t, "description") != "" {
		t.Errorf("%s", a.body)
	}
	for _, tt := range []struct {
		status         int
		patch, ifMatch string
	}{
		{400, `{"default_branch":"a..b"}`, "*"}, {412, `{"description":"x"}`, tag}, {422, `{"href":"/other"}`, "*"}, {422, `{"name":null}`, "*"},
		{422, `{"default_branch":null}`, "*"}, {422, `5`, "*"}, {428, `{"description":"x"}`, ""},
	} {
		s.want(tt.status, "PATCH", "/repos/book", tt.patch, "Content-Type", mergePatch, "If-Match", tt.ifMatch)
	}
	s.want(404, "PATCH", "/repos/none", `{}`, "Content-Type", mergePatch, "If-Match", "*")
}
