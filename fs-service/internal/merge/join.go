package merge

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// join is one three-way merge of trees under way.
type join struct {
	trees *gitfmt.Trees
	src   gitfmt.Source
	bases *basesOnly // what is merged are merge bases, and conflicts are no obstacle

	resolutions Resolutions
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

// directory merges what three trees hold. One that is absent counts as empty, and if nothing is
// left, neither is the directory: its Mode is 0.
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
