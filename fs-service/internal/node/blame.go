package node

import (
	"context"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/textdiff"
	"rhapsode/internal/fault"
)

// Blame is in fsapi.Differ.
func (n *Node) Blame(ctx context.Context, at fsapi.At) ([]fsapi.Blamed, error) {
	s, err := n.settle(ctx, at, n.barrier(ctx), draft(at.Path))
	if err != nil {
		return nil, err
	}
	pieces, err := textdiff.Blame(ctx, n.annals.Of(s.repo.Pool), s.src, s.commit.ID, at.Path)
	if err != nil {
		return nil, err
	}
	if len(pieces) > fsapi.MaxBlamed {
		return nil, fault.Newf(fault.TooLarge, "blame", "%v: more than %d pieces", at.Path, fsapi.MaxBlamed)
	}
	blamed := make([]fsapi.Blamed, 0, len(pieces))
	for _, p := range pieces {
		if p.Lines.IsEmpty() {
			continue // an empty document has one piece, of no lines
		}
		blamed = append(blamed, fsapi.Blamed{
			First: p.Lines.Begin + 1, Last: p.Lines.End, Then: p.Then + 1,
			Commit: p.Commit.ID, Author: p.Commit.Author, Subject: p.Commit.Subject(),
		})
	}
	return blamed, nil
}
