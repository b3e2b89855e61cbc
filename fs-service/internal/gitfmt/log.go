package gitfmt

import (
	"context"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Logged is a commit that changed a path, and what the path held after it.
type Logged struct {
	Commit content.Commit
	Path   content.Path  // that was asked for, or what it was called then
	Entry  content.Entry // Mode is 0 if the commit removed it
}

// Cursor is a place in a log: behind the commit Last of what can be reached from
// Tip. It does not depend on time, process or replica. The zero Cursor is the
// beginning in what is asked for and the end in what is answered.
type Cursor struct{ Tip, Last content.Digest }

// IsZero says whether c is the zero Cursor.
func (c Cursor) IsZero() bool { return c == Cursor{} }

func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return c.Tip.String() + "-" + c.Last.String()
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	tip, last, _ := strings.Cut(s, "-")
	t, err := content.ParseDigest(tip)
	if err != nil {
		return Cursor{}, fault.New(fault.Invalid, "cursor", "", err)
	}
	l, err := content.ParseDigest(last)
	if err != nil {
		return Cursor{}, fault.New(fault.Invalid, "cursor", "", err)
	}
	return Cursor{t, l}, nil
}

// Log returns up to limit of the commits that changed at, in the order and with
// the choice of plain `git log -- at`: newest first by the committer's clock, and
// where a merge took the path as it was in one parent, only that parent is followed. For
// the root it returns every commit, as `git log` does. Nothing at all means that
// the path never was there.
//
// It begins at tip or, if after is not zero, where that page ended, whatever
// tip is; next is zero on the last page. A page costs a walk from the tip to
// its end, through what is known: the cursor holds no state that a replica would
// have to keep. Invalid: after was never given out for the path.
func (p *Past) Log(ctx context.Context, tip content.Digest, at content.Path, after Cursor, limit int) (items []Logged, next Cursor, err error) {
	return p.page(ctx, tip, after, limit, func(v int32) steps { return p.walk(v, at) })
}

// steps is a log under way.
type steps interface {
	// next returns the next commit of the log, and the path that it is about. ok is
	// false at its end.
	next(context.Context) (v int32, at content.Path, ok bool, err error)
}

// page reads a page of the log that begin begins.
func (p *Past) page(ctx context.Context, tip content.Digest, after Cursor, limit int, begin func(int32) steps) (items []Logged, next Cursor, err error) {
	if !after.IsZero() {
		tip = after.Tip
		// A cursor comes from outside: what others made us remember is not its to read.
		if _, err := read(ctx, p.src, tip, content.KindCommit); err != nil {
			return nil, Cursor{}, err
		}
	}
	v, err := p.reach(ctx, tip, p.graph.limits.Walk)
	if err != nil {
		return nil, Cursor{}, err
	}
	log := begin(v)
	for begun := after.IsZero(); ; {
		v, at, ok, err := log.next(ctx)
		switch {
		case err != nil:
			return nil, Cursor{}, err
		case !ok && !begun:
			return nil, Cursor{}, fault.Newf(fault.Invalid, "log", "the cursor's commit %v is not in this log", after.Last)
		case !ok:
			return items, Cursor{}, nil
		case !begun:
			begun = p.place(v).id == after.Last
		case len(items) == limit:
			return items, Cursor{tip, items[limit-1].Commit.ID}, nil
		default:
			item, err := p.logged(ctx, v, at)
			if err != nil {
				return nil, Cursor{}, err
			}
			items = append(items, item)
		}
	}
}

// logged reads what a log says of the commit v.
func (p *Past) logged(ctx context.Context, v int32, at content.Path) (Logged, error) {
	c, err := p.graph.Commit(ctx, p.src, p.place(v).id)
	if err != nil {
		return Logged{}, err
	}
	e, err := p.entry(ctx, c.Tree, at)
	return Logged{c, at, e}, err
}

// entry returns what a tree holds at a path; the zero Entry if that is nothing.
func (p *Past) entry(ctx context.Context, root content.Digest, at content.Path) (content.Entry, error) {
	e := content.Entry{Mode: content.ModeDir, Digest: root, Size: -1}
	for _, name := range at.Names() {
		if !e.Mode.IsDir() {
			return content.Entry{}, nil
		}
		tree, err := p.graph.trees.Tree(ctx, p.src, e.Digest)
		if err != nil {
			return content.Entry{}, err
		}
		e, _ = tree.Lookup(name)
	}
	return e, nil
}

// walk is the log of one path under way. Commits come as git gives them out: of
// those whose children were met, the newest first.
type walk struct {
	past  *Past
	at    content.Path
	path  int32 // its number
	queue queue[int32]
	seen  map[int32]bool // that more than one way may lead to; nil: there was one way only
	left  int            // commits that it may yet look at
}

func (p *Past) walk(tip int32, at content.Path) *walk {
	w := &walk{past: p, at: at, path: p.number(at), left: p.graph.limits.Walk}
	w.queue.push(p.place(tip).when, tip)
	return w
}

func (w *walk) next(ctx context.Context) (int32, content.Path, bool, error) {
	for !w.queue.empty() {
		if w.left--; w.left < 0 {
			return none, w.at, false, tooLong(w.past.graph.limits.Walk)
		}
		v, fresh := w.leap(w.queue.pop())
		if !fresh {
			continue
		}
		parents, changed, err := w.simplify(ctx, v)
		if err != nil {
			return none, w.at, false, err
		}
		w.follow(parents)
		if changed {
			return v, w.at, true, nil
		}
	}
	return none, w.at, false, ctx.Err()
}

// leap goes on from v to where the path may have changed, if there is but one way
// to go: what it leads past is not met again, unless clocks ran backwards and it was
// met before. Then fresh is false.
func (w *walk) leap(v int32) (to int32, fresh bool) {
	if !w.queue.empty() || w.at.IsRoot() {
		return v, true
	}
	to = w.past.leap(v, w.path)
	if to == v || w.seen == nil {
		return to, true
	}
	fresh = !w.seen[to]
	w.seen[to] = true
	return to, fresh
}

// follow queues parents that were not met.
func (w *walk) follow(parents []int32) {
	if len(parents) > 1 && w.seen == nil {
		w.seen = map[int32]bool{}
	}
	for _, u := range parents {
		if w.seen[u] {
			continue
		}
		if w.seen != nil {
			w.seen[u] = true
		}
		w.queue.push(w.past.place(u).when, u)
	}
}

// simplify says which parents of v a log of the path follows, and whether v
// changed the path (git's !TREESAME): it differs from every parent, or v is a
// beginning and holds it. If a parent has it as v does, that is the only one to
// follow. Every commit counts as a change of the root.
func (w *walk) simplify(ctx context.Context, v int32) (parents []int32, changed bool, err error) {
	parents = w.past.parents(v)
	if w.at.IsRoot() {
		return parents, true, nil
	}
	for k, u := range parents {
		verdict, err := w.past.compare(ctx, v, k, u, w.at, w.path)
		if err != nil {
			return nil, false, err
		}
		if verdict == same {
			return []int32{u}, false, nil
		}
	}
	if len(parents) > 0 {
		return parents, true, nil
	}
	verdict, err := w.past.compare(ctx, v, 0, none, w.at, w.path)
	return nil, verdict == different, err
}

// compare judges whether v changed the path against its k-th parent u, and looks
// at both where it is not known; none is nothing at all.
func (p *Past) compare(ctx context.Context, v int32, k int, u int32, at content.Path, path int32) (verdict, error) {
	if verdict := p.judge(v, k, path); verdict != unknown {
		return verdict, nil
	}
	now, err := p.holds(ctx, v, at)
	if err != nil {
		return unknown, err
	}
	was, err := p.holds(ctx, u, at)
	if err != nil {
		return unknown, err
	}
	if was.Mode == now.Mode && was.Digest == now.Digest {
		return same, nil
	}
	return different, nil
}

// holds returns what the path was in the commit v.
func (p *Past) holds(ctx context.Context, v int32, at content.Path) (content.Entry, error) {
	if v == none {
		return content.Entry{}, nil
	}
	c, err := p.graph.Commit(ctx, p.src, p.place(v).id)
	if err != nil {
		return content.Entry{}, err
	}
	return p.entry(ctx, c.Tree, at)
}
