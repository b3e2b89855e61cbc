package resource_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/resource"
)

func TestParseRange(t *testing.T) {
	for _, tt := range []struct{ url, from, to string }{
		{"main...side", "main", "side"},
		{"a%2Fb...v1.0", "a/b", "v1.0"},
		{"a.b...c", "a.b", "c"},
		{"a%2E..b", "a", "b"},
		{"main..side", "", ""},
		{"main....side", "", ""},
		{"main...", "", ""},
		{"...side", "", ""},
		{"main...a...b", "", ""},
		{"main...a%zz", "", ""},
	} {
		from, to, err := resource.ParseRange(tt.url)
		if tt.from == "" {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, %v, %v", tt.url, from, to, err)
			}
		} else if err != nil || from.String() != tt.from || to.String() != tt.to {
			t.Errorf("%s: %v, %v, %v", tt.url, from, to, err)
		}
	}
}

func TestAComparisonSaysWhatItIsAgainst(t *testing.T) {
	repo, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	path, err := content.ParsePath("a b")
	if err != nil {
		t.Fatal(err)
	}
	base, from, to := content.Digest{1}, content.Digest{2}, content.Digest{3}
	entry := content.Entry{Mode: content.ModeRegular, Digest: content.Digest{4}}
	exec, sub := entry, entry
	exec.Mode, sub.Mode = content.ModeExec, content.ModeSubmodule
	for _, tt := range []struct {
		name      string
		base      content.Digest
		old, new  content.Entry
		kind      string
		unrelated bool
		href      string // of the old side
	}{
		{"the base", base, entry, exec, "mode", false, "/content/book@" + base.String() + "/a%20b"},
		{"the other, where there is no base", content.Digest{}, entry, content.Entry{}, "deleted", true, "/content/book@" + from.String() + "/a%20b"},
		{"a submodule, that is elsewhere", base, sub, content.Entry{}, "deleted", false, ""},
	} {
		c := fsapi.Comparison{Base: tt.base, From: from, To: to, Changes: []content.FileChange{{Path: path, Old: tt.old, New: tt.new}}}
		shape := resource.ComparisonOf(repo, c, parseURL(t, "/repos/book/compare/a...b"))
		f := shape.Changes[0]
		if f.Kind != tt.kind || f.Old.URL != tt.href || shape.Unrelated != tt.unrelated || (shape.Base == nil) != tt.unrelated {
			text, _ := json.Marshal(shape)
			t.Errorf("%s: %s", tt.name, text)
		}
	}
}

func parseURL(t *testing.T, target string) *url.URL {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
