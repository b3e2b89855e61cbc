package node

import (
	"context"
	"io"
	"sync"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/textdiff"
	"rhapsode/internal/fault"
)

// maxPatches is how many patches are made at a time: each may take fsapi.MaxPatch bytes.
const maxPatches = 4

// Compare is in fsapi.Differ. Of several common ancestors the newest is taken, as git does.
func (n *Node) Compare(ctx context.Context, q fsapi.CompareQuestion) (fsapi.Comparison, error) {
	barrier := sync.OnceValue(n.barrier(ctx))
	from, err := n.settle(ctx, fsapi.At{Repo: q.Repo, Rev: q.From, Fresh: q.Fresh}, barrier, draft(content.Path{}))
	if err != nil {
		return fsapi.Comparison{}, err
	}
	to, err := n.settle(ctx, fsapi.At{Repo: q.Repo, Rev: q.To, Fresh: q.Fresh}, barrier, draft(content.Path{}))
	if err != nil {
		return fsapi.Comparison{}, err
	}
	c := fsapi.Comparison{From: from.commit.ID, To: to.commit.ID}
	before := from.commit
	bases, err := merge.Bases(ctx, n.graph, to.src, c.From, c.To)
	if err != nil {
		return fsapi.Comparison{}, err
	}
	if len(bases) > 0 {
		c.Base = bases[0]
		if before, err = n.graph.Commit(ctx, to.src, c.Base); err != nil {
			return fsapi.Comparison{}, err
		}
	}
	if q.Patch {
		c.Patch, err = n.patch(ctx, to.repo, to.src, before.Tree, to.commit.Tree)
		return c, err
	}
	c.Truncated, err = n.trees.Diff(ctx, to.src, before.Tree, to.commit.Tree, fsapi.MaxChanges, func(f content.FileChange) error {
		c.Changes = append(c.Changes, f)
		return nil
	})
	return c, err
}

// patch is all that differs between two trees.
func (n *Node) patch(ctx context.Context, repo refs.Repo, src gitfmt.Source, old, now content.Digest) (patch []byte, err error) {
	select {
	case n.patching <- struct{}{}:
		defer func() { <-n.patching }()
	case <-ctx.Done():
		return nil, fault.New(fault.Of(ctx.Err()), "compare", "", ctx.Err())
	}
	more, err := n.trees.Diff(ctx, src, old, now, fsapi.MaxChanges, func(f content.FileChange) error {
		patch, err = n.appendPatch(ctx, patch, repo, f)
		return err
	})
	if err != nil {
		return nil, err
	}
	if more {
		return nil, fault.Newf(fault.TooLarge, "compare", "a patch of more than %d documents", fsapi.MaxChanges)
	}
	return patch, nil
}

// appendPatch appends how one document changed.
func (n *Node) appendPatch(ctx context.Context, patch []byte, repo refs.Repo, f content.FileChange) ([]byte, error) {
	old, err := n.text(ctx, repo, f.Old)
	if err != nil {
		return nil, err
	}
	now, err := n.text(ctx, repo, f.New)
	if err != nil {
		return nil, err
	}
	if patch = textdiff.AppendPatch(patch, f, old, now); len(patch) > fsapi.MaxPatch {
		return nil, fault.Newf(fault.TooLarge, "compare", "a patch of more than %d bytes", fsapi.MaxPatch)
	}
	return patch, nil
}

// text is what a document holds, and of one that is too long to be taken as a text
// so much that this shows.
func (n *Node) text(ctx context.Context, repo refs.Repo, e content.Entry) ([]byte, error) {
	if e.Digest.IsZero() || e.Mode == content.ModeSubmodule {
		return nil, nil
	}
	r, err := n.open(ctx, repo, e.Digest, 0, textdiff.MaxText+1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
