package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

type changeset struct {
	Outcome, Commit, Href string
	Changes               []struct {
		Path             string
		Created, Deleted bool
		ETag, Href       string
	}
}

func (s *site) changes(status int, body string, fields ...string) (c changeset) {
	s.t.Helper()
	a := s.want(status, "POST", "/repos/book/changesets", body, fields...)
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestManyDocumentsChangeInOneCommit(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "one")
	s.create("/content/book@main/old", "to be moved")
	tag := s.want(200, "GET", "/content/book@main/a", "").Header.Get("ETag")
	c := s.changes(201, fmt.Sprintf(`{"message": "All at once", "changes": [
		{"op": "put", "path": "a", "text": "two", "if_match": %q},
		{"op": "put", "path": "d/b", "base64": "AAEC"},
		{"op": "move", "from": "old", "path": "new"},
		{"op": "copy", "from": "old", "path": "copy"}]}`, tag))
	var paths []string
	for _, change := range c.Changes {
		paths = append(paths, fmt.Sprint(change.Path, " ", change.Created, change.Deleted))
		if !change.Deleted && s.want(200, "GET", change.Href, "").Header.Get("ETag") != change.ETag {
			t.Errorf("%s: its tag is not %s", change.Path, change.ETag)
		}
	}
	if want := []string{"a false false", "d/b true false", "new true false", "old false true", "copy true false"}; !slices.Equal(paths, want) {
		t.Errorf("changes %q, not %q", paths, want)
	}
	if got := s.want(200, "GET", "/content/book@main/new", "").body; got != "to be moved" {
		t.Errorf("moved: %q", got)
	}
	s.want(404, "GET", "/content/book@main/old", "")
	var log struct {
		Items []struct{ Commit, Subject string }
	}
	if err := json.Unmarshal([]byte(s.want(200, "GET", "/repos/book/commits", "").body), &log); err != nil {
		t.Fatal(err)
	}
	if log.Items[0].Commit != c.Commit || log.Items[0].Subject != "All at once" || len(log.Items) != 3 {
		t.Errorf("commits: %+v", log.Items)
	}
	if again := s.changes(200, `{"changes": [{"op": "put", "path": "a", "text": "two", "if_match": "*"}]}`); again.Outcome != "unchanged" {
		t.Errorf("again: %+v", again)
	}
}

func TestAChangesetIsRepeatedOnlyInItsAnswer(t *testing.T) {
	s := newSite(t)
	const body = `{"changes": [{"op": "put", "path": "a", "text": "one"}]}`
	first := s.changes(201, body, "X-Request-Id", "the-same")
	if again := s.changes(201, body, "X-Request-Id", "the-same"); again.Commit != first.Commit {
		t.Errorf("%s, and then %s", first.Commit, again.Commit)
	}
}

func TestOneRefusedChangeRefusesAll(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/a", "one")
	before := s.tip()
	const fine = `{"op": "put", "path": "fine", "text": "x"}, `
	for _, c := range []struct {
		status int
		change string
	}{
		{428, `{"op": "put", "path": "a", "text": "x"}`},
		{428, `{"op": "delete", "path": "a"}`},
		{412, `{"op": "put", "path": "a", "text": "x", "if_none_match": "*"}`},
		{412, `{"op": "put", "path": "a", "text": "x", "if_match": "\"0000000000000000000000000000000000000001\""}`},
		{412, `{"op": "put", "path": "b", "text": "x", "if_match": "*"}`},
		{400, `{"op": "put", "path": "../a", "text": "x"}`},
		{400, `{"op": "put", "path": "c"}`},
		{400, `{"op": "put", "path": "c", "text": "x", "base64": "eA=="}`},
		{400, `{"op": "put", "path": "c", "base64": "not base64"}`},
		{400, `{"op": "put", "path": "c", "text": "x", "if_match": "no tag"}`},
		{400, `{"op": "put", "path": "fine", "text": "x"}`},
		{400, `{"op": "burn", "path": "c"}`},
		{404, `{"op": "move", "from": "nowhere", "path": "c"}`},
		{409, `{"op": "put", "path": "a/below", "text": "x"}`},
	} {
		s.checkProblem(s.want(c.status, "POST", "/repos/book/changesets", `{"changes": [`+fine+c.change+`]}`))
	}
	s.checkProblem(s.want(412, "POST", "/repos/book/changesets",
		`{"head": "0000000000000000000000000000000000000001", "changes": [`+fine+`{"op": "delete", "path": "a", "if_match": "*"}]}`))
	s.checkProblem(s.want(400, "POST", "/repos/book/changesets", `{"changes": []}`))
	if s.tip() != before {
		t.Error("something changed")
	}
}
