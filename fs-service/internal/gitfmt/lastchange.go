package gitfmt

import (
	"context"
	"time"

	"rhapsode/content"
)

// LastChange returns the commit with which the log of p at tip begins, and its
// committer's time. ok is false if p never was there, or if it takes more than
// Limits.LastChange commits that were not looked at before to find out.
//
// The way there is a line: as long as p is what it was in some parent, only that
// parent matters. Pieces of it without a fork are remembered with what changed in
// them, for all paths at once; so each commit is compared with its parent once,
// whoever asks, and a question costs a look-up for each fork on its way.
func (g *Graph) LastChange(ctx context.Context, src Source, tip content.Digest, p content.Path) (commit content.Digest, when time.Time, ok bool, err error) {
	if p.IsRoot() {
		c, err := g.Commit(ctx, src, tip)
		return c.ID, c.Committer.When, err == nil, err
	}
	names := p.Names()
	for left := g.limits.LastChange; left > 0; left-- {
		s, read, ok, err := g.spot(ctx, src, tip, left)
		if err != nil || !ok {
			return content.Digest{}, time.Time{}, false, err
		}
		left -= read
		commit, when, changed := g.stretches.last(s, p)
		if changed {
			return commit, when, true, nil
		}
		c, err := g.Commit(ctx, src, commit)
		if err != nil {
			return content.Digest{}, time.Time{}, false, err
		}
		t, err := g.trail(ctx, src, c.Tree, names, nil)
		if err != nil {
			return content.Digest{}, time.Time{}, false, err
		}
		parents, changed, err := g.simplify(ctx, src, c, names, t)
		if err != nil || changed {
			return commit, when, err == nil, err
		}
		if len(parents) == 0 {
			break
		}
		tip = parents[0].commit.ID
	}
	return content.Digest{}, time.Time{}, false, nil
}
