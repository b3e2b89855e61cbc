package patch

import (
	"bytes"
	"strconv"
	"strings"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/problem"
)

// Diff is the media type of a unified diff.
const Diff = "text/x-diff"

// sniffed is how much of a document git looks at to tell whether it is text.
const sniffed = 8000

// Text returns what becomes of doc, the document at path, by a unified diff, as git apply makes
// it: hunks may lie elsewhere than they say, but every line of their context has to be there. What
// precedes a diff, and what follows it, is ignored. In one thing it is stricter than git: context
// without a line end is found only where there is none.
//
// Beyond what is said of the room: Unprocessable too if the diff is about another path or
// several, or changes more than lines. Conflict names the hunk.
func Text(path string, doc, diff []byte) ([]byte, error) {
	if bytes.IndexByte(doc[:min(len(doc), sniffed)], 0) >= 0 {
		return nil, unprocessable("what is there is not text, so it has no lines")
	}
	p := diffParser{lines: splitLines(diff), path: path}
	hunks, err := p.parse()
	if err != nil {
		return nil, err
	}
	t := newText(doc)
	for i, h := range hunks {
		if err := t.apply(h, i+1); err != nil {
			return nil, err
		}
	}
	patched := t.bytes()
	if len(patched) > MaxSize {
		return nil, tooLarge()
	}
	return patched, nil
}

func unprocessable(format string, args ...any) error {
	return problem.Unprocessable(fault.Newf(fault.Invalid, "diff", format, args...))
}

// splitLines cuts b behind each line end.
func splitLines(b []byte) []string {
	lines := strings.SplitAfter(string(b), "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// hunk is some lines that should take the place of others.
type hunk struct {
	header   string
	oldAt    int // the first line of old, from 1; 0: there is none
	newAt    int // … of new
	old, new []string
	after    int // lines of context at the end
}

// diffParser reads a diff of one document. at is the line that comes next.
type diffParser struct {
	lines []string
	at    int
	path  string
}

func (p *diffParser) parse() ([]hunk, error) {
	if err := p.headers(); err != nil {
		return nil, err
	}
	var hunks []hunk
	for ; p.at < len(p.lines); p.at++ {
		switch {
		case strings.HasPrefix(p.lines[p.at], "@@ -"):
			h, err := p.hunk()
			if err != nil {
				return nil, err
			}
			hunks = append(hunks, h)
			p.at--
		case p.beginsFile():
			return nil, unprocessable("it changes more than one document; send a changeset for that")
		}
	}
	if len(hunks) == 0 {
		return nil, fault.Newf(fault.Invalid, "diff", "it has no hunk")
	}
	return hunks, nil
}

// beginsFile says whether a diff of another document begins here.
func (p *diffParser) beginsFile() bool {
	return strings.HasPrefix(p.lines[p.at], "diff --git ") || p.names()
}

// names says whether here are the two lines that name a document.
func (p *diffParser) names() bool {
	return p.at+1 < len(p.lines) && strings.HasPrefix(p.lines[p.at], "--- ") && strings.HasPrefix(p.lines[p.at+1], "+++ ")
}

// moreThanLines are the lines in front of a diff that say of a document what a patch of it can't do.
var moreThanLines = []string{
	"old mode ", "new mode ", "new file mode ", "deleted file mode ", "copy from ", "rename from ", "GIT binary patch", "Binary files ",
}

// headers reads up to the first hunk.
func (p *diffParser) headers() error {
	git := false
	for ; p.at < len(p.lines) && !p.names(); p.at++ {
		line := p.lines[p.at]
		switch again := strings.HasPrefix(line, "diff --git "); {
		case again && git:
			return unprocessable("it changes more than one document; send a changeset for that")
		case again:
			git = true
		case strings.HasPrefix(line, "@@ -"):
			return fault.Newf(fault.Invalid, "diff", "line %d: a hunk, and no document was named", p.at+1)
		}
		for _, begin := range moreThanLines {
			if git && strings.HasPrefix(line, begin) {
				return unprocessable("line %d: it changes more than lines: %.60q", p.at+1, line)
			}
		}
	}
	if p.at >= len(p.lines) {
		return fault.Newf(fault.Invalid, "diff", "it names no document: the lines --- and +++ are missing")
	}
	for _, line := range p.lines[p.at : p.at+2] {
		name, err := fileName(line[len("--- "):])
		if err != nil {
			return fault.New(fault.Invalid, "diff", strings.TrimSpace(line), err)
		}
		_, below, _ := strings.Cut(name, "/")
		if name == "/dev/null" || name != p.path && below != p.path {
			return unprocessable("it is about %.200q, not %q", name, p.path)
		}
	}
	p.at += 2
	return nil
}

// fileName reads a name as diffs spell it: as it is up to a tab, or in C's quotes.
func fileName(s string) (string, error) {
	s = strings.TrimRight(s, "\r\n")
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", err
		}
		return strconv.Unquote(quoted)
	}
	name, _, _ := strings.Cut(s, "\t")
	return name, nil
}

// hunk reads one, and whatever it says about a line end that is missing.
func (p *diffParser) hunk() (h hunk, err error) {
	header := p.lines[p.at]
	h.header = strings.TrimSpace(header)
	was, now, ok := ranges(header)
	if !ok {
		return h, p.malformed("%.60q is no range of lines", h.header)
	}
	h.oldAt, h.newAt = was.at, now.at
	changed := false
	for p.at++; was.n > 0 || now.n > 0; p.at++ {
		if p.at >= len(p.lines) || !strings.HasSuffix(p.lines[p.at], "\n") {
			return h, p.malformed("the diff ends within the hunk %s", h.header)
		}
		line := p.lines[p.at]
		switch line[0] {
		case '\\':
			p.cutEnd(&h)
			continue
		case '-':
			h.old, h.after, changed = append(h.old, line[1:]), 0, true
			was.n--
		case '+':
			h.new, h.after, changed = append(h.new, line[1:]), 0, true
			now.n--
		case ' ', '\n':
			context := strings.TrimPrefix(line, " ")
			h.old, h.new = append(h.old, context), append(h.new, context)
			h.after++
			was.n, now.n = was.n-1, now.n-1
		default:
			return h, p.malformed("%.60q is no line of a hunk", line)
		}
		if was.n < 0 || now.n < 0 {
			return h, p.malformed("the hunk %s has more lines than it says", h.header)
		}
	}
	if p.at < len(p.lines) && p.lines[p.at][0] == '\\' {
		p.cutEnd(&h)
		p.at++
	}
	if !changed {
		return h, p.malformed("the hunk %s changes nothing", h.header)
	}
	return h, nil
}

// cutEnd takes the line end off the line before, which has none in the document.
func (p *diffParser) cutEnd(h *hunk) {
	before := p.lines[p.at-1][0]
	if before != '+' && len(h.old) > 0 && before != '@' {
		h.old[len(h.old)-1] = strings.TrimSuffix(h.old[len(h.old)-1], "\n")
	}
	if before != '-' && len(h.new) > 0 && before != '@' {
		h.new[len(h.new)-1] = strings.TrimSuffix(h.new[len(h.new)-1], "\n")
	}
}

func (p *diffParser) malformed(format string, args ...any) error {
	return fault.New(fault.Invalid, "diff", "line "+strconv.Itoa(p.at+1), fault.Newf(fault.Invalid, "hunk", format, args...))
}

// lineRange is n lines, the first of which is at, from 1.
type lineRange struct{ at, n int }

// ranges reads "@@ -at,n +at,n @@"; n is 1 if it is left out.
func ranges(header string) (was, now lineRange, ok bool) {
	rest, ok := strings.CutPrefix(header, "@@ -")
	if !ok {
		return was, now, false
	}
	old, rest, ok := strings.Cut(rest, " +")
	if !ok {
		return was, now, false
	}
	new, _, ok := strings.Cut(rest, " @@")
	if !ok {
		return was, now, false
	}
	was, oldOK := parseRange(old)
	now, newOK := parseRange(new)
	return was, now, oldOK && newOK
}

func parseRange(s string) (r lineRange, ok bool) {
	at, n, counted := strings.Cut(s, ",")
	r.n = 1
	var atErr, nErr error
	r.at, atErr = parseCount(at)
	if counted {
		r.n, nErr = parseCount(n)
	}
	return r, atErr == nil && nErr == nil
}

func parseCount(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}
