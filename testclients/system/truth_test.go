package system_test

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// truth is what a repository must look like after an import.
type truth struct {
	source  string            // what is imported
	commits map[string]string // id → its tree's
	refs    map[string]string // "refs/heads/main" → commit
	files   map[string][]byte // at the tip of main, by path
}

// corpusTruth reads the answers that come with the corpus.
func corpusTruth(t *testing.T) truth {
	t.Helper()
	dir := os.Getenv("RHAPSODE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus") // beside the module's root
	}
	if _, err := os.Stat(filepath.Join(dir, "history.bundle")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("left out: the corpus is neither at RHAPSODE_CORPUS nor beside the checkout")
	}
	tr := truth{source: filepath.Join(dir, "history.bundle"), commits: map[string]string{}, refs: map[string]string{}}
	lines, err := os.Open(filepath.Join(dir, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer lines.Close()
	for d := json.NewDecoder(bufio.NewReader(lines)); d.More(); {
		var c struct{ Commit, Tree string }
		if err := d.Decode(&c); err != nil {
			t.Fatal(err)
		}
		tr.commits[c.Commit] = c.Tree
	}
	text, err := os.ReadFile(filepath.Join(dir, "refs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var refs struct {
		Refs map[string]struct{ Commit string }
	}
	if err := json.Unmarshal(text, &refs); err != nil {
		t.Fatal(err)
	}
	for name, r := range refs.Refs {
		tr.refs[name] = r.Commit
	}
	tr.files = filesOf(t, filepath.Join(dir, "book"))
	if len(tr.commits) != 659 {
		t.Fatalf("the corpus has %d commits, not 659", len(tr.commits))
	}
	return tr
}

// generatedTruth makes a history with git: branches, a merge, a tag of each
// sort, a rename, a deletion, odd names, odd bytes and a few megabytes of noise.
func generatedTruth(t *testing.T) truth {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: git, which makes the history, is not installed")
	}
	dir := filepath.Join(t.TempDir(), "source")
	g := generator{t, dir}
	g.git("init", "-q", "-b", "main", dir)
	g.commit("a book begins", map[string]string{
		"README.md": "A book\n", "modules/m1/index.cnxml": "<not well-formed", "media/ä (1)+&.txt": "odd name",
		"crlf.txt": "one\r\ntwo\r\n", "empty": "", "zero.bin": "\x00\x01\xff\xfe",
	})
	g.git("tag", "light")
	g.git("checkout", "-q", "-b", "pull/1")
	for i := range 20 {
		g.commit(fmt.Sprintf("draft %d", i), map[string]string{"modules/m2/index.cnxml": fmt.Sprintf("<document>%d</document>", i)})
	}
	g.git("checkout", "-q", "main")
	g.git("mv", "README.md", "ABOUT.md")
	g.commit("a new name", nil)
	g.git("rm", "-q", "empty")
	g.commit("without the empty file", nil)
	g.git("merge", "-q", "--no-ff", "-m", "the draft is good", "pull/1")
	g.git("tag", "-a", "-m", "first edition", "1.0")
	for i := range 3 {
		g.commit("a picture", map[string]string{fmt.Sprintf("media/%d.bin", i): string(somewhatRandom(i, 6<<20))})
	}
	g.git("commit", "-q", "--allow-empty", "-m", "nothing changed")

	tr := truth{source: dir, commits: map[string]string{}, refs: map[string]string{}, files: filesOf(t, dir)}
	for line := range strings.Lines(g.git("log", "--all", "--format=%H %T")) {
		commit, tree, _ := strings.Cut(strings.TrimSpace(line), " ")
		tr.commits[commit] = tree
	}
	for _, ref := range strings.Fields(g.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags")) {
		tr.refs[ref] = strings.TrimSpace(g.git("rev-parse", ref+"^{commit}"))
	}
	return tr
}

// generator runs git in a repository, at a time and for a person that never change.
type generator struct {
	t   *testing.T
	dir string
}

func (g generator) git(args ...string) string {
	g.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", filepath.Dir(g.dir)}, args...)...)
	if args[0] != "init" {
		cmd = exec.Command("git", append([]string{"-C", g.dir}, args...)...)
	}
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.invalid", "GIT_AUTHOR_DATE=1700000000 +0130",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.invalid", "GIT_COMMITTER_DATE=1700000001 -0330")
	out, err := cmd.Output()
	if err != nil {
		g.t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

// commit writes files, adds everything and commits.
func (g generator) commit(message string, files map[string]string) {
	g.t.Helper()
	for name, text := range files {
		path := filepath.Join(g.dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			g.t.Fatal(err)
		}
	}
	g.git("add", "-A")
	g.git("commit", "-q", "-m", message)
}

// filesOf reads every file below dir but git's own.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && e.Name() == ".git":
			return filepath.SkipDir
		case e.IsDir():
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in %s, %v", len(files), dir, err)
	}
	return files
}

// blobTag is the ETag of a document: git's id of its bytes.
func blobTag(b []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(b)), b...))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
