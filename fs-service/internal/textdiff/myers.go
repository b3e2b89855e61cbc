package textdiff

import "math"

// The bounds of a search.
const (
	// reach is how many changes, counted from either end, a search for the middle goes
	// through before it takes the best it has. git's own bound is the same up to
	// 65,536 lines and grows slowly after that.
	reach = 256
	// maxWork is how many lines and diagonals one Comparison looks at, in all its
	// scripts; what is left then is called changed as a whole. Nothing but long texts
	// of very short lines, with little in common, comes there.
	maxWork = 1 << 25
)

// worth is the lines of a side that take part in a search.
type worth struct {
	side side
	ids  []int32
	at   []int32 // which lines of the side they are
}

func (w worth) change(s Span) {
	for _, i := range w.at[s.Begin:s.End] {
		w.side.changed[i] = true
	}
}

// search finds a shortest way from a to b. A place in it is a pair of lines (i, j);
// a diagonal is all places of one i-j.
type search struct {
	a, b              worth
	forward, backward frontier
	work              *int // done so far
}

// frontier is, by diagonal, the furthest i that was reached. It is as wide as reach,
// around the diagonal where it began.
type frontier [2*reach + 5]int32

// center is the place in a frontier of the diagonal where it began.
const center = reach + 2

// run marks what is changed on both sides.
func (s *search) run() { s.box(Span{0, len(s.a.ids)}, Span{0, len(s.b.ids)}) }

// box compares a part of a with a part of b: what is equal at the ends is taken off,
// and what remains is split in two at a place on a shortest way.
func (s *search) box(a, b Span) {
	for {
		for !a.IsEmpty() && !b.IsEmpty() && s.a.ids[a.Begin] == s.b.ids[b.Begin] {
			a.Begin, b.Begin = a.Begin+1, b.Begin+1
		}
		for !a.IsEmpty() && !b.IsEmpty() && s.a.ids[a.End-1] == s.b.ids[b.End-1] {
			a.End, b.End = a.End-1, b.End-1
		}
		if a.IsEmpty() || b.IsEmpty() || *s.work > maxWork {
			s.a.change(a)
			s.b.change(b)
			return
		}
		i, j := s.split(a, b)
		s.box(Span{a.Begin, i}, Span{b.Begin, j})
		a.Begin, b.Begin = i, j
	}
}

// split walks from both ends of a box at once, one change more each turn, until the
// two meet. The order in which diagonals are tried, and which of two equally far ways
// is preferred, are git's: they choose among equally short answers.
func (s *search) split(a, b Span) (i, j int) {
	lowest, highest := a.Begin-b.End, a.End-b.Begin
	down := diagonals{lo: a.Begin - b.Begin, hi: a.Begin - b.Begin, shift: center - (a.Begin - b.Begin)}
	up := diagonals{lo: a.End - b.End, hi: a.End - b.End, shift: center - (a.End - b.End)}
	f, r := &s.forward, &s.backward
	f[center], r[center] = int32(a.Begin), int32(a.End)
	odd := (down.lo-up.lo)&1 != 0
	for range reach {
		down.widen(f, lowest, highest, -1)
		for d := down.hi; d >= down.lo; d -= 2 {
			at := d + down.shift
			i := int(f[at+1])
			if f[at-1] >= f[at+1] {
				i = int(f[at-1]) + 1
			}
			i = s.descend(i, d, a.End, b.End)
			f[at] = int32(i)
			if odd && up.has(d) && int(r[d+up.shift]) <= i {
				return i, i - d
			}
		}
		up.widen(r, lowest, highest, math.MaxInt32)
		for d := up.hi; d >= up.lo; d -= 2 {
			at := d + up.shift
			i := int(r[at+1]) - 1
			if r[at-1] < r[at+1] {
				i = int(r[at-1])
			}
			i = s.ascend(i, d, a.Begin, b.Begin)
			r[at] = int32(i)
			if !odd && down.has(d) && i <= int(f[d+down.shift]) {
				return i, i - d
			}
		}
	}
	return s.furthest(a, b, down, up)
}

// descend follows equal lines down the diagonal d.
func (s *search) descend(i, d, endA, endB int) int {
	begin := i
	for i < endA && i-d < endB && s.a.ids[i] == s.b.ids[i-d] {
		i++
	}
	*s.work += 1 + i - begin
	return i
}

// ascend follows equal lines up the diagonal d.
func (s *search) ascend(i, d, beginA, beginB int) int {
	begin := i
	for i > beginA && i-d > beginB && s.a.ids[i-1] == s.b.ids[i-d-1] {
		i--
	}
	*s.work += 1 + begin - i
	return i
}

// furthest is where the two walks, which did not meet, got furthest.
func (s *search) furthest(a, b Span, down, up diagonals) (int, int) {
	var below, above struct{ i, j int } // from the top, and from the bottom
	most := -1
	for d := down.hi; d >= down.lo; d -= 2 {
		i := min(int(s.forward[d+down.shift]), a.End)
		j := i - d
		if j > b.End {
			i, j = b.End+d, b.End
		}
		if i+j > most {
			most, below.i, below.j = i+j, i, j
		}
	}
	least := math.MaxInt
	for d := up.hi; d >= up.lo; d -= 2 {
		i := max(int(s.backward[d+up.shift]), a.Begin)
		j := i - d
		if j < b.Begin {
			i, j = b.Begin+d, b.Begin
		}
		if i+j < least {
			least, above.i, above.j = i+j, i, j
		}
	}
	if a.End+b.End-least < most-(a.Begin+b.Begin) {
		return below.i, below.j
	}
	return above.i, above.j
}

// diagonals are those on which a walk may be after its next change.
type diagonals struct {
	lo, hi int
	shift  int // from a diagonal to its place in the frontier
}

func (g diagonals) has(d int) bool { return g.lo <= d && d <= g.hi }

// widen adds a diagonal at either end, and fences the walk off from what lies beyond; at the
// border of the box it takes one away instead.
func (g *diagonals) widen(f *frontier, lowest, highest int, fence int32) {
	if g.lo > lowest {
		g.lo--
		f[g.lo+g.shift-1] = fence
	} else {
		g.lo++
	}
	if g.hi < highest {
		g.hi++
		f[g.hi+g.shift+1] = fence
	} else {
		g.hi--
	}
}
