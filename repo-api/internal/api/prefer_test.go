package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestAWrongDigestChangesNothing(t *testing.T) {
	s := newSite(t)
	tag := s.create("/content/book@main/a.txt", "old").etag()
	before := s.tip()
	for _, text := range []string{"new", strings.Repeat("large ", 400<<10)} { // inline, and uploaded as it comes
		for _, field := range []string{"Content-Digest", "Repr-Digest"} {
			s.want(400, "PUT", "/content/book@main/a.txt", text, "If-Match", tag, field, digestOf(text+"x"))
			s.want(400, "PUT", "/content/book@main/b.txt", text, "If-None-Match", "*", field, digestOf(text+"x"))
		}
	}
	s.want(400, "POST", "/repos", `{"name":"other"}`, "Content-Digest", digestOf("{}"))
	if s.tip() != before {
		t.Error("something has changed")
	}
	for i, text := range []string{"new", strings.Repeat("large ", 400<<10)} {
		path := "/content/book@main/new" + string(rune('a'+i))
		s.want(201, "PUT", path, text, "If-None-Match", "*", "Content-Digest", digestOf(text))
		a := s.want(200, "GET", path, "", "Want-Repr-Digest", "sha-256=1", "Want-Content-Digest", "sha-256=1")
		if a.Header.Get("Repr-Digest") != digestOf(text) || a.Header.Get("Content-Digest") != digestOf(text) {
			t.Errorf("%v", a.Header)
		}
		b := s.want(206, "GET", path, "", "Want-Repr-Digest", "sha-256=1", "Want-Content-Digest", "sha-256=1", "Range", "bytes=1-2")
		if b.Header.Get("Repr-Digest") != digestOf(text) || b.Header.Get("Content-Digest") != digestOf(text[1:3]) {
			t.Errorf("206: %v", b.Header)
		}
	}
}

func TestWhoChangesADocumentMaySeeIt(t *testing.T) {
	s := newSite(t)
	for i, text := range []string{"", "text", strings.Repeat("large ", 400<<10)} {
		path := "/content/book@main/doc" + string(rune('a'+i)) + ".txt"
		made := s.want(201, "PUT", path, text, "If-None-Match", "*", "Prefer", "return=representation")
		again := s.want(200, "PUT", path, text+"!", "If-Match", made.etag(), "Prefer", "return=representation")
		for _, tt := range []struct {
			answer
			want string
		}{{made, text}, {again, text + "!"}} {
			h := tt.Header
			if tt.body != tt.want || h.Get("Content-Type") != "text/plain; charset=utf-8" || tt.etag() == "" ||
				h.Get("Content-Location") == "" || h.Get("Preference-Applied") != "return=representation" || h.Get("Vary") != "Prefer" {
				t.Errorf("%d: %d bytes, %v", tt.StatusCode, len(tt.body), h)
			}
			if b := s.want(200, "GET", h.Get("Content-Location"), ""); b.body != tt.want || b.etag() != tt.etag() {
				t.Errorf("%s: %v", h.Get("Content-Location"), b.Header)
			}
		}
	}
	a := s.want(201, "POST", "/repos", `{"name":"brief"}`, "Prefer", "return=minimal")
	if a.body != "" || a.Header.Get("Location") == "" || a.Header.Get("Preference-Applied") != "return=minimal" {
		t.Errorf("%v %s", a.Header, a.body)
	}
}

func TestWhoPrefersATraceGetsIt(t *testing.T) {
	s := newSite(t)
	made := s.create("/content/book@main/a.txt", "text")
	for ends, a := range map[string]answer{
		"O18": s.want(200, "GET", "/content/book@main/a.txt", "", "Prefer", "trace"),
		"J18": s.want(304, "GET", "/content/book@main/a.txt", "", "Prefer", "trace", "If-None-Match", made.etag()),
		"O14": s.want(412, "PUT", "/content/book@main/a.txt", "x", "Prefer", "trace", "If-Match", `"old"`),
		"C4":  s.want(406, "GET", "/repos", "", "Prefer", "trace", "Accept", "image/png"),
		"B9":  s.want(400, "GET", "/content/book@main/../a", "", "Prefer", "trace"),
	} {
		if trace := a.Header.Get("Rhapsode-Trace"); !strings.HasPrefix(trace, "B13 B12 ") || !strings.HasSuffix(trace, " "+ends) {
			t.Errorf("%d: %s, want an end at %s", a.StatusCode, trace, ends)
		}
	}
}
