package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"rhapsode/content"
)

// form is the parts of a form, names and contents in turn, and its media type.
func form(t *testing.T, parts ...string) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.CreateFormFile(parts[i], "any.bin")
		if err == nil {
			_, err = part.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestDocumentsOfAChangesetComeAsTheyAre(t *testing.T) {
	s := newSite(t)
	before := s.create("/content/book@main/a", "one").etag()
	large := strings.Repeat("\x00\xff\r\n--", content.InlineLimit/4)
	body, media := form(t, "changeset", fmt.Sprintf(`{"message": "All", "changes": [
		{"op": "put", "path": "a", "part": "small", "if_match": %q}, {"op": "put", "path": "b", "part": "large"},
		{"op": "put", "path": "c", "text": "text"}, {"op": "put", "path": "d", "part": "small"}]}`, before), "large", large, "small", "\r\n")
	made := s.changes(201, body, "Content-Type", media, "X-Request-Id", "once")
	for path, want := range map[string]string{"a": "\r\n", "b": large, "c": "text", "d": "\r\n"} {
		got := s.want(200, "GET", "/content/book@main/"+path, "")
		if got.body != want {
			t.Errorf("%s holds %d bytes, not the %d that were sent", path, len(got.body), len(want))
		}
		for _, change := range made.Changes {
			if change.Path == path && change.ETag != got.etag() {
				t.Errorf("%s: tag %s, not %s", path, change.ETag, got.etag())
			}
		}
	}
	if again := s.changes(201, body, "Content-Type", media, "X-Request-Id", "once"); again.Commit != made.Commit {
		t.Errorf("the repeat made %s", again.Commit)
	}
	body, media = form(t, "changeset", fmt.Sprintf(`{"changes": [
		{"op": "put", "path": "a", "text": "two", "if_match": %q}, {"op": "put", "path": "e", "part": "large"}]}`, before), "large", large)
	refused := s.want(412, "POST", "/repos/book/changesets", body, "Content-Type", media).rescued(t)
	if got := s.want(200, "GET", refused.Draft.Content+"e", "").body; got != large {
		t.Errorf("kept: %d bytes", len(got))
	}
	options := s.want(204, "OPTIONS", "/repos/book/changesets", "")
	if got := options.Header.Get("Accept-Post"); got != "application/json, multipart/form-data" {
		t.Errorf("Accept-Post: %s", got)
	}
}

func TestAFormThatMakesNoSenseChangesNothing(t *testing.T) {
	s := newSite(t)
	before := s.tip()
	const one = `{"changes": [{"op": "put", "path": "a", "part": "x"}]}`
	for _, tt := range []struct {
		name   string
		status int
		parts  []string
	}{
		{"no part", 400, nil},
		{"another part first", 400, []string{"x", "1", "changeset", one}},
		{"a part that is not there", 400, []string{"changeset", one}},
		{"a part that nobody names", 400, []string{"changeset", one, "x", "1", "y", "2"}},
		{"a part that comes twice", 400, []string{"changeset", one, "x", "1", "x", "1"}},
		{"no JSON", 400, []string{"changeset", "{", "x", "1"}},
		{"two bodies", 400, []string{"changeset", `{"changes": [{"op": "put", "path": "a", "part": "x", "text": "y"}]}`, "x", "1"}},
		{"a bad path", 400, []string{"changeset", strings.Replace(one, `"a"`, `"../a"`, 1), "x", "1"}},
		{"what is refused with it", 412, []string{"changeset", `{"changes": [{"op": "put", "path": "a", "part": "x", "if_match": "*"}]}`, "x", "1"}},
	} {
		body, media := form(t, tt.parts...)
		if a := s.ask("POST", "/repos/book/changesets", strings.NewReader(body), "Content-Type", media); a.StatusCode != tt.status {
			t.Errorf("%s: %d %s", tt.name, a.StatusCode, a.body)
		}
	}
	body, media := form(t, "changeset", one, "x", "1")
	s.want(400, "POST", "/repos/book/changesets", body[:len(body)-8], "Content-Type", media)
	s.want(400, "POST", "/repos/book/changesets", body, "Content-Type", "multipart/form-data")
	s.want(415, "POST", "/repos/book/changesets", body, "Content-Type", "multipart/mixed; boundary=x")
	s.want(400, "POST", "/repos/book/changesets", body, "Content-Type", media, "Content-Digest", "sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")
	part, _ := json.Marshal(one)
	s.want(400, "POST", "/repos/book/changesets", string(part))
	s.want(400, "POST", "/repos/book/changesets", one)
	if s.tip() != before {
		t.Error("something changed")
	}
}
