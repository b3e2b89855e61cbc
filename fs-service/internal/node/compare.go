package node

import (
	"context"
	"io"
	"sync"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/fs-service/internal/textdiff"
	"rhapsode/internal/fault"
)

// Compare is in fsapi.Differ. Of several common ancestors the newest is taken, as git does.
func (n *Node) Compare(ctx context.Context, q fsapi.CompareQuestion) (fsapi.Comparison, error) {
	barrier := sync.OnceValue(n.barrier(ctx))
	from, err := n.settle(ctx, fsapi.At{Repo: q.Repo, Rev: q.From, Fresh: q.Fresh}, barrier)
	if err != nil {
		return fsapi.Comparison{}, err
	}
	to, err := n.settle(ctx, fsapi.At{Repo: q.Repo, Rev: q.To, Fresh: q.Fresh}, barrier)
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
	c.Truncated, err = n.trees.Diff(ctx, to.src, before.Tree, to.commit.Tree, fsapi.MaxChanges, func(f content.FileChange) error {
		if !q.Patch {
			c.Changes = append(c.Changes, f)
			return nil
		}
		c.Patch, err = n.appendPatch(ctx, c.Patch, q.Repo, f)
		return err
	})
	if err == nil && q.Patch && c.Truncated {
		err = fault.Newf(fault.TooLarge, "compare", "a patch of more than %d documents", fsapi.MaxChanges)
	}
	if err != nil {
		return fsapi.Comparison{}, err
	}
	return c, nil
}

// appendPatch appends how one document changed.
func (n *Node) appendPatch(ctx context.Context, patch []byte, repo content.RepoID, f content.FileChange) ([]byte, error) {
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
func (n *Node) text(ctx context.Context, repo content.RepoID, e content.Entry) ([]byte, error) {
	if e.Digest.IsZero() || e.Mode == content.ModeSubmodule {
		return nil, nil
	}
	r, err := n.Blob(ctx, repo, e.Digest, 0, textdiff.MaxText+1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
