package merge

import (
	"context"
	"errors"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// ErrUnrelated is why commits without a common ancestor are not merged.
var ErrUnrelated = errors.New("the histories have no commit in common")

// maxBaseMerges is how many merges of merge bases one merge may take: merge bases may themselves have
// several merge bases.
const maxBaseMerges = 256

// Commits says what to merge.
type Commits struct {
	Ours, Theirs content.Digest
	Unrelated    bool // merge even what has no common ancestor, as if it had an empty one
	Resolutions  Resolutions
}

// Commits merges two commits, as git merge does. If they have several merge bases, these are
// merged first, the oldest two and then each next one, and what is in conflict among
// them counts as a text with conflict markers in it.
//
// Conflict, with ErrUnrelated: there is no merge base. TooLarge: the bases cross more often than
// 256 merges of them can sort out. Else as Trees and Bases.
func (m *Merger) Commits(ctx context.Context, src gitfmt.Source, c Commits) (Result, error) {
	found, err := Bases(ctx, m.graph, src, c.Ours, c.Theirs)
	if err != nil {
		return Result{}, err
	}
	if len(found) == 0 && !c.Unrelated {
		return Result{}, fault.New(fault.Conflict, "merge", "", ErrUnrelated)
	}
	a := ancestor{Merger: m, src: overlay{gitfmt.Overlay{Stored: src, Made: map[content.Digest]content.Object{}}}}
	base, err := a.of(ctx, found, 1)
	if err != nil {
		return Result{}, err
	}
	ours, err := a.tree(ctx, c.Ours)
	if err != nil {
		return Result{}, err
	}
	theirs, err := a.tree(ctx, c.Theirs)
	if err != nil {
		return Result{}, err
	}
	result, err := m.resolved(ctx, a.src, roots(base, ours, theirs), c.Resolutions)
	result.Bases = found
	return result, err
}

// ancestor makes one tree of several merge bases. What it makes it keeps to itself.
type ancestor struct {
	*Merger
	src    overlay
	size   int // of what was made, in bytes
	merges int
}

func (a *ancestor) tree(ctx context.Context, commit content.Digest) (content.Digest, error) {
	c, err := a.graph.Commit(ctx, a.src, commit)
	return c.Tree, err
}

// of returns the tree of bases, which are newest first, merged into one. depth says, from 1,
// how far this is from the merge that was asked for.
func (a *ancestor) of(ctx context.Context, found []content.Digest, depth int) (content.Digest, error) {
	if len(found) == 0 {
		return gitfmt.EmptyTree, nil
	}
	oldest := slices.Clone(found)
	slices.Reverse(oldest)
	merged, err := a.tree(ctx, oldest[0])
	if err != nil {
		return content.Digest{}, err
	}
	for i, next := range oldest[1:] {
		if a.merges++; a.merges > maxBaseMerges {
			return content.Digest{}, fault.Newf(fault.TooLarge, "merge", "more than %d merges of merge bases", maxBaseMerges)
		}
		// What was merged so far is a commit made from all of these.
		below, err := bases(ctx, a.graph, a.src, oldest[:i+1], next)
		if err != nil {
			return content.Digest{}, err
		}
		base, err := a.of(ctx, below, depth+1)
		if err != nil {
			return content.Digest{}, err
		}
		theirs, err := a.tree(ctx, next)
		if err != nil {
			return content.Digest{}, err
		}
		if merged, err = a.merge(ctx, roots(base, merged, theirs), depth); err != nil {
			return content.Digest{}, err
		}
	}
	return merged, nil
}

func (a *ancestor) merge(ctx context.Context, t triple, depth int) (content.Digest, error) {
	j := &join{trees: a.trees, src: a.src, bases: &basesOnly{depth: depth}, size: a.size}
	root, err := j.root(ctx, t)
	for _, o := range j.made {
		a.src.Made[o.Digest] = o
	}
	a.size = j.size
	return root, err
}

// basesOnly is how merge bases are merged: every conflict is settled somehow, in the way that
// git's ort has found to help most with the merge that follows.
type basesOnly struct{ depth int }

// The labels of the two sides.
const (
	firstBranch  = "Temporary merge branch 1"
	secondBranch = "Temporary merge branch 2"
)

// markers are longer by two for each merge that contains this one, so that they stay apart.
func (b *basesOnly) markers() Markers {
	return Markers{Ours: firstBranch, Theirs: secondBranch, Size: defaultMarker + 2*b.depth}
}

// keep settles a conflict of kind: what is marked up or left of a document stays, and
// moves aside if a directory stands in its place.
func (b *basesOnly) keep(kind Kind, directories triple, doc, dir content.Entry) []content.Entry {
	var kept []content.Entry
	if doc.Mode != 0 {
		switch {
		case kind == FileDirectory && directories.ours.Mode != 0:
			doc.Name += "~" + secondBranch
		case kind == FileDirectory:
			doc.Name += "~" + firstBranch
		}
		kept = append(kept, doc)
	}
	if dir.Mode != 0 {
		kept = append(kept, dir)
	}
	return kept
}
