package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Trees reads trees and remembers them parsed, for a whole process: a tree is
// what its digest says, in whatever repository it was met. Who asks for a tree
// must have come to its digest by way of something that he may read.
type Trees struct {
	cache *lru.Cache[content.Digest, *Tree]
}

// NewTrees remembers up to maxBytes of trees.
func NewTrees(maxBytes int64) *Trees {
	return &Trees{lru.New[content.Digest, *Tree](maxBytes, maxBytes/4)}
}

// Tree returns the tree d. The zero digest is the empty tree.
func (t *Trees) Tree(ctx context.Context, src Source, d content.Digest) (*Tree, error) {
	if d.IsZero() || d == EmptyTree {
		return emptyTree, nil
	}
	if tree, ok := t.cache.Get(d); ok {
		return tree, nil
	}
	o, err := read(ctx, src, d, content.KindTree)
	if err != nil {
		return nil, err
	}
	tree, err := ParseTree(o)
	if err != nil {
		return nil, fault.New(fault.Corrupt, "read tree", "", err)
	}
	t.cache.Put(d, tree, tree.cost())
	return tree, nil
}

// Lookup returns what the tree root holds at p: fault.NotFound if nothing. The
// root's own entry has no name.
func (t *Trees) Lookup(ctx context.Context, src Source, root content.Digest, p content.Path) (content.Entry, error) {
	entry := content.Entry{Mode: content.ModeDir, Digest: root, Size: -1}
	for _, name := range p.Names() {
		if !entry.Mode.IsDir() {
			return content.Entry{}, fault.Newf(fault.NotFound, "look up", "%v: %q is no directory", p, entry.Name)
		}
		tree, err := t.Tree(ctx, src, entry.Digest)
		if err != nil {
			return content.Entry{}, err
		}
		var ok bool
		if entry, ok = tree.Lookup(name); !ok {
			return content.Entry{}, fault.Newf(fault.NotFound, "look up", "%v: there is no %q", p, name)
		}
	}
	return entry, nil
}
