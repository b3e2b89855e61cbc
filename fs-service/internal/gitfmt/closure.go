package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Closure calls visit once for everything that can be reached from tips: tags,
// commits, trees and blobs. It does not go beyond a commit for which done says
// true, nor visit that; done may be nil. What submodules name lives elsewhere and is skipped.
//
// A commit that is done is taken to have all that it reaches, so what one of them
// holds at the same path is not visited either: after a few commits on a large
// tree, a walk costs what these changed.
//
// Blobs are visited and not read. A commit or tree is read after its visit, which
// may therefore fetch it; a tip is read before, to learn its kind. Trees and
// commits come from src each time, never from a cache: that they are there is
// what callers want to know; only EmptyTree is not read. An error of src or visit ends the walk.
//
// Memory is some 40 bytes for each object that was met.
func Closure(ctx context.Context, src Source, tips []content.Digest, done func(content.Digest) bool, visit func(content.Digest, content.Kind) error) error {
	w := closure{src: src, done: done, visit: visit, met: make(map[content.Digest]content.Kind)}
	for _, tip := range tips {
		o, err := src.Object(ctx, tip)
		if err != nil {
			return err
		}
		if err := w.reach(tip, o.Kind, content.Digest{}); err != nil {
			return err
		}
	}
	return w.drain(ctx)
}

// closure is one Closure under way. Commits are read before trees, so that when
// the first tree is, it is known what there is to compare it with.
type closure struct {
	src   Source
	done  func(content.Digest) bool
	visit func(content.Digest, content.Kind) error
	met   map[content.Digest]content.Kind
	heads []reached        // commits and tags: visited, to be read; a stack
	roots []content.Digest // trees of commits: not visited yet
	trees []reached        // trees: visited, to be read; a stack
	known content.Digest   // a commit that is done; zero: none was met
}

type reached struct {
	digest content.Digest
	kind   content.Kind
	like   content.Digest // a tree at the same path that is done; zero: none
}

// reach visits d, unless it was met before.
func (w *closure) reach(d content.Digest, k content.Kind, like content.Digest) error {
	switch before := w.met[d]; before {
	case k:
		return nil
	case 0:
		w.met[d] = k
	default:
		return fault.Newf(fault.Corrupt, "walk objects", "%v is named as a %v and as a %v", d, before, k)
	}
	switch k {
	case content.KindCommit, content.KindTag:
		if k == content.KindCommit && w.done != nil && w.done(d) {
			w.known = d
			return nil
		}
		w.heads = append(w.heads, reached{digest: d, kind: k})
	case content.KindTree:
		w.trees = append(w.trees, reached{d, k, like})
	}
	return w.visit(d, k)
}

// drain reads what was reached until nothing new is.
func (w *closure) drain(ctx context.Context) error {
	if err := w.drainHeads(ctx); err != nil {
		return err
	}
	like, err := w.knownTree(ctx)
	if err != nil {
		return err
	}
	for _, root := range w.roots {
		if root == like {
			continue
		}
		if err := w.reach(root, content.KindTree, like); err != nil {
			return err
		}
		if err := w.drainTrees(ctx); err != nil {
			return err
		}
	}
	return w.drainTrees(ctx)
}

func (w *closure) drainHeads(ctx context.Context) error {
	for len(w.heads) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := w.heads[len(w.heads)-1]
		w.heads = w.heads[:len(w.heads)-1]
		o, err := read(ctx, w.src, next.digest, next.kind)
		if err != nil {
			return err
		}
		if err := w.followHead(o); err != nil {
			return fault.New(fault.Of(err), "follow", o.Digest.String(), err)
		}
	}
	return nil
}

// knownTree is the tree of a commit that is done; zero if none was met.
func (w *closure) knownTree(ctx context.Context) (content.Digest, error) {
	if w.known.IsZero() {
		return content.Digest{}, nil
	}
	o, err := read(ctx, w.src, w.known, content.KindCommit)
	if err != nil {
		return content.Digest{}, err
	}
	c, err := ParseCommit(o)
	return c.Tree, err
}

func (w *closure) drainTrees(ctx context.Context) error {
	for len(w.trees) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := w.trees[len(w.trees)-1]
		w.trees = w.trees[:len(w.trees)-1]
		if next.digest == EmptyTree {
			continue
		}
		if err := w.followTree(ctx, next); err != nil {
			return fault.New(fault.Of(err), "follow", next.digest.String(), err)
		}
	}
	return nil
}

// followHead reaches what a commit or tag names; a commit's tree waits.
func (w *closure) followHead(o content.Object) error {
	if o.Kind == content.KindTag {
		t, err := ParseTag(o)
		if err != nil {
			return err
		}
		return w.reach(t.Target, t.Kind, content.Digest{})
	}
	c, err := ParseCommit(o)
	if err != nil {
		return err
	}
	for _, p := range c.Parents {
		if err := w.reach(p, content.KindCommit, content.Digest{}); err != nil {
			return err
		}
	}
	w.roots = append(w.roots, c.Tree)
	return nil
}

// followTree reaches what a tree names and the tree that it is like does not.
func (w *closure) followTree(ctx context.Context, next reached) error {
	t, err := w.tree(ctx, next.digest)
	if err != nil {
		return err
	}
	like := new(Tree)
	if !next.like.IsZero() && next.like != EmptyTree {
		if like, err = w.tree(ctx, next.like); err != nil {
			return err
		}
	}
	for i := range t.Len() {
		e := t.At(i)
		if e.Mode == content.ModeSubmodule {
			continue
		}
		old, _ := like.Lookup(e.Name)
		if old.Digest == e.Digest && old.Mode.IsDir() == e.Mode.IsDir() {
			continue
		}
		kind := content.KindBlob
		if e.Mode.IsDir() {
			kind = content.KindTree
		}
		if !old.Mode.IsDir() {
			old.Digest = content.Digest{}
		}
		if err := w.reach(e.Digest, kind, old.Digest); err != nil {
			return err
		}
	}
	return nil
}

func (w *closure) tree(ctx context.Context, d content.Digest) (*Tree, error) {
	o, err := read(ctx, w.src, d, content.KindTree)
	if err != nil {
		return nil, err
	}
	return ParseTree(o)
}
