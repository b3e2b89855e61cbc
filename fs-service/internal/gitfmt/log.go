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

// Log returns up to limit of the commits that changed p, in the order and with
// the choice of plain `git log -- p`: newest first by the committer's clock, and
// where a merge took p as it was in one parent, only that parent is followed. For
// the root it returns every commit, as `git log` does. Nothing at all means that
// p never was there.
//
// It begins at tip or, if after is not zero, where that page ended, whatever
// tip is; next is zero on the last page. A page costs a walk from the tip to
// its end: the cursor holds no state that a replica would have to keep.
// Invalid: after was never given out for p.
func (g *Graph) Log(ctx context.Context, src Source, tip content.Digest, p content.Path, after Cursor, limit int) (items []Logged, next Cursor, err error) {
	if !after.IsZero() {
		tip = after.Tip
		// A cursor comes from outside: what others made us remember is not its to read.
		if _, err := read(ctx, src, tip, content.KindCommit); err != nil {
			return nil, Cursor{}, err
		}
	}
	w, err := g.walk(ctx, src, tip, p)
	if err != nil {
		return nil, Cursor{}, err
	}
	for begun := after.IsZero(); ; {
		item, ok, err := w.next(ctx)
		switch {
		case err != nil:
			return nil, Cursor{}, err
		case !ok && !begun:
			return nil, Cursor{}, fault.Newf(fault.Invalid, "log", "%v: the cursor's commit %v is not in this log", p, after.Last)
		case !ok:
			return items, Cursor{}, nil
		case !begun:
			begun = item.Commit.ID == after.Last
		case len(items) == limit:
			return items, Cursor{tip, items[limit-1].Commit.ID}, nil
		default:
			items = append(items, item)
		}
	}
}

// walk is one Log under way.
type walk struct {
	g     *Graph
	src   Source
	names []string // of the path
	seen  map[content.Digest]bool
	queue queue[trail]
}

func (g *Graph) walk(ctx context.Context, src Source, tip content.Digest, p content.Path) (*walk, error) {
	w := &walk{g: g, src: src, names: p.Names(), seen: map[content.Digest]bool{tip: true}}
	c, err := g.Commit(ctx, src, tip)
	if err != nil {
		return nil, err
	}
	t, err := g.trail(ctx, src, c.Tree, w.names, nil)
	if err != nil {
		return nil, err
	}
	w.queue.push(c, t)
	return w, nil
}

// next returns the next commit of the log. ok is false at its end.
func (w *walk) next(ctx context.Context) (item Logged, ok bool, err error) {
	for !w.queue.empty() {
		if err := w.g.mayGoOn(ctx, len(w.seen)); err != nil {
			return Logged{}, false, err
		}
		c, t := w.queue.pop()
		parents, changed, err := w.g.simplify(ctx, w.src, c, w.names, t)
		if err != nil {
			return Logged{}, false, err
		}
		for _, p := range parents {
			if !w.seen[p.commit.ID] {
				w.seen[p.commit.ID] = true
				w.queue.push(p.commit, p.trail)
			}
		}
		if changed {
			return Logged{c, t.entry()}, true, nil
		}
	}
	return Logged{}, false, nil
}

// ancestor is a parent to follow, and the way to the path in its tree.
type ancestor struct {
	commit content.Commit
	trail  trail
}

// simplify says which parents of c a log of the path follows, and whether c
// changed the path (git's !TREESAME): it differs from every parent, or c is a
// root and holds it. If a parent has it as c does, that is the only one to follow.
// Every commit counts as a change of the root.
func (g *Graph) simplify(ctx context.Context, src Source, c content.Commit, names []string, t trail) (parents []ancestor, changed bool, err error) {
	for _, d := range c.Parents {
		p, err := g.Commit(ctx, src, d)
		if err != nil {
			return nil, false, err
		}
		pt, err := g.trail(ctx, src, p.Tree, names, t)
		if err != nil {
			return nil, false, err
		}
		a := ancestor{p, pt}
		if len(names) > 0 && pt.same(t) {
			return []ancestor{a}, false, nil
		}
		parents = append(parents, a)
	}
	return parents, len(c.Parents) > 0 || len(names) == 0 || t.entry().Mode != 0, nil
}

// trail is what a tree holds on the way to a path: the root's entry first, the
// path's own last; zero entries where there is nothing.
type trail []content.Entry

func (t trail) entry() content.Entry { return t[len(t)-1] }

func (t trail) same(u trail) bool { return sameEntry(t.entry(), u.entry()) }

func sameEntry(a, b content.Entry) bool { return a.Mode == b.Mode && a.Digest == b.Digest }

// trail follows names down from the tree root. Where the way meets like, a trail
// to the same path in another tree, it goes on as that does and reads nothing:
// commits that are close to each other differ in few directories.
func (g *Graph) trail(ctx context.Context, src Source, root content.Digest, names []string, like trail) (trail, error) {
	t := make(trail, len(names)+1)
	t[0] = content.Entry{Mode: content.ModeDir, Digest: root, Size: -1}
	for i, name := range names {
		switch {
		case like != nil && sameEntry(t[i], like[i]):
			copy(t[i+1:], like[i+1:])
			return t, nil
		case !t[i].Mode.IsDir():
			return t, nil
		}
		tree, err := g.trees.Tree(ctx, src, t[i].Digest)
		if err != nil {
			return nil, err
		}
		t[i+1], _ = tree.Lookup(name)
	}
	return t, nil
}
