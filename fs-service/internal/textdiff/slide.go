package textdiff

// slide moves each run of changed lines of s to where git would show it. A run may
// slide over a line that equals the one which it leaves behind: "a b [a b]" is
// "[a b] a b". It goes up first, to join what it meets, then down as far as it can;
// and back up to the last place where o has changed lines too, so that a replacement
// stays one change.
func (s side) slide(o side) {
	run, other := s.first(), o.first()
	for {
		if run.begin < run.end {
			s.settle(&run, o, &other)
		}
		if !s.next(&run) {
			return
		}
		o.next(&other) // there is one: unchanged lines come in pairs
	}
}

// stretch is the changed lines between two neighbouring unchanged ones; often none. Each side
// has one more of them than it has unchanged lines, so the stretches come in pairs as well.
type stretch struct{ begin, end int }

// settle finds the place of one run and keeps other at its partner.
func (s side) settle(run *stretch, o side, other *stretch) {
	for grown := true; grown; {
		length := run.end - run.begin
		for s.up(run) {
			o.previous(other)
		}
		partner := run.end // where the run ends when it last stood beside a change of o
		beside := other.begin < other.end
		for s.down(run) {
			o.next(other)
			if other.begin < other.end {
				partner, beside = run.end, true
			}
		}
		grown = run.end-run.begin != length
		if grown || !beside {
			continue
		}
		for run.end > partner {
			s.up(run)
			o.previous(other)
		}
	}
}

// first is the stretch at the top.
func (s side) first() stretch {
	g := stretch{0, 0}
	s.extendDown(&g)
	return g
}

// next moves g to the stretch below. At the bottom it says false.
func (s side) next(g *stretch) bool {
	if g.end == len(s.ids) {
		return false
	}
	g.begin, g.end = g.end+1, g.end+1
	s.extendDown(g)
	return true
}

// previous moves g, which is not at the top, to the stretch above.
func (s side) previous(g *stretch) {
	g.begin, g.end = g.begin-1, g.begin-1
	s.extendUp(g)
}

// up slides g by a line, if it can.
func (s side) up(g *stretch) bool {
	if g.begin == 0 || s.ids[g.begin-1] != s.ids[g.end-1] {
		return false
	}
	g.begin, g.end = g.begin-1, g.end-1
	s.changed[g.begin], s.changed[g.end] = true, false
	s.extendUp(g)
	return true
}

// down slides g by a line, if it can.
func (s side) down(g *stretch) bool {
	if g.end == len(s.ids) || s.ids[g.begin] != s.ids[g.end] {
		return false
	}
	s.changed[g.begin], s.changed[g.end] = false, true
	g.begin, g.end = g.begin+1, g.end+1
	s.extendDown(g)
	return true
}

func (s side) extendUp(g *stretch) {
	for g.begin > 0 && s.changed[g.begin-1] {
		g.begin--
	}
}

func (s side) extendDown(g *stretch) {
	for g.end < len(s.ids) && s.changed[g.end] {
		g.end++
	}
}
