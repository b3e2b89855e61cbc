package textdiff_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/textdiff"
	"rhapsode/internal/fault"
)

// git runs the second opinion.
func git(t testing.TB, dir string, stdin []byte, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to compare with")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

func open(t testing.TB, dir string) *gitfmt.Repository {
	t.Helper()
	repo, err := gitfmt.OpenRepository(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

// repository makes a bare repository of what a fast-import stream says.
func repository(t testing.TB, stream []byte) (repo *gitfmt.Repository, dir string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare", "-b", "main")
	git(t, dir, stream, "fast-import", "--quiet")
	return open(t, dir), dir
}

func digest(t testing.TB, s string) content.Digest {
	t.Helper()
	d, err := content.ParseDigest(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func path(t testing.TB, s string) content.Path {
	t.Helper()
	p, err := content.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dice makes texts and histories.
type dice struct {
	*rand.Rand
	alphabet int
	stream   bytes.Buffer // for git fast-import
	commits  int
}

func newDice(t testing.TB, alphabet int) *dice {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("RHAPSODE_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("RHAPSODE_SEED=%d", seed)
	return &dice{Rand: rand.New(rand.NewPCG(seed, 0)), alphabet: alphabet}
}

func (d *dice) lines(n int) []string {
	var lines []string
	for range d.IntN(n + 1) {
		lines = append(lines, fmt.Sprintf("line %d\n", d.IntN(d.alphabet)))
	}
	return lines
}

func (d *dice) edit(lines []string, n int) []string {
	for range d.IntN(n + 1) {
		at := d.IntN(len(lines) + 1)
		gone := min(d.IntN(4), len(lines)-at)
		lines = append(lines[:at:at], append(d.lines(3), lines[at+gone:]...)...)
	}
	return lines
}

func (d *dice) join(lines []string) string {
	text := strings.Join(lines, "")
	if d.IntN(8) == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return text
}

// commit begins a commit on a branch; its files follow.
func (d *dice) commit(branch string, parents ...int) (mark int) {
	d.commits++
	fmt.Fprintf(&d.stream, "commit refs/heads/%s\nmark :%d\ncommitter A <a@example.invalid> %d +0000\ndata 0\n",
		branch, d.commits, 1_700_000_000+60*d.commits)
	for i, p := range parents {
		fmt.Fprintf(&d.stream, "%s :%d\n", []string{"from", "merge"}[min(i, 1)], p)
	}
	d.stream.WriteString("deleteall\n")
	return d.commits
}

func (d *dice) file(mode, name, data string) {
	fmt.Fprintf(&d.stream, "M %s inline %s\ndata %d\n%s\n", mode, strconv.Quote(name), len(data), data)
}

// fill puts random documents into two commits, old and new.
func (d *dice) fill() {
	names := []string{"plain", "dir/deep", "with space", "dir/quo\"te", "back\\slash", "tab\tin"}
	sides := [2]map[string][2]string{{}, {}}
	for n := range 120 {
		name := fmt.Sprintf("%d-%s", n, names[n%len(names)])
		base := d.lines(60)
		for i, lines := range [][]string{base, d.edit(base, 5)} {
			mode, data := "100644", d.join(lines)
			switch d.IntN(24) {
			case 0:
				continue
			case 1:
				mode = "100755"
			case 2:
				mode, data = "120000", "target"
			case 3:
				data = ""
			}
			sides[i][name] = [2]string{mode, data}
		}
	}
	for i, branch := range []string{"old", "new"} {
		d.commit(branch)
		for name, f := range sides[i] {
			d.file(f[0], name, f[1])
		}
	}
}

// patchOf is our patch from one branch to another, and git's.
func patchOf(t *testing.T, repo gitfmt.Source, dir string) (ours, theirs string) {
	t.Helper()
	old, new := digest(t, git(t, dir, nil, "rev-parse", "old^{tree}")), digest(t, git(t, dir, nil, "rev-parse", "new^{tree}"))
	read := func(e content.Entry) []byte {
		if e.Mode == 0 {
			return nil
		}
		o, err := repo.Object(t.Context(), e.Digest)
		if err != nil {
			t.Fatal(err)
		}
		return o.Data
	}
	var patch []byte
	_, err := gitfmt.NewTrees(1<<20).Diff(t.Context(), repo, old, new, 1<<20, func(c content.FileChange) error {
		patch = textdiff.AppendPatch(patch, c, read(c.Old), read(c.New))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	theirs = git(t, dir, nil, "-c", "diff.indentHeuristic=false", "diff-tree", "-p", "-r", "--full-index", "--no-renames", "old", "new")
	return string(patch), regexp.MustCompile(`(?m)^(@@ [^@]* @@) .*$`).ReplaceAllString(theirs, "$1") // without the name of a function
}

func TestPatchesAreGitsAndGitAppliesThem(t *testing.T) {
	for _, alphabet := range []int{6, 40, 1 << 30} {
		t.Run(fmt.Sprint(alphabet), func(t *testing.T) {
			d := newDice(t, alphabet)
			d.fill()
			repo, dir := repository(t, d.stream.Bytes())
			ours, theirs := patchOf(t, repo, dir)
			if ours != theirs {
				a, b := strings.SplitAfter(ours, "\n"), strings.SplitAfter(theirs, "\n")
				for i := range min(len(a), len(b)) {
					if a[i] != b[i] {
						t.Fatalf("line %d is %q, git's is %q, after %q", i, a[i], b[i], a[max(0, i-5):i])
					}
				}
				t.Fatalf("%d lines, git has %d", len(a), len(b))
			}
			work := t.TempDir()
			git(t, work, nil, "clone", "-q", "-b", "old", dir, "work")
			work = filepath.Join(work, "work")
			git(t, work, []byte(ours), "apply", "--index")
			if got, want := git(t, work, nil, "write-tree"), git(t, dir, nil, "rev-parse", "new^{tree}"); got != want {
				t.Errorf("applied, the patch makes %s, not %s", got, want)
			}
		})
	}
}

func TestPatchOfWhatIsNoText(t *testing.T) {
	c := content.FileChange{
		Path: path(t, "a"),
		Old:  content.Entry{Mode: content.ModeRegular, Digest: content.Digest{1}},
		New:  content.Entry{Mode: content.ModeRegular, Digest: content.Digest{2}},
	}
	got := string(textdiff.AppendPatch(nil, c, []byte("a\x00"), []byte("b")))
	want := "diff --git a/a b/a\nindex 0100000000000000000000000000000000000000..0200000000000000000000000000000000000000 100644\n" +
		"Binary files a/a and b/a differ\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// blamed is our answer in the words of git blame --porcelain.
func blamed(t *testing.T, repo gitfmt.Source, tip content.Digest, p string) string {
	t.Helper()
	past := gitfmt.NewGraph(gitfmt.NewTrees(16<<20), gitfmt.Limits{}).NewPast(repo, nil)
	parts, err := textdiff.Blame(t.Context(), past, repo, tip, path(t, p))
	if err != nil {
		t.Fatal(p, err)
	}
	var b strings.Builder
	for _, part := range parts {
		for i := range part.Lines.Len() {
			fmt.Fprintln(&b, part.Commit.ID, part.Then+i+1, part.Lines.Begin+i+1)
		}
	}
	return b.String()
}

var blameLine = regexp.MustCompile(`(?m)^([0-9a-f]{40} \d+ \d+)`)

func judgeBlame(t *testing.T, repo gitfmt.Source, dir, tip, p string) {
	t.Helper()
	said := git(t, dir, nil, "-c", "diff.indentHeuristic=false", "blame", "--porcelain", tip, "--", p)
	var want strings.Builder
	for _, line := range blameLine.FindAllString(said, -1) {
		fmt.Fprintln(&want, line)
	}
	if got := blamed(t, repo, digest(t, git(t, dir, nil, "rev-parse", tip)), p); got != want.String() {
		t.Errorf("%s at %s: we blame\n%sgit blames\n%s", p, tip, got, want.String())
	}
}

func TestBlameIsGits(t *testing.T) {
	d := newDice(t, 12)
	type head struct {
		mark  int
		lines []string
	}
	const histories = 12
	for h := range histories {
		root := head{lines: d.lines(30)}
		heads := []*head{{}, {}, {}}
		for i := range heads {
			*heads[i] = root
		}
		write := func(x *head, parents ...int) {
			x.mark = d.commit(fmt.Sprintf("h%d", h), parents...)
			d.file("100644", "doc", strings.Join(x.lines, "")+"the end\n")
			d.file("100644", "other", fmt.Sprint(d.commits/3))
		}
		for i := range heads {
			write(heads[i])
		}
		for range 25 {
			x, y := heads[d.IntN(3)], heads[d.IntN(3)]
			if x != y && d.IntN(3) == 0 {
				at, upto := d.IntN(len(x.lines)+1), d.IntN(len(y.lines)+1)
				x.lines = append(x.lines[:at:at], y.lines[upto:]...)
				write(x, x.mark, y.mark)
				continue
			}
			x.lines = d.edit(x.lines, 2)
			write(x, x.mark)
		}
		last := *heads[0]
		write(&last, heads[0].mark, heads[1].mark, heads[2].mark)
	}
	repo, dir := repository(t, d.stream.Bytes())
	for h := range histories {
		judgeBlame(t, repo, dir, fmt.Sprintf("h%d", h), "doc")
	}
}

func TestBlameOfTheCorpus(t *testing.T) {
	corpus := os.Getenv("RHAPSODE_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	corpus, err := filepath.Abs(corpus)
	if err != nil {
		t.Fatal(err)
	}
	table, err := os.ReadFile(filepath.Join(corpus, "versions.tsv"))
	if err != nil {
		t.Skip("left out: the corpus is not here (RHAPSODE_CORPUS)")
	}
	dir := filepath.Join(t.TempDir(), "book.git")
	git(t, "", nil, "clone", "-q", "--mirror", filepath.Join(corpus, "history.bundle"), dir)
	repo := open(t, dir)
	judged := 0
	for row := range strings.Lines(string(table)) {
		// path, log, full_history, follow: git blame follows renames, we do not.
		columns := strings.Split(row, "\t")
		if !strings.HasSuffix(columns[0], ".cnxml") || columns[1] != columns[3] {
			continue
		}
		if judged++; judged%8 == 0 {
			judgeBlame(t, repo, dir, "main", columns[0])
		}
	}
	if judged < 50 {
		t.Errorf("only %d documents without a rename", judged)
	}
}

func TestBlameOfWhatIsNoText(t *testing.T) {
	d := newDice(t, 1)
	d.commit("main")
	d.file("100644", "binary", "\x00")
	d.file("120000", "link", "binary")
	d.file("100644", "dir/empty", "")
	repo, dir := repository(t, d.stream.Bytes())
	tip := digest(t, git(t, dir, nil, "rev-parse", "main"))
	past := gitfmt.NewGraph(gitfmt.NewTrees(1<<20), gitfmt.Limits{}).NewPast(repo, nil)
	for p, want := range map[string]fault.Kind{
		"binary": fault.Invalid, "link": fault.Invalid, "dir": fault.Invalid, "absent": fault.NotFound, "dir/absent": fault.NotFound,
	} {
		if _, err := textdiff.Blame(t.Context(), past, repo, tip, path(t, p)); !fault.Is(err, want) {
			t.Errorf("%s: error %v, want one of kind %v", p, err, want)
		}
	}
	if got := blamed(t, repo, tip, "dir/empty"); got != "" {
		t.Errorf("an empty document has lines of %s", got)
	}
}
