package api_test

import (
	"io"
	"strings"
	"testing"
)

func TestAnUploadGoesOnWhereItStopped(t *testing.T) {
	s := newSite(t)
	upload := "/repos/book/imports/" + strings.Repeat("ab", 32)
	piece := func(want int, offset, complete string, body io.Reader) answer {
		t.Helper()
		a := s.ask("PATCH", upload, body, "Upload-Offset", offset, "Upload-Complete", complete, "Content-Type", "application/partial-upload")
		if a.StatusCode != want {
			t.Fatalf("at %s: %d, want %d: %s", offset, a.StatusCode, want, a.body)
		}
		return a
	}
	s.want(404, "HEAD", upload, "")
	if a := piece(204, "0", "?0", strings.NewReader("# v2 git bundle\n")); a.Header.Get("Upload-Offset") != "16" || a.Header.Get("Upload-Complete") != "?0" {
		t.Errorf("after the first piece: %v", a.Header)
	}
	if a := s.want(200, "HEAD", upload, ""); a.Header.Get("Upload-Offset") != "16" || a.Header.Get("Upload-Complete") != "?0" {
		t.Errorf("asked how far it is: %v", a.Header)
	}
	late := piece(409, "3", "?0", strings.NewReader("again"))
	if late.Header.Get("Upload-Offset") != "16" || late.member(t, "expected-offset") != 16.0 || late.member(t, "provided-offset") != 3.0 {
		t.Errorf("at the wrong offset: %v %s", late.Header, late.body)
	}
	if a := piece(204, "16", "", io.MultiReader(strings.NewReader("no length"))); a.Header.Get("Upload-Offset") != "25" {
		t.Errorf("after a piece whose length was not told: %v", a.Header)
	}
	piece(400, "25", "yes", strings.NewReader("x"))
	piece(413, "25", "?0", io.LimitReader(zeros{}, 17<<20))
	last := piece(202, "25", "?1", strings.NewReader("end"))
	if last.Header.Get("Location") != upload || last.member(t, "phase") == "" {
		t.Errorf("after the last piece: %v %s", last.Header, last.body)
	}
	for phase := ""; phase != "failed"; { // its sum is not its name
		a := s.want(200, "GET", upload, "")
		phase, _ = a.member(t, "phase").(string)
		if phase == "done" {
			t.Fatal("a broken bundle was imported")
		}
	}
	if a := s.want(200, "GET", upload, ""); a.member(t, "error") == "" || a.member(t, "kind") != "invalid" {
		t.Errorf("%s", a.body)
	}
}
