package lb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"rhapsode/lb"
)

// checkProblem holds an answer to RFC 9457 and to its status line.
func checkProblem(t *testing.T, resp *http.Response, status int) {
	t.Helper()
	if resp.StatusCode != status {
		t.Errorf("status %d, not %d", resp.StatusCode, status)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Request.Method == http.MethodHead {
		return
	}
	var p struct {
		Type, Title, Detail, Instance string
		Status                        int
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if p.Type != "about:blank" || p.Title != http.StatusText(status) || p.Status != status || p.Detail == "" {
		t.Errorf("problem %+v", p)
	}
	if id := resp.Header.Values("X-Request-Id"); len(id) != 1 || id[0] == "" || p.Instance != id[0] {
		t.Errorf("X-Request-Id %q, instance %q", id, p.Instance)
	}
}

func TestRefusals(t *testing.T) {
	const rest = " HTTP/1.1\r\nHost: books.example\r\nConnection: close\r\n"
	long := strings.Repeat("x", 20<<10)
	tests := []struct {
		name    string
		request string
		status  int
		field   string // and its value
		plain   bool   // in the built-in balancer net/http answers in its own words
	}{
		{"a body over the limit", "PUT /a" + rest + "Content-Length: 2000000\r\n\r\n", 413, "", false},
		{"a chunked body over the limit", "PUT /a" + rest + "Transfer-Encoding: chunked\r\n\r\n" + chunks(20, 64<<10), 413, "", false},
		{"a long target", "GET /" + long + rest + "\r\n", 414, "", false},
		{"a long field", "GET /a" + rest + "X: " + strings.Repeat("x", 90<<10) + "\r\n\r\n", 431, "", true},
		{"an odd expectation", "GET /a" + rest + "Expect: tea\r\n\r\n", 417, "", true},
		{"a foreign host", "GET /a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n", 421, "", false},
		{"a foreign host, HEAD", "HEAD /a HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n", 421, "", false},
		{"no host", "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "", true},
		{"OPTIONS *", "OPTIONS *" + rest + "\r\n", 400, "", false},
		{"broken framing", "GET /a" + rest + "Content-Length: x\r\n\r\n", 400, "", true},
		{"TRACE", "TRACE /a" + rest + "\r\n", 405, "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", false},
		{"an odd coding", "PUT /a" + rest + "Transfer-Encoding: gzip\r\n\r\n", 501, "", true},
		{"HTTP/3 on a line", "GET /a HTTP/3.0\r\nHost: books.example\r\n\r\n", 505, "", true},
		{"an API that dies", "POST /die" + rest + "Content-Length: 1\r\n\r\nx", 502, "", false},
	}
	fronts(t, func(t *testing.T, nginx string) {
		dies := upstream(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		})
		d := open(t, nginx, newRing(dies), func(o *lb.Options) { o.Hosts = []string{"books.example", "[::1]"} })
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				resp := d.say(t, tt.request)
				if nginx == "" && tt.plain {
					if resp.StatusCode != tt.status {
						t.Errorf("status %d, not %d", resp.StatusCode, tt.status)
					}
					return
				}
				checkProblem(t, resp, tt.status)
				if name, value, ok := strings.Cut(tt.field, ": "); ok && resp.Header.Get(name) != value {
					t.Errorf("%s is %q, not %q", name, resp.Header.Get(name), value)
				}
			})
		}
	})
}

// chunks is a chunked body of n chunks of the given size.
func chunks(n, size int) string {
	chunk := fmt.Sprintf("%x\r\n%s\r\n", size, strings.Repeat("x", size))
	return strings.Repeat(chunk, n) + "0\r\n\r\n"
}

// received is what an API saw.
type received struct {
	method, target, host, id, body string
	fields                         http.Header
}

// journal is what the APIs of a test saw, in order.
type journal struct {
	mu   sync.Mutex
	list []received // guarded by mu
}

func (j *journal) note(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		body = []byte("unreadable: " + err.Error())
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, received{r.Method, r.RequestURI, r.Host, r.Header.Get("X-Request-Id"), string(body), r.Header.Clone()})
}

func (j *journal) take() []received {
	j.mu.Lock()
	defer j.mu.Unlock()
	list := j.list
	j.list = nil
	return list
}

func TestTargetPassesRaw(t *testing.T) {
	targets := []string{
		"/", "/content/r@main/a/b", "/content/r@feature%2Fx/a", "/content/r@main/a%2fb", "/content//r@main///a",
		"/content/r@main/a%2E%2E/b", "/content/r@main/x/%2e%2e/a", "/content/r@main/a/./b", "/content/r@main/x/../a",
		"/a%20b+c", "/caf%C3%A9", "/a;b=c,d", "/a'(b)!*$&=@:~", "/[a]", "/a?b=%2F&c;d&e=%zz", "/a?", "/a%3Fb", "//",
	}
	fronts(t, func(t *testing.T, nginx string) {
		var j journal
		d := open(t, nginx, newRing(upstream(t, func(_ http.ResponseWriter, r *http.Request) { j.note(r) })))
		for _, target := range targets {
			resp := d.say(t, "GET "+target+" HTTP/1.1\r\nHost: books.example:99\r\nConnection: close\r\n\r\n")
			got := j.take()
			if resp.StatusCode != http.StatusOK || len(got) != 1 {
				t.Errorf("%s: status %d, %d requests", target, resp.StatusCode, len(got))
				continue
			}
			if got[0].target != target || got[0].host != "books.example:99" {
				t.Errorf("%s became %s of %s", target, got[0].target, got[0].host)
			}
		}
	})
}

func TestRequestIDIsOurs(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		var j journal
		d := open(t, nginx, newRing(upstream(t, func(w http.ResponseWriter, r *http.Request) {
			j.note(r)
			w.Header().Set("X-Request-Id", "the API's")
		})))
		resp := d.say(t, "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\nX-Forwarded-For: 9.9.9.9\r\nConnection: close\r\n\r\n")
		got := j.take()[0]
		if ids := resp.Header.Values("X-Request-Id"); len(ids) != 1 || ids[0] != got.id || got.id == "" || got.id == "mine" {
			t.Errorf("up went %q, back came %q", got.id, ids)
		}
		if got.fields.Get("X-Forwarded-For") != "127.0.0.1" {
			t.Errorf("X-Forwarded-For: %q", got.fields.Values("X-Forwarded-For"))
		}
	})
}

// TestRepeats kills the connection of whoever gets a request first, after it
// has read all of it.
func TestRepeats(t *testing.T) {
	tests := []struct {
		method string
		tries  int
	}{
		{"GET", 2}, {"PUT", 2}, {"DELETE", 2}, {"OPTIONS", 2}, {"POST", 1}, {"PATCH", 1},
	}
	fronts(t, func(t *testing.T, nginx string) {
		for _, tt := range tests {
			for _, size := range []int{5, 300 << 10} { // in memory and on disk
				t.Run(fmt.Sprint(tt.method, " ", size), func(t *testing.T) {
					var j journal
					var once sync.Once
					api := func(w http.ResponseWriter, r *http.Request) {
						j.note(r)
						once.Do(func() { panic(http.ErrAbortHandler) })
					}
					d := open(t, nginx, newRing(upstream(t, api), upstream(t, api)))
					body := strings.Repeat("b", size)
					resp := d.say(t, fmt.Sprintf("%s /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", tt.method, size, body))
					got := j.take()
					if len(got) != tt.tries {
						t.Fatalf("sent %d times, not %d", len(got), tt.tries)
					}
					if tt.tries == 1 {
						checkProblem(t, resp, http.StatusBadGateway)
						return
					}
					if resp.StatusCode != http.StatusOK {
						t.Errorf("status %d", resp.StatusCode)
					}
					if got[0].id != got[1].id || got[0].body != body || got[1].body != body {
						t.Error("the repeat is not the same request")
					}
				})
			}
		}
	})
}

func TestAnAPIsOwnErrorIsItsAnswer(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		var j journal
		api := upstream(t, func(w http.ResponseWriter, r *http.Request) {
			j.note(r)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			io.WriteString(w, "its own")
		})
		d := open(t, nginx, newRing(api, named(t, "other")))
		statuses := []int{d.say(t, get).StatusCode, d.say(t, get).StatusCode}
		slices.Sort(statuses)
		if !slices.Equal(statuses, []int{200, 503}) || len(j.take()) != 1 {
			t.Errorf("statuses %v", statuses)
		}
	})
}

func TestBodiesAndFieldsPass(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		payload := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // exactly the limit
		var j journal
		d := open(t, nginx, newRing(upstream(t, func(w http.ResponseWriter, r *http.Request) {
			j.note(r)
			w.Header().Set("ETag", `"x"`)
			w.Header().Set("Location", "http://apis/elsewhere")
			w.WriteHeader(http.StatusCreated)
			w.Write(payload)
		})))
		req, err := http.NewRequest(http.MethodPut, "http://"+d.addr+"/a", io.MultiReader(bytes.NewReader(payload))) // of unknown length: chunked
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-Match", `"a", W/"b"`)
		req.Header.Set("Accept-Encoding", "gzip")
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		back, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		got := j.take()[0]
		if got.body != string(payload) || !bytes.Equal(back, payload) {
			t.Errorf("%d bytes went up, %d came back, of %d", len(got.body), len(back), len(payload))
		}
		if got.fields.Get("If-Match") != `"a", W/"b"` || got.fields.Get("Accept-Encoding") != "gzip" {
			t.Errorf("fields went up as %v", got.fields)
		}
		if resp.StatusCode != http.StatusCreated || resp.Header.Get("ETag") != `"x"` || resp.Header.Get("Location") != "http://apis/elsewhere" {
			t.Errorf("it came back as %d %v", resp.StatusCode, resp.Header)
		}
	})
}
