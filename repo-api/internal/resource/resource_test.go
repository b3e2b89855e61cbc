package resource_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

func TestParsePlace(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef01234567"
	tests := []struct {
		url             string // after /content/
		repo, rev, path string
		dir             bool
		again           string // as Place writes it, if not the same
	}{
		{"book@main/a/b.txt", "book", "main", "a/b.txt", false, ""},
		{"book@main/", "book", "main", "", true, ""},
		{"book@main", "book", "main", "", true, "book@main/"},
		{"book@main/a/", "book", "main", "a", true, ""},
		{"book/a", "book", "", "a", false, ""},
		{"book", "book", "", "", true, "book/"},
		{"book@" + id + "/a", "book", id, "a", false, ""},
		{"book@draft%2Fone/a", "book", "draft/one", "a", false, ""},
		{"book@two@three/a", "book", "two@three", "a", false, ""},
		{"book@main/a%20b", "book", "main", "a b", false, ""},
		{"book@main/%61", "book", "main", "a", false, "book@main/a"},
		{"book@main/100%25", "book", "main", "100%", false, ""},
		{"book@main/%252F", "book", "main", "%2F", false, ""},
		{"book@main/z%C3%A9", "book", "main", "zé", false, ""},
		{"book@main/%FF", "book", "main", "\xff", false, ""},
		{"book@main/a+b;c", "book", "main", "a+b;c", false, "book@main/a+b%3Bc"},
	}
	for _, tt := range tests {
		p, err := resource.ParsePlace(tt.url)
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if p.Repo.String() != tt.repo || p.Rev.String() != tt.rev || p.Path.String() != tt.path || p.Dir != tt.dir {
			t.Errorf("%s: %+v", tt.url, p)
		}
		if tt.again == "" {
			tt.again = tt.url
		}
		if got := p.URL(); got != "/content/"+tt.again {
			t.Errorf("%s becomes %s", tt.url, got)
		}
	}
}

func TestParsePlaceRefuses(t *testing.T) {
	for name, url := range map[string]string{
		"a way up":           "book@main/a/../b",
		"a hidden way up":    "book@main/%2e%2E/b",
		"a dot":              "book@main/./b",
		"an empty name":      "book@main/a//b",
		"two slashes":        "book@main//",
		"a NUL":              "book@main/a%00b",
		"a hidden slash":     "book@main/a%2Fb",
		".git":               "book@main/.git/config",
		".GiT":               "book@main/a/.GiT",
		".git in disguise":   "book@main/.g%E2%80%8Cit",
		"git~1":              "book@main/git~1",
		"a name too long":    "book@main/" + strings.Repeat("x", 256),
		"a path too long":    "book@main/" + strings.Repeat("x/", 2048) + "x",
		"a half escape":      "book@main/a%2",
		"no repository":      "@main/a",
		"a bad repository":   "Book@main/a",
		"a bad revision":     "book@a..b/c",
		"an empty revision":  "book@/c",
		"a revision's colon": "book@a%3Ab/c",
	} {
		if p, err := resource.ParsePlace(url); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, s := range []string{"book@main/a/b.txt", "book@a%2Fb/c%20d/", "book", "book@main/%2e%2e/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := resource.ParsePlace(s)
		if err != nil {
			return
		}
		again, err := resource.ParsePlace(strings.TrimPrefix(p.URL(), "/content/"))
		if err != nil || again != p {
			t.Fatalf("%q: %+v, then %+v %v", s, p, again, err)
		}
	})
}

func TestTags(t *testing.T) {
	d := content.InlineBody([]byte("hello\n")).Digest
	if got := resource.TagOf(d); got != `"ce013625030ba8dba906f756967f9e9ca394464a"` {
		t.Errorf("TagOf: %s", got)
	}
	tests := []struct {
		tag flow.Tag
		ok  bool
	}{
		{resource.TagOf(d), true},
		{"W/" + resource.TagOf(d), true},
		{flow.Tag(strings.ToUpper(string(resource.TagOf(d)))), false}, // tags are compared byte by byte
		{`"ce01"`, false},
		{resource.TagOfBytes([]byte("hello\n")), false},
		{`""`, false},
	}
	for _, tt := range tests {
		if got, ok := resource.DigestOf(tt.tag); ok != tt.ok || ok && got != d {
			t.Errorf("DigestOf(%s): %v %v", tt.tag, got, ok)
		}
	}
}

func TestMediaType(t *testing.T) {
	tests := []struct {
		name string
		mode content.Mode
		want string
	}{
		{"index.cnxml", content.ModeRegular, "application/vnd.openstax.cnxml+xml; charset=utf-8"},
		{"a.b.PNG", content.ModeExec, "image/png"},
		{"README", content.ModeRegular, "application/octet-stream"},
		{"x.unheard", content.ModeRegular, "application/octet-stream"},
		{".png", content.ModeRegular, "image/png"},
		{"x.", content.ModeRegular, "application/octet-stream"},
		{"x.png", content.ModeSymlink, "text/plain; charset=utf-8"},
	}
	for _, tt := range tests {
		if got := resource.MediaType(content.Entry{Name: tt.name, Mode: tt.mode}); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestDirectoryShape(t *testing.T) {
	dir, err := resource.ParsePlace("book@main/a/")
	if err != nil {
		t.Fatal(err)
	}
	d := content.InlineBody(nil).Digest
	got := resource.DirectoryOf(dir, fsapi.Listing{Entries: []content.Entry{
		{Name: "b c.txt", Mode: content.ModeRegular, Digest: d, Size: 7},
		{Name: "d", Mode: content.ModeDir, Digest: d, Size: -1},
		{Name: "l", Mode: content.ModeSymlink, Digest: d, Size: 3},
		{Name: "s", Mode: content.ModeSubmodule, Digest: d, Size: -1},
	}})
	text, err := json.MarshalIndent(got.Items, "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"href": "/content/book@main/a/b%20c.txt"`, `"size": 7`, `"mode": "100644"`, `"type": "text/plain; charset=utf-8"`,
		`"href": "/content/book@main/a/d/"`, `"kind": "directory"`, `"mode": "040000"`,
		`"kind": "link"`, `"kind": "submodule"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Count(string(text), "href") != 3 || strings.Count(string(text), "size") != 2 {
		t.Errorf("a directory has no size, and a submodule no href:\n%s", text)
	}
}

// TestACommitOfAnyYearCanBeShown is about imported histories: JSON's own form of
// a time fails after the year 9999.
func TestACommitOfAnyYearCanBeShown(t *testing.T) {
	repo, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	far := content.Commit{Author: content.Signature{When: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}, Message: "x\n\ny"}
	text, err := json.Marshal(resource.CommitOf(repo, far))
	if err != nil || !strings.Contains(string(text), `"when":"20000-01-01T00:00:00Z"`) || !strings.Contains(string(text), `"subject":"x"`) {
		t.Errorf("%s, %v", text, err)
	}
}
