package merge

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Pick says which commit to do over, or to undo, on top of which other.
type Pick struct {
	Onto, Commit content.Digest
	Revert       bool
	Mainline     int // which parent of a merge counts, from 1; 0: it is no merge
	Resolutions  Resolutions
}

// Pick joins a state of the work and what one commit changed, as git cherry-pick and git revert
// do: a merge whose base is the commit's parent or, to undo it, the commit. Result.Bases is
// the parent, and empty for a root commit, which came from nothing.
//
// Invalid: Mainline does not name the parent that counts. Else as Trees.
func (m *Merger) Pick(ctx context.Context, src gitfmt.Source, p Pick) (Result, error) {
	onto, err := m.graph.Commit(ctx, src, p.Onto)
	if err != nil {
		return Result{}, err
	}
	commit, err := m.graph.Commit(ctx, src, p.Commit)
	if err != nil {
		return Result{}, err
	}
	parents, err := ParentOf(commit, p.Mainline)
	if err != nil {
		return Result{}, err
	}
	before := gitfmt.EmptyTree
	for _, d := range parents {
		parent, err := m.graph.Commit(ctx, src, d)
		if err != nil {
			return Result{}, err
		}
		before = parent.Tree
	}
	base, theirs := before, commit.Tree
	if p.Revert {
		base, theirs = theirs, base
	}
	result, err := m.Trees(ctx, src, base, onto.Tree, theirs, p.Resolutions)
	result.Bases = parents
	return result, err
}

// ParentOf returns the parent of c against which its changes count; none: c is a
// root. Invalid: mainline does not name the one that counts.
func ParentOf(c content.Commit, mainline int) ([]content.Digest, error) {
	switch n := len(c.Parents); {
	case n == 0 && mainline == 0:
		return nil, nil
	case n == 1 && mainline == 0:
		return c.Parents, nil
	case mainline == 0:
		return nil, fault.Newf(fault.Invalid, "pick", "%v is a merge: mainline says which of its %d parents counts", c.ID, n)
	case mainline < 1 || mainline > n:
		return nil, fault.Newf(fault.Invalid, "pick", "%v has %d parents, and no parent %d", c.ID, n, mainline)
	default:
		return c.Parents[mainline-1 : mainline], nil
	}
}
