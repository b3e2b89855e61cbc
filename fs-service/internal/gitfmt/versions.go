package gitfmt

import (
	"context"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// LastChange returns the commit with which the log of at at tip begins, and its
// committer's time. ok is false if the path never was there, or if it takes more than
// Limits.LastChange commits that were not looked at before to find out.
func (p *Past) LastChange(ctx context.Context, tip content.Digest, at content.Path) (commit content.Digest, when time.Time, ok bool, err error) {
	v, err := p.reach(ctx, tip, p.graph.limits.LastChange)
	if err != nil {
		return content.Digest{}, time.Time{}, false, unlessTooLong(err)
	}
	v, _, ok, err = p.walk(v, at).next(ctx)
	if err != nil || !ok {
		return content.Digest{}, time.Time{}, false, err
	}
	c := p.place(v)
	return c.id, time.Unix(c.when, 0).UTC(), true, nil
}

// VersionAt returns the version of the document at that was there at a time, by the
// clocks of those who committed: of the log at tip, the first that is no newer; if
// all are newer, the oldest. What removed the document is no version. ok is false if
// it never was there.
func (p *Past) VersionAt(ctx context.Context, tip content.Digest, at content.Path, when time.Time) (version Logged, ok bool, err error) {
	v, err := p.reach(ctx, tip, p.graph.limits.Walk)
	if err != nil {
		return Logged{}, false, err
	}
	w := p.walk(v, at)
	best := none
	for {
		v, _, more, err := w.next(ctx)
		if err != nil {
			return Logged{}, false, err
		}
		if !more {
			break
		}
		stands, err := p.stands(ctx, v, w)
		if err != nil {
			return Logged{}, false, err
		}
		if stands {
			if best = v; p.place(v).when <= when.Unix() {
				break
			}
		}
	}
	if best == none {
		return Logged{}, false, nil
	}
	version, err = p.logged(ctx, best, at)
	return version, err == nil, err
}

// stands says whether there is a document after the commit v, with which w's path changed.
func (p *Past) stands(ctx context.Context, v int32, w *walk) (bool, error) {
	if p.judge(v, 0, w.path) == different {
		return !p.removes(v, w.path), nil
	}
	e, err := p.holds(ctx, v, w.at)
	return e.Mode != 0, err
}

// Versions are a version of a document and the ones next to it, by the commits that
// brought them. What is zero does not exist, or would take too long to find out.
type Versions struct {
	This   content.Digest
	When   time.Time // This was made, by the committer's clock
	Before content.Digest
	After  content.Digest
}

// How far Versions goes.
const (
	maxBefore = 200 // commits that are looked at on the way to the version before
	maxAfter  = 64  // forks on the way from the line to the version after
)

// Versions returns which version of the document at is there at tip: the one that its
// log begins with, the next of the log that is not a removal, and the one that came
// after tip on the way to line by first parents. If more than Limits.LastChange
// commits have to be learned for that, all of it is zero.
func (p *Past) Versions(ctx context.Context, tip, line content.Digest, at content.Path) (vs Versions, err error) {
	v, err := p.reach(ctx, tip, p.graph.limits.LastChange)
	if err != nil {
		return Versions{}, unlessTooLong(err)
	}
	w := p.walk(v, at)
	this, _, ok, err := w.next(ctx)
	if err != nil || !ok {
		return Versions{}, err
	}
	c := p.place(this)
	vs = Versions{This: c.id, When: time.Unix(c.when, 0).UTC()}
	w.left = min(w.left, maxBefore)
	before, err := p.standing(ctx, w)
	if err != nil {
		return Versions{}, err
	}
	if before != none {
		vs.Before = p.place(before).id
	}
	if end, ok := p.find(line); ok && line != tip {
		if after := p.after(v, end, w.path); after != none {
			vs.After = p.place(after).id
		}
	}
	return vs, nil
}

func unlessTooLong(err error) error {
	if fault.Is(err, fault.TooLarge) {
		return nil
	}
	return err
}

// standing returns the next commit of the log after which there is a document;
// none if there is none, or it is far.
func (p *Past) standing(ctx context.Context, w *walk) (int32, error) {
	for {
		v, _, ok, err := w.next(ctx)
		if err != nil || !ok {
			return none, unlessTooLong(err)
		}
		if stands, err := p.stands(ctx, v, w); stands || err != nil {
			return v, err
		}
	}
}

// removes says whether v is known to have removed the document.
func (p *Past) removes(v, path int32) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	_, ok := slices.BinarySearch(p.removed[mark{path, 0}], v)
	return ok
}

// after returns the first commit behind v, on the way to end by first parents, that
// changed the path and left something there; none if there is none, v is not on
// that way, or it is not known.
func (p *Past) after(v, end, path int32) int32 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var runs [][2]int32 // first and last commit on the way, the newest first
	for u := end; u > v; u = p.commits[u].parent {
		if len(runs) == maxAfter {
			return none
		}
		runs = append(runs, [2]int32{max(v+1, p.commits[u].run), u})
		if p.commits[u].run <= v {
			break
		}
		u = p.commits[u].run
	}
	if len(runs) == 0 || p.commits[runs[len(runs)-1][0]].parent != v {
		return none
	}
	for _, run := range slices.Backward(runs) {
		if p.commits[run[0]].judged&1 == 0 {
			return none
		}
		at := p.changed[mark{path, 0}]
		i, _ := slices.BinarySearch(at, run[0])
		for ; i < len(at) && at[i] <= run[1]; i++ {
			if _, gone := slices.BinarySearch(p.removed[mark{path, 0}], at[i]); !gone {
				return at[i]
			}
		}
	}
	return none
}
