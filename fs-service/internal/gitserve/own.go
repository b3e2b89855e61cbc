package gitserve

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// everything is what a repository holds whose pool is its own.
func everything(content.Digest) bool { return true }

// Own returns what a repository holds of its pool: all of it, or, if others have the same pool, what
// clients see its refs reach. Nobody may build on what is others' by naming it.
func (s *Server) Own(ctx context.Context, repo refs.Repo) (func(content.Digest) bool, error) {
	c := &conversation{Server: s, Target: Target{Repo: repo}, ctx: ctx, src: s.Replicas.Pool(repo.Pool)}
	return c.own()
}

func (c *conversation) own() (func(content.Digest) bool, error) {
	if !c.Repo.Shared {
		return everything, nil
	}
	tips, err := c.tips()
	if err != nil {
		return nil, err
	}
	k, err := c.closureOf(tips, true)
	return func(d content.Digest) bool { return d == gitfmt.EmptyTree || k.has(d) }, err
}

// base reads what a push builds on without bringing it.
func (t *taking) base(ctx context.Context, d content.Digest) (content.Object, error) {
	if !t.own(d) {
		return content.Object{}, &fault.Error{Kind: fault.NotFound, Op: "find object", Name: d.String()}
	}
	return t.src.Object(ctx, d)
}
