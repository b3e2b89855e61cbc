package system_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/door"
)

// TestBadInput: each gets a clear answer, directly and through the front, and
// changes nothing.
func TestBadInput(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	front, api := dial(t, r.Front()), dial(t, r.APIs()[0])
	makeRepo(t, front, "book")
	doc := door.Document("book", "main", "there.txt")
	made := want(t, front, door.Ask{Method: "PUT", Path: doc, Body: []byte("as it was"), Header: map[string]string{"If-None-Match": "*"}}, 201)

	put := func(path string) door.Ask {
		return door.Ask{Method: "PUT", Path: "/content/book@main/" + path, Body: []byte("x"), Header: map[string]string{"If-None-Match": "*"}}
	}
	tests := []struct {
		name   string
		ask    door.Ask
		status int
	}{
		{"a path that goes up", put("a/../b.txt"), 400},
		{"… percent-encoded", put("a/%2e%2e/b.txt"), 400},
		{"a segment that is a dot", put("a/./b.txt"), 400},
		{"an empty segment", put("a//b.txt"), 400},
		{"a NUL", put("a%00b.txt"), 400},
		{".git", put(".git/config"), 400},
		{".git in another case", put("a/.GiT/config"), 400},
		{".git with an ignorable character", put("a/.g%E2%80%8Cit/config"), 400},
		{".git by its short name", put("git~1/config"), 400},
		{"a name of 256 bytes", put(strings.Repeat("n", 256)), 400},
		{"a path of more than 4,096 bytes", put(strings.Repeat("0123456789/", 400) + "x"), 400},
		{"a repository name with capitals", door.Ask{Method: "PUT", Path: "/repos/Book", Body: []byte("{}")}, 400},
		{"a commit id of nothing", door.Ask{Method: "GET", Path: "/content/book@" + strings.Repeat("0", 40) + "/there.txt"}, 404},
		{"a write to a commit", door.Ask{Method: "PUT", Path: door.Document("book", made.Commit(), "there.txt"), Body: []byte("x"), Header: map[string]string{"If-Match": "*"}}, 405},
		{"a document under a document", put("there.txt/below"), 409},
		{"a write with an old tag", door.Ask{Method: "PUT", Path: doc, Body: []byte("x"), Header: map[string]string{"If-Match": `"0123456789012345678901234567890123456789"`}}, 412},
		{"a write that expects nothing there", put("there.txt"), 412},
		{"a write that says nothing of what is there", door.Ask{Method: "PUT", Path: doc, Body: []byte("x")}, 428},
		{"a part of a document as the whole", door.Ask{Method: "PUT", Path: doc, Body: []byte("x"), Header: map[string]string{"If-Match": "*", "Content-Range": "bytes 0-0/9"}}, 400},
		{"a range behind the end", door.Ask{Method: "GET", Path: doc, Header: map[string]string{"Range": "bytes=100-"}}, 416},
		{"a piece of a bundle at the wrong place", door.Ask{Method: "PATCH", Path: "/repos/book/imports/" + strings.Repeat("cd", 32), Body: []byte("no bundle"),
			Header: map[string]string{"Content-Type": "application/partial-upload", "Upload-Offset": "17", "Upload-Complete": "?0"}}, 409},
	}
	for _, way := range []struct {
		name string
		door *door.Client
	}{{"direct", api}, {"front", front}} {
		for _, tt := range tests {
			t.Run(way.name+"/"+tt.name, func(t *testing.T) {
				got, err := way.door.Do(t.Context(), tt.ask)
				if err != nil {
					t.Fatal(err)
				}
				problem(t, got, tt.status)
			})
		}
	}
	commits := want(t, front, door.Ask{Method: "GET", Path: "/repos/book/commits"}, 200)
	if found, err := door.Changes(commits.Body); err != nil || len(found) != 1 {
		t.Errorf("after all this the branch has the commits %v, %v", found, err)
	}
	if now := want(t, front, door.Ask{Method: "GET", Path: doc}, 200); string(now.Body) != "as it was" || now.ETag() != made.ETag() {
		t.Errorf("the document is %q now", now.Body)
	}
}

// problem checks that an answer is a problem document of that status which says something.
func problem(t *testing.T, got door.Answer, status int) {
	t.Helper()
	var p struct {
		Status int    `json:"status"`
		Title  string `json:"title"`
	}
	kind := got.Header.Get("Content-Type")
	switch {
	case got.Status != status:
		t.Errorf("%d, not %d: %.300s", got.Status, status, got.Body)
	case !strings.HasPrefix(kind, "application/problem+json"):
		t.Errorf("%d with a body of type %q", got.Status, kind)
	case json.Unmarshal(got.Body, &p) != nil || p.Status != status || p.Title == "":
		t.Errorf("%d with %.300s", got.Status, got.Body)
	case status == http.StatusMethodNotAllowed && got.Header.Get("Allow") == "":
		t.Error("405 without Allow")
	case status == http.StatusRequestedRangeNotSatisfiable && got.Header.Get("Content-Range") == "":
		t.Error("416 without Content-Range")
	}
}

// TestBrokenBundle: the importer says which object is broken, at what offset,
// and no ref is made.
func TestBrokenBundle(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	front := dial(t, r.Front())
	makeRepo(t, front, repo)
	bundle, err := os.ReadFile(bundleOf(t, generatedTruth(t)))
	if err != nil {
		t.Fatal(err)
	}
	bundle[len(bundle)/2] ^= 0x10
	err = front.Import(t.Context(), repo, bytes.NewReader(bundle), int64(len(bundle)))
	if err == nil || !strings.Contains(err.Error(), "object") || !strings.Contains(err.Error(), "offset") {
		t.Errorf("a bundle with a flipped bit: %v", err)
	}
	checkBranches(t, front, truth{})
}

// TestShortBody: a body shorter than its Content-Length changes nothing.
func TestShortBody(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	api := dial(t, r.APIs()[0])
	makeRepo(t, api, "book")
	for _, length := range []int{100, 3 << 20} { // one that travels in the change, one that is uploaded before
		conn, err := net.Dial("tcp", strings.TrimPrefix(api.Base(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "PUT /content/book@main/short HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\nContent-Length: %d\r\n\r\nabc", length)
		conn.(*net.TCPConn).CloseWrite()
		conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && res.StatusCode != http.StatusBadRequest { // to hang up on such a client is fair too
			t.Errorf("%d bytes announced, 3 sent: %d, not 400", length, res.StatusCode)
		}
	}
	want(t, api, door.Ask{Method: "GET", Path: "/content/book@main/short"}, 404)
}

// TestRepeatedRequest: the repeat of a request id gets the first answer, and
// the same id with other content is another request.
func TestRepeatedRequest(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	apis := []*door.Client{dial(t, r.APIs()[0]), dial(t, r.APIs()[1])}
	makeRepo(t, apis[0], "book")
	ask := door.Ask{Method: "PUT", Path: door.Document("book", "main", "a.txt"), Body: []byte("once"),
		Header: map[string]string{"If-None-Match": "*", "X-Request-Id": "0123456789abcdef0123456789abcdef"}}
	first := want(t, apis[0], ask, 201)
	for i, api := range []*door.Client{apis[0], apis[1]} {
		again := want(t, api, ask, 201)
		if again.ETag() != first.ETag() || again.Commit() != first.Commit() {
			t.Errorf("repeat %d: ETag %s and commit %s, not %s and %s", i, again.ETag(), again.Commit(), first.ETag(), first.Commit())
		}
	}
	ask.Body = []byte("something else")
	want(t, apis[1], ask, 412)
	commits := want(t, apis[0], door.Ask{Method: "GET", Path: "/repos/book/commits"}, 200)
	if found, err := door.Changes(commits.Body); err != nil || len(found) != 1 {
		t.Errorf("the branch has the commits %v, %v", found, err)
	}
}
