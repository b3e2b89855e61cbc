package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rhapsode/fs-service/fstest"
	"rhapsode/repo-api/internal/api"
)

// FuzzTarget: whatever target is asked for, with whatever credit and content, the
// answer is none of a failure on this side, and a refusal is a problem. Names,
// revisions, ranges of revisions, cursors and escapes are all in a target.
func FuzzTarget(f *testing.F) {
	for _, target := range []string{
		"/content/book@main/a.txt", "/content/book@feature%2Fx/a%2fb", "/content/book@/", "/content/@@/../%00", "/content/book/%zz",
		"/repos?after=&limit=0", "/repos/book/history/a.txt?after=0a-0b&ref=main", "/repos/book/branches/%2e%2e?after=%", "/repos/book/branches?after=_w&limit=1",
		"/repos/book/compare/main...main?as=diff", "/repos/book/compare/...", "/repos/book/blame/a.txt?ref=@{0}", "/repos/book/commits?after=x",
		"/repos/book/imports/xyz", "/git/book.git/info/refs?service=git-upload-pack", "/git/..git/git-receive-pack", "/problems/%2f", "/docs/flow?trace=B13,,x&status=x", "*",
	} {
		f.Add(uint8(0), target, "Zo%C3%AB <z@example.org>", "")
		f.Add(uint8(3), target, "%", `[{"op":"add","path":"/~2","value":1}]`)
	}
	h := api.New(api.Config{FS: fstest.Memory(f), MaxBody: 1 << 20, Spool: f.TempDir(), Clock: time.Now, Log: fstest.Log(f)})
	ask := func(method, target, credit, body string) *httptest.ResponseRecorder {
		r, err := http.NewRequest(method, "http://x/", strings.NewReader(body))
		if err == nil {
			r.URL, err = r.URL.Parse(target)
		}
		if err != nil || r.URL.Host != "x" {
			return nil // net/http would refuse it
		}
		r.RequestURI = target
		r.Header.Set("If-Match", "*")
		r.Header.Set("Rhapsode-Author", credit)
		r.Header.Set("Rhapsode-Message", credit)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	create := httptest.NewRequest("PUT", "/repos/book", strings.NewReader("{}"))
	create.Header.Set("If-None-Match", "*")
	h.ServeHTTP(httptest.NewRecorder(), create)
	methods := []string{"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	f.Fuzz(func(t *testing.T, method uint8, target, credit, body string) {
		w := ask(methods[int(method)%len(methods)], target, credit, body)
		if w == nil || w.Code < 400 {
			return
		}
		if kind := w.Header().Get("Content-Type"); w.Code >= 500 || kind != "application/problem+json" {
			t.Fatalf("%s %q: %d of type %s: %s", methods[int(method)%len(methods)], target, w.Code, kind, w.Body)
		}
	})
}
