package node

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/coordinator"
)

// derive makes a repository that begins as another's state of the work, if who asks may read all of that.
func (n *Node) derive(ctx context.Context, c fsapi.RepoChange) (fsapi.Repo, bool, error) {
	s, err := n.settle(ctx, fsapi.At{Repo: c.Derive.Repo, Rev: c.Derive.Rev}, n.barrier(ctx), readable(content.Root))
	if err != nil {
		return fsapi.Repo{}, false, err
	}
	return n.coordinator.Derive(ctx, c, coordinator.Source{Pass: s.pass, Commit: s.commit.ID})
}
