package flow_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rhapsode/repo-api/flow"
)

// held is how much of an answer the wrapped handlers of these tests may have held.
const held = 16

func wrap(h http.HandlerFunc) http.Handler {
	return flow.Wrap(h, flow.Wrapping{Held: held, MaxBody: 100, Methods: func(*http.Request) flow.Methods {
		return flow.GET | flow.POST | flow.PUT | flow.DELETE
	}})
}

// says is a handler that answers status, fields (name, value) and body.
func says(status int, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		w.WriteHeader(status)
		for chunk := range strings.SplitAfterSeq(body, "|") {
			io.WriteString(w, chunk)
		}
	}
}

func TestAWrappedAnswer(t *testing.T) {
	const long = "more|than is held back|and in parts"
	tests := []struct {
		name    string
		handler http.HandlerFunc
		method  string
		fields  string // of the request
		status  int
		body    string   // exactly, or … what it begins with
		due     []string // "Name: value", "Name: " if it must be there, or "Name" if it must not
	}{
		{"read", says(200, "text"), "GET", "", 200, "text", []string{"Content-Length: 4", "Etag: ", "Accept-Ranges: bytes", "Content-Type: text/plain; charset=utf-8"}},
		{"its own tag", says(200, "text", "ETag", `W/"own"`), "GET", `If-None-Match: "own"`, 304, "", []string{`Etag: W/"own"`, "Content-Length"}},
		{"HEAD", says(200, "text", "X-Own", "kept"), "HEAD", "", 200, "", []string{"Content-Length: 4", "Etag: ", "X-Own: kept"}},
		{"a range", says(200, "text"), "GET", "Range: bytes=1-2", 206, "ex", []string{"Content-Range: bytes 1-2/4"}},
		{"a range behind the end", says(200, "text"), "GET", "Range: bytes=9-", 416, "{…", []string{"Content-Range: bytes */4"}},
		{"no content", says(204, ""), "GET", "", 200, "", []string{"Content-Length: 0"}},
		{"too long to be held", says(200, long), "GET", "Range: bytes=1-2", 200, long, []string{"Etag", "Content-Length", "Accept-Ranges: none"}},
		{"too long, of a known length", says(200, long, "Content-Length", fmt.Sprint(len(long)), "ETag", `"own"`), "HEAD", "", 200, "",
			[]string{fmt.Sprint("Content-Length: ", len(long)), `Etag: "own"`}},
		{"too long, and not needed", says(200, long, "ETag", `"own"`), "GET", `If-None-Match: "own"`, 304, "", nil},
		{"a refusal in its own words", says(403, "not you", "Content-Type", "text/plain", "X-Own", "kept"), "GET", "", 403,
			`{"type":"about:blank","title":"Forbidden","status":403,"detail":"not you"}`, []string{"X-Own: kept", "Content-Type: application/problem+json", "Cache-Control: no-store"}},
		{"a page is no detail", says(500, "<p>panic</p>", "Content-Type", "text/html"), "GET", "", 500, `{"type":"about:blank","title":"Internal Server Error","status":500}`, nil},
		{"a problem of its own", says(404, `{"a":1}`, "Content-Type", "application/problem+json"), "GET", "", 404, `{"a":1}`, nil},
		{"a challenge", says(401, "", "WWW-Authenticate", "Basic"), "GET", "", 401, "{…", []string{"Www-Authenticate: Basic"}},
		{"304 that nobody asked for", says(304, ""), "GET", "", 500, "{…", nil},
		{"moved", says(301, "", "Location", "/new"), "GET", "", 308, "", []string{"Location: /new"}},
		{"found", says(302, "", "Location", "/new"), "GET", "", 302, "", []string{"Location: /new"}},
		{"gone, whatever is expected", says(410, ""), "GET", `If-Match: "x"`, 410, "{…", nil},
		{"a method that it has not", says(200, "text"), "PATCH", "", 405, "{…", []string{"Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS"}},
		{"a method that nobody has", says(200, "text"), "BREW", "", 501, "{…", nil},
		{"OPTIONS", says(200, "text"), "OPTIONS", "", 204, "", []string{"Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS"}},
		{"made", says(201, "", "Location", "/made", "ETag", `"new"`), "POST", "", 201, "", []string{"Location: /made", `Etag: "new"`}},
		{"accepted", says(202, "soon"), "PUT", "", 202, "soon", nil},
		{"deleted", says(200, ""), "DELETE", "", 204, "", nil},
		{"elsewhere, as most handlers say it", says(302, "", "Location", "/made"), "POST", "", 303, "", []string{"Location: /made"}},
		{"elsewhere with the same method", says(307, "", "Location", "/there"), "PUT", "", 307, "", []string{"Location: /there"}},
		{"a conflict", says(409, "locked", "Content-Type", "text/plain"), "PUT", "", 409, `{"type":"about:blank","title":"Conflict","status":409,"detail":"locked"}`, nil},
		{"a stale change", says(200, "text"), "PUT", `If-Match: "x"`, 412, "{…", []string{"Etag: "}},
		{"a change of what is missing", says(404, ""), "PUT", `If-Match: *`, 412, "{…", nil},
		{"too much", says(200, ""), "PUT", "Content-Length: 101", 413, "{…", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/a", nil)
			if name, value, ok := strings.Cut(tt.fields, ": "); ok && name == "Content-Length" {
				fmt.Sscan(value, &r.ContentLength)
			} else if ok {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			wrap(tt.handler).ServeHTTP(w, r)
			start, part := strings.CutSuffix(tt.body, "…")
			if got := w.Body.String(); w.Code != tt.status || got != tt.body && !(part && strings.HasPrefix(got, start)) {
				t.Errorf("%d %q, not %d %q", w.Code, got, tt.status, tt.body)
			}
			for _, due := range tt.due {
				name, value, there := strings.Cut(due, ": ")
				got := w.Result().Header.Values(name)
				if there != (len(got) == 1) || value != "" && got[0] != value {
					t.Errorf("%s is %q, not %q", name, got, due)
				}
			}
		})
	}
}

func TestATagIsOneOfBytes(t *testing.T) {
	tag := func(h http.HandlerFunc) string {
		w := httptest.NewRecorder()
		wrap(h).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		return w.Result().Header.Get("Etag")
	}
	one := tag(says(200, "text"))
	if same := tag(says(200, "te|xt")); one == same {
		t.Error("other bytes have the same tag")
	}
	if same := tag(says(200, "text", "Date", "x", "Last-Modified", "y")); one != same {
		t.Errorf("the same bytes have the tags %s and %s", one, same)
	}
	if other := tag(says(200, "text", "Content-Encoding", "x-own")); one == other {
		t.Error("another coding has the same tag")
	}
}

// TestOneConditionalWriterWins though the handler itself compares nothing.
func TestOneConditionalWriterWins(t *testing.T) {
	var mu sync.Mutex
	doc := "as it was"
	h := wrap(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.Method == "PUT" {
			doc = string(body)
			return
		}
		io.WriteString(w, doc)
	})
	first := httptest.NewRecorder()
	h.ServeHTTP(first, httptest.NewRequest("GET", "/a", nil))
	tag := first.Result().Header.Get("Etag")
	var won atomic.Int32
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, request("PUT", "/a", fmt.Sprint("by ", i), "If-Match", tag))
			if w.Code == 204 {
				won.Add(1)
			} else if w.Code != 412 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	writers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of them won", won.Load())
	}
}

// TestAnUnheardHandlerEnds: its writes fail and its context ends.
func TestAnUnheardHandlerEnds(t *testing.T) {
	ended := false
	h := wrap(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"own"`)
		for {
			if _, err := io.WriteString(w, "on and on "); err != nil {
				ended = r.Context().Err() != nil
				return
			}
		}
	})
	h.ServeHTTP(httptest.NewRecorder(), request("HEAD", "/", ""))
	if !ended {
		t.Error("it did not learn that nobody hears it")
	}
}

// TestAPanicIsTheServers: net/http ends the connection, as without the wrapper.
func TestAPanicIsTheServers(t *testing.T) {
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("%v came through", got)
		}
	}()
	wrap(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }).
		ServeHTTP(httptest.NewRecorder(), request("GET", "/", ""))
}

func ExampleWrap() {
	plain := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "Sing, goddess")
	})
	h := flow.Wrap(plain, flow.Wrapping{})

	for _, r := range []*http.Request{
		request("HEAD", "/iliad", ""),
		request("GET", "/iliad", "", "Range", "bytes=6-"),
		request("DELETE", "/iliad", ""),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Printf("%s: %d %q, Allow: %q\n", r.Method, w.Code, w.Body, w.Header().Get("Allow"))
	}
	// Output:
	// HEAD: 200 "", Allow: ""
	// GET: 206 "goddess", Allow: ""
	// DELETE: 405 "{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\",\"status\":405}", Allow: "GET, HEAD, OPTIONS"
}
