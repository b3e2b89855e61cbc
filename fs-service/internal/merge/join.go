package merge

import (
	"context"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// join is one three-way merge of trees under way.
type join struct {
	trees *gitfmt.Trees
	src   gitfmt.Source
	bases *basesOnly // what is merged are merge bases, and conflicts are no obstacle

	resolutions map[content.Path]Resolution
	resolved    map[content.Path]bool
	taken       []content.Entry // documents that were resolved to

	made      []content.Object
	size      int        // of made, in bytes
	conflicts []Conflict // up to MaxConflicts
	count     int        // of conflicts, listed or not
	met       int        // conflicts so far, resolved ones and dropped ones too
}

// root merges three roots.
func (j *join) root(ctx context.Context, t triple) (content.Digest, error) {
	e, err := j.directory(ctx, content.Root, t)
	if err != nil || e.Mode != 0 {
		return e.Digest, err
	}
	return gitfmt.EmptyTree, j.make(content.NewObject(content.KindTree, nil))
}

// directory merges what three trees hold. Where one is absent it counts as empty, and if nothing
// is left, neither is the directory: its Mode is 0.
func (j *join) directory(ctx context.Context, at content.Path, t triple) (content.Entry, error) {
	if e, ok := t.trivial(); ok {
		return e, nil
	}
	w, err := j.walk(ctx, t)
	if err != nil {
		return content.Entry{}, err
	}
	var entries []content.Entry
	for place, ok := w.next(); ok; place, ok = w.next() {
		if e, ok := place.trivial(); ok && w.alone(place) {
			if e.Mode != 0 {
				entries = append(entries, e)
			}
			continue
		}
		p, err := at.Join(place.name())
		if err != nil {
			return content.Entry{}, err
		}
		merged, err := j.place(ctx, w, p, place)
		if err != nil {
			return content.Entry{}, err
		}
		entries = append(entries, merged...)
	}
	if len(entries) == 0 {
		return content.Entry{}, nil
	}
	o := gitfmt.EncodeTree(entries)
	e := content.Entry{Name: t.name(), Mode: content.ModeDir, Digest: o.Digest, Size: -1}
	if same(e, t.ours) || same(e, t.theirs) { // the base may be one that is stored nowhere
		return e, nil
	}
	return e, j.make(o)
}

// place merges what one name holds: a directory, or a document and perhaps a directory of that
// name on another side. It returns what remains of them: one entry or none, and both
// only in a merge of bases.
func (j *join) place(ctx context.Context, w *walk, p content.Path, t triple) ([]content.Entry, error) {
	document, directory := t, t
	if t.isDirectory() {
		document = triple{}
	} else {
		directory = w.directories(t)
	}
	doc, kind, err := j.document(ctx, document)
	if err != nil {
		return nil, err
	}
	before := j.mark()
	dir, err := j.directory(ctx, p, directory)
	if err != nil {
		return nil, err
	}
	present := doc.Mode != 0 || kind != 0
	if present && (dir.Mode != 0 || j.met > before.met) {
		kind = FileDirectory
	}
	switch {
	case j.bases != nil:
		return j.bases.keep(kind, directory, doc, dir), nil
	case kind == 0 && present:
		return []content.Entry{doc}, nil
	case kind == 0:
		return remaining(dir), nil
	}
	e, settled, err := j.resolve(Conflict{
		Path: p, Kind: kind,
		Base:   either(document.base, directory.base),
		Ours:   either(document.ours, directory.ours),
		Theirs: either(document.theirs, directory.theirs),
	})
	switch {
	case err != nil || !settled:
		return nil, err
	case e.Mode != 0 && !e.Mode.IsDir():
		j.backTo(before)
		j.taken = append(j.taken, e)
		return []content.Entry{e}, nil
	}
	return remaining(dir), nil
}

// either is what one side holds in a place: it can't be both.
func either(document, directory content.Entry) content.Entry {
	if document.Mode != 0 {
		return document
	}
	return directory
}

func remaining(e content.Entry) []content.Entry {
	if e.Mode == 0 {
		return nil
	}
	return []content.Entry{e}
}

// resolve settles c by its resolution or counts it.
func (j *join) resolve(c Conflict) (e content.Entry, settled bool, err error) {
	j.met++
	r, ok := j.resolutions[c.Path]
	if !ok {
		if j.count++; j.count <= MaxConflicts {
			j.conflicts = append(j.conflicts, c)
		}
		return content.Entry{}, false, nil
	}
	j.resolved[c.Path] = true
	e, err = r.settle(c)
	return e, err == nil, err
}

// make keeps o for the result.
func (j *join) make(o content.Object) error {
	if j.size += len(o.Data); j.size > MaxMade {
		return fault.Newf(fault.TooLarge, "merge", "what it would make has more than %d bytes", MaxMade)
	}
	j.made = append(j.made, o)
	return nil
}

// mark is how far a join has come.
type mark struct{ made, size, taken, count, met int }

func (j *join) mark() mark { return mark{len(j.made), j.size, len(j.taken), j.count, j.met} }

// backTo drops what was done since m.
func (j *join) backTo(m mark) {
	j.made, j.size, j.taken, j.count = j.made[:m.made], m.size, j.taken[:m.taken], m.count
	j.conflicts = j.conflicts[:min(m.count, len(j.conflicts))]
}

// walk goes through three trees at once, name by name in git's order.
type walk struct {
	trees [3]*gitfmt.Tree
	at    [3]int
	heads [3]content.Entry // what is at; Mode is 0 at the end
	done  map[string]bool  // directories that were merged with a document of their name
}

func (j *join) walk(ctx context.Context, t triple) (*walk, error) {
	w := &walk{}
	for i, e := range t.all() {
		tree, err := j.trees.Tree(ctx, j.src, e.Digest)
		if err != nil {
			return nil, err
		}
		w.trees[i], w.at[i] = tree, -1
		w.step(i)
	}
	return w, nil
}

// step moves one tree on.
func (w *walk) step(i int) {
	w.at[i]++
	w.heads[i] = content.Entry{}
	if w.at[i] < w.trees[i].Len() {
		w.heads[i] = w.trees[i].At(w.at[i])
	}
}

// next returns the next name. A document and a directory of one name are two places, the
// document's first; the directory's is left out if directories gave it already.
func (w *walk) next() (t triple, ok bool) {
	var first content.Entry
	for _, h := range w.heads {
		if h.Mode != 0 && (first.Mode == 0 || compare(h, first) < 0) {
			first = h
		}
	}
	if first.Mode == 0 {
		return triple{}, false
	}
	found := [3]content.Entry{}
	for i, h := range w.heads {
		if h.Mode != 0 && compare(h, first) == 0 {
			found[i] = h
			w.step(i)
		}
	}
	if first.Mode.IsDir() && w.done[first.Name] {
		return w.next()
	}
	return triple{found[0], found[1], found[2]}, true
}

// alone says whether no side has a directory with the name of a document in t.
func (w *walk) alone(t triple) bool {
	if t.isDirectory() {
		return true
	}
	for i, e := range t.all() {
		if e.Mode == 0 {
			if other, _ := w.trees[i].Lookup(t.name()); other.Mode.IsDir() {
				return false
			}
		}
	}
	return true
}

// directories returns the directories that have the name of the document t, and sees to it
// that they do not come again.
func (w *walk) directories(t triple) triple {
	var found [3]content.Entry
	name := t.name()
	for i, tree := range w.trees {
		if e, ok := tree.Lookup(name); ok && e.Mode.IsDir() {
			found[i] = e
			if w.done == nil {
				w.done = map[string]bool{}
			}
			w.done[name] = true
		}
	}
	return triple{found[0], found[1], found[2]}
}

func (t triple) isDirectory() bool {
	return t.base.Mode.IsDir() || t.ours.Mode.IsDir() || t.theirs.Mode.IsDir()
}

// compare is git's order of the names in a tree: a directory's ends in a slash.
func compare(a, b content.Entry) int {
	if a.Mode.IsDir() == b.Mode.IsDir() && a.Name == b.Name {
		return 0
	}
	return strings.Compare(sortKey(a), sortKey(b))
}

func sortKey(e content.Entry) string {
	if e.Mode.IsDir() {
		return e.Name + "/"
	}
	return e.Name
}
