package bundle_test

import (
	"crypto/rand"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

func book(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "trunk")
	large := make([]byte, 1500<<10)
	rand.Read(large)
	put(t, dir, map[string]string{"a.xml": "one", "d/b.xml": "two", "d/large.bin": string(large)})
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "first")
	git(t, dir, "tag", "-a", "-m", "annotated", "v1")
	git(t, dir, "tag", "light")
	git(t, dir, "notes", "add", "-m", "a note")
	git(t, dir, "checkout", "-q", "-b", "side/branch")
	put(t, dir, map[string]string{"d/b.xml": "three"})
	git(t, dir, "commit", "-q", "-a", "-m", "second")
	git(t, dir, "checkout", "-q", "trunk")
	git(t, dir, "merge", "-q", "--no-ff", "-m", "merge", "side/branch")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "nothing")
	git(t, dir, "update-ref", "refs/meta/config", "HEAD~1")
	git(t, dir, "update-ref", "refs/remotes/origin/other", "HEAD~1")
	git(t, dir, "update-ref", "refs/pull/1/head", "HEAD~1")
	return dir
}

func gitRefs(t *testing.T, dir string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(git(t, dir, "for-each-ref", "--format=%(refname) %(objectname)",
		"refs/heads", "refs/tags", "refs/notes", "refs/meta")) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		m[name] = id
	}
	return m
}

func reachable(t *testing.T, dir string) []string {
	args := append([]string{"rev-list", "--objects", "--no-object-names"}, slices.Sorted(maps.Keys(gitRefs(t, dir)))...)
	lines := strings.Split(git(t, dir, args...), "\n")
	slices.Sort(lines)
	return lines
}

func TestARepositoryComesThroughWhole(t *testing.T) {
	work := book(t)
	bare := filepath.Join(t.TempDir(), "bare.git")
	git(t, "", "clone", "-q", "--mirror", work, bare)
	shared := filepath.Join(t.TempDir(), "shared.git")
	git(t, "", "clone", "-q", "--mirror", "--shared", bare, shared)
	loose := filepath.Join(t.TempDir(), "loose")
	if err := os.CopyFS(loose, os.DirFS(work)); err != nil {
		t.Fatal(err)
	}
	git(t, bare, "repack", "-q", "-a", "-d")
	for name, source := range map[string]string{"with a work tree": loose, "bare": bare, "with alternates": shared} {
		for tool, pureGo := range map[string]bool{"with git": false, "without git": true} {
			t.Run(name+" "+tool, func(t *testing.T) {
				f := from(t, source, bundle.Options{PureGo: pureGo})
				if got, want := refs(f), gitRefs(t, work); !maps.Equal(got, want) {
					t.Errorf("refs %v, want %v", got, want)
				}
				if f.Default.String() != "refs/heads/trunk" || f.HEAD.String() != refs(f)["refs/heads/trunk"] {
					t.Errorf("default branch %v, HEAD %v", f.Default, f.HEAD)
				}
				if got, want := reachable(t, clone(t, f)), reachable(t, work); !slices.Equal(got, want) {
					t.Errorf("objects %v\nwant %v", got, want)
				}
				again := from(t, source, bundle.Options{PureGo: pureGo})
				if again.SHA256 != f.SHA256 {
					t.Error("the same repository gave other bytes the second time")
				}
			})
		}
	}
}

func TestARepositoryWithoutAUsableHEAD(t *testing.T) {
	tests := []struct {
		name string
		head func(t *testing.T, dir string)
		want string // the default branch
	}{
		{"unborn", func(t *testing.T, dir string) { git(t, dir, "symbolic-ref", "HEAD", "refs/heads/absent") }, "refs/heads/side/branch"},
		{"detached", func(t *testing.T, dir string) { git(t, dir, "checkout", "-q", "--detach") }, "refs/heads/side/branch"},
		{"unborn, beside main", func(t *testing.T, dir string) {
			git(t, dir, "branch", "master")
			git(t, dir, "branch", "main")
			git(t, dir, "symbolic-ref", "HEAD", "refs/heads/absent")
		}, "refs/heads/main"},
	}
	for _, tt := range tests {
		for _, pureGo := range []bool{false, true} {
			t.Run(tt.name, func(t *testing.T) {
				dir := book(t)
				tt.head(t, dir)
				f := from(t, dir, bundle.Options{PureGo: pureGo})
				if f.Default.String() != tt.want || !f.HEAD.IsZero() {
					t.Errorf("default branch %v, HEAD %v", f.Default, f.HEAD)
				}
				clone(t, f)
			})
		}
	}
}

func TestABrokenObjectIsFoundBeforeTheServerFindsIt(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	put(t, dir, map[string]string{"a": "one", "b": "two"})
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "m")
	loose := func(rev string) string {
		id := strings.TrimSpace(git(t, dir, "rev-parse", rev))
		return filepath.Join(dir, ".git/objects", id[:2], id[2:])
	}
	a, b := loose("HEAD:a"), loose("HEAD:b")
	if err := os.Rename(b, a); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b, data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = bundle.From(t.Context(), dir, bundle.Options{TempDir: t.TempDir(), PureGo: true})
	if !fault.Is(err, fault.Corrupt) {
		t.Errorf("%v, want a Corrupt", err)
	}
}

func TestCorpusIsTheSameWithAndWithoutGit(t *testing.T) {
	dir := os.Getenv("RHAPSODE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	history := filepath.Join(dir, "history.bundle")
	if _, err := os.Stat(history); err != nil {
		t.Skip("left out: the corpus is not here (RHAPSODE_CORPUS)")
	}
	given := from(t, history, bundle.Options{})
	if given.Default.String() != "refs/heads/main" {
		t.Errorf("default branch %v", given.Default)
	}
	repo := filepath.Join(t.TempDir(), "book.git")
	git(t, "", "clone", "-q", "--mirror", history, repo)
	for _, pureGo := range []bool{false, true} {
		f := from(t, repo, bundle.Options{PureGo: pureGo})
		if !maps.Equal(refs(f), refs(given)) || f.Default != given.Default {
			t.Errorf("refs %v, want %v", refs(f), refs(given))
		}
		if got, want := reachable(t, clone(t, f)), reachable(t, repo); !slices.Equal(got, want) {
			t.Errorf("%d objects, want %d", len(got), len(want))
		}
		t.Logf("without git: %v: %d bytes", pureGo, f.Size)
	}
}
