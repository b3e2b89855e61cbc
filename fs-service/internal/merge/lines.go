package merge

import (
	"bytes"
	"slices"

	"rhapsode/fs-service/internal/textdiff"
)

// Hunk is a place where both sides changed the base, and not alike. Where the sides
// are partly alike, one change of the base becomes several hunks, which share their Base.
type Hunk struct{ Base, Ours, Theirs textdiff.Span }

// Lines merges two texts that were made from base, as git merge-file does: what one
// side changed is taken, what both changed alike is taken once, and changes that
// overlap or touch are in conflict. Line ends, a missing last one included, are part of
// their lines. merged is nil if there are conflicts. What is no text, see textdiff.IsText,
// is not to be merged so.
func Lines(base, ours, theirs []byte) (merged []byte, conflicts []Hunk) {
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(base, theirs):
		return ours, nil
	case bytes.Equal(base, ours):
		return theirs, nil
	}
	w := weave(base, ours, theirs)
	w.refine()
	if conflicts := w.conflicts(); len(conflicts) > 0 {
		return nil, conflicts
	}
	return w.text(Markers{}), nil
}

// part is a stretch of the three texts that is not plainly the same in all of them.
type part struct {
	Hunk
	how how
}

// how says what becomes of a part.
type how uint8

const (
	takeOurs how = iota
	takeTheirs
	inConflict
)

// woven is three texts laid beside each other.
type woven struct {
	lines              textdiff.Comparison
	base, ours, theirs textdiff.Text
	parts              []part
}

// weave finds what either side changed, and what of it meets. Changes that both sides
// made alike are no parts: ours has them.
func weave(base, ours, theirs []byte) *woven {
	w := &woven{}
	w.base, w.ours, w.theirs = w.lines.Text(base), w.lines.Text(ours), w.lines.Text(theirs)
	a, b := w.lines.Script(w.base, w.ours), w.lines.Script(w.base, w.theirs)
	shiftA, shiftB := 0, 0 // from a line of the base to the same line of a side
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Old.End < b[0].Old.Begin:
			w.add(part{Hunk{a[0].Old, a[0].New, a[0].Old.Plus(shiftB)}, takeOurs})
			a, shiftA = a[1:], a[0].New.End-a[0].Old.End
			continue
		case len(a) == 0 || b[0].Old.End < a[0].Old.Begin:
			w.add(part{Hunk{b[0].Old, b[0].Old.Plus(shiftA), b[0].New}, takeTheirs})
			b, shiftB = b[1:], b[0].New.End-b[0].Old.End
			continue
		}
		if x, y := a[0], b[0]; x.Old != y.Old || !w.alike(x.New, y.New) {
			both := textdiff.Span{Begin: min(x.Old.Begin, y.Old.Begin), End: max(x.Old.End, y.Old.End)}
			w.add(part{Hunk{both, widen(x, both), widen(y, both)}, inConflict})
		}
		endA, endB := a[0].Old.End, b[0].Old.End
		if endA <= endB {
			a, shiftA = a[1:], a[0].New.End-endA
		}
		if endB <= endA {
			b, shiftB = b[1:], b[0].New.End-endB
		}
	}
	return w
}

// widen returns what became of base, of which c changed a part.
func widen(c textdiff.Change, base textdiff.Span) textdiff.Span {
	return textdiff.Span{
		Begin: c.New.Begin - (c.Old.Begin - base.Begin),
		End:   c.New.End + (base.End - c.Old.End),
	}
}

func (w *woven) alike(ours, theirs textdiff.Span) bool {
	return bytes.Equal(w.ours.Bytes(ours), w.theirs.Bytes(theirs))
}

// add appends p. If it touches the last part, the two are one.
func (w *woven) add(p part) {
	if len(w.parts) > 0 {
		last := &w.parts[len(w.parts)-1]
		if p.Ours.Begin <= last.Ours.End || p.Theirs.Begin <= last.Theirs.End {
			last.join(p)
			return
		}
	}
	w.parts = append(w.parts, p)
}

// join makes p reach to the end of next.
func (p *part) join(next part) {
	if p.how != next.how {
		p.how = inConflict
	}
	p.Base.End, p.Ours.End, p.Theirs.End = next.Base.End, next.Ours.End, next.Theirs.End
}

// refine takes out of each conflict the lines in which the sides agree, and then joins
// conflicts with no more than three lines between them: git's "zealous" level.
func (w *woven) refine() {
	var refined []part
	for _, p := range w.parts {
		if p.how != inConflict || p.Ours.IsEmpty() || p.Theirs.IsEmpty() {
			refined = append(refined, p)
			continue
		}
		for _, c := range w.lines.Script(w.ours.Part(p.Ours), w.theirs.Part(p.Theirs)) {
			h := Hunk{p.Base, c.Old.Plus(p.Ours.Begin), c.New.Plus(p.Theirs.Begin)}
			refined = append(refined, part{h, inConflict})
		}
	}
	w.parts = nil
	const between = 3
	for _, p := range refined {
		if n := len(w.parts); n > 0 && p.how == inConflict && w.parts[n-1].how == inConflict &&
			p.Ours.Begin-w.parts[n-1].Ours.End <= between {
			w.parts[n-1].join(p)
			continue
		}
		w.parts = append(w.parts, p)
	}
}

func (w *woven) conflicts() []Hunk {
	var hunks []Hunk
	for _, p := range w.parts {
		if p.how == inConflict {
			hunks = append(hunks, p.Hunk)
		}
	}
	return hunks
}

// text is ours with theirs woven in, conflicts between markers.
func (w *woven) text(m Markers) []byte {
	out := make([]byte, 0, len(w.ours.Bytes(whole(w.ours)))+len(w.theirs.Bytes(whole(w.theirs))))
	done := 0 // lines of ours
	for _, p := range w.parts {
		out = append(out, w.ours.Bytes(textdiff.Span{Begin: done, End: p.Ours.Begin})...)
		switch p.how {
		case takeOurs:
			out = append(out, w.ours.Bytes(p.Ours)...)
		case takeTheirs:
			out = append(out, w.theirs.Bytes(p.Theirs)...)
		case inConflict:
			out = w.conflict(out, p.Hunk, m)
		}
		done = p.Ours.End
	}
	return slices.Clip(append(out, w.ours.Bytes(textdiff.Span{Begin: done, End: w.ours.Len()})...))
}

func whole(t textdiff.Text) textdiff.Span { return textdiff.Span{Begin: 0, End: t.Len()} }
