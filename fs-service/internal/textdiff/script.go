package textdiff

import "slices"

// Change is a place where two texts differ: the lines Old of the one were
// replaced by the lines New of the other. One of them may be empty.
type Change struct{ Old, New Span }

// Script returns how old becomes new, from the top down. Between two changes there
// is at least one line that both texts have.
func (c *Comparison) Script(old, new Text) []Change {
	a := side{old.ids, make([]bool, old.Len())}
	b := side{new.ids, make([]bool, new.Len())}
	head := 0
	for head < len(a.ids) && head < len(b.ids) && a.ids[head] == b.ids[head] {
		head++
	}
	tail := 0
	for tail < min(len(a.ids), len(b.ids))-head && a.ids[len(a.ids)-1-tail] == b.ids[len(b.ids)-1-tail] {
		tail++
	}
	inA, inB := c.count(a.ids, b.ids)
	s := search{
		a:    a.worthwhile(Span{head, len(a.ids) - tail}, inB),
		b:    b.worthwhile(Span{head, len(b.ids) - tail}, inA),
		work: &c.work,
	}
	c.forget(a.ids, b.ids)
	s.run()
	a.slide(b)
	b.slide(a)
	return changes(a.changed, b.changed)
}

// side is one of two texts that are compared, and the answer as far as it is found.
type side struct {
	ids     []int32
	changed []bool // the line has no partner on the other side
}

// changes reads the answer.
func changes(old, new []bool) []Change {
	var script []Change
	for i, j := 0, 0; i < len(old) || j < len(new); i, j = i+1, j+1 {
		c := Change{Span{i, i}, Span{j, j}}
		for ; i < len(old) && old[i]; i++ {
			c.Old.End++
		}
		for ; j < len(new) && new[j]; j++ {
			c.New.End++
		}
		if !c.Old.IsEmpty() || !c.New.IsEmpty() {
			script = append(script, c)
		}
	}
	return script
}

// count returns how often each number occurs in a and in b.
func (c *Comparison) count(a, b []int32) (inA, inB []int32) {
	for i, ids := range [2][]int32{a, b} {
		if n := len(c.ids) - len(c.counts[i]); n > 0 {
			c.counts[i] = append(c.counts[i], make([]int32, n)...)
		}
		for _, id := range ids {
			c.counts[i][id]++
		}
	}
	return c.counts[0], c.counts[1]
}

// forget undoes count, at the price of these texts and not of all that were met.
func (c *Comparison) forget(a, b []int32) {
	for i, ids := range [2][]int32{a, b} {
		for _, id := range ids {
			c.counts[i][id] = 0
		}
	}
}

// The fate of a line before the search.
type fate uint8

const (
	alone  fate = iota // the other text has no such line: it is changed whatever comes out
	paired             // it takes part in the search
	common             // the other text has many of it: it says little
)

const (
	window    = 100  // how far around a common line is looked for lines that are alone
	manyLines = 1024 // a line that occurs so often is common in any text
)

// worthwhile marks the lines within part that the search can do without as changed
// and returns the others. partners counts the lines of the other side. Beyond what
// is alone, git sets aside common lines (blank ones, closing brackets) that stand
// in the midst of what is alone: they would tear one change into many.
func (s side) worthwhile(part Span, partners []int32) worth {
	fates := make([]fate, len(s.ids))
	many := min(roughRoot(len(s.ids)), manyLines)
	for i := part.Begin; i < part.End; i++ {
		switch n := partners[s.ids[i]]; {
		case n == 0:
			fates[i] = alone
		case int(n) >= many:
			fates[i] = common
		default:
			fates[i] = paired
		}
	}
	w := worth{side: s}
	for i := part.Begin; i < part.End; i++ {
		if fates[i] == alone || fates[i] == common && amidst(fates[part.Begin:part.End], i-part.Begin) {
			s.changed[i] = true
			continue
		}
		w.ids = append(w.ids, s.ids[i])
		w.at = append(w.at, int32(i))
	}
	return w
}

// amidst says whether the common line i stands among lines that are alone: there
// are some on either side before the next paired line, and common lines are fewer
// than one in four.
func amidst(fates []fate, i int) bool {
	aloneAbove, commonAbove := run(slices.Backward(fates[max(0, i-window):i]))
	if aloneAbove == 0 {
		return false
	}
	aloneBelow, commonBelow := run(slices.All(fates[i+1 : min(len(fates), i+1+window)]))
	// The line itself is counted once for each side, as git does.
	n := commonAbove + commonBelow + 2
	return aloneBelow > 0 && 4*n < n+aloneAbove+aloneBelow
}

// run counts what there is before the first paired line.
func run(fates func(func(int, fate) bool)) (alones, commons int) {
	for _, f := range fates {
		switch f {
		case paired:
			return alones, commons
		case alone:
			alones++
		case common:
			commons++
		}
	}
	return alones, commons
}

// roughRoot is a power of two near the square root of n, never below it.
func roughRoot(n int) int {
	root := 1
	for ; n > 0; n >>= 2 {
		root <<= 1
	}
	return root
}
