package patch_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/internal/patch"
)

// git runs it in dir and returns what it says, and whether it did as it should.
func git(t *testing.T, dir, stdin string, args ...string) (string, bool) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: git is not here")
	}
	c := exec.Command("git", args...)
	c.Dir, c.Stdin = dir, strings.NewReader(stdin)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	out, err := c.Output()
	return string(out), err == nil
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

var contextWithoutEnd = regexp.MustCompile(`(?m)^ .*\n\\ No newline`)

// judgeDiff compares what becomes of doc with what git apply makes of it, and says whether it applies.
func judgeDiff(t *testing.T, dir, path, doc, diff string) bool {
	t.Helper()
	write(t, dir, path, doc)
	_, applies := git(t, dir, diff, "apply", "--whitespace=nowarn")
	want, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	got, err := patch.Text(path, []byte(doc), []byte(diff))
	if err != nil && contextWithoutEnd.MatchString(diff) && strings.HasSuffix(doc, "\n") {
		return false // git takes the line end away, of which the diff does not speak
	}
	if (err == nil) != applies || applies && !bytes.Equal(got, want) {
		t.Fatalf("%q: %q, %v, but git applies it %v: %q\n%s", doc, got, err, applies, want, diff)
	}
	return applies
}

// edit changes, adds and removes up to n lines. Lines are of few kinds, so that they repeat.
func edit(r *rand.Rand, lines []string, n int) []string {
	lines = append([]string{}, lines...)
	for range r.IntN(n + 1) {
		i := r.IntN(len(lines) + 1)
		line := fmt.Sprintln("line", r.IntN(6))
		switch dice := r.IntN(3); {
		case dice == 0 || len(lines) == 0 || i == len(lines):
			lines = append(lines[:i], append([]string{line}, lines[i:]...)...)
		case dice == 1:
			lines = append(lines[:i], lines[i+1:]...)
		default:
			lines[i] = line
		}
	}
	return lines
}

// join makes a document, the last line of which may have no end.
func join(r *rand.Rand, lines []string) string {
	text := strings.Join(lines, "")
	if r.IntN(4) == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

func TestDiffsAgreeWithGitApply(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("RHAPSODE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("RHAPSODE_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	dir := t.TempDir()
	n, applied := 200, 0
	for range n {
		old := edit(r, nil, 40)
		write(t, dir, "a.txt", join(r, old))
		write(t, dir, "b.txt", join(r, edit(r, old, 6)))
		diff, same := git(t, dir, "", "diff", "--no-index", fmt.Sprintf("-U%d", r.IntN(5)), "a.txt", "b.txt")
		if same {
			continue
		}
		diff = strings.ReplaceAll(strings.ReplaceAll(diff, "a/a.txt", "a/d/doc"), "b/b.txt", "b/d/doc")
		doc := join(r, old)
		if r.IntN(2) == 0 {
			doc = join(r, edit(r, old, 6))
		}
		if judgeDiff(t, dir, "d/doc", doc, diff) {
			applied++
		}
	}
	t.Logf("%d of %d apply", applied, n)
	if applied < n/10 || applied > n*9/10 {
		t.Error("the cases say nothing")
	}
}

// TestCorpusDiffsAreApplied makes every version of real documents out of the one before.
func TestCorpusDiffsAreApplied(t *testing.T) {
	corpus := os.Getenv("RHAPSODE_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	corpus, err := filepath.Abs(corpus)
	if err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(corpus, "history.bundle")
	if _, err := os.Stat(bundle); err != nil {
		t.Skip("left out: the corpus is not here (RHAPSODE_CORPUS)")
	}
	dir := filepath.Join(t.TempDir(), "book.git")
	git(t, "", "", "clone", "-q", "--mirror", bundle, dir)
	log, _ := git(t, dir, "", "log", "--no-merges", "-n400", "--diff-filter=M", "--no-renames", "--full-index", "-p", "--format=")
	var diffs []string
	var blobs strings.Builder
	for _, diff := range strings.Split("\n"+log, "\ndiff --git ")[1:] {
		_, rest, ok := strings.Cut(diff, "\nindex ")
		if !ok || strings.Contains(diff, "\nBinary files ") || len(diffs) == 3000 {
			continue
		}
		diffs = append(diffs, "diff --git "+diff+"\n")
		fmt.Fprintf(&blobs, "%s\n%s\n", rest[:40], rest[42:82])
	}
	answers, _ := git(t, dir, blobs.String(), "cat-file", "--batch")
	next := bufio.NewReader(strings.NewReader(answers))
	for i, diff := range diffs {
		var sides [2][]byte
		for i := range sides {
			header, _ := next.ReadString('\n')
			size, err := strconv.Atoi(strings.Fields(header)[2])
			if err != nil {
				t.Fatal(header, err)
			}
			sides[i] = make([]byte, size+1)
			if _, err := io.ReadFull(next, sides[i]); err != nil {
				t.Fatal(err)
			}
			sides[i] = sides[i][:size]
		}
		if len(sides[0]) > patch.MaxSize {
			continue
		}
		_, path, _ := strings.Cut(diff, "\n+++ b/")
		path, _, _ = strings.Cut(path, "\n")
		path, _, _ = strings.Cut(path, "\t")
		if !strings.HasSuffix(diff, "\n\n") { // the log puts an empty line between commits
			diff += "\n"
		}
		got, err := patch.Text(path, sides[0], []byte(diff))
		if err != nil || !bytes.Equal(got, sides[1]) {
			t.Errorf("%d, %s: %v", i, path, err)
		}
	}
	t.Logf("%d diffs", len(diffs))
	if len(diffs) < 200 {
		t.Error("too few diffs")
	}
}
