package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestEachLineIsBlamedOnItsCommit(t *testing.T) {
	s := newSite(t)
	first := s.create("/content/book@main/dir/a%20text", "a\nb\nc\n")
	s.want(204, "PUT", "/content/book@main/dir/a%20text", "new\na\nb\nC\n", "If-Match", "*",
		"Rhapsode-Author", "Ada <ada@example.invalid>", "Rhapsode-Message", "Say more")

	a := s.want(200, "GET", "/repos/book/blame/dir/a%20text", "")
	var blame struct {
		Items []struct {
			Lines           [2]int
			Subject, Author string
			When            string
			Then            string `json:"path_then"`
			Line            int    `json:"line_then"`
			Href            string
			Document        string `json:"document_url"`
		}
	}
	if err := json.Unmarshal([]byte(a.body), &blame); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range blame.Items {
		lines := strings.SplitAfter(s.want(200, "GET", b.Document, "").body, "\n")
		got = append(got, fmt.Sprint(b.Lines, b.Author, "|", b.Subject, "|", lines[b.Line-1]))
		s.want(200, "GET", b.Href, "")
		if b.Then != "dir/a text" || b.When == "" {
			t.Errorf("blamed: %s", a.body)
		}
	}
	want := []string{
		"[1 1]Ada|Say more|new\n", "[2 3]anonymous|Write dir/a text|a\n", "[4 4]Ada|Say more|C\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("blamed %q, not %q", got, want)
	}

	then := strings.Split(strings.Split(first.Header.Get("Content-Location"), "@")[1], "/")[0]
	old := s.want(200, "GET", "/repos/book/blame/dir/a%20text?ref="+then, "")
	if items, _ := old.member(t, "items").([]any); len(items) != 1 || !strings.Contains(old.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("blamed then, with %v: %s", old.Header, old.body)
	}
	page := s.want(200, "GET", "/repos/book/blame/dir/a%20text", "", "Accept", browser)
	if !strings.Contains(page.body, ">Say more</a>") || strings.Contains(page.body, `"/repos/book/blame/dir"`) {
		t.Errorf("page: %s", page.body)
	}
}

func TestWhatHasNoLinesIsNotBlamed(t *testing.T) {
	s := newSite(t)
	s.create("/content/book@main/dir/picture", "\x00\x01")
	for _, c := range []struct {
		status int
		target string
	}{
		{400, "dir/picture"},
		{400, "dir/"},
		{400, ""},
		{400, "../x"},
		{400, "dir/picture?ref=a..b"},
		{404, "dir/none"},
		{404, "dir/picture?ref=none"},
	} {
		s.want(c.status, "GET", "/repos/book/blame/"+c.target, "")
	}
	s.want(404, "GET", "/repos/none/blame/a", "")
	s.want(405, "PUT", "/repos/book/blame/dir/picture", "x")
}
