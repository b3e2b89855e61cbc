package node

import (
	"context"
	"io"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitserve"
)

// Serves returns nil if this node answers for a repository: NotFound, Gone, Misplaced.
func (n *Node) Serves(ctx context.Context, id content.RepoID) error {
	_, err := n.here(ctx, id)
	return err
}

// ServeGit is in fsapi.Git.
func (n *Node) ServeGit(ctx context.Context, call fsapi.GitCall, in io.Reader, out io.Writer) error {
	if err := n.refs.Barrier(ctx); err != nil {
		return err
	}
	repo, err := n.here(ctx, call.Repo)
	if err != nil {
		return err
	}
	at, _ := n.placed(repo.Pool)
	return n.git.Serve(ctx, gitserve.Target{Repo: repo, At: at}, call, in, out)
}
