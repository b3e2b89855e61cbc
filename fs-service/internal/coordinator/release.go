package coordinator

import (
	"context"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// Release makes tags and the record of them in one transaction (fsapi.Releaser).
func (c *Coordinator) Release(ctx context.Context, r fsapi.Release) (fsapi.Released, error) {
	if err := r.Check(); err != nil {
		return fsapi.Released{}, err
	}
	var released fsapi.Released
	err := c.moving(ctx, r.Record.Repo, func(ctx context.Context, p place) (refs.Txn, error) {
		if err := p.pass.May(access.Publish); err != nil {
			return refs.Txn{}, err
		}
		if uploads := uploads(r.Record); len(uploads) > 0 {
			if err := c.objects.EnsureBodies(ctx, p.repo.Pool, p.at, uploads); err != nil {
				return refs.Txn{}, err
			}
		}
		l := &lane{key: laneKey{p.repo.Key, r.Record.Branch}}
		plan, err := c.plan(ctx, p, l, []*pending{{cs: r.Record, from: caller.FromContext(ctx)}})
		if err != nil {
			return refs.Txn{}, err
		}
		recorded := plan.answers[0]
		if recorded.err != nil {
			return refs.Txn{}, recorded.err
		}
		released = fsapi.Released{Changed: recorded.changed}
		if len(plan.commits) == 0 && recorded.changed.Modified { // a repeat: it was done
			released.Tags, err = c.released(ctx, p, r.Tags)
			return refs.Txn{}, err
		}
		txn, tags, err := c.tag(ctx, p, r, plan)
		released.Tags = tags
		return txn, err
	})
	return released, err
}

// tag makes the tags and the record durable, and returns the transaction that gives them their names.
func (c *Coordinator) tag(ctx context.Context, p place, r fsapi.Release, plan *plan) (txn refs.Txn, tags []fsapi.Ref, err error) {
	src := c.objects.Pool(p.repo.Pool)
	batch := plan.batch()
	txn = p.txn()
	if len(plan.commits) > 0 { // first: a transaction is known again by its first move
		txn.Moves = append(txn.Moves, refs.Move{Name: r.Record.Branch, Expect: plan.base.Revision, New: plan.tip, Done: plan.done})
	}
	targets := map[content.Digest]bool{}
	for _, t := range r.Tags {
		if err := c.mayTag(p, t.Name); err != nil {
			return refs.Txn{}, nil, err
		}
		if !targets[t.Target] {
			if err := c.gate.Owns(ctx, p.repo, t.Target); err != nil {
				return refs.Txn{}, nil, err
			}
			if _, err := c.graph.Commit(ctx, src, t.Target); err != nil {
				return refs.Txn{}, nil, err
			}
			targets[t.Target] = true
			batch.Bases = append(batch.Bases, t.Target)
		}
		tagger := r.Record.Author
		if tagger.When.IsZero() {
			tagger.When = c.clock()
		}
		o := gitfmt.EncodeTag(gitfmt.Tag{
			Target: t.Target, Kind: content.KindCommit, Name: strings.TrimPrefix(t.Name.String(), "refs/tags/"),
			Tagger: tagger, Message: strings.TrimRight(t.Message, "\n") + "\n",
		})
		batch.Objects, batch.Tips = append(batch.Objects, o), append(batch.Tips, o.Digest)
		txn.Moves = append(txn.Moves, refs.Move{Name: t.Name, New: o.Digest})
		tags = append(tags, fsapi.Ref{Name: t.Name, Target: o.Digest, Commit: t.Target})
	}
	commits := make([]content.Digest, 0, len(targets))
	for d := range targets {
		commits = append(commits, d)
	}
	if err := c.objects.Close(ctx, p.repo.Pool, p.at, commits); err != nil {
		return refs.Txn{}, nil, err
	}
	return txn, tags, c.objects.Write(ctx, p.repo.Pool, p.at, batch)
}

// mayTag says whether an edition, or the withdrawal of one, can begin to be.
func (c *Coordinator) mayTag(p place, name content.RefName) error {
	if _, there := c.refs.Ref(p.repo.Key, name); there {
		return fault.Newf(fault.Conflict, "release", "%v is there already, and never changes", name)
	}
	if edition, ok := fsapi.Withdraws(name); ok {
		if _, there := c.refs.Ref(p.repo.Key, edition); !there {
			return fault.Newf(fault.Conflict, "withdraw", "there is no edition %v", edition.Short())
		}
	}
	return c.mayBegin(p, name)
}

// released returns the tags of a Release that was carried out before.
func (c *Coordinator) released(ctx context.Context, p place, tags []fsapi.NewTag) (made []fsapi.Ref, err error) {
	for _, t := range tags {
		r, _ := c.refs.Ref(p.repo.Key, t.Name)
		ref, err := describe(ctx, c.objects.Pool(p.repo.Pool), t.Name, r.Target)
		if err != nil {
			return nil, err
		}
		made = append(made, ref)
	}
	return made, nil
}
