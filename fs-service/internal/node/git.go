package node

import (
	"context"
	"io"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitserve"
)

// Serves returns nil if this node answers for a repository: NotFound, Gone, Misplaced.
func (n *Node) Serves(ctx context.Context, id content.RepoID) error {
	_, err := n.here(ctx, id)
	return err
}

// mayServe says whether who asks may have a service at all. Git takes a whole history or none, so
// to fetch is to read all of it; what may be pushed is judged ref by ref (coordinator.Push).
func mayServe(pass gate.Pass, service fsapi.GitService) error {
	if service == fsapi.UploadPack {
		return pass.Read(content.Path{}, false)
	}
	err := pass.May(access.Write)
	for _, other := range []access.Permission{access.Publish, access.Configure} {
		if pass.May(other) == nil {
			return nil
		}
	}
	return err
}

// ServeGit is in fsapi.Git.
func (n *Node) ServeGit(ctx context.Context, call fsapi.GitCall, in io.Reader, out io.Writer) error {
	if err := n.refs.Barrier(ctx); err != nil {
		return err
	}
	repo, pass, err := n.passing(ctx, call.Repo)
	if err == nil {
		err = mayServe(pass, call.Service)
	}
	if err != nil {
		return err
	}
	at, _ := n.placed(repo.Pool)
	return n.git.Serve(ctx, gitserve.Target{Repo: repo, At: at, Withheld: pass.Withheld()}, call, in, out)
}
