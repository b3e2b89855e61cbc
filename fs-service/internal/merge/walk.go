package merge

import (
	"context"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
)

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
