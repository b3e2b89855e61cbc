package gitfmt

import (
	"context"
	"sort"
	"sync"
	"time"

	"rhapsode/content"
)

// stretch is a piece of history without a fork: each commit builds on the one before it
// and on nothing else. It knows which of them changed what, so that a question about
// a path skips all that did not. About its first commit it knows nothing.
type stretch struct {
	commits []content.Digest // the oldest first
	whens   []time.Time      // of the committers
	changed map[content.Path][]int32
	weight  int64 // bytes, more or less
	used    uint64
}

// spot is a commit's place in its stretch.
type spot struct {
	stretch *stretch
	pos     int32
}

// stretches are the pieces of history that were looked at. They are true for ever, and bounded: the
// piece that was not used for longest goes first.
type stretches struct {
	most int64

	building sync.Mutex // one question at a time adds to them

	mu    sync.Mutex
	at    map[content.Digest]spot // guarded by mu, as are the stretches themselves
	all   []*stretch              // guarded by mu
	held  int64                   // guarded by mu: the weight of all
	clock uint64                  // guarded by mu
}

// maxTouched is how many paths a commit may change to be part of a stretch: an
// import of a whole book is a beginning.
const maxTouched = 2000

func newStretches(most int64) *stretches {
	return &stretches{most: most, at: make(map[content.Digest]spot)}
}

// find returns where d is.
func (l *stretches) find(d content.Digest) (spot, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.at[d]
	if ok {
		l.clock++
		s.stretch.used = l.clock
	}
	return s, ok
}

// last returns the newest commit of s's stretch, not after s, that changed p, and
// otherwise the first of the stretch.
func (l *stretches) last(s spot, p content.Path) (commit content.Digest, when time.Time, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := s.stretch.changed[p]
	i := sort.Search(len(at), func(i int) bool { return at[i] > s.pos })
	if i == 0 {
		return s.stretch.commits[0], s.stretch.whens[0], false
	}
	return s.stretch.commits[at[i-1]], s.stretch.whens[at[i-1]], true
}

// isEnd says whether nothing follows s in its stretch yet.
func (l *stretches) isEnd(s spot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int(s.pos) == len(s.stretch.commits)-1
}

// begin makes a stretch of one commit.
func (l *stretches) begin(c content.Commit) spot {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := &stretch{changed: make(map[content.Path][]int32)}
	l.all = append(l.all, n)
	return l.append(n, c)
}

// extend adds the commit behind s, with what it changed.
func (l *stretches) extend(s spot, c content.Commit, touched []content.Path) spot {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.append(s.stretch, c)
	for _, p := range touched {
		for ; !p.IsRoot(); p = p.Parent() {
			at := s.stretch.changed[p]
			if len(at) > 0 && at[len(at)-1] == next.pos {
				break // and so are the directories above it
			}
			if at == nil {
				l.weigh(s.stretch, int64(len(p.String())+80))
			}
			s.stretch.changed[p] = append(at, next.pos)
			l.weigh(s.stretch, 8)
		}
	}
	return next
}

// append adds a commit to a stretch. The caller holds mu.
func (l *stretches) append(n *stretch, c content.Commit) spot {
	s := spot{n, int32(len(n.commits))}
	n.commits, n.whens = append(n.commits, c.ID), append(n.whens, c.Committer.When)
	l.at[c.ID] = s
	l.clock++
	n.used = l.clock
	l.weigh(n, 160)
	return s
}

// weigh accounts for bytes of n, and lets go of others if there are too many. The caller holds mu.
func (l *stretches) weigh(n *stretch, bytes int64) {
	n.weight += bytes
	for l.held += bytes; l.held > l.most && len(l.all) > 1; {
		oldest := -1
		for i, other := range l.all {
			if other != n && (oldest < 0 || other.used < l.all[oldest].used) {
				oldest = i
			}
		}
		gone := l.all[oldest]
		l.all = append(l.all[:oldest], l.all[oldest+1:]...)
		l.held -= gone.weight
		for _, d := range gone.commits {
			if l.at[d].stretch == gone {
				delete(l.at, d)
			}
		}
	}
}

// full says whether s's stretch is as long as one should get.
func (l *stretches) full(s spot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return s.stretch.weight > l.most/8
}

// spot returns the place of the commit tip, after reading at most most commits that
// no stretch has yet; read says how many. Not ok: there are more. What was read is
// not read again.
func (g *Graph) spot(ctx context.Context, src Source, tip content.Digest, most int) (s spot, read int, ok bool, err error) {
	if s, ok := g.stretches.find(tip); ok {
		return s, 0, true, nil
	}
	g.stretches.building.Lock()
	defer g.stretches.building.Unlock()
	fresh, s, err := g.unread(ctx, src, tip, most)
	if err != nil {
		return spot{}, len(fresh), false, err
	}
	for i := len(fresh) - 1; i >= 0; i-- {
		if s, err = g.follow(ctx, src, s, fresh[i]); err != nil {
			return spot{}, len(fresh), false, err
		}
	}
	return s, len(fresh), true, nil
}

// unread returns the commits from tip down that no stretch has, the newest first, and
// the end of the stretch that they go on with; a spot without a stretch if they begin one.
func (g *Graph) unread(ctx context.Context, src Source, tip content.Digest, most int) (fresh []content.Commit, end spot, err error) {
	for d := tip; len(fresh) < most; {
		if err := ctx.Err(); err != nil {
			return nil, spot{}, err
		}
		if s, known := g.stretches.find(d); known {
			if len(fresh) == 0 || g.stretches.isEnd(s) {
				return fresh, s, nil
			}
			return fresh, spot{}, nil
		}
		c, err := g.Commit(ctx, src, d)
		if err != nil {
			return nil, spot{}, err
		}
		fresh = append(fresh, c)
		if len(c.Parents) != 1 {
			break
		}
		d = c.Parents[0]
	}
	return fresh, spot{}, nil
}

// follow puts c behind s, or at the beginning of a stretch of its own.
func (g *Graph) follow(ctx context.Context, src Source, s spot, c content.Commit) (spot, error) {
	if s.stretch == nil || len(c.Parents) != 1 || g.stretches.full(s) {
		return g.stretches.begin(c), nil
	}
	parent, err := g.Commit(ctx, src, c.Parents[0])
	if err != nil {
		return spot{}, err
	}
	var touched []content.Path
	more, err := g.trees.Diff(ctx, src, parent.Tree, c.Tree, maxTouched, func(f content.FileChange) error {
		touched = append(touched, f.Path)
		return nil
	})
	if err != nil {
		return spot{}, err
	}
	if more {
		return g.stretches.begin(c), nil
	}
	return g.stretches.extend(s, c, touched), nil
}
