package patch

import (
	"slices"
	"strings"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/problem"
)

// maxWork is how many lines are compared or moved for one diff: a hunk may lie anywhere.
const maxWork = 50_000_000

// text is a document that hunks are applied to, one after the other.
type text struct {
	lines []textLine
	work  int
}

// textLine is a line with its end.
type textLine struct {
	string
	patched bool // by a hunk: another one finds nothing here
}

func newText(doc []byte) *text {
	var t text
	for _, line := range splitLines(doc) {
		t.lines = append(t.lines, textLine{line, false})
	}
	return &t
}

func (t *text) bytes() []byte {
	var b strings.Builder
	for _, line := range t.lines {
		b.WriteString(line.string)
	}
	return []byte(b.String())
}

// apply replaces the lines of h, the n-th hunk, wherever they are.
func (t *text) apply(h hunk, n int) error {
	at, err := t.find(h)
	if err != nil {
		return err
	}
	if at < 0 {
		err := fault.Newf(fault.Conflict, "diff", "hunk %d, %s, does not apply: its lines are nowhere in the document", n, h.header)
		return problem.With(err, map[string]any{"hunk": n, "header": h.header}, nil)
	}
	lines := make([]textLine, len(h.new))
	for i, line := range h.new {
		lines[i] = textLine{line, true}
	}
	t.work += len(t.lines)
	t.lines = slices.Replace(t.lines, at, at+len(h.old), lines...)
	return nil
}

// find returns where the lines of h are, or -1: the place that is nearest to what it says, and of
// two the later one. A hunk that says that it begins the document has to, and one without context
// behind it has to end it (git apply.c, find_pos).
func (t *text) find(h hunk) (int, error) {
	begins, ends := h.oldAt <= 1, h.after == 0
	last := len(t.lines) - len(h.old)
	start := min(max(h.newAt-1, 0), len(t.lines))
	switch {
	case begins:
		start = 0
	case ends:
		start = max(last, 0)
	}
	fits := func(at int) bool {
		return at >= 0 && at <= last && (!begins || at == 0) && (!ends || at == last) && t.holds(at, h.old)
	}
	for d := 0; start-d >= 0 || start+d <= last; d++ {
		if t.work++; t.work > maxWork {
			return -1, unprocessable("its hunks lie too far from where they say")
		}
		if fits(start + d) {
			return start + d, nil
		}
		if fits(start - d) {
			return start - d, nil
		}
	}
	return -1, nil
}

// holds says whether lines are what begins at a line.
func (t *text) holds(at int, lines []string) bool {
	for i, line := range lines {
		t.work++
		if here := t.lines[at+i]; here.patched || here.string != line {
			return false
		}
	}
	return true
}
