package coordinator

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Source is a state of the work in another repository, which who asks may read.
type Source struct {
	Pass   gate.Pass
	Commit content.Digest
}

// Derive makes a repository that begins as another's state of the work (fsapi.Writer.PutRepo): of
// its pool, so that nothing is copied.
func (c *Coordinator) Derive(ctx context.Context, change fsapi.RepoChange, from Source) (fsapi.Repo, bool, error) {
	switch {
	case change.Revision != 0:
		return fsapi.Repo{}, false, fault.Newf(fault.Invalid, "derive", "%v: only what is not there yet can begin as something else", change.ID)
	case len(change.Derive.Title) > fsapi.MaxTitle:
		return fsapi.Repo{}, false, fault.Newf(fault.Invalid, "derive", "a title of %d bytes, more than %d", len(change.Derive.Title), fsapi.MaxTitle)
	}
	parent := from.Pass.Repo()
	if change.Default.IsZero() {
		change.Default = parent.Default
	}
	return c.putRepo(ctx, change, func(ctx context.Context, next refs.Repo, expect int64) (refs.Repo, error) {
		next.Origin = refs.Origin{Rev: change.Derive.Rev.String(), Commit: from.Commit, Title: change.Derive.Title}
		return c.begin(ctx, refs.Derivation{Repo: next, Expect: expect, From: parent, Grounds: from.Pass.Grounds()})
	})
}

// begin carries out a derivation, and again if it is only the parent's record that changed meanwhile.
func (c *Coordinator) begin(ctx context.Context, d refs.Derivation) (refs.Repo, error) {
	for round := range maxRounds {
		if err := giveWay(ctx, round); err != nil {
			return refs.Repo{}, err
		}
		parent, there := c.refs.RepoOf(d.From.Key)
		if !there || !parent.Deleted.IsZero() {
			return refs.Repo{}, fault.Newf(fault.Gone, "derive", "%v was deleted", d.From.ID)
		}
		at, ok := c.refs.Placement(parent.Pool.Shard())
		if !ok {
			return refs.Repo{}, fault.Newf(fault.Unavailable, "place", "shard %d has no placement yet", parent.Pool.Shard())
		}
		if err := c.objects.Close(ctx, parent.Pool, at, []content.Digest{d.Repo.Origin.Commit}); err != nil {
			return refs.Repo{}, err
		}
		d.From, d.Epoch = parent, at.Revision
		made, err := c.refs.Derive(ctx, d)
		if !fault.Is(err, fault.Stale) {
			return made, err
		}
		if err := c.refs.Barrier(ctx); err != nil {
			return refs.Repo{}, err
		}
		if now, _ := c.refs.Repo(d.Repo.ID); now.Revision != d.Expect {
			return refs.Repo{}, err
		}
	}
	return refs.Repo{}, fault.Newf(fault.Unavailable, "derive", "%v, or who may read it, changed %d times meanwhile", d.From.ID, maxRounds)
}

// originOf says what a repository was derived from, in the words that who asks may hear.
func (c *Coordinator) originOf(ctx context.Context, r refs.Repo) fsapi.Origin {
	o := fsapi.Origin{Commit: r.Origin.Commit, Title: r.Origin.Title}
	if o.Commit.IsZero() {
		return fsapi.Origin{}
	}
	if rev, err := content.ParseRevision(r.Origin.Rev); err == nil {
		o.Rev = rev // the default branch has no name
	}
	if parent, there := c.refs.RepoOf(r.Origin.Repo); there && parent.Deleted.IsZero() {
		if pass, err := c.gate.Pass(ctx, parent); err == nil && pass.Knows() == nil {
			o.Repo = parent.ID
		}
	}
	return o
}
