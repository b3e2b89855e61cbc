package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/run"
	"rhapsode/repo-api/internal/api"
	"rhapsode/repo-api/internal/errand"
	"rhapsode/repo-api/internal/publication"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// maxBody is the largest document that a site takes.
const maxBody = 80 << 20

// site is the whole surface over a real file system, and a client of it.
type site struct {
	t      *testing.T
	url    string
	client *http.Client

	described *description // every exchange is held to it
}

func newSite(t *testing.T) *site {
	t.Helper()
	fs := fstest.Memory(t)
	errands, publisher := api.NewErrands(fs, fstest.Log(t)), newPublisher(t, fs)
	own(t, errands.Run)
	own(t, publisher.Run)
	s := siteOf(t, api.Config{FS: fs, Errands: errands, Publisher: publisher})
	s.want(201, "PUT", "/repos/book", "{}", "If-None-Match", "*")
	return s
}

func siteOver(t *testing.T, fs fsapi.FS) *site {
	t.Helper()
	errands := api.NewErrands(fs, fstest.Log(t))
	own(t, errands.Run)
	return siteWith(t, fs, errands)
}

// siteWith is a site whose errands somebody else runs.
func siteWith(t *testing.T, fs fsapi.FS, errands *errand.Errands) *site {
	t.Helper()
	return siteOf(t, api.Config{FS: fs, Errands: errands})
}

// siteOf is a site that is set up as c says.
func siteOf(t *testing.T, c api.Config) *site {
	t.Helper()
	if c.Publisher == nil {
		c.Publisher = newPublisher(t, c.FS)
	}
	c.MaxBody, c.Spool, c.Clock, c.Log = maxBody, t.TempDir(), time.Now, fstest.Log(t)
	c.Metrics = func() ([]byte, string, error) { return []byte("up 1\n"), "text/plain", nil }
	surface := api.New(c)
	server := httptest.NewUnstartedServer(surface)
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	t.Cleanup(server.Close)
	client := server.Client()
	client.Transport.(*http.Transport).DisableCompression = true // what is not asked for is not sent
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &site{t, server.URL, client, loadDescription(t, surface)}
}

func newPublisher(t *testing.T, fs fsapi.FS) *publication.Publisher {
	return publication.New(publication.Options{FS: fs, Clock: time.Now, Log: fstest.Log(t), Spool: t.TempDir()})
}

// own runs life until the test ends.
func own(t *testing.T, life func(context.Context) error) {
	t.Helper()
	g := run.NewGroup(context.WithoutCancel(t.Context()))
	g.Go("life", life)
	t.Cleanup(func() {
		g.Stop()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// answer is what came back.
type answer struct {
	*http.Response
	body string
}

func (a answer) etag() string { return a.Header.Get("Etag") }

// member returns a member of a JSON body.
func (a answer) member(t *testing.T, name string) any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(a.body), &members); err != nil {
		t.Fatalf("%s %s: %v: %s", a.Request.Method, a.Request.URL, err, a.body)
	}
	return members[name]
}

// ask sends a request; fields are names and values in turn.
func (s *site) ask(method, path string, body io.Reader, fields ...string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		if fields[i+1] != "" {
			r.Header.Add(fields[i], fields[i+1])
		}
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{resp, string(text)}
	s.described.check(s.t, a)
	return a
}

// want is ask, with a status that is due.
func (s *site) want(status int, method, path, body string, fields ...string) answer {
	s.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	a := s.ask(method, path, content, fields...)
	if a.StatusCode != status {
		s.t.Fatalf("%s %s %q: %d, want %d: %s", method, path, fields, a.StatusCode, status, a.body)
	}
	if status >= 400 && method != "HEAD" {
		s.checkProblem(a)
	}
	return a
}

// checkProblem holds an answer to RFC 9457.
func (s *site) checkProblem(a answer) {
	s.t.Helper()
	if a.Header.Get("Content-Type") != "application/problem+json" || a.Header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("%d with %v", a.StatusCode, a.Header)
	}
	for _, name := range []string{"type", "title", "detail", "instance"} {
		if text, _ := a.member(s.t, name).(string); text == "" {
			s.t.Errorf("%d without %s: %s", a.StatusCode, name, a.body)
		}
	}
	if a.member(s.t, "status") != float64(a.StatusCode) {
		s.t.Errorf("%d says it is %v", a.StatusCode, a.member(s.t, "status"))
	}
}

// tip is everything that a change could have changed.
func (s *site) tip() string {
	s.t.Helper()
	return s.want(200, "GET", "/repos", "").body + s.want(200, "GET", "/repos/book/branches", "").body
}

// create makes a document and returns its tag.
func (s *site) create(path, body string) answer {
	s.t.Helper()
	return s.want(201, "PUT", path, body, "If-None-Match", "*")
}
