package api_test

import (
	"slices"
	"strings"
	"testing"
)

// A repository that is renamed is at its new name, and every URL of the former one leads
// to the same under the new, whatever is asked, until the former is taken again.
func TestARenamedRepositoryIsFound(t *testing.T) {
	s := newSite(t)
	first := s.create("/content/book@main/a.txt", "one")
	s.want(201, "POST", "/repos", `{"name":"taken"}`)
	record := s.want(200, "GET", "/repos/book", "")
	rename := func(status int, name, match string) answer {
		return s.want(status, "PATCH", "/repos/book", `{"name":"`+name+`","description":"renamed"}`,
			"Content-Type", "application/merge-patch+json", "If-Match", match)
	}
	rename(428, "novel", "")
	rename(412, "novel", `"old"`)
	rename(409, "taken", record.etag())
	rename(422, "No Name", record.etag())
	a := rename(200, "novel", record.etag())
	if a.member(t, "name") != "novel" || a.member(t, "description") != "renamed" || a.Header.Get("Location") != "/repos/novel" {
		t.Errorf("renamed: %v %s", a.Header, a.body)
	}
	if list := s.want(200, "GET", "/repos", "").body; strings.Contains(list, `"book"`) || !strings.Contains(list, `"novel"`) {
		t.Errorf("listed are %s", list)
	}

	tests := []struct{ method, path, body, to string }{
		{"GET", "/repos/book", "", "/repos/novel"},
		{"HEAD", "/repos/book", "", "/repos/novel"},
		{"PUT", "/repos/book", "{}", "/repos/novel"},
		{"PATCH", "/repos/book", `{"name":"x"}`, "/repos/novel"},
		{"DELETE", "/repos/book", "", "/repos/novel"},
		{"GET", "/repos/book/settings", "", "/repos/novel/settings"},
		{"GET", "/repos/book/branches?limit=1", "", "/repos/novel/branches?limit=1"},
		{"POST", "/repos/book/branches", `{"name":"b"}`, "/repos/novel/branches"},
		{"PUT", "/repos/book/branches/b%2Fc", `{"from":"main"}`, "/repos/novel/branches/b%2Fc"},
		{"GET", "/repos/book/history/a.txt", "", "/repos/novel/history/a.txt"},
		{"GET", "/repos/book/drafts", "", "/repos/novel/drafts"},
		{"GET", "/repos/book/collections", "", "/repos/novel/collections"},
		{"POST", "/repos/book/changesets", `{"changes":[{"op":"put","path":"b","text":"x"}]}`, "/repos/novel/changesets"},
		{"POST", "/repos/book/merges", `{"into":"main","from":"b"}`, "/repos/novel/merges"},
		{"GET", "/content/book/a.txt", "", "/content/novel/a.txt"},
		{"GET", "/content/book@main/a.txt", "", "/content/novel@main/a.txt"},
		{"GET", "/content/book@main/", "", "/content/novel@main/"},
		{"GET", first.Header.Get("Content-Location"), "", strings.Replace(first.Header.Get("Content-Location"), "book", "novel", 1)},
		{"PUT", "/content/book@main/b.txt", "x", "/content/novel@main/b.txt"},
		{"DELETE", "/content/book@main/a.txt", "", "/content/novel@main/a.txt"},
	}
	for _, tt := range tests {
		for _, id := range []string{"", "X-Request-Id: rename-1"} {
			fields := split(id)
			switch {
			case tt.method == "PATCH":
				fields = append(fields, "If-Match", "*", "Content-Type", "application/merge-patch+json")
			case tt.method == "DELETE":
				fields = append(fields, "If-Match", "*")
			case strings.HasSuffix(tt.path, "b.txt"):
				fields = append(fields, "If-None-Match", "*")
			}
			a := s.want(308, tt.method, tt.path, tt.body, fields...)
			if a.Header.Get("Location") != tt.to || a.Header.Get("Cache-Control") != "no-cache" || a.body != "" {
				t.Errorf("%s %s leads to %q, due is %q: %v %s", tt.method, tt.path, a.Header.Get("Location"), tt.to, a.Header, a.body)
			}
		}
	}
	if now := s.want(200, "GET", "/content/novel@main/a.txt", ""); now.body != "one" || now.etag() != first.etag() {
		t.Errorf("it holds %q", now.body)
	}

	s.want(201, "POST", "/repos", `{"name":"book"}`)
	s.create("/content/book@main/a.txt", "another")
	s.want(204, "DELETE", "/repos/novel", "", "If-Match", "*")
	s.want(200, "GET", "/content/book@main/a.txt", "")
}

// What was renamed is shown to whoever may know of it, and renamed by who may take it away here
// and make it there.
func TestWhoMayRename(t *testing.T) {
	h := newHall(t)
	rename := func(status int, who string) {
		t.Helper()
		h.as(status, who, "PATCH", "/repos/book", `{"name":"novel"}`, "If-Match", "*", "Content-Type", "application/merge-patch+json")
	}
	rename(401, "nobody")
	rename(403, "author")
	rename(403, "maintainer") // to make a repository takes an admin
	rename(404, "stranger")
	rename(200, "admin")
	for _, who := range append(slices.Clone(people), "nobody", "admin") {
		due := map[string]int{"nobody": 401, "stranger": 404}[who]
		if due == 0 {
			due = 308
		}
		h.as(due, who, "GET", "/content/book@main/a.txt", "")
		h.as(due, who, "GET", "/repos/book", "")
	}
}
