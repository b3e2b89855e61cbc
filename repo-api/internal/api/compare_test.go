package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// parted is a book whose side changed, lost and got a document since main went its own way.
func parted(t *testing.T) *site {
	t.Helper()
	s := forked(t)
	s.want(204, "DELETE", "/content/book@side/text", "", "If-Match", "*")
	s.create("/content/book@side/dir/a%20new%20one", "new\n")
	s.want(201, "POST", "/repos/book/branches", `{"name": "a/b", "from": "side"}`)
	return s
}

func TestTwoBranchesAreComparedSinceTheyParted(t *testing.T) {
	s := parted(t)
	a := s.want(200, "GET", "/repos/book/compare/main...a%2Fb", "")
	type side struct{ Mode, Digest, Href string }
	var c struct {
		Base, From, To string
		Changes        []struct {
			Path, Kind string
			Old, New   *side
		}
		Truncated bool
		Diff      string `json:"diff_url"`
	}
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		t.Fatal(err)
	}
	if c.Base == "" || c.Base == c.From || c.Base == c.To || c.Truncated {
		t.Errorf("compared: %s", a.body)
	}
	read := func(at *side) string {
		if at == nil {
			return "nothing"
		}
		return s.want(200, "GET", at.Href, "").body
	}
	var got []string
	for _, f := range c.Changes {
		got = append(got, strings.Join([]string{f.Kind, f.Path, read(f.Old), read(f.New)}, "|"))
	}
	want := []string{"added|dir/a new one|nothing|new\n", "modified|other|1\n2\n3\n4\n5\n|1\n2\n3\n4\nfive\n", "deleted|text|base\n|nothing"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %q, not %q", got, want)
	}
	byID := s.want(200, "GET", "/repos/book/compare/"+c.From+"..."+c.To, "")
	if !strings.Contains(byID.Header.Get("Cache-Control"), "immutable") || a.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("kept %q by ids, %q by names", byID.Header.Get("Cache-Control"), a.Header.Get("Cache-Control"))
	}
	s.want(304, "GET", "/repos/book/compare/main...a%2Fb", "", "If-None-Match", a.etag())
	page := s.want(200, "GET", "/repos/book/compare/main...a%2Fb", "", "Accept", browser)
	if !strings.Contains(page.body, `>dir/a new one</a>`) || strings.Contains(page.body, `"/repos/book/compare"`) {
		t.Errorf("page: %s", page.body)
	}
	if patch := s.want(200, "GET", c.Diff, ""); patch.Header.Get("Content-Type") != "text/x-diff" {
		t.Errorf("diff_url leads to %s", patch.Header.Get("Content-Type"))
	}
}

func TestAComparisonIsAPatchThatGitApplies(t *testing.T) {
	s := parted(t)
	patch := s.want(200, "GET", "/repos/book/compare/main...side", "", "Accept", "text/x-diff")
	if patch.Header.Get("Content-Type") != "text/x-diff" || !strings.Contains(patch.Header.Get("Vary"), "Accept") {
		t.Errorf("patch with %v", patch.Header)
	}
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to apply patches")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"text": "base\n", "other": "1\n2\n3\n4\n5\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader([]byte(patch.body))
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s", err, out, patch.body)
	}
	for name, want := range map[string]string{"other": "1\n2\n3\n4\nfive\n", "dir/a new one": "new\n"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; not %q", name, got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "text")); !os.IsNotExist(err) {
		t.Errorf("text: %v", err)
	}
}

func TestAComparisonThatMakesNoSenseIsRefused(t *testing.T) {
	s := parted(t)
	for _, c := range []struct {
		status int
		target string
		accept string
	}{
		{404, "main...nowhere", ""},
		{404, "nowhere...main", "text/x-diff"},
		{404, "main...0000000000000000000000000000000000000001", ""},
		{400, "main", ""},
		{400, "main..side", ""},
		{400, "main...", ""},
		{400, "...main", ""},
		{400, "main...side...a", ""},
		{400, "main...si%20de", ""},
		{400, "main...side?as=patch", ""},
		{406, "main...side", "image/png"},
	} {
		s.want(c.status, "GET", "/repos/book/compare/"+c.target, "", "Accept", c.accept)
	}
	s.want(404, "GET", "/repos/none/compare/main...side", "")
	s.want(405, "POST", "/repos/book/compare/main...side", "")
}
