package merge

import (
	"container/heap"
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// The bounds of a search for bases.
const (
	maxWalk  = 4 << 20 // commits
	maxBases = 64
)

// Bases returns the best common ancestors of a and b: those from which no other common
// ancestor was made. Newest first, as git merge-base --all has them; none if the histories have
// nothing in common, a alone if b was made from it. TooLarge: there are more than
// 64, or more than 4 million commits on the way.
func Bases(ctx context.Context, g *gitfmt.Graph, src gitfmt.Source, a, b content.Digest) ([]content.Digest, error) {
	return bases(ctx, g, src, []content.Digest{a}, b)
}

// bases is Bases for a commit that would be made from all of as.
func bases(ctx context.Context, g *gitfmt.Graph, src gitfmt.Source, as []content.Digest, b content.Digest) ([]content.Digest, error) {
	w := ancestry{graph: g, src: src, seen: map[content.Digest]reached{}}
	for _, a := range as {
		if err := w.reach(ctx, a, byOurs); err != nil {
			return nil, err
		}
	}
	if err := w.reach(ctx, b, byTheirs); err != nil {
		return nil, err
	}
	candidates, err := w.common(ctx)
	if err != nil {
		return nil, err
	}
	return w.best(ctx, candidates)
}

// reached says from where a commit was reached.
type reached uint8

const (
	byOurs reached = 1 << iota
	byTheirs
	stale  // a common ancestor was made from it, so it is none of the best
	listed // it was found already
)

const byBoth = byOurs | byTheirs

// ancestry walks back from two sides at once, newest commit first.
type ancestry struct {
	graph *gitfmt.Graph
	src   gitfmt.Source
	seen  map[content.Digest]reached
	queue newest
	fresh int // entries of queue that were not stale when they came
	came  int // entries so far
}

// reach notes that d was reached, and queues it if that is news.
func (w *ancestry) reach(ctx context.Context, d content.Digest, by reached) error {
	if w.seen[d]|by == w.seen[d] {
		return nil
	}
	c, err := w.graph.Commit(ctx, w.src, d)
	if err != nil {
		return err
	}
	w.seen[d] |= by
	e := queued{c, w.came, w.seen[d]&stale == 0}
	w.came++
	if e.fresh {
		w.fresh++
	}
	heap.Push(&w.queue, e)
	return nil
}

// common returns common ancestors that were not seen to be behind another: the best are among them.
// Where clocks went backwards, some are that are not.
func (w *ancestry) common(ctx context.Context) ([]content.Digest, error) {
	var found []content.Digest
	for w.fresh > 0 {
		if len(w.seen) > maxWalk {
			return nil, fault.Newf(fault.TooLarge, "find merge bases", "more than %d commits", maxWalk)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e := heap.Pop(&w.queue).(queued)
		if e.fresh {
			w.fresh--
		}
		d := e.commit.ID
		by := w.seen[d]
		if by == byBoth {
			found = append(found, d)
			w.seen[d] |= listed
		}
		if by &^= listed; by&byBoth == byBoth {
			by |= stale
		}
		for _, p := range e.commit.Parents {
			if err := w.reach(ctx, p, by); err != nil {
				return nil, err
			}
		}
	}
	found = slices.DeleteFunc(found, func(d content.Digest) bool { return w.seen[d]&stale != 0 })
	if len(found) > maxBases {
		return nil, fault.Newf(fault.TooLarge, "find merge bases", "%d of them, more than %d", len(found), maxBases)
	}
	return found, nil
}

// best leaves out of candidates those from which another one was made.
func (w *ancestry) best(ctx context.Context, candidates []content.Digest) ([]content.Digest, error) {
	var best []content.Digest
	for _, d := range candidates {
		behind := false
		for _, other := range candidates {
			if d == other || behind {
				continue
			}
			var err error
			if behind, err = w.graph.IsAncestor(ctx, w.src, d, other); err != nil {
				return nil, err
			}
		}
		if !behind {
			best = append(best, d)
		}
	}
	return best, nil
}

// newest is a heap of commits by their committer's clock; those of one second in the order in
// which they came. It implements heap.Interface.
type newest []queued

type queued struct {
	commit content.Commit
	came   int
	fresh  bool
}

func (q newest) Len() int      { return len(q) }
func (q newest) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q newest) Less(i, j int) bool {
	if c := q[i].commit.Committer.When.Compare(q[j].commit.Committer.When); c != 0 {
		return c > 0
	}
	return q[i].came < q[j].came
}
func (q *newest) Push(x any) { *q = append(*q, x.(queued)) }
func (q *newest) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = queued{}
	*q = (*q)[:last]
	return x
}
