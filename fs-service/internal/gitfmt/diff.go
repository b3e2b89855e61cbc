package gitfmt

import (
	"bytes"
	"cmp"
	"context"

	"rhapsode/content"
)

// Diff calls visit for every document, link or submodule that differs between
// the trees old and new (zero: the empty tree), ordered by path, and for at most
// max of them; more says that there are others. Directories are not reported and
// are read only where they differ. A document that becomes a directory is gone,
// and what the directory holds is new. An error of visit ends the walk and is returned.
func (t *Trees) Diff(ctx context.Context, src Source, old, new content.Digest, max int, visit func(content.FileChange) error) (more bool, err error) {
	d := differ{trees: t, src: src, left: max, visit: visit}
	err = d.directories(ctx, content.Root, old, new)
	return d.more, err
}

// differ is one Diff under way.
type differ struct {
	trees *Trees
	src   Source
	left  int
	more  bool
	visit func(content.FileChange) error
}

// directories compares two trees. Merging their entries in git's order gives the
// documents in the order of their whole paths: that is what git's order is for.
func (d *differ) directories(ctx context.Context, at content.Path, old, new content.Digest) error {
	if old == new || d.more {
		return nil
	}
	a, err := d.trees.Tree(ctx, d.src, old)
	if err != nil {
		return err
	}
	b, err := d.trees.Tree(ctx, d.src, new)
	if err != nil {
		return err
	}
	for i, j := 0, 0; i < a.Len() || j < b.Len(); {
		var was, now content.Entry
		switch c := compareAt(a, i, b, j); {
		case c < 0:
			was, i = a.At(i), i+1
		case c > 0:
			now, j = b.At(j), j+1
		case bytes.Equal(a.raw(i), b.raw(j)):
			i, j = i+1, j+1
			continue
		default:
			was, now, i, j = a.At(i), b.At(j), i+1, j+1
		}
		if err := d.entries(ctx, at, was, now); err != nil {
			return err
		}
	}
	return nil
}

// compareAt says which of a's i-th and b's j-th entry comes first. An end comes last.
func compareAt(a *Tree, i int, b *Tree, j int) int {
	switch {
	case i == a.Len():
		return +1
	case j == b.Len():
		return -1
	}
	s, t := a.at[i], b.at[j]
	return compareNames(a.name(s), a.mode(s).IsDir(), b.name(t), b.mode(t).IsDir())
}

// entries compares what two trees hold in one place; of a zero entry there is nothing.
func (d *differ) entries(ctx context.Context, at content.Path, was, now content.Entry) error {
	if d.more || was.Mode == now.Mode && was.Digest == now.Digest {
		return nil
	}
	p, err := at.Join(cmp.Or(was.Name, now.Name))
	if err != nil {
		return err
	}
	if was.Mode.IsDir() || now.Mode.IsDir() {
		return d.directories(ctx, p, was.Digest, now.Digest)
	}
	if d.left == 0 {
		d.more = true
		return nil
	}
	d.left--
	return d.visit(content.FileChange{Path: p, Old: was, New: now})
}
