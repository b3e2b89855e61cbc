package api_test

import (
	"encoding/json"
	"slices"
	"testing"
)

// forked is a book of which main and side have gone different ways.
func forked(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.create("/content/book@main/text", "base\n")
	s.create("/content/book@main/other", "1\n2\n3\n4\n5\n")
	s.want(201, "POST", "/repos/book/branches", `{"name": "side", "from": "main"}`)
	s.want(204, "PUT", "/content/book@side/other", "1\n2\n3\n4\nfive\n", "If-Match", "*")
	s.want(204, "PUT", "/content/book@main/other", "one\n2\n3\n4\n5\n", "If-Match", "*")
	return s
}

func TestAMergeIsACommitOfTwoParents(t *testing.T) {
	s := forked(t)
	dry := s.want(200, "POST", "/repos/book/merges", `{"into": "main", "from": "side", "dry_run": true}`)
	if outcome(t, dry.body) != "would-merge" {
		t.Errorf("dry run: %s", dry.body)
	}
	made := s.want(201, "POST", "/repos/book/merges", `{"into": "main", "from": "side", "message": "Bring it in"}`, "X-Request-Id", "one-merge")
	if outcome(t, made.body) != "merged" || made.Header.Get("Location") == "" {
		t.Errorf("merge: %s, at %s", made.body, made.Header.Get("Location"))
	}
	var commit struct {
		Parents []string `json:"parents"`
		Message string   `json:"message"`
	}
	if err := json.Unmarshal([]byte(s.want(200, "GET", made.Header.Get("Location"), "").body), &commit); err != nil {
		t.Fatal(err)
	}
	if len(commit.Parents) != 2 || commit.Message != "Bring it in" {
		t.Errorf("commit: %+v", commit)
	}
	if got := s.want(200, "GET", "/content/book@main/other", "").body; got != "one\n2\n3\n4\nfive\n" {
		t.Errorf("merged: %q", got)
	}
	again := s.want(201, "POST", "/repos/book/merges", `{"into": "main", "from": "side", "message": "Bring it in"}`, "X-Request-Id", "one-merge")
	if again.Header.Get("Location") != made.Header.Get("Location") {
		t.Errorf("the repeat is at %s", again.Header.Get("Location"))
	}
	if nothing := s.want(200, "POST", "/repos/book/merges", `{"into": "main", "from": "side"}`); outcome(t, nothing.body) != "up-to-date" {
		t.Errorf("again: %s", nothing.body)
	}
}

func TestAMergeInConflictNamesEveryPathAndItsStages(t *testing.T) {
	s := forked(t)
	s.want(204, "PUT", "/content/book@side/text", "theirs\n", "If-Match", "*")
	s.want(204, "PUT", "/content/book@main/text", "ours\n", "If-Match", "*")
	before := s.tip()
	refused := s.want(409, "POST", "/repos/book/merges", `{"into": "main", "from": "side"}`)
	var problem struct {
		Conflicts []struct {
			Path, Kind         string
			Base, Ours, Theirs struct{ Href string }
		}
	}
	if err := json.Unmarshal([]byte(refused.body), &problem); err != nil {
		t.Fatal(err)
	}
	if s.tip() != before {
		t.Error("something changed")
	}
	if len(problem.Conflicts) != 1 || problem.Conflicts[0].Path != "text" || problem.Conflicts[0].Kind != "content" {
		t.Fatalf("conflicts: %s", refused.body)
	}
	var stages []string
	for _, stage := range []string{problem.Conflicts[0].Base.Href, problem.Conflicts[0].Ours.Href, problem.Conflicts[0].Theirs.Href} {
		stages = append(stages, s.want(200, "GET", stage, "").body)
	}
	if want := []string{"base\n", "ours\n", "theirs\n"}; !slices.Equal(stages, want) {
		t.Errorf("stages %q, not %q", stages, want)
	}
	s.want(201, "POST", "/repos/book/merges", `{"into": "main", "from": "side", "resolutions": {"text": {"text": "both\n"}}}`)
	if got := s.want(200, "GET", "/content/book@main/text", "").body; got != "both\n" {
		t.Errorf("resolved: %q", got)
	}
}

func TestAMergeThatMakesNoSenseIsRefused(t *testing.T) {
	s := forked(t)
	before := s.tip()
	for _, c := range []struct {
		status int
		body   string
	}{
		{400, `{"into": "main"}`},
		{400, `{"into": "ma in", "from": "side"}`},
		{400, `{"into": "main", "from": "side", "how": "octopus"}`},
		{404, `{"into": "main", "from": "nowhere"}`},
		{404, `{"into": "nowhere", "from": "side"}`},
		{412, `{"into": "main", "from": "side", "expect": "0000000000000000000000000000000000000001"}`},
		{400, `{"into": "main", "from": "side", "resolutions": {"other": {"use": "ours"}}}`},
		{400, `{"into": "main", "from": "side", "resolutions": {"other": {"use": "mine"}}}`},
		{400, `{"into": "main", "from": "side", "resolutions": {"other": {"use": "ours", "text": "x"}}}`},
		{400, `{"into": "main", "from": "side", "resolutions": {"../x": {"use": "ours"}}}`},
	} {
		s.checkProblem(s.want(c.status, "POST", "/repos/book/merges", c.body))
	}
	s.want(405, "GET", "/repos/book/merges", "")
	s.want(404, "POST", "/repos/none/merges", `{"into": "main", "from": "side"}`)
	if s.tip() != before {
		t.Error("something changed")
	}
}

func outcome(t *testing.T, body string) string {
	t.Helper()
	var m struct{ Outcome string }
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	return m.Outcome
}
