package merge

import (
	"cmp"
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// The bounds of one merge.
const (
	// MaxConflicts is how many conflicts are listed.
	MaxConflicts = 10_000
	// MaxMade is how many bytes of new objects a merge may make.
	MaxMade = 256 << 20
)

// Merger merges trees and commits of any repository.
type Merger struct {
	trees *gitfmt.Trees
	graph *gitfmt.Graph
}

// New makes a Merger. It shares what trees and graph remember.
func New(trees *gitfmt.Trees, graph *gitfmt.Graph) *Merger {
	return &Merger{trees: trees, graph: graph}
}

// Result is what came of a merge: a tree, or conflicts.
type Result struct {
	Tree content.Digest   // of the merge; zero if there are conflicts
	Made []content.Object // what has to be stored for Tree; none if there are conflicts

	Conflicts []Conflict // by path; up to MaxConflicts of them
	More      bool       // there are others
	// Unstored is what the bases of Conflicts hold and no repository has: with several merge
	// bases, what the merge of these made.
	Unstored []content.Object

	// Bases are the merge bases of two commits, newest first. If the only one is
	// theirs, there is nothing to do; if it is ours, ours can be moved to theirs.
	Bases []content.Digest
}

// Trees merges path by path. Where a path is in conflict, what resolutions say of it is taken.
//
// Invalid: a resolution makes no sense, or its path is not in conflict. TooLarge: the
// result would need more than MaxMade bytes of new objects.
func (m *Merger) Trees(ctx context.Context, src gitfmt.Source, base, ours, theirs content.Digest, resolutions Resolutions) (Result, error) {
	return m.resolved(ctx, overlay{gitfmt.Overlay{Stored: src}}, roots(base, ours, theirs), resolutions)
}

// resolved merges and uses up resolutions.
func (m *Merger) resolved(ctx context.Context, src overlay, t triple, resolutions Resolutions) (Result, error) {
	j := &join{trees: m.trees, src: src, resolutions: resolutions, resolved: map[content.Path]bool{}}
	root, err := j.root(ctx, t)
	if err != nil {
		return Result{}, err
	}
	for p := range resolutions {
		if !j.resolved[p] {
			return Result{}, fault.Newf(fault.Invalid, "resolve", "%v is not in conflict", p)
		}
	}
	if len(j.conflicts) > 0 {
		slices.SortFunc(j.conflicts, func(a, b Conflict) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
		return Result{
			Conflicts: j.conflicts,
			More:      j.count > len(j.conflicts),
			Unstored:  unique(src.bases(j.conflicts)),
		}, nil
	}
	return Result{Tree: root, Made: unique(append(j.made, src.named(j.taken)...))}, nil
}

// unique leaves each object once.
func unique(objects []content.Object) []content.Object {
	seen := make(map[content.Digest]bool, len(objects))
	return slices.DeleteFunc(objects, func(o content.Object) bool {
		again := seen[o.Digest]
		seen[o.Digest] = true
		return again
	})
}

// triple is what the base and the two sides hold in one place. Mode is 0 where there is nothing.
type triple struct{ base, ours, theirs content.Entry }

func roots(base, ours, theirs content.Digest) triple {
	dir := func(d content.Digest) content.Entry {
		if d.IsZero() {
			d = gitfmt.EmptyTree
		}
		return content.Entry{Mode: content.ModeDir, Digest: d, Size: -1}
	}
	return triple{dir(base), dir(ours), dir(theirs)}
}

// name is that of the place.
func (t triple) name() string {
	for _, e := range t.all() {
		if e.Mode != 0 {
			return e.Name
		}
	}
	return ""
}

func (t triple) all() [3]content.Entry { return [...]content.Entry{t.base, t.ours, t.theirs} }

// trivial is the rule that needs no look inside: a side that changed nothing gives way, and
// sides that agree are right.
func (t triple) trivial() (content.Entry, bool) {
	switch {
	case same(t.ours, t.theirs), same(t.base, t.theirs):
		return t.ours, true
	case same(t.base, t.ours):
		return t.theirs, true
	}
	return content.Entry{}, false
}

func same(a, b content.Entry) bool { return a.Mode == b.Mode && a.Digest == b.Digest }

// overlay is a Source with the objects that a merge of merge bases made.
type overlay struct{ gitfmt.Overlay }

// named returns the made objects that entries name: a resolution may take the base's stage.
func (s overlay) named(entries []content.Entry) []content.Object {
	var found []content.Object
	for _, e := range entries {
		if o, ok := s.Made[e.Digest]; ok {
			found = append(found, o)
		}
	}
	return found
}

// bases returns the made objects that are the base of a conflict.
func (s overlay) bases(conflicts []Conflict) []content.Object {
	entries := make([]content.Entry, len(conflicts))
	for i, c := range conflicts {
		entries[i] = c.Base
	}
	return s.named(entries)
}
