package gitfmt

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Past is what is known of the commits of one Source: who came from whom, and
// which paths each of them changed against each of its parents. All of it is true
// for ever and follows from the objects, so it may be thrown away at any time.
//
// A commit has a place in it, a number; parents have theirs before their children.
// Of the commits in a run, each builds on the one before it and on nothing else,
// so a question about a path leaps over those that did not change it.
//
// It may be used from any goroutine.
type Past struct {
	graph *Graph
	src   Source
	keep  func(records []byte) // of what was learned, in its order

	learning chan struct{} // capacity 1: held by the one who adds to it
	backlog  atomic.Int64  // commits that are being learned

	mu      sync.RWMutex
	at      map[content.Digest]int32 // guarded by mu, as is all that follows
	commits []place
	further map[int32][]int32 // the second parent and those behind it
	numbers map[content.Path]int32
	paths   []content.Path   // by number
	written int32            // paths that a record has told
	changed map[mark][]int32 // which commits did, in their order
	removed map[mark][]int32 // … and left no document there; of directories it says nothing
	bytes   int64            // more or less
}

// place is a commit in a Past.
type place struct {
	id     content.Digest
	when   int64 // of the committer
	parent int32 // the first; none: it is a beginning
	run    int32 // where the run begins that it belongs to
	judged uint8 // bit k: what it changed against parent k is known
}

// mark says what was changed against which parent.
type mark struct {
	path   int32
	parent int32
}

const (
	none = int32(-1)

	// maxTouched is how many paths a commit may change for them to be remembered:
	// an import of a whole book is looked at anew by each question that comes by.
	maxTouched = 2000

	// maxJudged is how many parents a commit is compared with in advance.
	maxJudged = 8
)

// NewPast makes one that knows nothing. keep, if it is not nil, is given what is
// learned, in pieces that Recall reads.
func (g *Graph) NewPast(src Source, keep func(records []byte)) *Past {
	if keep == nil {
		keep = func([]byte) {}
	}
	return &Past{
		graph: g, src: src, keep: keep, learning: make(chan struct{}, 1),
		at: map[content.Digest]int32{}, further: map[int32][]int32{},
		numbers: map[content.Path]int32{}, changed: map[mark][]int32{}, removed: map[mark][]int32{},
	}
}

// Bytes is what the Past takes of memory, more or less.
func (p *Past) Bytes() int64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.bytes
}

// Len is how many commits it knows.
func (p *Past) Len() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.commits)
}

// find returns the place of a commit.
func (p *Past) find(d content.Digest) (int32, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	v, ok := p.at[d]
	return v, ok
}

// place returns what is known of the commit v.
func (p *Past) place(v int32) place {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.commits[v]
}

// number returns the number of a path; none if no commit is known to have changed it.
func (p *Past) number(at content.Path) int32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if n, ok := p.numbers[at]; ok {
		return n
	}
	return none
}

// parents returns those of the commit v.
func (p *Past) parents(v int32) []int32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	first := p.commits[v].parent
	if first == none {
		return nil
	}
	return append([]int32{first}, p.further[v]...)
}

// leap returns the newest commit in v's run, up to v, that may have changed the
// path, or where the run begins.
func (p *Past) leap(v, path int32) int32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	begin := p.commits[v].run
	at := p.changed[mark{path, 0}]
	if i, _ := slices.BinarySearch(at, v+1); i > 0 {
		return max(begin, at[i-1])
	}
	return begin
}

// verdict is whether a commit changed a path.
type verdict uint8

const (
	unknown verdict = iota
	same
	different
)

// judge says whether the commit v changed a path against its k-th parent; against
// nothing if it is a beginning, and k is 0.
func (p *Past) judge(v int32, k int, path int32) verdict {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if k >= maxJudged || p.commits[v].judged&(1<<k) == 0 {
		return unknown
	}
	if _, ok := slices.BinarySearch(p.changed[mark{path, int32(k)}], v); ok {
		return different
	}
	return same
}

// reach returns the place of the commit tip, and learns it and all it was made
// from if it has to. TooLarge: those are more than most.
func (p *Past) reach(ctx context.Context, tip content.Digest, most int) (int32, error) {
	if v, ok := p.find(tip); ok {
		return v, nil
	}
	if n := p.backlog.Load(); n > int64(most) {
		return none, tooLong(most)
	}
	if err := p.Learn(ctx, tip, most); err != nil {
		return none, err
	}
	v, _ := p.find(tip)
	return v, nil
}

func tooLong(most int) error {
	return fault.Newf(fault.TooLarge, "walk history", "more than %d commits", most)
}
