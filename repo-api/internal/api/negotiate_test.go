package api_test

import (
	"net/http"
	"strings"
	"testing"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// TestAPersonCanClickFromTheRootToAHistory follows links of pages by their text alone.
func TestAPersonCanClickFromTheRootToAHistory(t *testing.T) {
	s := newSite(t)
	first := s.create("/content/book@main/chapters/one/a%20b.txt", "one <script>alert(1)</script>")
	s.want(204, "PUT", "/content/book@main/chapters/one/a%20b.txt", "two", "If-Match", first.etag(), "Rhapsode-Message", "Say <b>two</b>")
	at := "/"
	for _, text := range []string{"Repositories", "book", "Content", "chapters/", "one/", "history", "Say &lt;b&gt;two&lt;/b&gt;", "before"} {
		a := s.want(200, "GET", at, "", "Accept", browser)
		if a.Header.Get("Content-Type") != "text/html; charset=utf-8" || a.Header.Get("Content-Language") != "en" ||
			!strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(a.body, "<script") {
			t.Fatalf("%s: %v\n%s", at, a.Header, a.body)
		}
		head, _, found := strings.Cut(a.body, `">`+text+"</a>")
		i := strings.LastIndex(head, `href="`)
		if !found || i < 0 {
			t.Fatalf("%s has no link %q: %s", at, text, a.body)
		}
		at = strings.ReplaceAll(head[i+len(`href="`):], "&amp;", "&")
	}
	if a := s.want(200, "GET", at, "", "Accept", browser); a.body != "one <script>alert(1)</script>" {
		t.Errorf("%s: %q", at, a.body)
	}
}

func TestEveryPageIsThereForPeopleAndForPrograms(t *testing.T) {
	s := newSite(t)
	made := s.create("/content/book@main/a.txt", "text")
	commit := strings.Split(strings.Split(made.Header.Get("Content-Location"), "@")[1], "/")[0]
	for _, path := range []string{
		"/", "/repos", "/repos/book", "/repos/book/branches", "/repos/book/branches/main", "/repos/book/commits",
		"/repos/book/commits/" + commit, "/repos/book/history/a.txt", "/content/book@main/", "/problems/stale", "/healthz",
	} {
		tags := map[string]bool{}
		for accept, media := range map[string]string{"": "application/json", "*/*": "application/json", browser: "text/html; charset=utf-8"} {
			a := s.want(200, "GET", path, "", "Accept", accept)
			if a.Header.Get("Content-Type") != media || a.Header.Get("Vary") != "Accept, Accept-Language, Accept-Encoding" {
				t.Errorf("%s as %q: %v", path, accept, a.Header)
			}
			own := a.Header.Get("Content-Location")
			if b := s.want(200, "GET", own, "", "Accept", "*/*"); b.etag() != a.etag() || b.Header.Get("Content-Type") != media {
				t.Errorf("%s is not %s as %q: %v", own, path, accept, b.Header)
			}
			c := s.want(304, "GET", path, "", "Accept", accept, "If-None-Match", a.etag())
			if c.Header.Get("Vary") != a.Header.Get("Vary") || c.Header.Get("Content-Location") != own {
				t.Errorf("%s, 304: %v", path, c.Header)
			}
			tags[a.etag()] = true
		}
		if len(tags) != 2 {
			t.Errorf("%s: tags %v", path, tags)
		}
		a := s.want(406, "GET", path, "", "Accept", "image/png")
		if variants, _ := a.member(t, "variants").([]any); len(variants) < 2 || a.Header.Get("Vary") == "" {
			t.Errorf("%s, 406: %v %s", path, a.Header, a.body)
		}
		s.want(400, "GET", path+"?as=pdf", "")
	}
}

func TestErrorsDoNotDependOnAccept(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/nothing", "/repos/none", "/content/book@main/none", "/repos?limit=0"} {
		plain := s.ask("GET", path, nil, "X-Request-Id", "same")
		asked := s.ask("GET", path, nil, "X-Request-Id", "same", "Accept", browser, "Accept-Encoding", "gzip")
		if plain.body != asked.body || plain.StatusCode != asked.StatusCode || asked.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %s, %d %s", path, plain.StatusCode, plain.body, asked.StatusCode, asked.body)
		}
	}
	if a := s.want(404, "GET", "/content/book@main/none.txt", "", "Accept", "image/png"); a.Header.Get("Vary") == "" {
		t.Errorf("404: %v", a.Header)
	}
}

func TestEachCodingHasItsTag(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/a.cnxml"
	text := strings.Repeat("<para>words, words, words</para>\n", 100)
	made := s.create(doc, text)
	for _, coding := range []string{"gzip", "br", "zstd"} {
		a := s.want(200, "GET", doc, "", "Accept-Encoding", coding)
		h := a.Header
		tag := strings.TrimSuffix(made.etag(), `"`) + "-" + coding + `"`
		if a.etag() != tag || h.Get("Content-Encoding") != coding || h.Get("Vary") != "Accept, Accept-Encoding" ||
			len(a.body) >= len(text) || h.Get("Content-Type") != "application/vnd.openstax.cnxml+xml; charset=utf-8" {
			t.Errorf("%s: %v, %d bytes", coding, h, len(a.body))
		}
		head := s.want(200, "HEAD", doc, "", "Accept-Encoding", coding)
		if head.etag() != tag || head.Header.Get("Content-Length") != h.Get("Content-Length") {
			t.Errorf("%s, HEAD: %v", coding, head.Header)
		}
		part := s.want(206, "GET", doc, "", "Accept-Encoding", coding, "Range", "bytes=10-19", "If-Range", tag)
		if part.body != a.body[10:20] || part.Header.Get("Content-Encoding") != coding {
			t.Errorf("%s: a part: %q %v", coding, part.body, part.Header)
		}
		s.want(304, "GET", doc, "", "Accept-Encoding", coding, "If-None-Match", tag)
		s.want(200, "GET", doc, "", "Accept-Encoding", coding, "If-None-Match", made.etag())
		s.want(200, "GET", doc, "", "Accept-Encoding", "identity", "If-None-Match", tag)
		s.want(204, "PUT", doc, text, "If-Match", tag)
		s.want(412, "PUT", doc, text+"x", "If-Match", `"0123456789012345678901234567890123456789-`+coding+`"`)
	}
	s.want(406, "GET", doc, "", "Accept-Encoding", "*;q=0")
}

func TestWhatIsNotWorthACodingHasNone(t *testing.T) {
	s := newSite(t)
	for path, text := range map[string]string{
		"small.txt": "text", "picture.png": strings.Repeat("x", 5000), "large.txt": strings.Repeat("x", 3<<20),
	} {
		doc := "/content/book@main/" + path
		s.create(doc, text)
		a := s.want(200, "GET", doc, "", "Accept-Encoding", "gzip, br, zstd")
		if a.body != text || a.Header.Get("Content-Encoding") != "" || a.Header.Get("Vary") != "Accept, Accept-Encoding" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
}

func TestWhatABrowserCouldRunIsInASandbox(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{"a.html": "sandbox", "a.svg": "sandbox", "a.xhtml": "sandbox", "a.cnxml": "sandbox", "a.png": "", "a.txt": ""} {
		a := s.create("/content/book@main/"+path, "<x/>")
		for _, r := range []answer{
			s.want(200, "GET", "/content/book@main/"+path, ""),
			s.want(206, "GET", "/content/book@main/"+path, "", "Range", "bytes=0-1"),
			s.want(304, "GET", "/content/book@main/"+path, "", "If-None-Match", a.etag()),
			s.want(200, "PUT", "/content/book@main/"+path, "<y/>", "If-Match", a.etag(), "Prefer", "return=representation"),
		} {
			if got := r.Header.Get("Content-Security-Policy"); got != want || r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s, %d: %v, want %q", path, r.StatusCode, r.Header, want)
			}
			if r.Header.Get("Age") != "" {
				t.Errorf("%s, %d: an Age, though nothing was cached", path, r.StatusCode)
			}
		}
	}
}

// TestATagOfAPageChangesNothing: it is of how the state is told to people. A change
// names the tag of the state itself, and 412 says which that is.
func TestATagOfAPageChangesNothing(t *testing.T) {
	s := newSite(t)
	page := s.want(200, "GET", "/repos/book", "", "Accept", "text/html")
	now := s.want(200, "GET", "/repos/book", "")
	if page.etag() == now.etag() {
		t.Fatal("two variants have one tag")
	}
	refused := s.want(412, "PUT", "/repos/book", `{"description":"new"}`, "If-Match", page.etag())
	if refused.etag() != now.etag() || refused.member(t, "current") != now.etag() {
		t.Errorf("412 names %s, not %s", refused.etag(), now.etag())
	}
	s.want(200, "PUT", "/repos/book", `{"description":"new"}`, "If-Match", refused.etag())
}

func TestTheStylesheetIsThere(t *testing.T) {
	s := newSite(t)
	a := s.want(200, "GET", "/docs/style.css", "", "Accept", "text/css,*/*;q=0.1")
	if a.Header.Get("Content-Type") != "text/css; charset=utf-8" || a.Header.Get("Etag") == "" {
		t.Errorf("%v", a.Header)
	}
	s.want(http.StatusMethodNotAllowed, "PUT", "/docs/style.css", "x")
}
