package gitserve

import (
	"container/heap"
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Limits of one answer.
const (
	maxObjects = 10_000_000
	maxDepth   = 4096 // directories within each other: git's own limit
)

// walk finds what can be reached from some wants and not from some haves.
//
// Commits are painted from both ends, newest first, until every one that is left can be reached
// from a have. Then each commit that is not, oldest first, gives what its tree holds and its
// parents' trees do not hold at the same place: reading what differs, it never
// reads what the client has. Something that a client has elsewhere may be found again.
type walk struct {
	ctx   context.Context
	src   gitfmt.Source
	trees *gitfmt.Trees
	graph *gitfmt.Graph

	cut    map[content.Digest]bool            // commits that the client is to have without their parents
	theirs map[content.Digest]bool            // commits that it has without them now
	near   map[content.Digest]content.Digest  // trees that it has, and that are like the commit's
	known  *closure                           // what is not walked, as everything that it reaches is in it; may be nil
	keep   func(content.Digest) (bool, error) // whether a document is wanted; nil: every one
	tick   func(found int) error              // called now and then

	found map[content.Digest]struct{} // wanted, not in known
	met   map[content.Digest]bool     // tips of known that were come to
	nodes map[content.Digest]*node
	queue byDate
	open  int // entries of queue that were wanted and not had
}

// side says from which end a commit was come to.
type side uint8

const (
	wantedSide side = 1 << iota
	hadSide
)

// node is what a walk holds of a commit.
type node struct {
	id, tree content.Digest
	parents  []content.Digest
	when     int64
	side     side
}

// queued is a node as it was when it was queued.
type queued struct {
	*node
	side side
}

// run walks. Haves that can't be read are taken for unknown.
func (w *walk) run(wants, haves []content.Digest) error {
	w.found = map[content.Digest]struct{}{}
	w.nodes = map[content.Digest]*node{}
	w.met = map[content.Digest]bool{}
	w.queue, w.open = nil, 0
	for _, d := range haves {
		if err := w.have(d); err != nil {
			return err
		}
	}
	for _, d := range wants {
		if err := w.want(d); err != nil {
			return err
		}
	}
	news, err := w.paint()
	if err != nil {
		return err
	}
	for _, n := range w.parentsFirst(news) {
		if n.side == wantedSide {
			if err := w.commit(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// parentsFirst orders commits so that none comes before what it builds on, whatever the
// clocks said. A tree is compared with the parent's and not looked at twice: when two commits
// hold the same tree, the older one has to be found whole first.
func (w *walk) parentsFirst(news []*node) []*node {
	state := make(map[*node]int, len(news)) // 1: to be placed, 2: its parents are under way, 3: placed
	for _, n := range news {
		state[n] = 1
	}
	ordered := make([]*node, 0, len(news))
	for i := len(news) - 1; i >= 0; i-- {
		for todo := []*node{news[i]}; len(todo) > 0; {
			n := todo[len(todo)-1]
			if state[n] != 1 {
				if todo = todo[:len(todo)-1]; state[n] == 2 {
					state[n], ordered = 3, append(ordered, n)
				}
				continue
			}
			state[n] = 2
			for _, p := range n.parents {
				if parent := w.nodes[p]; parent != nil && state[parent] == 1 {
					todo = append(todo, parent)
				}
			}
		}
	}
	return ordered
}

func (w *walk) have(d content.Digest) error {
	commit, err := gitfmt.Peel(w.ctx, w.src, d)
	if err == nil {
		err = w.reach(commit, hadSide)
	}
	if w.ctx.Err() == nil && (fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid)) {
		return nil
	}
	return err
}

// want begins at any object: a tag, a commit, a tree, a document.
func (w *walk) want(d content.Digest) error {
	for {
		if w.known.has(d) {
			w.met[d] = true
			return nil
		}
		if d == gitfmt.EmptyTree {
			return w.find(d)
		}
		o, err := w.src.Object(w.ctx, d)
		switch {
		case fault.Is(err, fault.TooLarge): // a document among the bodies
			return w.find(d)
		case err != nil:
			return err
		}
		switch o.Kind {
		case content.KindCommit:
			return w.reach(d, wantedSide)
		case content.KindTree:
			return w.tree(d, nil, 0)
		case content.KindBlob:
			return w.find(d)
		}
		tag, err := gitfmt.ParseTag(o)
		if err != nil {
			return fault.New(fault.Corrupt, "read tag", "", err)
		}
		if err := w.find(d); err != nil {
			return err
		}
		d = tag.Target
	}
}

// reach paints a commit.
func (w *walk) reach(d content.Digest, from side) error {
	if w.known.has(d) {
		w.met[d] = true
		return nil
	}
	n, ok := w.nodes[d]
	if !ok {
		c, err := w.graph.Commit(w.ctx, w.src, d)
		if err != nil {
			return err
		}
		n = &node{id: d, tree: c.Tree, parents: c.Parents, when: c.Committer.When.Unix()}
		w.nodes[d] = n
	}
	if n.side|from == n.side {
		return nil
	}
	n.side |= from
	heap.Push(&w.queue, queued{n, n.side})
	if n.side == wantedSide {
		w.open++
	}
	return nil
}

// paint empties the queue as far as need be and returns the commits that were
// wanted when their turn came, newest first. Some may have proved to be had since.
func (w *walk) paint() (news []*node, err error) {
	for w.open > 0 {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		q := heap.Pop(&w.queue).(queued)
		if q.side == wantedSide {
			w.open--
		}
		if q.side != q.node.side {
			continue // it was queued again since
		}
		if q.side == wantedSide {
			news = append(news, q.node)
		}
		if err := w.follow(q.node); err != nil {
			return nil, err
		}
	}
	return news, nil
}

func (w *walk) follow(n *node) error {
	from, cut := wantedSide, w.cut
	if n.side&hadSide != 0 {
		from, cut = hadSide, w.theirs
	}
	if cut[n.id] {
		return nil
	}
	for _, p := range n.parents {
		err := w.reach(p, from)
		if from == hadSide && fault.Is(err, fault.NotFound) {
			continue // of a push that was refused: nobody was promised it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit finds a commit and what it brought.
func (w *walk) commit(n *node) error {
	if err := w.find(n.id); err != nil {
		return err
	}
	var like []content.Digest
	if near, ok := w.near[n.id]; ok {
		like = append(like, near)
	}
	if !w.cut[n.id] {
		for _, p := range n.parents {
			parent, err := w.graph.Commit(w.ctx, w.src, p)
			if err != nil {
				return err
			}
			like = append(like, parent.Tree)
		}
	}
	for _, l := range like {
		if l == n.tree {
			return nil
		}
	}
	return w.tree(n.tree, like, 0)
}

// tree finds a tree and what it holds, but for what the trees that it is like hold at
// the same place.
func (w *walk) tree(d content.Digest, like []content.Digest, depth int) error {
	if w.has(d) {
		return nil
	}
	if depth > maxDepth {
		return fault.Newf(fault.TooLarge, "fetch", "directories are nested deeper than %d", maxDepth)
	}
	if err := w.find(d); err != nil {
		return err
	}
	t, err := w.trees.Tree(w.ctx, w.src, d)
	if err != nil {
		return err
	}
	old := make([]*gitfmt.Tree, max(1, len(like)))
	old[0] = new(gitfmt.Tree)
	for i, l := range like {
		if old[i], err = w.trees.Tree(w.ctx, w.src, l); err != nil {
			return err
		}
	}
	return t.Unlike(old[0], func(now, was content.Entry) error {
		if now.Mode == content.ModeSubmodule {
			return nil
		}
		var dirs []content.Digest
		for i := range old {
			if i > 0 {
				was, _ = old[i].Lookup(now.Name)
			}
			if was.Digest == now.Digest {
				return nil
			}
			if was.Mode.IsDir() {
				dirs = append(dirs, was.Digest)
			}
		}
		if now.Mode.IsDir() {
			return w.tree(now.Digest, dirs, depth+1)
		}
		return w.document(now.Digest)
	})
}

func (w *walk) document(d content.Digest) error {
	if w.keep != nil && !w.has(d) {
		if keep, err := w.keep(d); !keep || err != nil {
			return err
		}
	}
	return w.find(d)
}

func (w *walk) has(d content.Digest) bool {
	_, ok := w.found[d]
	return ok || w.known.has(d)
}

// find adds an object to what is wanted.
func (w *walk) find(d content.Digest) error {
	if w.has(d) {
		return nil
	}
	if len(w.found) >= maxObjects {
		return fault.Newf(fault.TooLarge, "fetch", "more than %d objects", maxObjects)
	}
	w.found[d] = struct{}{}
	const often = 1024
	if w.tick != nil && len(w.found)%often == 0 {
		return w.tick(len(w.found))
	}
	return w.ctx.Err()
}

// result returns what was found, in order.
func (w *walk) result() []content.Digest {
	ds := make([]content.Digest, 0, len(w.found))
	for d := range w.found {
		ds = append(ds, d)
	}
	return inOrder(ds)
}

// byDate implements heap.Interface: the newest commit first.
type byDate []queued

func (h byDate) Len() int           { return len(h) }
func (h byDate) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h byDate) Less(i, j int) bool { return h[i].when > h[j].when }
func (h *byDate) Push(x any)        { *h = append(*h, x.(queued)) }
func (h *byDate) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = queued{}
	*h = (*h)[:last]
	return x
}
