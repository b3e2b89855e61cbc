package bundle_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

// git runs the second opinion.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to compare with")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.invalid", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.invalid")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// put writes files below dir.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// book makes a repository with branches, merges, tags, notes, a large body
// and things that are not imported.
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

func from(t *testing.T, source string, o bundle.Options) *bundle.File {
	t.Helper()
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	f, err := bundle.From(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// clone judges f with git and returns what git makes of it.
func clone(t *testing.T, f *bundle.File) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone.git")
	git(t, "", "clone", "-q", "--mirror", f.Path, dir)
	git(t, dir, "bundle", "verify", "-q", f.Path)
	git(t, dir, "fsck", "--strict", "--full")
	judgeFile(t, f)
	return dir
}

// judgeFile holds what f says of itself to the bytes on disk.
func judgeFile(t *testing.T, f *bundle.File) {
	t.Helper()
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Size != int64(len(data)) || f.SHA256 != sha256.Sum256(data) {
		t.Errorf("size %d and %x are not those of the file", f.Size, f.SHA256)
	}
	if !bytes.HasPrefix(data[f.PackOffset:], []byte("PACK")) {
		t.Errorf("there is no pack at %d", f.PackOffset)
	}
}

func refs(f *bundle.File) map[string]string {
	m := map[string]string{}
	for _, r := range f.Refs {
		m[r.Name] = r.Target.String()
	}
	return m
}

// gitRefs returns the refs of a repository, without those that are not imported.
func gitRefs(t *testing.T, dir string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(git(t, dir, "for-each-ref", "--format=%(refname) %(objectname)",
		"refs/heads", "refs/tags", "refs/notes", "refs/meta")) {
		name, id, _ := strings.Cut(strings.TrimSpace(line), " ")
		m[name] = id
	}
	return m
}

// reachable lists what the refs that are imported reach.
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

func TestABundleIsTakenAsItIs(t *testing.T) {
	dir := book(t)
	path := filepath.Join(t.TempDir(), "a.bundle")
	tests := []struct {
		name          string
		args          []string
		branch        string
		prerequisites int
	}{
		{"whole", []string{"--all"}, "refs/heads/trunk", 0},
		{"version 3", []string{"--version=3", "--all"}, "refs/heads/trunk", 0},
		{"one branch, without HEAD", []string{"side/branch"}, "refs/heads/side/branch", 0},
		{"a part", []string{"trunk~1..trunk"}, "refs/heads/trunk", 1},
		{"tags only", []string{"v1"}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version := []string{"bundle", "create", "-q"}
			args := tt.args
			if strings.HasPrefix(args[0], "--version") {
				version, args = append(version, args[0]), args[1:]
			}
			git(t, dir, append(append(version, path), args...)...)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := bundle.From(t.Context(), path, bundle.Options{})
			if err != nil {
				t.Fatal(err)
			}
			judgeFile(t, f)
			if f.Path != path || f.Default.String() != tt.branch || len(f.Prerequisites) != tt.prerequisites {
				t.Errorf("%+v", f)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("Close touched a file that was given: %v", err)
			}
		})
	}
}

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

func TestWhatCannotBeImported(t *testing.T) {
	full := book(t)
	tests := []struct {
		name string
		make func(t *testing.T, dir string) string
		says string
	}{
		{"nothing", func(t *testing.T, dir string) string { return filepath.Join(dir, "absent") }, "does not exist"},
		{"an empty folder", func(t *testing.T, dir string) string { return dir }, "holds no files"},
		{"a file that is no bundle", func(t *testing.T, dir string) string {
			put(t, dir, map[string]string{"f": "hello\n"})
			return filepath.Join(dir, "f")
		}, "line 1"},
		{"a repository without a commit", func(t *testing.T, dir string) string {
			git(t, dir, "init", "-q")
			return dir
		}, "no branches"},
		{"a shallow repository", func(t *testing.T, dir string) string {
			git(t, dir, "clone", "-q", "--depth=1", "file://"+full, ".")
			return dir
		}, "shallow"},
		{"a repository that lacks an object", func(t *testing.T, dir string) string {
			git(t, dir, "init", "-q")
			put(t, dir, map[string]string{"a": "one"})
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "m")
			id := strings.TrimSpace(git(t, dir, "rev-parse", "HEAD:a"))
			if err := os.Remove(filepath.Join(dir, ".git/objects", id[:2], id[2:])); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "not whole"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			temp := t.TempDir()
			_, err := bundle.From(t.Context(), tt.make(t, t.TempDir()), bundle.Options{TempDir: temp})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want an Invalid that says %q", err, tt.says)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
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

func TestClosingRemovesWhatWasMadeAndProgressIsTold(t *testing.T) {
	told := map[string]int64{}
	f, err := bundle.From(t.Context(), book(t), bundle.Options{
		TempDir: t.TempDir(), PureGo: true,
		Progress: func(phase string, done, total int64) { told[phase] = max(told[phase], done) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if told[bundle.Walking] == 0 || told[bundle.Packing] != told[bundle.Walking] || told[bundle.Hashing] != f.Size {
		t.Errorf("told %v", told)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestACanceledImportLeavesNothing(t *testing.T) {
	dir := book(t)
	for _, pureGo := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		temp := t.TempDir()
		_, err := bundle.From(ctx, dir, bundle.Options{
			TempDir: temp, PureGo: pureGo,
			Progress: func(phase string, _, _ int64) {
				if phase == bundle.Packing {
					cancel()
				}
			},
		})
		if !fault.Is(err, fault.Canceled) {
			t.Errorf("%v, want a Canceled", err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestHeader(t *testing.T) {
	const id = "1111111111111111111111111111111111111111"
	d, err := content.ParseDigest(id)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		want       bundle.Header // Version 0: Invalid
		says       string
	}{
		{"version 2", "# v2 git bundle\n" + id + " refs/heads/main\n\nPACK", bundle.Header{Version: 2, Refs: []bundle.Ref{{Name: "refs/heads/main", Target: d}}}, ""},
		{"version 3", "# v3 git bundle\n@object-format=sha1\n" + id + " HEAD\n" + id + " refs/tags/v\n\nPACK",
			bundle.Header{Version: 3, HEAD: d, Refs: []bundle.Ref{{Name: "refs/tags/v", Target: d}}}, ""},
		{"prerequisites", "# v2 git bundle\n-" + id + " A subject\n-" + id + "\n\n", bundle.Header{Version: 2, Prerequisites: []content.Digest{d, d}}, ""},
		{"empty file", "", bundle.Header{}, "line 1: "},
		{"version 1", "# v1 git bundle\n\n", bundle.Header{}, "line 1: "},
		{"a pack", "PACK\x00\x00\x00\x02", bundle.Header{}, "line 1: "},
		{"SHA-256", "# v3 git bundle\n@object-format=sha256\n\n", bundle.Header{}, "line 2: "},
		{"filtered", "# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n\n", bundle.Header{}, "line 3: "},
		{"a capability in version 2", "# v2 git bundle\n@object-format=sha1\n\n", bundle.Header{}, "line 2: "},
		{"a short digest", "# v2 git bundle\n" + id[1:] + " refs/heads/main\n\n", bundle.Header{}, "line 2: "},
		{"no name", "# v2 git bundle\n" + id + "\n\n", bundle.Header{}, "line 2: "},
		{"a name that climbs", "# v2 git bundle\n" + id + " refs/heads/../x\n\n", bundle.Header{}, "line 2: "},
		{"cut off", "# v2 git bundle\n" + id + " refs/heads/main\n", bundle.Header{}, "line 3: "},
		{"a line without end", "# v2 git bundle\n" + strings.Repeat("x", 1<<16), bundle.Header{}, "line 2: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bundle.ParseHeader(strings.NewReader(tt.text))
			if tt.want.Version == 0 {
				if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want an Invalid that says %q", err, tt.says)
				}
				return
			}
			tt.want.PackOffset = int64(strings.LastIndex(tt.text, "\n\n") + 2)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func FuzzParseHeader(f *testing.F) {
	const id = "1111111111111111111111111111111111111111"
	f.Add([]byte("# v3 git bundle\n@object-format=sha1\n-" + id + " s\n" + id + " HEAD\n" + id + " refs/tags/v\n\nPACK"))
	f.Add([]byte("# v2 git bundle\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := bundle.ParseHeader(bytes.NewReader(data))
		switch {
		case err != nil && !fault.Is(err, fault.Invalid):
			t.Error(err)
		case err == nil && (h.PackOffset > int64(len(data)) || !bytes.HasSuffix(data[:h.PackOffset], []byte("\n\n"))):
			t.Errorf("the pack begins at %d", h.PackOffset)
		}
	})
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
