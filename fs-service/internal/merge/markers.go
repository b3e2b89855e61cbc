package merge

import (
	"bytes"

	"rhapsode/fs-service/internal/textdiff"
)

// Markers say how a conflict is shown to a person.
type Markers struct {
	Ours, Base, Theirs string // labels; may be empty
	WithBase           bool   // show the base too, and conflicts whole: git's diff3 style
	Size               int    // characters of a marker; 0: 7
}

// Marked merges as Lines does and shows each conflict between markers, as git
// leaves it in a work tree. conflicts is their number.
func Marked(base, ours, theirs []byte, m Markers) (text []byte, conflicts int) {
	w := weave(base, ours, theirs)
	if !m.WithBase {
		w.refine()
	}
	return w.text(m), len(w.conflicts())
}

const defaultMarker = 7

// conflict appends h in markers. Within a conflict every line gets an end; it and those of the
// markers are CR LF where the text around is.
func (w *woven) conflict(out []byte, h Hunk, m Markers) []byte {
	end := "\n"
	if w.crlf(h) {
		end = "\r\n"
	}
	size := m.Size
	if size == 0 {
		size = defaultMarker
	}
	marker := func(c byte, label string) {
		out = append(out, bytes.Repeat([]byte{c}, size)...)
		if label != "" {
			out = append(append(out, ' '), label...)
		}
		out = append(out, end...)
	}
	lines := func(t textdiff.Text, s textdiff.Span) {
		b := t.Bytes(s)
		out = append(out, b...)
		if len(b) > 0 && b[len(b)-1] != '\n' {
			out = append(out, end...)
		}
	}
	marker('<', m.Ours)
	lines(w.ours, h.Ours)
	if m.WithBase {
		marker('|', m.Base)
		lines(w.base, h.Base)
	}
	marker('=', "")
	lines(w.theirs, h.Theirs)
	marker('>', m.Theirs)
	return out
}

// crlf says whether lines end in CR LF around h, on both sides, and at the beginning of the
// base. Where a text is too short to tell, the others decide.
func (w *woven) crlf(h Hunk) bool {
	last := unknown
	for _, at := range []struct {
		text textdiff.Text
		line int
	}{{w.ours, max(0, h.Ours.Begin-1)}, {w.theirs, max(0, h.Theirs.Begin-1)}, {w.base, 0}} {
		if e := endOf(at.text, at.line); e != unknown {
			last = e
		}
		if last == lf {
			return false
		}
	}
	return last == crlf
}

type lineEnd uint8

const (
	unknown lineEnd = iota
	lf
	crlf
)

// endOf is how line i of t ends, or the one before it if t ends with line i and without an end.
func endOf(t textdiff.Text, i int) lineEnd {
	switch {
	case t.Len() == 0:
		return unknown
	case bytes.HasSuffix(t.Line(i), []byte("\r\n")):
		return crlf
	case bytes.HasSuffix(t.Line(i), []byte("\n")):
		return lf
	case i == 0:
		return unknown
	}
	return endOf(t, i-1)
}
