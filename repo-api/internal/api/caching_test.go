package api_test

import (
	"strings"
	"testing"

	"rhapsode/fs-service/fstest"
)

// TestWhoMayKeepAnAnswerAndForHowLong: what never changes for ever, what may change
// after asking, and refusals nowhere.
func TestWhoMayKeepAnAnswerAndForHowLong(t *testing.T) {
	s := shelved(t, fstest.Memory(t))
	head := strings.Trim(s.want(200, "GET", "/repos/book/branches/main", "").etag(), `"`)
	stale := s.want(412, "PUT", "/content/book@main/a.txt", "my save", "If-Match", `"old"`)
	draft, _ := stale.member(t, "draft").(map[string]any)
	at, _ := draft["href"].(string)
	const (
		forEver = "public, max-age=31536000, immutable"
		ask     = "no-cache"
		own     = "private, no-cache"
		never   = "no-store"
	)
	tests := []struct {
		status       int
		method, path string
		want         string
		fields       []string
	}{
		{200, "GET", "/content/book@" + head + "/a.txt", forEver, nil},
		{200, "GET", "/content/book@" + head + "/", forEver, nil},
		{200, "GET", "/repos/book/commits/" + head, forEver, nil},
		{200, "GET", "/content/book@main/a.txt", ask, nil},
		{304, "GET", "/content/book@main/a.txt", ask, []string{"If-None-Match", "*"}},
		{206, "GET", "/content/book@main/a.txt", ask, []string{"Range", "bytes=0-0"}},
		{200, "GET", "/content/book@main/", ask, nil},
		{302, "GET", "/content/book/a.txt", ask, nil},
		{200, "GET", "/repos/book", ask, nil},
		{200, "GET", "/repos/book/branches", ask, nil},
		{200, "GET", "/repos/book/history/a.txt", ask, nil},
		{204, "OPTIONS", "/repos/book", never, nil},
		{404, "GET", "/content/book@" + head + "/none", never, nil},
		{405, "PUT", "/content/book@" + head + "/a.txt", never, nil},
		{406, "GET", "/repos/book", never, []string{"Accept", "image/png"}},
		{412, "GET", "/content/book@main/a.txt", never, []string{"If-Match", `"old"`}},
		{416, "GET", "/content/book@main/a.txt", never, []string{"Range", "bytes=99-"}},
		{428, "DELETE", "/content/book@main/a.txt", never, nil},
		{412, "PUT", "/content/book@main/a.txt", never, []string{"If-Match", `"old"`}},
		{200, "GET", "/repos/book/drafts", own, nil},
		{200, "GET", at, own, nil},
		{200, "GET", "/healthz", never, nil},
	}
	for _, tt := range tests {
		if got := s.want(tt.status, tt.method, tt.path, "", tt.fields...).Header.Get("Cache-Control"); got != tt.want {
			t.Errorf("%d %s %s: %q, want %q", tt.status, tt.method, tt.path, got, tt.want)
		}
	}
}
