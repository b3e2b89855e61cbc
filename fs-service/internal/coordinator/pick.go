package coordinator

import (
	"context"
	"fmt"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/internal/fault"
)

// Pick does to a branch what one commit did, or undoes it (fsapi.Merger).
func (c *Coordinator) Pick(ctx context.Context, p fsapi.Pick) (fsapi.Merged, error) {
	if p.Mainline < 0 {
		return fsapi.Merged{}, fault.Newf(fault.Invalid, "pick", "mainline %d", p.Mainline)
	}
	return c.bringIn(ctx, p.Merge, picking{c, p})
}

// picking joins a branch with what one commit changed.
type picking struct {
	*Coordinator
	pick fsapi.Pick
}

func (p picking) join(ctx context.Context, src gitfmt.Source, ours, theirs content.Digest, r merge.Resolutions) (merge.Result, error) {
	return merge.New(p.trees, p.graph).Pick(ctx, src, merge.Pick{
		Onto: ours, Commit: theirs, Revert: p.pick.Revert, Mainline: p.pick.Mainline, Resolutions: r,
	})
}

// nothing is to be done if the branch holds already what would come of it.
func (p picking) nothing(ctx context.Context, src gitfmt.Source, ours, _ content.Digest, r merge.Result) (bool, error) {
	tip, err := p.graph.Commit(ctx, src, ours)
	return tip.Tree == r.Tree, err
}

// commit has one parent. What is picked stays its author's, as with git, and who picks it commits it.
func (p picking) commit(m fsapi.Merge, ours content.Digest, theirs content.Commit) content.Commit {
	c := content.Commit{Parents: []content.Digest{ours}, Author: m.Author, Committer: committer(time.Time{}), Message: p.reverts(theirs)}
	if !p.pick.Revert {
		c.Author, c.Committer, c.Message = theirs.Author, content.Signature{Name: m.Author.Name, Email: m.Author.Email}, theirs.Message
	}
	if m.Message != "" {
		c.Message = m.Message
	}
	return c
}

// reverts is what git says of a revert.
func (p picking) reverts(c content.Commit) string {
	text := fmt.Sprintf("Revert \"%s\"\n\nThis reverts commit %v", c.Subject(), c.ID)
	if len(c.Parents) > 1 {
		text += fmt.Sprintf(", reversing\nchanges made to %v", c.Parents[p.pick.Mainline-1])
	}
	return text + ".\n"
}

// origin is the commit that was named by its id: nothing in the one that was made tells of it.
func (p picking) origin(ctx context.Context, src gitfmt.Source, _ content.Commit) (theirs content.Digest, bases []content.Digest, err error) {
	theirs, named := p.pick.From.Commit()
	if !named {
		return content.Digest{}, nil, nil
	}
	c, err := p.graph.Commit(ctx, src, theirs)
	if err != nil {
		return content.Digest{}, nil, err
	}
	bases, err = merge.ParentOf(c, p.pick.Mainline)
	return theirs, bases, err
}
