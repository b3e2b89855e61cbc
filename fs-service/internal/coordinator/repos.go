package coordinator

import (
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// maxDescription is the length of a repository's description in bytes.
const maxDescription = 4 << 10

// PutRepo creates a repository or changes its record (fsapi.Writer). The name of a deleted
// one is free again: the new one begins empty, the old one's objects and refs are kept.
func (c *Coordinator) PutRepo(ctx context.Context, change fsapi.RepoChange) (fsapi.Repo, bool, error) {
	if change.Description != nil && len(*change.Description) > maxDescription {
		return fsapi.Repo{}, false, fault.Newf(fault.Invalid, "repository", "a description of %d bytes, more than %d", len(*change.Description), maxDescription)
	}
	if !change.Default.IsZero() && !change.Default.IsBranch() {
		return fsapi.Repo{}, false, fault.Newf(fault.Invalid, "repository", "the default branch %v is no branch", change.Default)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.refs.Barrier(ctx); err != nil {
		return fsapi.Repo{}, false, err
	}
	old, _ := c.refs.Repo(change.ID)
	there := old.Revision > 0 && old.Deleted.IsZero()
	owner, err := c.mayPutRepo(ctx, change, old, there)
	if err != nil {
		return fsapi.Repo{}, false, err
	}
	if there && !change.Request.IsZero() && old.Request == change.Request {
		return c.Describe(old), change.Revision == 0, nil
	}
	next, err := c.nextRepo(change, old, there, owner)
	if err != nil {
		return fsapi.Repo{}, false, err
	}
	stored, err := c.refs.PutRepo(ctx, next, old.Revision)
	return c.Describe(stored), !there, err
}

// mayPutRepo says whether who asks may make the repository or change its record, and
// who they are. That one is there already is no news for who may not know of it.
func (c *Coordinator) mayPutRepo(ctx context.Context, change fsapi.RepoChange, old refs.Repo, there bool) (user string, err error) {
	who, err := c.gate.Who(ctx)
	if err != nil {
		return "", err
	}
	if there {
		pass, err := c.gate.Pass(ctx, old)
		if err != nil {
			return "", err
		}
		if pass.Knows() == nil && change.Revision != 0 {
			return who.User, pass.May(access.Configure)
		}
	}
	return who.User, who.MayCreate(change.ID)
}

func (c *Coordinator) nextRepo(change fsapi.RepoChange, old refs.Repo, there bool, owner string) (refs.Repo, error) {
	switch {
	case change.Revision == 0 && there:
		return refs.Repo{}, fault.Newf(fault.Stale, "repository", "%v exists", change.ID)
	case change.Revision > 0 && (!there || old.Revision != change.Revision):
		return refs.Repo{}, fault.Newf(fault.Stale, "repository", "%v has changed", change.ID)
	}
	next := old
	if !there {
		next = c.newRepo(change.ID, old, owner)
	}
	if !change.Default.IsZero() {
		next.Default = change.Default
	}
	if change.Description != nil {
		next.Description = *change.Description
	}
	next.Request = change.Request
	return next, nil
}

// newRepo is the record of a repository that begins now, where old had the name before
// if its key is not zero.
func (c *Coordinator) newRepo(id content.RepoID, old refs.Repo, owner string) refs.Repo {
	main, _ := content.Branch("main") // never fails: a good name
	repo := refs.Repo{Key: refs.NewKey(), ID: id, Pool: content.NewPool(), Default: main, Owner: owner, Created: c.clock()}
	if !old.Key.IsZero() {
		repo.Former = append(slices.Clone(old.Former), old.Key)
	}
	return repo
}

// DeleteRepo marks a repository as deleted (fsapi.Writer).
func (c *Coordinator) DeleteRepo(ctx context.Context, id content.RepoID, revision int64) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.refs.Barrier(ctx); err != nil {
		return err
	}
	repo, err := Lookup(c.refs, id)
	if err != nil {
		return c.gate.Hide(ctx, id, err)
	}
	pass, err := c.gate.Pass(ctx, repo)
	if err == nil {
		err = pass.May(access.Delete)
	}
	if err != nil {
		return err
	}
	if revision >= 0 && repo.Revision != revision {
		return fault.Newf(fault.Stale, "repository", "%v has changed", id)
	}
	repo.Deleted = c.clock()
	_, err = c.refs.PutRepo(ctx, repo, repo.Revision)
	return err
}

// Describe is what the outside sees of a record.
func (c *Coordinator) Describe(r refs.Repo) fsapi.Repo {
	at, _ := c.refs.Placement(r.Pool.Shard())
	return fsapi.Repo{
		ID: r.ID, Pool: r.Pool, Default: r.Default, Description: r.Description,
		Created: r.Created, Revision: r.Revision, Replicas: len(at.Replicas),
	}
}
