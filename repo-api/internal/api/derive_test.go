package api_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/caller"
)

// origin is what a repository's record says of where it came from.
type origin struct{ Repo, Ref, Commit, Title, Href string }

func (a answer) origin(t *testing.T) (o origin) {
	t.Helper()
	var record struct{ Origin origin }
	if err := json.Unmarshal([]byte(a.body), &record); err != nil {
		t.Fatal(err)
	}
	return record.Origin
}

func TestARepositoryIsDerivedAndPullsWhatCameLater(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/text", "a\nb\nc\n")
	s.want(200, "PATCH", "/repos/book", `{"description":"A book of songs"}`, "If-Match", "*", "Content-Type", "application/merge-patch+json")
	first, _ := s.want(200, "GET", "/repos/book/branches/main", "").member(t, "commit").(string)
	made := s.want(201, "POST", "/repos", `{"name":"mine","derived_from":"book@main"}`, "X-Request-Id", "derive-it")
	want := origin{"book", "main", first, "A book of songs", "/content/book@" + first + "/"}
	if got := made.origin(t); got != want {
		t.Errorf("origin %+v, not %+v", got, want)
	}
	s.want(201, "POST", "/repos", `{"name":"mine","derived_from":"book@main"}`, "X-Request-Id", "derive-it")
	record := s.want(200, "GET", "/repos/mine", "")
	if got := record.links()["via"]; got != want.Href {
		t.Errorf("via %q", got)
	}
	s.want(200, "GET", "/repos/mine?as=html", "")
	if got := s.want(200, "GET", "/content/mine@main/text", "").body; got != "a\nb\nc\n" {
		t.Errorf("it begins with %q", got)
	}
	s.want(204, "PUT", "/content/book@main/text", "a\nb\nC\n", "If-Match", "*")
	s.want(204, "PUT", "/content/mine@main/text", "A\nb\nc\n", "If-Match", "*")
	const pull = `{"into":"main","from":"main","from_repo":"book"%s}`
	if dry := s.want(200, "POST", "/repos/mine/merges", fmt.Sprintf(pull, `,"dry_run":true`)); outcome(t, dry.body) != "would-merge" {
		t.Errorf("rehearsed: %s", dry.body)
	}
	s.want(201, "POST", "/repos/mine/merges", fmt.Sprintf(pull, ""))
	if got := s.want(200, "GET", "/content/mine@main/text", "").body; got != "A\nb\nC\n" {
		t.Errorf("pulled: %q", got)
	}
	if again := s.want(200, "POST", "/repos/mine/merges", fmt.Sprintf(pull, "")); outcome(t, again.body) != "up-to-date" {
		t.Errorf("again: %s", again.body)
	}

	s.want(204, "PUT", "/content/book@main/text", "theirs\n", "If-Match", "*")
	s.want(204, "PUT", "/content/mine@main/text", "ours\n", "If-Match", "*")
	refused := s.want(409, "POST", "/repos/mine/merges", fmt.Sprintf(pull, ""))
	var problem struct {
		Conflicts []struct{ Base, Ours, Theirs struct{ Href string } }
	}
	if err := json.Unmarshal([]byte(refused.body), &problem); err != nil || len(problem.Conflicts) != 1 {
		t.Fatalf("%v: %s", err, refused.body)
	}
	c := problem.Conflicts[0]
	for url, holds := range map[string]string{c.Base.Href: "a\nb\nC\n", c.Ours.Href: "ours\n", c.Theirs.Href: "theirs\n"} {
		if got := s.want(200, "GET", url, "").body; got != holds {
			t.Errorf("the stage %s is %q, not %q", url, got, holds)
		}
	}
	s.want(201, "POST", "/repos/mine/merges", fmt.Sprintf(pull, `,"resolutions":{"text":{"use":"theirs"}}`))

	s.want(204, "DELETE", "/repos/book", "", "If-Match", "*")
	if got := s.want(200, "GET", "/repos/mine", "").origin(t); got.Href != "" || got.Commit != first {
		t.Errorf("the origin of what outlived it: %+v", got)
	}
	s.want(200, "GET", "/content/mine@"+first+"/text", "")
}

func TestADerivationThatMakesNoSenseIsRefused(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/text", "base\n")
	s.want(201, "PUT", "/repos/other", "{}", "If-None-Match", "*")
	s.create("/content/other@main/text", "other\n")
	for _, c := range []struct {
		status     int
		path, body string
	}{
		{404, "/repos", `{"name":"mine","derived_from":"none@main"}`},
		{404, "/repos", `{"name":"mine","derived_from":"book@nowhere"}`},
		{400, "/repos", `{"name":"mine","derived_from":"book@"}`},
		{400, "/repos", `{"name":"mine","derived_from":"a book"}`},
		{400, "/repos", `{"name":"mine","derived_from":{"repo":"book"}}`},
		{400, "/repos", `{"derived_from":"book@main"}`},
		{409, "/repos", `{"name":"other","derived_from":"book@main"}`},
		{409, "/repos/book/merges", `{"into":"main","from":"main","from_repo":"other"}`},
		{404, "/repos/book/merges", `{"into":"main","from":"main","from_repo":"none"}`},
		{400, "/repos/book/merges", `{"into":"main","from":"main","from_repo":"a book"}`},
	} {
		s.checkProblem(s.want(c.status, "POST", c.path, c.body))
	}
	s.want(404, "GET", "/repos/mine", "")
	if got := s.want(200, "GET", "/content/other@main/text", "").body; got != "other\n" {
		t.Errorf("other holds %q", got)
	}
}

// publish makes an edition of a commit of the book, as the pipeline does in the end.
func (h *hall) publish(number, commit string) {
	h.t.Helper()
	book, _ := content.ParseRepoID("book")
	record, _ := content.ParseRefName("refs/meta/publications")
	path, _ := content.ParsePath(number)
	target, err := content.ParseDigest(commit)
	if err != nil {
		h.t.Fatal(err)
	}
	edition, err := fsapi.Edition(number)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx := caller.NewContext(h.t.Context(), caller.Bearing(h.tokens["admin"]))
	_, err = h.fs.Release(ctx, fsapi.Release{
		Record: content.ChangeSet{
			Repo: book, Branch: record, Author: content.Signature{Name: "Ada"},
			Changes: []content.Change{{Path: path, Body: content.InlineBody([]byte(commit))}},
		},
		Tags: []fsapi.NewTag{{Name: edition, Target: target, Message: "The first"}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// TestWhoMayDeriveAndPull: who derives, and who pulls, has to be able to read what is taken.
// The maker may make "mine", and has no role in the book.
func TestWhoMayDeriveAndPull(t *testing.T) {
	h := newHall(t)
	h.tokens["maker"] = h.token(`{"user":"maker","admin":true,"scope":{"verbs":["read","write","admin"],"repositories":["mine","draft"]}}`)
	h.as(404, "maker", "POST", "/repos", `{"name":"mine","derived_from":"book@main"}`)
	h.as(401, "nobody", "POST", "/repos", `{"name":"mine","derived_from":"book@main"}`)

	published := h.as(200, "admin", "GET", "/repos/book/branches/main", "").member(t, "commit").(string)
	h.publish("1", published)
	h.as(201, "admin", "PUT", "/content/book@main/draft.txt", "not published", "If-None-Match", "*")
	draft := h.as(200, "admin", "GET", "/repos/book/branches/main", "").member(t, "commit").(string)

	h.as(403, "reader", "POST", "/repos", `{"name":"mine","derived_from":"book@1"}`) // who may not create
	h.as(403, "maker", "POST", "/repos", `{"name":"draft","derived_from":"book@main"}`)
	h.as(403, "maker", "POST", "/repos", `{"name":"draft","derived_from":"book@`+draft+`"}`)
	made := h.as(201, "maker", "POST", "/repos", `{"name":"mine","derived_from":"book@1"}`)
	if o := made.origin(t); o.Repo != "book" || o.Ref != "1" || o.Commit != published {
		t.Errorf("origin: %+v", o)
	}
	h.as(200, "maker", "GET", "/content/mine@main/a.txt", "")
	h.as(404, "maker", "GET", "/content/mine@"+draft+"/draft.txt", "")
	h.as(404, "maker", "POST", "/repos/mine/branches", `{"name":"taken","commit":"`+draft+`"}`)
	h.as(403, "maker", "POST", "/repos/mine/merges", `{"into":"main","from":"main","from_repo":"book"}`)
	h.as(404, "maker", "POST", "/repos/mine/merges", `{"into":"main","from":"`+draft+`"}`)
	h.as(403, "maker", "POST", "/repos/mine/merges", `{"into":"main","from":"main","from_repo":"book","dry_run":true}`)
	h.as(200, "maker", "POST", "/repos/mine/merges", `{"into":"main","from":"1","from_repo":"book"}`) // nothing to do
	h.as(404, "reader", "POST", "/repos/mine/merges", `{"into":"main","from":"main","from_repo":"book"}`)
	h.as(201, "admin", "POST", "/repos/mine/merges", `{"into":"main","from":"main","from_repo":"book"}`) // admin may do both
	h.as(200, "maker", "GET", "/content/mine@"+draft+"/draft.txt", "")
}
