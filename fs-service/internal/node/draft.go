package node

import (
	"context"
	"log/slog"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/refs"
)

// draftRound is how often old drafts are looked for.
const draftRound = time.Hour

// Keep is in fsapi.Drafter.
func (n *Node) Keep(ctx context.Context, r fsapi.Refused) (fsapi.Draft, error) {
	if _, err := n.here(ctx, r.Repo); err != nil {
		return fsapi.Draft{}, err
	}
	return n.coordinator.Keep(ctx, r)
}

// dropDrafts drops drafts that are too old, of the repositories that this node holds. The other
// replicas do the same: what one has dropped is no work to the next.
func (n *Node) dropDrafts(ctx context.Context) error {
	ticker := time.NewTicker(draftRound)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for id := range n.withDrafts() {
			if err := n.coordinator.DropOldDrafts(ctx, id); err != nil {
				n.log.LogAttrs(ctx, slog.LevelWarn, "old drafts stay", slog.String("repo", id.String()), slog.Any("error", err))
			}
		}
	}
}

// withDrafts are the repositories of this node in which there is a draft.
func (n *Node) withDrafts() map[content.RepoID]bool {
	found := map[content.RepoID]bool{}
	n.refs.Each(func(k refs.Key, name content.RefName, _ refs.Record) {
		if _, _, draft := name.Draft(); !draft {
			return
		}
		if repo, ok := n.refs.RepoOf(k); ok && n.holds(repo.Pool) {
			found[repo.ID] = true
		}
	})
	return found
}
