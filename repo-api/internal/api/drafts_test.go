package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
)

// rescued is what a refusal tells of a save that was kept.
type rescued struct {
	Draft *struct {
		ID, Ref, Href string
		Content       string `json:"content_url"`
	}
	NotKept string `json:"not_kept"`
	Base    *struct{ Href string }
	Now     *struct{ Href string }
	Merge   struct {
		Outcome, Into, From, Href string
		Conflicts                 []struct{ Path, Kind string }
	}
	Current, Detail string
	Conflicts       []struct{ Path, Kind string }
}

func (a answer) rescued(t *testing.T) (r rescued) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &r); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return r
}

// twice is a book whose text was changed since somebody read it; the tags are of both versions.
func twice(t *testing.T, path, first, second string) (s *site, before, now string) {
	t.Helper()
	s = newSite(t)
	before = s.create("/content/book@main/"+path, first).etag()
	now = s.want(204, "PUT", "/content/book@main/"+path, second, "If-Match", before).etag()
	return s, before, now
}

const text = "/content/book@main/text"

func TestARefusedSaveIsKeptAsADraft(t *testing.T) {
	for _, request := range []string{"", "named"} { // a request that may be a repeat is judged elsewhere
		s, before, now := twice(t, "text", "1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n")
		tip := s.tip()
		refused := s.want(412, "PUT", text, "1\n2\n3\n4\nfive\n", "If-Match", before,
			"Rhapsode-Author", "Zo%C3%AB <zoe@example.org>", "Rhapsode-Message", "The fifth", "X-Request-Id", request)
		r := refused.rescued(t)
		if r.Draft == nil || r.Base == nil || r.Now == nil || r.Current != now || refused.etag() != now || s.tip() != tip {
			t.Fatalf("%v %s", refused.Header, refused.body)
		}
		for url, want := range map[string]string{
			r.Draft.Content + "text": "1\n2\n3\n4\nfive\n", r.Base.Href: "1\n2\n3\n4\n5\n", r.Now.Href: "one\n2\n3\n4\n5\n",
		} {
			if got := s.want(200, "GET", url, "").body; got != want {
				t.Errorf("%s: %q, not %q", url, got, want)
			}
		}
		s.want(405, "PUT", r.Draft.Content+"text", "x", "If-Match", "*")
		if r.Merge.Outcome != "would-merge" || r.Merge.Into != "main" || r.Merge.From != r.Draft.Ref {
			t.Errorf("preview: %+v", r.Merge)
		}

		zoe := []string{"Rhapsode-Author", "Zo%C3%AB <zoe@example.org>"}
		detail := s.want(200, "GET", r.Draft.Href, "", zoe...)
		if detail.member(t, "branch") != "main" || detail.member(t, "message") != "The fifth" || detail.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%v %s", detail.Header, detail.body)
		}
		list := s.want(200, "GET", "/repos/book/drafts", "", zoe...)
		if items, _ := list.member(t, "items").([]any); len(items) != 1 {
			t.Errorf("drafts: %s", list.body)
		}
		if other := s.want(200, "GET", "/repos/book/drafts", ""); strings.Contains(other.body, r.Draft.ID) {
			t.Errorf("somebody else's drafts: %s", other.body)
		}
		s.want(404, "GET", r.Draft.Href, "")
		s.want(404, "DELETE", r.Draft.Href, "")

		merge := fmt.Sprintf(`{"into": %q, "from": %q}`, r.Merge.Into, r.Merge.From)
		s.want(201, "POST", r.Merge.Href, merge)
		if got := s.want(200, "GET", text, "").body; got != "one\n2\n3\n4\nfive\n" {
			t.Errorf("merged: %q", got)
		}
		s.want(404, "GET", r.Draft.Href, "", zoe...)
		s.want(404, "POST", r.Merge.Href, merge)
	}
}

func TestADraftIsDropped(t *testing.T) {
	s, before, _ := twice(t, "text", "a", "b")
	r := s.want(412, "PUT", text, "c", "If-Match", before).rescued(t)
	if r.Merge.Outcome != "in-conflict" || len(r.Merge.Conflicts) != 1 || r.Merge.Conflicts[0].Kind != "content" {
		t.Errorf("preview: %+v", r.Merge)
	}
	s.want(204, "DELETE", r.Draft.Href, "")
	s.want(404, "GET", r.Draft.Href, "")
	s.want(404, "GET", r.Draft.Content+"text", "")
}

// TestWhateverIsRefusedAsStaleIsKept has a line for each way to bring something.
func TestWhateverIsRefusedAsStaleIsKept(t *testing.T) {
	s, before, _ := twice(t, "a.json", `{"a":1,"b":1}`, `{"a":2,"b":1}`)
	const doc = "/content/book@main/a.json"
	large := strings.Repeat("0123456789abcdef", content.InlineLimit/8)
	never := `"0123456789012345678901234567890123456789"`
	changes := fmt.Sprintf(`{"changes": [{"op": "put", "path": "new", "text": "x"}, {"op": "put", "path": "a.json", "text": "{}", "if_match": %q}]}`, before)
	tests := []struct {
		name                     string
		method, url, body, media string
		condition, tag           string
		base                     bool
		path, want               string
	}{
		{"a document", "PUT", doc, "{}", "", "If-Match", before, true, "a.json", "{}"},
		{"one that should not be there", "PUT", doc, "{1}", "", "If-None-Match", "*", false, "a.json", "{1}"},
		{"a version that never was", "PUT", doc, "{2}", "", "If-Match", never, false, "a.json", "{2}"},
		{"a document that is not there", "PUT", "/content/book@main/new/x", "{3}", "", "If-Match", "*", false, "new/x", "{3}"},
		{"a date that has passed", "PUT", doc, "{4}", "", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", false, "a.json", "{4}"},
		{"a large document", "PUT", doc, large, "", "If-Match", before, true, "a.json", large},
		{"a merge patch", "PATCH", doc, `{"b":2}`, mergePatch, "If-Match", before, true, "a.json", `{"a":1,"b":2}`},
		{"a JSON patch", "PATCH", doc, `[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/b","value":3}]`, jsonPatch, "If-Match", before, true, "a.json", `{"a":1,"b":3}`},
		{"a set of changes", "POST", "/repos/book/changesets", changes, "application/json", "", "", true, "new", "x"},
	}
	for _, tt := range tests {
		refused := s.want(412, tt.method, tt.url, tt.body, "Content-Type", tt.media, tt.condition, tt.tag)
		r := refused.rescued(t)
		if r.Draft == nil || (r.Base != nil) != tt.base {
			t.Errorf("%s: %s", tt.name, refused.body)
			continue
		}
		if got := s.want(200, "GET", r.Draft.Content+tt.path, "").body; got != tt.want {
			t.Errorf("%s: %.100q is kept, not %.100q", tt.name, got, tt.want)
		}
	}
	chunked := s.ask("PUT", doc, io.MultiReader(strings.NewReader("{5"), strings.NewReader("}")), "If-Match", before)
	if r := chunked.rescued(t); chunked.StatusCode != 412 || r.Draft == nil {
		t.Errorf("a document without a length: %d %s", chunked.StatusCode, chunked.body)
	}
}

// TestWhatIsNotKept has what is refused for another reason than that somebody was faster, or brings nothing.
func TestWhatIsNotKept(t *testing.T) {
	s, before, now := twice(t, "a.json", `{"a":1}`, `{"a":2}`)
	const doc = "/content/book@main/a.json"
	for _, tt := range []struct {
		status                   int
		method, url, body, media string
		tag                      string
	}{
		{428, "PUT", doc, "{}", "", ""},
		{412, "DELETE", doc, "", "", before},
		{409, "PATCH", doc, `[{"op":"remove","path":"/b"}]`, jsonPatch, now},
		{400, "PATCH", doc, `{`, mergePatch, now},
	} {
		s.want(tt.status, tt.method, tt.url, tt.body, "Content-Type", tt.media, "If-Match", tt.tag)
	}
	s.want(412, "POST", "/repos/book/changesets", fmt.Sprintf(`{"changes": [{"op": "put", "path": "a.json", "text": "{}", "if_match": %q}]}`, before), "Prefer", "dry-run")
	if list := s.want(200, "GET", "/repos/book/drafts", ""); list.body != "{\"items\":[]}\n" {
		t.Errorf("drafts: %s", list.body)
	}
	never := s.want(412, "PATCH", doc, `{"a":3}`, "Content-Type", mergePatch, "If-Match", `"0123456789012345678901234567890123456789"`)
	if r := never.rescued(t); r.Draft != nil || r.NotKept == "" || !strings.Contains(r.Detail, "could not be kept") {
		t.Errorf("a patch of what never was: %s", never.body)
	}
}

// forgetful is a file system that keeps no drafts.
type forgetful struct{ fsapi.FS }

func (forgetful) Keep(context.Context, fsapi.Refused) (fsapi.Draft, error) {
	return fsapi.Draft{}, fault.New(fault.Full, "keep", "", errors.New("node-7 has a full disk"))
}

func TestASaveThatCouldNotBeKeptIsSaidToBeLost(t *testing.T) {
	s := siteOver(t, forgetful{fstest.Memory(t)})
	s.want(201, "PUT", "/repos/book", "{}", "If-None-Match", "*")
	before := s.create(text, "a").etag()
	s.want(204, "PUT", text, "b", "If-Match", before)
	for _, prefer := range []string{"", "merge"} {
		refused := s.want(412, "PUT", text, "c", "If-Match", before, "Prefer", prefer)
		r := refused.rescued(t)
		if r.Draft != nil || !strings.Contains(r.Detail, "what was sent could not be kept: full") || strings.Contains(refused.body, "node-7") {
			t.Errorf("%s", refused.body)
		}
	}
}

func TestAStaleSaveIsMergedIfThatIsPreferred(t *testing.T) {
	for _, request := range []string{"", "named"} {
		s, before, _ := twice(t, "text", "1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n")
		ask := func() answer {
			return s.want(200, "PUT", text, "1\n2\n3\n4\nfive\n", "If-Match", before, "Prefer", "merge", "X-Request-Id", request)
		}
		merged := ask()
		got := s.want(200, "GET", text, "")
		if merged.body != "one\n2\n3\n4\nfive\n" || got.body != merged.body || merged.etag() != got.etag() ||
			merged.Header.Get("Preference-Applied") != "merge" || merged.Header.Get("Content-Location") != got.Header.Get("Content-Location") {
			t.Errorf("%q %v, then %q %v", merged.body, merged.Header, got.body, got.Header)
		}
		if request != "" {
			if again := ask(); again.Header.Get("Content-Location") != merged.Header.Get("Content-Location") {
				t.Errorf("the repeat made %v", again.Header)
			}
		}
		if list := s.want(200, "GET", "/repos/book/drafts", ""); list.body != "{\"items\":[]}\n" {
			t.Errorf("drafts stay: %s", list.body)
		}
		fresh := s.want(204, "PUT", text, "x", "If-Match", merged.etag(), "Prefer", "merge")
		if fresh.Header.Get("Preference-Applied") != "" {
			t.Errorf("nothing was stale: %v", fresh.Header)
		}
	}
}

func TestAPatchIsMergedIfThatIsPreferred(t *testing.T) {
	s, before, _ := twice(t, "a.json", "{\n  \"a\": 1,\n  \"x\": 0,\n  \"y\": 0,\n  \"b\": 1\n}\n", "{\n  \"a\": 2,\n  \"x\": 0,\n  \"y\": 0,\n  \"b\": 1\n}\n")
	merged := s.want(200, "PATCH", "/content/book@main/a.json", `{"b":2}`, "Content-Type", mergePatch, "If-Match", before, "Prefer", "merge")
	if merged.body != "{\n  \"a\": 2,\n  \"x\": 0,\n  \"y\": 0,\n  \"b\": 2\n}\n" || merged.Header.Get("Preference-Applied") != "merge" {
		t.Errorf("%q %v", merged.body, merged.Header)
	}
}

func TestWhatCannotBeMergedIsAConflictAndKept(t *testing.T) {
	for _, tt := range []struct{ name, first, second, sent, kind string }{
		{"the same line", "a\n", "b\n", "c\n", "content"},
		{"no text", "\x00a", "\x00b", "\x00c", "binary"},
	} {
		s, before, _ := twice(t, "text", tt.first, tt.second)
		tip := s.tip()
		refused := s.want(409, "PUT", text, tt.sent, "If-Match", before, "Prefer", "merge")
		r := refused.rescued(t)
		if len(r.Conflicts) != 1 || r.Conflicts[0].Kind != tt.kind || r.Draft == nil || refused.Header.Get("Preference-Applied") != "" || s.tip() != tip {
			t.Fatalf("%s: %v %s", tt.name, refused.Header, refused.body)
		}
		s.want(201, "POST", "/repos/book/merges", fmt.Sprintf(`{"into": "main", "from": %q, "resolutions": {"text": {"use": "theirs"}}}`, r.Draft.Ref))
		if got := s.want(200, "GET", text, "").body; got != tt.sent {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	s, _, _ := twice(t, "text", "a\n", "b\n")
	refused := s.want(409, "PUT", text, "c\n", "If-Match", `"0123456789012345678901234567890123456789"`, "Prefer", "merge")
	if r := refused.rescued(t); r.Draft == nil || r.Base != nil {
		t.Errorf("what never was: %s", refused.body)
	}
}

func TestCommitsAreDoneOverAndUndone(t *testing.T) {
	s := forked(t)
	s.want(201, "PUT", "/content/book@side/unwanted", "x", "If-None-Match", "*")
	s.want(204, "PUT", "/content/book@side/text", "better\n", "If-Match", "*", "Rhapsode-Message", "Better", "Rhapsode-Author", "Ada")
	commit := s.want(200, "GET", "/repos/book/branches/side", "").member(t, "commit").(string)
	pick := fmt.Sprintf(`{"into": "main", "commit": %q}`, commit)
	before := s.tip()
	dry := s.want(200, "POST", "/repos/book/cherry-picks", pick, "Prefer", "dry-run")
	if outcome(t, dry.body) != "would-merge" || dry.Header.Get("Preference-Applied") != "dry-run" || s.tip() != before {
		t.Errorf("dry run: %v %s", dry.Header, dry.body)
	}
	made := s.want(201, "POST", "/repos/book/cherry-picks", pick, "Rhapsode-Author", "Bob")
	if got := s.want(200, "GET", text, "").body; got != "better\n" {
		t.Errorf("picked: %q", got)
	}
	s.want(404, "GET", "/content/book@main/unwanted", "")
	done := s.want(200, "GET", made.Header.Get("Location"), "")
	if author, _ := done.member(t, "author").(map[string]any); author["name"] != "Ada" || done.member(t, "message") != "Better" {
		t.Errorf("commit: %s", done.body)
	}
	if nothing := s.want(200, "POST", "/repos/book/cherry-picks", pick); outcome(t, nothing.body) != "up-to-date" {
		t.Errorf("again: %s", nothing.body)
	}
	picked := done.member(t, "commit").(string)
	s.want(201, "POST", "/repos/book/reverts", fmt.Sprintf(`{"into": "main", "commit": %q}`, picked))
	if got := s.want(200, "GET", text, "").body; got != "base\n" {
		t.Errorf("reverted: %q", got)
	}

	s.want(204, "PUT", text, "mine\n", "If-Match", "*")
	before = s.tip()
	refused := s.want(409, "POST", "/repos/book/cherry-picks", pick).rescued(t)
	if len(refused.Conflicts) != 1 || refused.Conflicts[0].Path != "text" || s.tip() != before {
		t.Errorf("conflicts: %+v", refused.Conflicts)
	}
	for status, body := range map[int][]string{
		400: {`{"into": "main"}`, `{"commit": "side"}`, fmt.Sprintf(`{"into": "main", "commit": %q, "mainline": 2}`, commit),
			fmt.Sprintf(`{"into": "main", "commit": %q, "mainline": -1}`, commit), `{"into": "main", "commit": "side", "from": "side"}`,
			`{"into": "main", "commit": "side", "resolutions": {"other": {"use": "ours"}}}`},
		404: {`{"into": "main", "commit": "none"}`, `{"into": "none", "commit": "side"}`, `{"into": "main", "commit": "0000000000000000000000000000000000000001"}`},
		412: {`{"into": "main", "commit": "side", "expect": "0000000000000000000000000000000000000001"}`},
	} {
		for _, b := range body {
			s.want(status, "POST", "/repos/book/cherry-picks", b)
			s.want(status, "POST", "/repos/book/reverts", b)
		}
	}
	s.want(201, "POST", "/repos/book/cherry-picks", fmt.Sprintf(`{"into": "main", "commit": %q, "resolutions": {"text": {"text": "both\n"}}}`, commit))
	if got := s.want(200, "GET", text, "").body; got != "both\n" {
		t.Errorf("resolved: %q", got)
	}
}

// TestADryRunChangesNothing asks every resource that takes orders.
func TestADryRunChangesNothing(t *testing.T) {
	for url, body := range map[string]string{
		"merges":       `{"into": "main", "from": "side"}`,
		"cherry-picks": `{"into": "main", "commit": "side"}`,
		"reverts":      `{"into": "side", "commit": "side"}`,
		"changesets":   `{"changes": [{"op": "put", "path": "text", "text": "x", "if_match": "*"}, {"op": "put", "path": "new", "text": "y"}]}`,
	} {
		s := forked(t)
		before := s.tip()
		dry := s.want(200, "POST", "/repos/book/"+url, body, "Prefer", "dry-run")
		if !slices.Contains([]string{"would-merge", "would-commit"}, outcome(t, dry.body)) || dry.Header.Get("Preference-Applied") != "dry-run" || dry.Header.Get("Location") != "" {
			t.Errorf("%s: %v %s", url, dry.Header, dry.body)
		}
		if s.tip() != before {
			t.Fatalf("%s changed something", url)
		}
		s.want(201, "POST", "/repos/book/"+url, body)
	}
}
