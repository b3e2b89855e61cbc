package api_test

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// TestAllowIsWhatWorks: in every state of every resource, a method that Allow
// names is not refused as a method, and one that it does not name is 405 with the
// same Allow (RFC 9110 10.2.1, 15.5.6).
func TestAllowIsWhatWorks(t *testing.T) {
	s := newSite(t)
	made := s.create("/content/book@main/dir/a.txt", "text")
	s.create("/content/book@main/a.json", "{}")
	commit := strings.Split(strings.Split(made.Header.Get("Content-Location"), "@")[1], "/")[0]
	s.want(201, "PUT", "/repos/gone", "{}", "If-None-Match", "*")
	s.want(204, "DELETE", "/repos/gone", "", "If-Match", "*")
	places := []string{
		"/content/book@main/dir/a.txt", "/content/book@main/a.json", "/content/book@main/none.txt", "/content/book@main/none.json",
		"/content/book@main/dir", "/content/book@main/dir/", "/content/book@main/none/", "/content/book@main/", "/content/book/dir/a.txt",
		"/content/book@" + commit + "/dir/a.txt", "/content/book@" + commit + "/none.txt", "/content/book@" + commit + "/dir/",
		"/content/book@nobranch/a.txt", "/content/none@main/a.txt", "/content/gone@main/a.txt", "/content/book@main/a/../b",
		"/nowhere",
	}
	fill := strings.NewReplacer("{repo}", "book", "{branch}", "main", "{id}", commit, "{path}", "dir/a.txt", "{sha256}", strings.Repeat("ab", 32),
		"{from}", "main", "{to}", "main", "{slug}", "stale", "{draft}", "none", "{user}", "none")
	for path := range s.described.doc.Paths.Map() {
		if !strings.HasPrefix(path, "/content/") && !strings.HasPrefix(path, "/git/") {
			places = append(places, fill.Replace(path))
		}
	}
	places = append(places, "/repos/none", "/repos/gone", "/repos/none/branches", "/repos/gone/branches", "/repos/book/branches/none", "/repos/gone/commits")
	slices.Sort(places)
	for _, place := range slices.Compact(places) {
		t.Run(place, func(t *testing.T) {
			before := s.tip()
			options := s.ask("OPTIONS", place, nil)
			allow := options.Header.Get("Allow")
			if options.StatusCode != 204 || allow == "" {
				if options.StatusCode/100 != 4 || options.StatusCode == 405 {
					t.Errorf("OPTIONS: %d %q", options.StatusCode, allow)
				}
				return // what can't be, or can't be known, has no methods
			}
			allowed := strings.Split(allow, ", ")
			for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
				// The condition never holds and no content makes sense: nothing is changed.
				var content io.Reader
				if method[0] == 'P' {
					content = strings.NewReader("?")
				}
				a := s.ask(method, place, content, "If-Match", `"no-such-tag"`)
				refused := a.StatusCode == 405
				if refused == slices.Contains(allowed, method) || refused && a.Header.Get("Allow") != allow || a.StatusCode == 501 {
					t.Errorf("Allow is %s; %s: %d, Allow: %s", allow, method, a.StatusCode, a.Header.Get("Allow"))
				}
			}
			if after := s.tip(); after != before {
				t.Error("something was changed")
			}
		})
	}
}
