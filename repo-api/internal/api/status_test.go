package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// TestEveryStatusCanBeHad asks for each status and the fields that it must carry.
// A field ending in = must have just that value.
func TestEveryStatusCanBeHad(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/dir/a.txt"
	made := s.create(doc, "0123456789")
	tag := made.etag()
	version := made.Header.Get("Content-Location")
	s.create("/content/book@main/b.txt", "b")
	s.want(201, "PUT", "/repos/gone", "{}", "If-None-Match", "*")
	s.want(204, "DELETE", "/repos/gone", "", "If-Match", "*")
	s.want(201, "PUT", "/repos/book/branches/side", `{"from":"main"}`, "If-None-Match", "*")
	s.create("/content/book@side/only-here", "x")
	sum := sha256.Sum256([]byte("no bundle"))
	upload := "/repos/book/imports/" + hex.EncodeToString(sum[:])

	tests := []struct {
		status       int
		method, path string
		body         string
		fields       string // name: value, lines
		due          string // fields of the answer, lines
	}{
		{200, "GET", doc, "", "", "Etag=" + tag + "\nLast-Modified\nCache-Control=no-cache\nAccept-Ranges=bytes\nContent-Length=10\n" +
			"Content-Type=text/plain; charset=utf-8\nContent-Location\nX-Content-Type-Options=nosniff\nX-Request-Id\nLink\nDate"},
		{200, "GET", version, "", "", "Etag=" + tag + "\nCache-Control=public, max-age=31536000, immutable"},
		{200, "GET", "/repos/book", "", "", "Etag\nContent-Type=application/json"},
		{200, "GET", "/content/book@main/dir/", "", "", "Etag\nContent-Type=application/json\nLink"},
		{200, "GET", "/", "", "", "Etag"},
		{200, "GET", "/healthz", "", "", "Cache-Control=no-store"},
		{200, "GET", "/readyz", "", "", "Cache-Control=no-store"},
		{200, "GET", "/metrics", "", "", "Cache-Control=no-store"},
		{200, "GET", "/problems/stale", "", "", ""},
		{201, "PUT", "/content/book@main/new.txt", "new", "If-None-Match: *", "Location=/content/book@main/new.txt\nEtag\nContent-Location"},
		{201, "POST", "/repos", `{"name":"posted"}`, "", "Location=/repos/posted\nEtag"},
		{201, "POST", "/repos/book/branches", `{"name":"a/b"}`, "", "Location=/repos/book/branches/a%2Fb\nEtag"},
		{202, "PATCH", upload, "no bundle", "Upload-Offset: 0\nUpload-Complete: ?1\nContent-Type: application/partial-upload",
			"Upload-Offset=9\nUpload-Complete=?1\nLocation=" + upload},
		{204, "PUT", doc, "0123456789", "If-Match: " + tag, "Etag=" + tag + "\nContent-Location"},
		{204, "DELETE", "/content/book@main/new.txt", "", "If-Match: *", "Content-Location"},
		{204, "DELETE", "/repos/book/branches/a%2Fb", "", "If-Match: *", ""},
		{204, "OPTIONS", doc, "", "", "Allow=GET, HEAD, PUT, PATCH, DELETE, OPTIONS\nAccept-Ranges=bytes"},
		{204, "OPTIONS", version, "", "", "Allow=GET, HEAD, OPTIONS"},
		{206, "GET", doc, "", "Range: bytes=2-4", "Content-Range=bytes 2-4/10\nContent-Length=3\nEtag=" + tag + "\nCache-Control=no-cache"},
		{302, "GET", "/content/book/dir/a.txt", "", "", "Location=" + doc + "\nCache-Control=no-cache"},
		{302, "GET", "/content/book", "", "", "Location=/content/book@main/"},
		{304, "GET", doc, "", "If-None-Match: " + tag, "Etag=" + tag + "\nCache-Control=no-cache\nContent-Location\nDate"},
		{308, "GET", "/content/book@main/dir", "", "", "Location=/content/book@main/dir/\nCache-Control=no-cache"},
		{400, "GET", "/content/book@main/a/../b", "", "", ""},
		{400, "PUT", doc, "x", "Content-Range: bytes 0-0/10", ""},
		{400, "PUT", doc, "x", "If-Match: unquoted", ""},
		{400, "GET", "/repos?limit=0", "", "", ""},
		{404, "GET", "/content/book@main/nothing", "", "", ""},
		{404, "GET", "/content/book@nothing/b.txt", "", "", ""},
		{404, "GET", "/content/nothing@main/b.txt", "", "", ""},
		{404, "PUT", "/content/book@nothing/b.txt", "x", "If-None-Match: *", ""},
		{404, "DELETE", "/content/book@main/nothing", "", "If-Match: *", ""},
		{404, "GET", "/content/book@main/b.txt/", "", "", ""},
		{404, "GET", "/nothing", "", "", ""},
		{404, "GET", "/problems/nothing", "", "", ""},
		{404, "GET", "/repos/book/history/nothing", "", "", ""},
		{404, "GET", "/repos/book/commits/0123456789012345678901234567890123456789", "", "", ""},
		{405, "PUT", version, "x", "If-Match: *", "Allow=GET, HEAD, OPTIONS"},
		{405, "PUT", "/content/book@main/dir/", "x", "", "Allow=GET, HEAD, OPTIONS"},
		{405, "POST", doc, "x", "", "Allow=GET, HEAD, PUT, PATCH, DELETE, OPTIONS"},
		{405, "DELETE", "/repos", "", "", "Allow=GET, HEAD, POST, OPTIONS"},
		{409, "PUT", "/content/book@main/dir", "x", "If-None-Match: *", ""},
		{409, "PUT", "/content/book@main/b.txt/c", "x", "If-None-Match: *", ""},
		{409, "POST", "/repos", `{"name":"book"}`, "", ""},
		{409, "POST", "/repos/book/branches", `{"name":"main"}`, "", ""},
		{409, "PUT", "/repos/book/branches/side", `{"from":"main"}`, "If-Match: *", ""},
		{409, "DELETE", "/repos/book/branches/main", "", "If-Match: *", ""},
		{409, "PATCH", "/repos/book/imports/" + strings.Repeat("ab", 32), "x",
			"Upload-Offset: 5\nContent-Type: application/partial-upload", "Upload-Offset=0\nUpload-Complete=?0"},
		{410, "GET", "/repos/gone", "", "", ""},
		{410, "GET", "/content/gone@main/a", "", "", ""},
		{410, "PUT", "/content/gone@main/a", "x", "If-None-Match: *", ""},
		{412, "PUT", doc, "x", `If-Match: "old"`, "Etag=" + tag},
		{412, "PUT", doc, "x", "If-None-Match: *", "Etag=" + tag},
		{412, "GET", doc, "", `If-Match: "old"`, "Etag=" + tag},
		{412, "PUT", "/content/book@main/nothing", "x", "If-Match: *", ""},
		{412, "DELETE", "/repos/book", "", `If-Match: "old"`, "Etag"},
		{414, "GET", "/" + strings.Repeat("x", 20_000), "", "", ""},
		{415, "PUT", doc, "x", "If-Match: *\nContent-Encoding: gzip", "Accept-Encoding=identity"},
		{415, "POST", "/repos", "name=x", "Content-Type: application/x-www-form-urlencoded", "Accept-Post=application/json"},
		{415, "PATCH", upload, "x", "Upload-Offset: 0\nContent-Type: text/plain", "Accept-Patch=application/partial-upload"},
		{416, "GET", doc, "", "Range: bytes=10-", "Content-Range=bytes */10"},
		{428, "PUT", doc, "x", "", "Etag=" + tag},
		{428, "PUT", doc, "x", "If-Unmodified-Since: junk", "Etag=" + tag},
		{428, "DELETE", doc, "", "", ""},
		{428, "DELETE", "/repos/book", "", "", ""},
		{428, "PUT", "/repos/book/branches/side", `{"from":"main"}`, "", ""},
		{501, "BREW", doc, "", "", ""},
	}
	for i, tt := range tests {
		for _, id := range []string{"", fmt.Sprintf("X-Request-Id: status-%d", i)} {
			if id != "" && tt.status/100 == 2 && tt.method != "GET" && tt.method != "OPTIONS" {
				continue // it is done already
			}
			a := s.want(tt.status, tt.method, tt.path, tt.body, split(tt.fields+"\n"+id)...)
			for line := range strings.SplitSeq(tt.due, "\n") {
				name, value, exact := strings.Cut(line, "=")
				if got := a.Header.Get(name); name != "" && (got == "" || exact && got != value) {
					t.Errorf("%d %s %s: %s: %q, want %q", tt.status, tt.method, tt.path, name, got, value)
				}
			}
		}
	}
}

// split makes names and values of lines.
func split(lines string) (fields []string) {
	for line := range strings.SplitSeq(lines, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			fields = append(fields, name, value)
		}
	}
	return fields
}

func TestTooLargeIsRefusedBeforeItIsRead(t *testing.T) {
	s := newSite(t)
	r, err := http.NewRequest("PUT", s.url+"/content/book@main/a", neverRead{t})
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = maxBody + 1
	r.Header.Set("Expect", "100-continue")
	s.client.Transport.(*http.Transport).ExpectContinueTimeout = 1 << 40
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("%d", resp.StatusCode)
	}
}

// neverRead is content that nobody may ask for.
type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	n.t.Error("the content was read")
	return 0, http.ErrBodyNotAllowed
}

// down is a file system that is not there.
type down struct{ fsapi.FS }

func (down) Stat(context.Context, fsapi.StatQuestion) (fsapi.Stat, error) {
	return fsapi.Stat{}, fault.Newf(fault.Unavailable, "stat", "no quorum on rack 3")
}

func TestUnavailableSaysWhenToTryAgain(t *testing.T) {
	s := siteOver(t, down{})
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		a := s.want(503, method, "/content/book@main/a", "")
		if a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "rack") {
			t.Errorf("%s: %v %s", method, a.Header, a.body)
		}
	}
}

func TestHeadHasTheFieldsOfGet(t *testing.T) {
	s := newSite(t)
	a := s.create("/content/book@main/dir/a.txt", "text")
	commit := strings.Split(strings.Split(a.Header.Get("Content-Location"), "@")[1], "/")[0]
	for _, path := range []string{
		"/", "/healthz", "/readyz", "/metrics", "/repos", "/repos/book", "/repos/book/branches", "/repos/book/branches/main",
		"/repos/book/commits", "/repos/book/commits/" + commit, "/repos/book/history/dir/a.txt", "/repos/book/history/",
		"/content/book@main/", "/content/book@main/dir/a.txt", "/content/book@main/dir", "/content/book/x", "/content/book@main/none",
		"/content/book@" + commit + "/dir/a.txt", "/repos?limit=x", "/problems/stale",
	} {
		get := s.ask("GET", path, nil, "X-Request-Id", "same")
		head := s.ask("HEAD", path, nil, "X-Request-Id", "same")
		if get.StatusCode != head.StatusCode || head.body != "" {
			t.Errorf("%s: %d, HEAD %d %q", path, get.StatusCode, head.StatusCode, head.body)
		}
		get.Header.Del("Date")
		head.Header.Del("Date")
		for name := range get.Header {
			if strings.Join(get.Header[name], "|") != strings.Join(head.Header[name], "|") {
				t.Errorf("%s: %s: %q, HEAD %q", path, name, get.Header[name], head.Header[name])
			}
		}
		if len(get.Header) != len(head.Header) {
			t.Errorf("%s: %v, HEAD %v", path, get.Header, head.Header)
		}
	}
}
