package textdiff

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"rhapsode/content"
)

// around is how many unchanged lines a patch shows before and after a change.
const around = 3

// AppendPatch appends what git diff shows of c, and git apply takes: old and new
// are the bytes of its two sides, nil where there is none. Of what is no text it
// says only that it differs, which git apply refuses. What becomes another type, a file a link,
// is gone and new.
func AppendPatch(patch []byte, c content.FileChange, old, new []byte) []byte {
	if c.Old.Mode != 0 && c.New.Mode != 0 && typeOf(c.Old.Mode) != typeOf(c.New.Mode) {
		patch = AppendPatch(patch, content.FileChange{Path: c.Path, Old: c.Old}, old, nil)
		return AppendPatch(patch, content.FileChange{Path: c.Path, New: c.New}, nil, new)
	}
	a, b := quote("a/"+c.Path.String()), quote("b/"+c.Path.String())
	patch = fmt.Appendf(patch, "diff --git %s %s\n", a, b)
	switch {
	case c.Old.Mode == 0:
		patch = fmt.Appendf(patch, "new file mode %06o\n", c.New.Mode)
	case c.New.Mode == 0:
		patch = fmt.Appendf(patch, "deleted file mode %06o\n", c.Old.Mode)
	case c.Old.Mode != c.New.Mode:
		patch = fmt.Appendf(patch, "old mode %06o\nnew mode %06o\n", c.Old.Mode, c.New.Mode)
	}
	if c.Old.Digest == c.New.Digest {
		return patch
	}
	patch = fmt.Appendf(patch, "index %v..%v", c.Old.Digest, c.New.Digest)
	if c.Old.Mode == c.New.Mode {
		patch = fmt.Appendf(patch, " %06o", c.New.Mode)
	}
	patch = append(patch, '\n')
	if c.Old.Mode == 0 {
		a = "/dev/null"
	}
	if c.New.Mode == 0 {
		b = "/dev/null"
	}
	old, new = bytesOf(c.Old, old), bytesOf(c.New, new)
	if !IsText(old) || !IsText(new) {
		return fmt.Appendf(patch, "Binary files %s and %s differ\n", a, b)
	}
	if len(old) == 0 && len(new) == 0 {
		return patch // an empty file came or went
	}
	patch = fmt.Appendf(patch, "--- %s\n+++ %s\n", named(a), named(b))
	return AppendHunks(patch, old, new)
}

func typeOf(m content.Mode) content.Mode { return m & 0o170000 }

// bytesOf is b, or what git shows of a submodule.
func bytesOf(e content.Entry, b []byte) []byte {
	if e.Mode == content.ModeSubmodule {
		return fmt.Appendf(nil, "Subproject commit %v\n", e.Digest)
	}
	return b
}

// named marks the end of a name with spaces in it, as git does for patch.
func named(name string) string {
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}

// quote spells name as git does (core.quotePath): as it is, or in C's quotes.
func quote(name string) string {
	plain := func(r byte) bool { return r >= ' ' && r < 0x7f && r != '"' && r != '\\' }
	var b strings.Builder
	for _, c := range []byte(name) {
		switch short := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c); {
		case plain(c):
			b.WriteByte(c)
		case short >= 0:
			b.WriteByte('\\')
			b.WriteByte(`abtnvfr"\`[short])
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	if b.Len() == len(name) {
		return name
	}
	return `"` + b.String() + `"`
}

// AppendHunks appends the hunks of a unified diff that turns old into new.
func AppendHunks(patch, old, new []byte) []byte {
	var c Comparison
	a, b := c.Text(old), c.Text(new)
	for script := c.Script(a, b); len(script) > 0; {
		n := 1
		for n < len(script) && script[n].Old.Begin-script[n-1].Old.End <= 2*around {
			n++
		}
		patch = appendHunk(patch, a, b, script[:n])
		script = script[n:]
	}
	return patch
}

// appendHunk appends changes that are so close that their surroundings meet.
func appendHunk(patch []byte, a, b Text, script []Change) []byte {
	first, last := script[0], script[len(script)-1]
	before := min(around, first.Old.Begin)
	after := min(around, a.Len()-last.Old.End)
	was := Span{first.Old.Begin - before, last.Old.End + after}
	now := Span{first.New.Begin - before, last.New.End + after}
	patch = fmt.Appendf(patch, "@@ -%s +%s @@\n", span(was), span(now))
	at := was.Begin
	for _, c := range script {
		patch = appendLines(patch, ' ', a, Span{at, c.Old.Begin})
		patch = appendLines(patch, '-', a, c.Old)
		patch = appendLines(patch, '+', b, c.New)
		at = c.Old.End
	}
	return appendLines(patch, ' ', a, Span{at, was.End})
}

// span spells s with lines counted from 1; nothing is after the line before it.
func span(s Span) string {
	switch s.Len() {
	case 0:
		return strconv.Itoa(s.Begin) + ",0"
	case 1:
		return strconv.Itoa(s.Begin + 1)
	}
	return strconv.Itoa(s.Begin+1) + "," + strconv.Itoa(s.Len())
}

func appendLines(patch []byte, sign byte, t Text, s Span) []byte {
	for i := s.Begin; i < s.End; i++ {
		line := t.Line(i)
		patch = append(append(patch, sign), line...)
		if !bytes.HasSuffix(line, []byte{'\n'}) {
			patch = append(patch, "\n\\ No newline at end of file\n"...)
		}
	}
	return patch
}
