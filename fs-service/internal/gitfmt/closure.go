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
		if err := w.reach(tip, o.Kind); err != nil {
			return err
		}
		if err := w.drain(ctx); err != nil {
			return err
		}
	}
	return nil
}

// closure is one Closure under way.
type closure struct {
	src   Source
	done  func(content.Digest) bool
	visit func(content.Digest, content.Kind) error
	met   map[content.Digest]content.Kind
	todo  []reached // visited, to be read; a stack
}

type reached struct {
	digest content.Digest
	kind   content.Kind
}

// reach visits d, unless it was met before.
func (w *closure) reach(d content.Digest, k content.Kind) error {
	switch before := w.met[d]; before {
	case k:
		return nil
	case 0:
		w.met[d] = k
	default:
		return fault.Newf(fault.Corrupt, "walk objects", "%v is named as a %v and as a %v", d, before, k)
	}
	if k == content.KindCommit && w.done != nil && w.done(d) {
		return nil
	}
	if k != content.KindBlob {
		w.todo = append(w.todo, reached{d, k})
	}
	return w.visit(d, k)
}

// drain reads what was reached until nothing new is.
func (w *closure) drain(ctx context.Context) error {
	for len(w.todo) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		if next.digest == EmptyTree {
			continue
		}
		o, err := read(ctx, w.src, next.digest, next.kind)
		if err != nil {
			return err
		}
		if err := w.follow(o); err != nil {
			return fault.New(fault.Of(err), "follow", o.Digest.String(), err)
		}
	}
	return nil
}

// follow reaches what o names.
func (w *closure) follow(o content.Object) error {
	switch o.Kind {
	case content.KindCommit:
		c, err := ParseCommit(o)
		if err != nil {
			return err
		}
		for _, p := range c.Parents {
			if err := w.reach(p, content.KindCommit); err != nil {
				return err
			}
		}
		return w.reach(c.Tree, content.KindTree)
	case content.KindTree:
		return w.followTree(o)
	default:
		t, err := ParseTag(o)
		if err != nil {
			return err
		}
		return w.reach(t.Target, t.Kind)
	}
}

func (w *closure) followTree(o content.Object) error {
	t, err := ParseTree(o)
	if err != nil {
		return err
	}
	for i := range t.Len() {
		e := t.At(i)
		kind := content.KindBlob
		switch {
		case e.Mode == content.ModeSubmodule:
			continue
		case e.Mode.IsDir():
			kind = content.KindTree
		}
		if err := w.reach(e.Digest, kind); err != nil {
			return err
		}
	}
	return nil
}
