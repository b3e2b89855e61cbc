package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

func TestAFolderBecomesOneCommit(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{
		"README": "hello\r\n", "empty": "", "d/same": "x", "e/same": "x",
		"d/name with space (1).xml": "<x/>", "sub/.git/HEAD": "ref: x", "d.x": "sorts before d",
	})
	if err := os.WriteFile(filepath.Join(dir, "run.sh"), []byte("#!"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("README", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, "everything")); err != nil {
		t.Fatal(err)
	}
	when := time.Unix(1_700_000_000, 0)
	author, err := content.NewSignature("Ann", "ann@example.invalid", when)
	if err != nil {
		t.Fatal(err)
	}
	o := bundle.Options{Author: author, Message: "All of it", Branch: "work"}
	f := from(t, dir, o)
	if f.Default.String() != "refs/heads/work" || len(f.Refs) != 1 {
		t.Errorf("refs %v, default %v", f.Refs, f.Default)
	}
	if len(f.Skipped) != 3 || !strings.Contains(strings.Join(f.Skipped, "\n"), "sub/.git: it belongs to git") {
		t.Errorf("skipped %q", f.Skipped)
	}
	repo := clone(t, f)
	if got := git(t, repo, "log", "--format=%an %ae %at %cn %s"); got != "Ann ann@example.invalid 1700000000 Ann All of it\n" {
		t.Errorf("log %q", got)
	}
	var want strings.Builder
	for _, name := range []string{"README", "d.x", "d/name with space (1).xml", "d/same", "e/same", "empty", "run.sh"} {
		mode := "100644"
		if name == "run.sh" {
			mode = "100755"
		}
		id := git(t, dir, "hash-object", "--no-filters", name)
		want.WriteString(mode + " blob " + strings.TrimSpace(id) + "\t" + name + "\n")
	}
	if got := git(t, repo, "ls-tree", "-r", "HEAD"); got != want.String() {
		t.Errorf("holds\n%s\nwant\n%s", got, want.String())
	}
	if again := from(t, dir, o); again.SHA256 != f.SHA256 {
		t.Error("the same folder gave other bytes the second time")
	}
	if undated := from(t, dir, bundle.Options{}); undated.SHA256 != from(t, dir, bundle.Options{}).SHA256 {
		t.Error("the same folder, undated, gave other bytes the second time")
	}
	clocked := from(t, dir, bundle.Options{Now: func() time.Time { return when }})
	if got := git(t, clone(t, clocked), "log", "--format=%at"); got != "1700000000\n" {
		t.Errorf("dated %q", got)
	}
}

func TestCommitsBecomeABranch(t *testing.T) {
	who := content.Signature{Name: "Ann", Email: "ann@example.invalid"}
	at := func(n int64) time.Time { return time.Unix(n, 0).UTC() }
	commits := []bundle.Overlay{
		{Author: who, Message: "one", When: at(1), Put: map[string][]byte{"a": []byte("1"), "d/b": []byte("2")}},
		{Author: who, Message: "two", When: at(2), Put: map[string][]byte{"a": []byte("3")}, Delete: []string{"d/b"}},
		{Author: who, Message: "three", When: at(3), Delete: []string{"a"}},
	}
	make := func() *bundle.File {
		f, err := bundle.FromCommits(t.Context(), commits, bundle.Options{TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	f := make()
	repo := clone(t, f)
	if got := git(t, repo, "log", "--reverse", "--no-renames", "--format=%s %at", "--name-status", "main"); got != "one 1\n\nA\ta\nA\td/b\ntwo 2\n\nM\ta\nD\td/b\nthree 3\n\nD\ta\n" {
		t.Errorf("log\n%s", got)
	}
	if f.SHA256 != make().SHA256 {
		t.Error("the same commits gave other bytes the second time")
	}
	for _, bad := range []bundle.Overlay{
		{Author: who, Put: map[string][]byte{"../a": nil}},
		{Author: who, Delete: []string{"absent"}},
		{Author: who, Put: map[string][]byte{"a": nil, "a/b": nil}},
	} {
		_, err := bundle.FromCommits(t.Context(), []bundle.Overlay{bad}, bundle.Options{TempDir: t.TempDir()})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
