package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Graph reads commits, follows their parents, and remembers them parsed. Like
// Trees it serves a whole process.
type Graph struct {
	trees   *Trees
	commits *lru.Cache[content.Digest, content.Commit]
	origins *lru.Cache[renamed, content.Path] // that Follow found
	limits  Limits
}

// Limits bound what one question to a Graph may cost.
type Limits struct {
	CacheBytes int64 // remembered commits; 0: 32 MiB
	LastChange int   // commits that LastChange learns of before it gives up; 0: 10,000
	Walk       int   // commits that any other walk meets before it is TooLarge; 0: a million
}

// The limits that a zero in Limits stands for.
const (
	defaultCacheBytes = 32 << 20
	defaultLastChange = 10_000
	defaultWalk       = 1 << 20
)

// NewGraph makes a Graph that looks up paths in trees.
func NewGraph(trees *Trees, l Limits) *Graph {
	if l.CacheBytes == 0 {
		l.CacheBytes = defaultCacheBytes
	}
	if l.LastChange == 0 {
		l.LastChange = defaultLastChange
	}
	if l.Walk == 0 {
		l.Walk = defaultWalk
	}
	return &Graph{
		trees:   trees,
		commits: lru.New[content.Digest, content.Commit](l.CacheBytes, l.CacheBytes/4),
		origins: lru.New[renamed, content.Path](l.CacheBytes/16, l.CacheBytes/64),
		limits:  l,
	}
}

// Commit returns the commit d.
func (g *Graph) Commit(ctx context.Context, src Source, d content.Digest) (content.Commit, error) {
	if c, ok := g.commits.Get(d); ok {
		return c, nil
	}
	o, err := read(ctx, src, d, content.KindCommit)
	if err != nil {
		return content.Commit{}, err
	}
	c, err := ParseCommit(o)
	if err != nil {
		return content.Commit{}, fault.New(fault.Corrupt, "read commit", "", err)
	}
	g.commits.Put(d, c, int64(len(o.Data)+content.DigestSize*len(c.Parents)+200))
	return c, nil
}

// maxPeel is how many tags of tags Peel looks through.
const maxPeel = 32

// Peel returns the commit that d stands for: d itself, or what an annotated tag
// names in the end. Invalid: that is a tree or a document.
func Peel(ctx context.Context, src Source, d content.Digest) (content.Digest, error) {
	for range maxPeel {
		o, err := src.Object(ctx, d)
		if err != nil {
			return content.Digest{}, err
		}
		switch o.Kind {
		case content.KindCommit:
			return d, nil
		case content.KindTag:
			t, err := ParseTag(o)
			if err != nil {
				return content.Digest{}, fault.New(fault.Corrupt, "peel", "", err)
			}
			d = t.Target
		default:
			return content.Digest{}, fault.Newf(fault.Invalid, "peel", "%v is a %v, not a commit", d, o.Kind)
		}
	}
	return content.Digest{}, fault.Newf(fault.Invalid, "peel", "%v is reached by more than %d tags of tags", d, maxPeel)
}

// side says from which of its two ends IsAncestor came to a commit.
type side uint8

const (
	fromA side = 1 << iota
	fromB
)

// IsAncestor says whether b was made from a, directly or not, or is a: whether
// moving a ref from a to b is a fast-forward.
//
// It walks back from both ends, newest commit first, and stops once every commit
// that it could still follow from b is one that a was made from too: none of
// these leads to a. Dates only decide what is looked at first, so clocks that
// were wrong cost time and nothing else.
func (g *Graph) IsAncestor(ctx context.Context, src Source, a, b content.Digest) (bool, error) {
	seen := map[content.Digest]side{}
	type end struct {
		commit content.Commit
		side   side
	}
	var q queue[end]
	onlyB := 0 // commits in q that were reached from b and not yet from a
	reach := func(d content.Digest, from side) error {
		if seen[d]|from == seen[d] {
			return nil
		}
		c, err := g.Commit(ctx, src, d)
		if err != nil {
			return err
		}
		seen[d] |= from
		q.push(c.Committer.When.Unix(), end{c, seen[d]})
		if seen[d] == fromB {
			onlyB++
		}
		return nil
	}
	if err := reach(a, fromA); err != nil {
		return false, err
	}
	if err := reach(b, fromB); err != nil {
		return false, err
	}
	for onlyB > 0 && seen[a]&fromB == 0 {
		if err := g.mayGoOn(ctx, len(seen)); err != nil {
			return false, err
		}
		next := q.pop()
		if next.side == fromB {
			onlyB--
		}
		for _, p := range next.commit.Parents {
			if err := reach(p, next.side); err != nil {
				return false, err
			}
		}
	}
	return seen[a]&fromB != 0, nil
}

// mayGoOn returns why a walk that met n commits has to end here, or nil.
func (g *Graph) mayGoOn(ctx context.Context, n int) error {
	if n > g.limits.Walk {
		return tooLong(g.limits.Walk)
	}
	return ctx.Err()
}
