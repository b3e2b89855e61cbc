package gitfmt

import (
	"context"
	"time"

	"rhapsode/content"
)

// place is a path as a commit sees it.
type place struct {
	commit content.Digest
	path   content.Path
}

// change is an answer of LastChange.
type change struct {
	commit content.Digest
	when   time.Time
	ok     bool
}

// LastChange returns the commit with which the log of p at tip begins, and its
// committer's time. ok is false if p never was there, or if it did not change in
// as many commits as Limits.LastChange.
//
// The way there is a line: as long as p is what it was in some parent, only that
// parent matters. So an answer holds for every commit on the line, and once
// the branch has moved by a few commits only these are walked.
func (g *Graph) LastChange(ctx context.Context, src Source, tip content.Digest, p content.Path) (commit content.Digest, when time.Time, ok bool, err error) {
	found, err := g.lastChange(ctx, src, tip, p)
	if err != nil {
		return content.Digest{}, time.Time{}, false, err
	}
	g.changes.Put(place{tip, p}, found, int64(len(p.String())))
	return found.commit, found.when, found.ok, nil
}

func (g *Graph) lastChange(ctx context.Context, src Source, tip content.Digest, p content.Path) (change, error) {
	if found, ok := g.changes.Get(place{tip, p}); ok {
		return found, nil
	}
	c, err := g.Commit(ctx, src, tip)
	if err != nil {
		return change{}, err
	}
	names := p.Names()
	t, err := g.trail(ctx, src, c.Tree, names, nil)
	if err != nil {
		return change{}, err
	}
	for range g.limits.LastChange {
		if err := ctx.Err(); err != nil {
			return change{}, err
		}
		parents, changed, err := g.simplify(ctx, src, c, names, t)
		if err != nil {
			return change{}, err
		}
		switch {
		case changed:
			return change{c.ID, c.Committer.When, true}, nil
		case len(parents) == 0:
			return change{}, nil
		}
		c, t = parents[0].commit, parents[0].trail
		if found, ok := g.changes.Get(place{c.ID, p}); ok {
			return found, nil
		}
	}
	return change{}, nil
}
