package gitfmt

import (
	"context"
	"maps"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Edit is what a path should hold: the blob Digest, or nothing if Digest is zero.
type Edit struct {
	Path   content.Path
	Mode   content.Mode // of a document, link or submodule; not looked at when removing
	Digest content.Digest
}

func (e Edit) removes() bool { return e.Digest.IsZero() }

// Edit applies edits, all at once, to the tree root (zero: the empty tree). It
// returns the new root and the trees that had to be made for it, deepest first.
// Directories that become empty vanish; the root itself may become EmptyTree.
// The cost is that of the touched directories only.
//
// Conflict: a path goes through a document, or names a directory (unless the
// same edits remove what is in the way). NotFound: what should be removed is not
// there. Invalid: a path has two edits, is the root, or gets a directory's mode.
func (t *Trees) Edit(ctx context.Context, src Source, root content.Digest, edits []Edit) (content.Digest, []content.Object, error) {
	top, err := newPlan(edits)
	if err != nil {
		return content.Digest{}, nil, err
	}
	w := editor{trees: t, src: src}
	edited, err := w.directory(ctx, root, top)
	if err != nil {
		return content.Digest{}, nil, err
	}
	if edited == EmptyTree && root != EmptyTree {
		w.made = append(w.made, content.NewObject(content.KindTree, nil))
	}
	return edited, w.made, nil
}

// plan is what edits want of one place and of the places below it.
type plan struct {
	edit  *Edit
	below map[string]*plan
}

func newPlan(edits []Edit) (*plan, error) {
	top := &plan{}
	for _, e := range edits {
		p := top
		for _, name := range e.Path.Names() {
			if p.below == nil {
				p.below = make(map[string]*plan)
			}
			if p.below[name] == nil {
				p.below[name] = &plan{}
			}
			p = p.below[name]
		}
		switch {
		case e.Path.IsRoot():
			return nil, fault.Newf(fault.Invalid, "edit", "the root is a directory")
		case p.edit != nil:
			return nil, fault.Newf(fault.Invalid, "edit", "%v is edited twice", e.Path)
		case !e.removes() && (e.Mode == 0 || e.Mode.IsDir()):
			return nil, fault.Newf(fault.Invalid, "edit", "%v: %o is no document's mode", e.Path, e.Mode)
		}
		p.edit = &e
	}
	return top, nil
}

// editor makes the trees of one Edit.
type editor struct {
	trees *Trees
	src   Source
	made  []content.Object
}

// directory returns what the tree old becomes: EmptyTree if nothing is left.
func (w *editor) directory(ctx context.Context, old content.Digest, p *plan) (content.Digest, error) {
	tree, err := w.trees.Tree(ctx, w.src, old)
	if err != nil {
		return content.Digest{}, err
	}
	var present []content.Entry
	for _, name := range slices.Sorted(maps.Keys(p.below)) {
		was, _ := tree.Lookup(name)
		now, err := w.entry(ctx, was, p.below[name])
		if err != nil {
			return content.Digest{}, err
		}
		if now.Mode != 0 {
			now.Name = name
			present = append(present, now)
		}
	}
	o := content.NewObject(content.KindTree, tree.replace(p.below, present))
	if o.Digest == old || o.Digest == EmptyTree {
		return o.Digest, nil
	}
	made, err := ParseTree(o)
	if err != nil {
		return content.Digest{}, err
	}
	w.trees.cache.Put(o.Digest, made, made.cost())
	w.made = append(w.made, o)
	return o.Digest, nil
}

// entry returns what one name becomes. The zero Entry means that the name is free.
//
// A name holds a document, or a directory that is not empty, or nothing. So what
// becomes of the two is found out apart, and it is a conflict if both remain.
func (w *editor) entry(ctx context.Context, was content.Entry, p *plan) (content.Entry, error) {
	var document, directory content.Entry
	if was.Mode.IsDir() {
		directory = was
	} else {
		document = was
	}
	if p.below != nil {
		d, err := w.directory(ctx, directory.Digest, p)
		if err != nil {
			return content.Entry{}, err
		}
		directory = content.Entry{}
		if d != EmptyTree {
			directory = content.Entry{Mode: content.ModeDir, Digest: d}
		}
	}
	if e := p.edit; e != nil {
		switch {
		case !e.removes():
			document = content.Entry{Mode: e.Mode, Digest: e.Digest}
		case was.Mode.IsDir():
			return content.Entry{}, fault.Newf(fault.Conflict, "edit", "%v is a directory", e.Path)
		case was.Mode == 0:
			return content.Entry{}, fault.Newf(fault.NotFound, "edit", "%v is not there", e.Path)
		default:
			document = content.Entry{}
		}
	}
	switch {
	case directory.Mode == 0:
		return document, nil
	case document.Mode == 0:
		return directory, nil
	case p.edit != nil:
		return content.Entry{}, fault.Newf(fault.Conflict, "edit", "%v is a directory", p.edit.Path)
	}
	return content.Entry{}, fault.Newf(fault.Conflict, "edit", "%q is a document and can hold nothing", was.Name)
}

// replace returns the bytes of t without the names in touched and with the
// entries in present. Entries that nobody touched keep their very bytes.
func (t *Tree) replace(touched map[string]*plan, present []content.Entry) []byte {
	slices.SortFunc(present, func(a, b content.Entry) int {
		return compareNames([]byte(a.Name), a.Mode.IsDir(), []byte(b.Name), b.Mode.IsDir())
	})
	data := make([]byte, 0, len(t.data)+64*len(present))
	for _, s := range t.at {
		name := t.name(s)
		if _, ok := touched[string(name)]; ok {
			continue
		}
		for len(present) > 0 && compareNames([]byte(present[0].Name), present[0].Mode.IsDir(), name, t.mode(s).IsDir()) < 0 {
			data = appendEntry(data, present[0])
			present = present[1:]
		}
		data = append(data, t.data[s.begin:s.end]...)
	}
	for _, e := range present {
		data = appendEntry(data, e)
	}
	return data
}
