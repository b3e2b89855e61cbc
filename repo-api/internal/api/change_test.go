package api_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestAChangeIsJudgedAlikeWithAndWithoutAName: with an id of its own a request is
// judged by the file system, without one here first. A client can't tell.
func TestAChangeIsJudgedAlikeWithAndWithoutAName(t *testing.T) {
	s := newSite(t)
	const past, future = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
	n := 0
	for _, method := range []string{"PUT", "DELETE"} {
		for _, im := range []string{"", "hit", "W/hit", `"old"`, "*", `"old", hit`} {
			for _, ius := range []string{"", past, future} {
				for _, inm := range []string{"", "hit", "W/hit", `"old"`, "*"} {
					for _, exists := range []bool{true, false} {
						for _, id := range []string{"", "named"} {
							n++
							path := fmt.Sprintf("/content/book@main/%d", n)
							tag := `"ce013625030ba8dba906f756967f9e9ca394464a"` // of hello and a line end
							if exists {
								tag = s.create(path, "hello\n").etag()
							}
							if id != "" {
								id = fmt.Sprint("named-", n)
							}
							body := ""
							if method == "PUT" {
								body = "changed"
							}
							a := s.ask(method, path, strings.NewReader(body),
								"If-Match", strings.ReplaceAll(im, "hit", tag), "If-Unmodified-Since", ius,
								"If-None-Match", strings.ReplaceAll(inm, "hit", tag), "X-Request-Id", id)
							if want := due(method, exists, im, ius == past, ius != "", inm); a.StatusCode != want {
								t.Errorf("%s exists=%v If-Match: %s, If-Unmodified-Since: %s, If-None-Match: %s, id %q: %d, want %d",
									method, exists, im, ius, inm, id, a.StatusCode, want)
							}
						}
					}
				}
			}
		}
	}
	t.Logf("%d changes", n)
}

// due is what RFC 9110 13.2 and RFC 6585 say of a change.
func due(method string, exists bool, im string, modified, dated bool, inm string) int {
	switch {
	case !exists && method == "DELETE":
		return 404
	case im != "" && (!exists || im != "*" && !slices.Contains(strings.Split(im, ", "), "hit")):
		return 412
	case im == "" && modified && exists:
		return 412
	case inm != "" && exists && (inm == "*" || strings.HasSuffix(inm, "hit")):
		return 412
	case !exists:
		return 201
	case im == "" && inm == "" && !dated:
		return 428
	}
	return 204
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	s := newSite(t)
	const doc = "/content/book@main/a"
	same := func(status int, method, path, body string, fields ...string) {
		t.Helper()
		first := s.want(status, method, path, body, fields...)
		before := s.tip()
		again := s.want(status, method, path, body, fields...)
		for _, name := range []string{"Etag", "Location", "Content-Location"} {
			if first.Header.Get(name) != again.Header.Get(name) {
				t.Errorf("%s %s: %s: %q, then %q", method, path, name, first.Header.Get(name), again.Header.Get(name))
			}
		}
		if s.tip() != before {
			t.Errorf("%s %s was done twice", method, path)
		}
	}
	same(201, "PUT", doc, "one", "X-Request-Id", "r1")
	tag := s.want(200, "GET", doc, "").etag()
	same(204, "PUT", doc, "two", "X-Request-Id", "r2", "If-Match", tag)
	tag = s.want(200, "GET", doc, "").etag()

	s.want(204, "PUT", doc, "three", "X-Request-Id", "r3", "If-Match", tag)
	s.want(204, "PUT", doc, "four", "X-Request-Id", "r4", "If-Match", "*")
	s.want(204, "PUT", doc, "three", "X-Request-Id", "r3", "If-Match", tag) // another was quicker than the repeat
	if got := s.want(200, "GET", doc, "").body; got != "four" {
		t.Errorf("the repeat was done again: %q", got)
	}
	s.want(412, "PUT", doc, "five", "X-Request-Id", "r3", "If-Match", tag) // the same name for something else

	same(204, "DELETE", doc, "", "X-Request-Id", "r5", "If-Match", "*")
	same(201, "PUT", "/repos/book/branches/b", `{"from":"main"}`, "X-Request-Id", "r6")
	same(204, "DELETE", "/repos/book/branches/b", "", "X-Request-Id", "r7", "If-Match", "*")
	same(201, "PUT", "/repos/other", `{"description":"x"}`, "X-Request-Id", "r8")
}

func TestWhoCreatesFirstWins(t *testing.T) {
	s := newSite(t)
	const writers = 8
	statuses := make([]int, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			r, err := http.NewRequest("PUT", s.url+"/content/book@main/a", strings.NewReader(fmt.Sprint(i)))
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := s.client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			statuses[i] = resp.StatusCode
		})
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != 201 || statuses[1] != 428 || statuses[writers-1] != 428 {
		t.Errorf("%v: one creates, and the others should have known", statuses)
	}
}

func TestTheCommitSaysWhoAndWhy(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		author, message      string
		name, email, subject string
	}{
		{"", "", "anonymous", "anonymous@invalid", ""},
		{"Homer <homer@example.org>", "Sing", "Homer", "homer@example.org", "Sing"},
		{"Zo%C3%AB <zoe@example.org>", "A%0A%0AB 100%25", "Zoë", "zoe@example.org", "A"},
		{"Zoë", "é", "Zoë", "", "é"},
	}
	for i, tt := range tests {
		s.want(201, "PUT", fmt.Sprintf("/content/book@main/%d", i), "x", "Rhapsode-Author", tt.author, "Rhapsode-Message", tt.message)
		list := s.want(200, "GET", "/repos/book/commits?limit=1", "").member(t, "items").([]any)
		commit := list[0].(map[string]any)
		author := commit["author"].(map[string]any)
		if author["name"] != tt.name || author["email"] != tt.email || tt.subject != "" && commit["subject"] != tt.subject || commit["subject"] == "" {
			t.Errorf("%q %q: %v", tt.author, tt.message, commit)
		}
	}
	for _, field := range []string{"Rhapsode-Author: a%zz", "Rhapsode-Message: %FF", "Rhapsode-Message: %00", "Rhapsode-Author: <a@b>", "Rhapsode-Author: a%0Ab <a@b>"} {
		s.want(400, "PUT", "/content/book@main/refused", "x", split(field)...)
	}
}

func TestBranches(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "one")
	made := s.want(201, "PUT", "/repos/book/branches/draft%2Fone", `{"from":"main"}`, "If-None-Match", "*")
	if got := made.Header.Get("Location"); got != "/repos/book/branches/draft%2Fone" {
		t.Errorf("Location: %s", got)
	}
	s.want(204, "PUT", "/content/book@draft%2Fone/a", "two", "If-Match", "*")
	draft := s.want(200, "GET", "/repos/book/branches/draft%2Fone", "")
	if got := draft.member(t, "commit"); `"`+got.(string)+`"` != draft.etag() {
		t.Errorf("%s is not the tag of %v", draft.etag(), got)
	}
	main := s.want(200, "GET", "/repos/book/branches/main", "")
	s.want(412, "PUT", "/repos/book/branches/main", `{"from":"draft/one"}`, "If-Match", draft.etag())
	moved := s.want(200, "PUT", "/repos/book/branches/main", `{"commit":`+draft.etag()+`}`, "If-Match", main.etag())
	if moved.member(t, "commit") != draft.member(t, "commit") || moved.etag() != "" {
		t.Errorf("%v %s", moved.Header, moved.body)
	}
	if got := s.want(200, "GET", "/content/book@main/a", "").body; got != "two" {
		t.Errorf("main holds %q", got)
	}
	s.want(204, "DELETE", "/repos/book/branches/draft%2Fone", "", "If-Match", draft.etag())
	s.want(404, "GET", "/repos/book/branches/draft%2Fone", "")
	s.want(404, "DELETE", "/repos/book/branches/draft%2Fone", "", "X-Request-Id", "late", "If-Match", "*")
}

func TestARepositoryIsChangedUnderItsTag(t *testing.T) {
	s := newSite(t)
	first := s.want(200, "GET", "/repos/book", "")
	s.want(200, "PUT", "/repos/book", `{"description":"d"}`, "If-Match", first.etag())
	second := s.want(200, "GET", "/repos/book", "")
	if second.member(t, "description") != "d" || second.member(t, "default_branch") != "main" || second.etag() == first.etag() {
		t.Errorf("%s %s", second.etag(), second.body)
	}
	s.want(412, "PUT", "/repos/book", `{}`, "If-Match", first.etag())
	s.want(412, "PUT", "/repos/book", `{}`, "If-Match", first.etag(), "X-Request-Id", "named")
	s.want(412, "DELETE", "/repos/book", "", "If-Match", first.etag())
	s.want(204, "DELETE", "/repos/book", "", "If-Match", second.etag())
	s.want(410, "GET", "/repos/book", "")
	s.want(201, "PUT", "/repos/book", `{}`) // the name is free again
}

func TestListsGoPageByPage(t *testing.T) {
	s := newSite(t)
	for i := range 5 {
		s.create(fmt.Sprintf("/content/book@main/d/%d", i), "x")
		s.want(201, "POST", "/repos/book/branches", fmt.Sprintf(`{"name":"b%d"}`, i))
		s.want(201, "POST", "/repos", fmt.Sprintf(`{"name":"r%d"}`, i))
	}
	for path, want := range map[string]int{
		"/content/book@main/d/": 5, "/repos/book/branches": 6, "/repos": 6,
		"/repos/book/commits": 5, "/repos/book/history/d?ref=main": 5, "/repos/book/history/d/2": 1,
	} {
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		got, pages := 0, 0
		for next := path + sep + "limit=2"; next != ""; pages++ {
			a := s.want(200, "GET", next, "")
			got += len(a.member(t, "items").([]any))
			next = ""
			for _, link := range a.Header["Link"] {
				if url, ok := strings.CutSuffix(link, `>; rel="next"`); ok {
					next = strings.TrimPrefix(url, "<")
				}
			}
		}
		if got != want || pages != (want+1)/2 {
			t.Errorf("%s: %d things on %d pages, want %d", path, got, pages, want)
		}
	}
	s.want(200, "GET", "/repos?limit=99999", "")
	s.want(400, "GET", "/repos/book/commits?after=nonsense", "")
}

// Not even a repository that shares the history takes another's cursor.
func TestACursorIsOfOneRepository(t *testing.T) {
	s := newSite(t)
	for i := range 2 {
		s.create(fmt.Sprint("/content/book@main/d/", i), "x")
	}
	s.want(201, "POST", "/repos", `{"name":"mine","derived_from":"book"}`)
	s.want(201, "POST", "/repos", `{"name":"other"}`)
	s.create("/content/other@main/d/0", "x")
	for _, list := range []string{"commits", "history/d"} {
		next := s.want(200, "GET", "/repos/book/"+list+"?limit=1", "").links()["next"]
		s.want(200, "GET", next, "")
		for _, repo := range []string{"mine", "other"} {
			s.checkProblem(s.want(400, "GET", strings.Replace(next, "/repos/book/", "/repos/"+repo+"/", 1), ""))
		}
	}
}

func TestModifiedSince(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "x")
	modified := s.want(200, "GET", "/content/book@main/a", "").Header.Get("Last-Modified")
	at, err := time.Parse(http.TimeFormat, modified)
	if err != nil || at.After(time.Now()) {
		t.Fatalf("Last-Modified: %s, %v", modified, err)
	}
	s.want(304, "GET", "/content/book@main/a", "", "If-Modified-Since", modified)
	s.want(200, "GET", "/content/book@main/a", "", "If-Modified-Since", modified, "If-None-Match", `"other"`)
	s.want(200, "GET", "/content/book@main/a", "", "If-Modified-Since", at.Add(-time.Second).Format(http.TimeFormat))
	s.want(204, "PUT", "/content/book@main/a", "y", "If-Unmodified-Since", modified)
}
