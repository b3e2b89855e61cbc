package merge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rhapsode/fs-service/internal/merge"
	"rhapsode/fs-service/internal/textdiff"
)

func TestLines(t *testing.T) {
	const base = "a\nb\nc\nd\ne\nf\n"
	tests := []struct {
		name               string
		base, ours, theirs string
		merged             string // with markers if there are conflicts
		conflicts          int
	}{
		{"nobody changed anything", base, base, base, base, 0},
		{"ours changed", base, "a\nB\nc\nd\ne\nf\n", base, "a\nB\nc\nd\ne\nf\n", 0},
		{"theirs changed", base, base, "a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\n", 0},
		{"both changed alike", base, "a\nX\nc\nd\ne\nf\n", "a\nX\nc\nd\ne\nf\n", "a\nX\nc\nd\ne\nf\n", 0},
		{"both changed, a line between", base, "a\nB\nc\nd\ne\nf\n", "a\nb\nc\nD\ne\nf\n", "a\nB\nc\nD\ne\nf\n", 0},
		{"alike here, and apart there", base, "A\nb\nc\nd\ne\nf\n", "A\nb\nc\nd\ne\nF\n", "A\nb\nc\nd\ne\nF\n", 0},
		{"touching changes conflict", base, "a\nB\nc\nd\ne\nf\n", "a\nb\nC\nd\ne\nf\n",
			"a\n<<<<<<<\nB\nc\n=======\nb\nC\n>>>>>>>\nd\ne\nf\n", 1},
		{"added at the same place", base, base + "g\n", base + "h\n",
			base + "<<<<<<<\ng\n=======\nh\n>>>>>>>\n", 1},
		{"what the sides have in common leaves the conflict", base, "a\nX\n1\n2\n3\n4\nY\nf\n", "a\nZ\n1\n2\n3\n4\nW\nf\n",
			"a\n<<<<<<<\nX\n=======\nZ\n>>>>>>>\n1\n2\n3\n4\n<<<<<<<\nY\n=======\nW\n>>>>>>>\nf\n", 2},
		{"close conflicts are one", base, "a\nX\n1\n2\n3\nY\nf\n", "a\nZ\n1\n2\n3\nW\nf\n",
			"a\n<<<<<<<\nX\n1\n2\n3\nY\n=======\nZ\n1\n2\n3\nW\n>>>>>>>\nf\n", 1},
		{"a missing last line end stays missing", "a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nD", "A\nb\nc\nD", 0},
		{"a line end taken away is a change", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nc", "A\nb\nc", 0},
		{"in a conflict every line gets its end", "a", "b", "c", "<<<<<<<\nb\n=======\nc\n>>>>>>>\n", 1},
		{"CR LF is left alone", "a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "A\r\nb\r\nC\r\n", 0},
		{"markers end as the lines around", "a\r\nb\r\n", "a\r\nB\r\n", "a\r\nC\r\n", "a\r\n<<<<<<<\r\nB\r\n=======\r\nC\r\n>>>>>>>\r\n", 1},
		{"no base", "", "a\nb\n", "a\nc\n", "a\n<<<<<<<\nb\n=======\nc\n>>>>>>>\n", 1},
		{"all gone on one side", base, "", "a\nb\nc\nd\ne\nF\n", "<<<<<<<\n=======\na\nb\nc\nd\ne\nF\n>>>>>>>\n", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			merged, conflicts := merge.Lines([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs))
			if len(conflicts) != tt.conflicts {
				t.Errorf("conflicts %v, want %d", conflicts, tt.conflicts)
			}
			if tt.conflicts == 0 && string(merged) != tt.merged {
				t.Errorf("merged %q, want %q", merged, tt.merged)
			}
			if tt.conflicts > 0 && merged != nil {
				t.Errorf("merged %q in spite of conflicts", merged)
			}
			marked, n := merge.Marked([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs), merge.Markers{})
			if string(marked) != tt.merged || n != tt.conflicts {
				t.Errorf("marked %q with %d conflicts, want %q", marked, n, tt.merged)
			}
		})
	}
}

func TestMarkersNameTheSidesAndShowTheBase(t *testing.T) {
	m := merge.Markers{Ours: "main", Base: "before", Theirs: "video", WithBase: true, Size: 9}
	got, _ := merge.Marked([]byte("a\nb\nc\n"), []byte("a\nX\n1\n"), []byte("a\nY\n1\n"), m)
	want := "a\n<<<<<<<<< main\nX\n1\n||||||||| before\nb\nc\n=========\nY\n1\n>>>>>>>>> video\n"
	if string(got) != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestHunksSayWhichLinesConflict(t *testing.T) {
	_, got := merge.Lines([]byte("a\nb\nc\n"), []byte("0\na\nX\nc\n"), []byte("a\nY\nZ\nc\n"))
	want := merge.Hunk{Base: textdiff.Span{Begin: 1, End: 2}, Ours: textdiff.Span{Begin: 2, End: 3}, Theirs: textdiff.Span{Begin: 1, End: 3}}
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// edits is a text and random edits of it.
type edits struct {
	r        *rand.Rand
	alphabet int // number of distinct lines; 0: every line is new
	fresh    int
}

func (e *edits) line() string {
	if e.alphabet > 0 {
		return fmt.Sprintf("line %d\n", e.r.IntN(e.alphabet))
	}
	e.fresh++
	return fmt.Sprintf("line %d\n", e.fresh)
}

func (e *edits) text(n int) []string {
	var lines []string
	for range n {
		lines = append(lines, e.line())
	}
	return lines
}

// edit replaces up to n stretches of lines.
func (e *edits) edit(lines []string, n int) []string {
	for range e.r.IntN(n + 1) {
		at := e.r.IntN(len(lines) + 1)
		gone := min(e.r.IntN(4), len(lines)-at)
		rest := append(e.text(e.r.IntN(4)), lines[at+gone:]...)
		lines = append(lines[:at:at], rest...)
	}
	return lines
}

// join makes bytes of lines, now and then without a last line end.
func (e *edits) join(lines []string) []byte {
	text := strings.Join(lines, "")
	if e.r.IntN(12) == 0 {
		text = strings.TrimSuffix(text, "\n")
	}
	return []byte(text)
}

// newSeed returns RHAPSODE_SEED or a new one, and prints it.
func newSeed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("RHAPSODE_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("RHAPSODE_SEED=%d", seed)
	return seed
}

// TestLinesAgreeWithGitMergeFile asks git for a second opinion, markers included. Its level differs from
// git merge's only in lines without a letter or digit, of which there are none here.
func TestLinesAgreeWithGitMergeFile(t *testing.T) {
	cases := count(t, 1000, 100)
	seed := newSeed(t)
	for i, alphabet := range []int{0, 6, 40} {
		t.Run(fmt.Sprintf("alphabet %d", alphabet), func(t *testing.T) {
			t.Parallel()
			e := &edits{r: rand.New(rand.NewPCG(seed, uint64(i))), alphabet: alphabet}
			dir := t.TempDir()
			texts := make([][3][]byte, cases)
			for n := range texts {
				base := e.text(e.r.IntN(60))
				texts[n] = [3][]byte{e.join(base), e.join(e.edit(base, 6)), e.join(e.edit(base, 6))}
				for side, text := range texts[n] {
					name := filepath.Join(dir, fmt.Sprintf("%d.%d", n, side))
					if err := os.WriteFile(name, text, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			script := fmt.Sprintf(`i=0; while [ $i -lt %d ]; do
				git merge-file -p -L ours -L base -L theirs $i.1 $i.0 $i.2 >$i.merged; echo $? >$i.conflicts; i=$((i+1)); done`, cases)
			run(t, dir, nil, "sh", "-c", script)
			differ, clean := 0, 0
			for n, x := range texts {
				want := readFile(t, dir, n, "merged")
				wantConflicts := strings.TrimSpace(string(readFile(t, dir, n, "conflicts")))
				got, conflicts := merge.Marked(x[0], x[1], x[2], merge.Markers{Ours: "ours", Base: "base", Theirs: "theirs"})
				if conflicts == 0 {
					clean++
				}
				if !bytes.Equal(got, want) || fmt.Sprint(conflicts) != wantConflicts {
					differ++
					t.Logf("case %d differs: %q %q %q\ngot  %q, %d conflicts\nwant %q, %s", n, x[0], x[1], x[2], got, conflicts, want, wantConflicts)
				}
				if merged, hunks := merge.Lines(x[0], x[1], x[2]); len(hunks) != conflicts || conflicts == 0 && !bytes.Equal(merged, got) {
					t.Errorf("case %d: Lines and Marked differ", n)
				}
			}
			t.Logf("%d of %d agree, %d without a conflict", cases-differ, cases, clean)
			if differ*1000 > cases*2 {
				t.Errorf("%d of %d differ, more than 0.2 %%", differ, cases)
			}
			if clean == 0 || clean == cases {
				t.Errorf("%d of %d without a conflict: the cases say nothing", clean, cases)
			}
		})
	}
}

func readFile(t *testing.T, dir string, n int, what string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.%s", n, what)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkLinesAtWorst merges texts as long as they may be, of lines as short as can be,
// that have nothing to do with each other.
func BenchmarkLinesAtWorst(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	var texts [3][]byte
	for i := range texts {
		texts[i] = make([]byte, textdiff.MaxText)
		for at := range texts[i] {
			texts[i][at] = "ab\n\n"[r.IntN(4)]
		}
	}
	for b.Loop() {
		merge.Lines(texts[0], texts[1], texts[2])
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nX\nc\n"), []byte("a\nY\nc"))
	f.Add([]byte(""), []byte("a"), []byte("\r\n\r\n"))
	f.Add([]byte("x\nx\nx\nx\n"), []byte("x\nx\n"), []byte("x\nx\nx\ny\nx\n"))
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		merged, conflicts := merge.Lines(base, ours, theirs)
		mirrored, mirror := merge.Lines(base, theirs, ours)
		if (len(conflicts) == 0) != (len(mirror) == 0) {
			t.Errorf("conflicts %v, and %v the other way round", conflicts, mirror)
		}
		if len(conflicts) == 0 && !bytes.Equal(merged, mirrored) {
			t.Errorf("merged %q, and %q the other way round", merged, mirrored)
		}
		for _, side := range [][3][]byte{{base, ours, base}, {base, base, ours}, {base, ours, ours}} {
			if got, c := merge.Lines(side[0], side[1], side[2]); len(c) > 0 || !bytes.Equal(got, ours) {
				t.Errorf("merging %q gives %q with %d conflicts, not the changed side", side, got, len(c))
			}
		}
		for _, withBase := range []bool{false, true} {
			if text, n := merge.Marked(base, ours, theirs, merge.Markers{WithBase: withBase}); n == 0 && len(conflicts) == 0 && !bytes.Equal(text, merged) {
				t.Errorf("marked %q, merged %q", text, merged)
			}
		}
	})
}
