package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

func TestBadInputChangesNothing(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "x")
	before := s.tip()
	tests := []struct {
		name, method, path, body string
		want                     int
		detail                   string // is part of the problem's
	}{
		{"a way up", "PUT", "/content/book@main/a/../../b", "x", 400, ".."},
		{"a hidden way up", "PUT", "/content/book@main/%2e%2e/b", "x", 400, ".."},
		{"an empty segment", "PUT", "/content/book@main/a//b", "x", 400, "empty"},
		{"a NUL", "PUT", "/content/book@main/a%00", "x", 400, "NUL"},
		{"a hidden slash", "PUT", "/content/book@main/a%2Fb", "x", 400, "slash"},
		{".git", "PUT", "/content/book@main/.git/hooks/x", "x", 400, ".git"},
		{".GIT", "PUT", "/content/book@main/d/.GIT", "x", 400, ".git"},
		{".git in disguise", "PUT", "/content/book@main/.g%E2%80%8Cit", "x", 400, ".git"},
		{"git~1", "PUT", "/content/book@main/GIT~1", "x", 400, ".git"},
		{"a long name", "PUT", "/content/book@main/" + strings.Repeat("x", 256), "x", 400, "255"},
		{"a long path", "PUT", "/content/book@main/" + strings.Repeat("xxxxxxx/", 512) + "y", "x", 400, "4096"},
		{"a long path, escaped", "PUT", "/content/book@main/" + strings.Repeat("%78%78%78/", 1024) + "y", "x", 400, "4096"},
		{"a path that nobody may create", "PUT", "/content/book@main/a%01", "x", 400, "control"},
		{"a path that is not UTF-8", "PUT", "/content/book@main/a%FF", "x", 400, "UTF-8"},
		{"a bad repository", "PUT", "/repos/Book", "{}", 400, "name"},
		{"a bad branch", "PUT", "/repos/book/branches/a..b", `{"from":"main"}`, 400, ".."},
		{"no JSON", "PUT", "/repos/other", "{", 400, "JSON"},
		{"two JSONs", "PUT", "/repos/other", "{}{}", 400, "follows"},
		{"an unknown member", "PUT", "/repos/other", `{"colour":1}`, 400, "colour"},
		{"too much JSON", "PUT", "/repos/other", `{"description":"` + strings.Repeat("x", 70_000) + `"}`, 413, ""},
		{"a branch from nowhere", "PUT", "/repos/book/branches/b", `{"from":"nowhere"}`, 404, ""},
		{"a branch from two places", "PUT", "/repos/book/branches/b", `{"from":"main","commit":"` + strings.Repeat("0", 40) + `"}`, 400, "both"},
		{"a nameless repository", "POST", "/repos", `{}`, 400, "name"},
		{"an import that is no sha256", "PATCH", "/repos/book/imports/abc", "x", 400, "64"},
		{"a piece without an offset", "PATCH", "/repos/book/imports/" + strings.Repeat("ab", 32), "x", 400, "Upload-Offset"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := s.want(tt.want, tt.method, tt.path, tt.body)
			if detail, _ := a.member(t, "detail").(string); !strings.Contains(detail, tt.detail) {
				t.Errorf("no %q in %q", tt.detail, detail)
			}
		})
	}
	if after := s.tip(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

func TestAContentCutShortChangesNothing(t *testing.T) {
	s := newSite(t)
	before := s.tip()
	for _, length := range []int{100, 4 << 20} { // inline, and uploaded as it comes
		a := s.raw(fmt.Sprintf("PUT /content/book@main/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nshort", length))
		if a.StatusCode != 400 {
			t.Errorf("%d bytes short: %d %s", length, a.StatusCode, a.body)
		}
	}
	chunked := s.raw("PUT /content/book@main/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n")
	if chunked.StatusCode != 400 {
		t.Errorf("without the last chunk: %d %s", chunked.StatusCode, chunked.body)
	}
	if s.tip() != before {
		t.Error("something changed")
	}
	s.want(404, "GET", "/content/book@main/a", "")
}

// raw sends bytes as they are, ends its side and reads the answer.
func (s *site) raw(request string) answer {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		s.t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{resp, string(body)}
}

func TestOptionsOfTheServerAsAWhole(t *testing.T) {
	s := newSite(t)
	a := s.raw("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if a.StatusCode != 204 || a.Header.Get("Allow") != "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
}

func TestContentWithoutALengthIsTaken(t *testing.T) {
	s := newSite(t)
	for i, size := range []int{0, 1000, 1 << 20, 1<<20 + 1, 3 << 20} {
		path := fmt.Sprintf("/content/book@main/%d", i)
		body := bytes.Repeat([]byte("x"), size)
		a := s.ask("PUT", path, io.MultiReader(bytes.NewReader(body))) // the client can't know its length
		if a.StatusCode != 201 {
			t.Fatalf("%d bytes: %d %s", size, a.StatusCode, a.body)
		}
		if got := s.want(200, "GET", path, ""); got.body != string(body) || got.etag() != a.etag() {
			t.Errorf("%d bytes came back as %d", size, len(got.body))
		}
	}
	if a := s.ask("PUT", "/content/book@main/large", io.LimitReader(zeros{}, maxBody+1)); a.StatusCode != 413 {
		t.Errorf("over the limit without a length: %d", a.StatusCode)
	}
	s.want(404, "GET", "/content/book@main/large", "")
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestALargeDocumentIsNeverHeldWhole sends 64 MB up and down and watches the heap
// of the client, the front end and the file system together.
func TestALargeDocumentIsNeverHeldWhole(t *testing.T) {
	const size, bound = 64 << 20, 40 << 20
	s := newSite(t)
	runtime.GC()
	watch := &heap{}
	watch.look()
	base := watch.most
	r, err := http.NewRequest("PUT", s.url+"/content/book@main/large", io.TeeReader(io.LimitReader(zeros{}, size), watch))
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = size
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 201 {
		t.Fatalf("%d", resp.StatusCode)
	}
	resp, err = s.client.Get(s.url + "/content/book@main/large")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(watch, resp.Body)
	if err != nil || n != size || resp.ContentLength != size {
		t.Fatalf("%d of %d bytes, %v", n, resp.ContentLength, err)
	}
	t.Logf("heap: %d MB, and %d MB more at the most", base>>20, (watch.most-base)>>20)
	if watch.most-base > bound {
		t.Errorf("the heap grew by %d MB", (watch.most-base)>>20)
	}
	part := s.want(206, "GET", "/content/book@main/large", "", "Range", fmt.Sprintf("bytes=%d-", size-5))
	if part.body != "\x00\x00\x00\x00\x00" {
		t.Errorf("the end is %q", part.body)
	}
}

// heap notes how large the heap gets while bytes pass.
type heap struct {
	most   uint64
	passed int
}

func (h *heap) Write(p []byte) (int, error) {
	if h.passed += len(p); h.passed > 1<<20 {
		h.passed = 0
		h.look()
	}
	return len(p), nil
}

func (h *heap) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.most = max(h.most, m.HeapAlloc)
}
