package coordinator

import (
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// maxDescription is the length of a repository's description in bytes.
const maxDescription = 4 << 10

// PutRepo creates a repository or changes its record (fsapi.Writer). The name of a deleted
// one is free again: the new one begins empty, the old one's objects and refs are kept.
func (c *Coordinator) PutRepo(ctx context.Context, change fsapi.RepoChange) (fsapi.Repo, bool, error) {
	return c.putRepo(ctx, change, c.refs.PutRepo)
}

// putRepo has the record that a change makes written by write, if it is at a revision still (0: if there is none).
func (c *Coordinator) putRepo(ctx context.Context, change fsapi.RepoChange, write func(ctx context.Context, next refs.Repo, expect int64) (refs.Repo, error)) (fsapi.Repo, bool, error) {
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
	if !old.Renamed.IsZero() && change.Revision != 0 {
		repo, err := c.changeMoved(ctx, change, old)
		return repo, false, err
	}
	there := lives(old)
	owner, err := c.mayPutRepo(ctx, change, old, there)
	if err != nil {
		return fsapi.Repo{}, false, err
	}
	if there && !change.Request.IsZero() && old.Request == change.Request {
		return c.Describe(ctx, old), change.Revision == 0, nil
	}
	next, err := c.nextRepo(change, old, there, owner)
	if err != nil {
		return fsapi.Repo{}, false, err
	}
	if !change.Name.IsZero() && change.Name != change.ID {
		stored, err := c.rename(ctx, old, next, change.Name)
		return c.Describe(ctx, stored), false, err
	}
	stored, err := write(ctx, next, old.Revision)
	return c.Describe(ctx, stored), !there, err
}

// lives says whether a name's record is that of a repository that is to be found there.
func lives(r refs.Repo) bool { return r.Revision > 0 && r.Deleted.IsZero() && r.Renamed.IsZero() }

// changeMoved is what comes of a change of what is called otherwise by now: nothing, unless it is
// the repeat of the very change that called it so.
func (c *Coordinator) changeMoved(ctx context.Context, change fsapi.RepoChange, left refs.Repo) (fsapi.Repo, error) {
	err := c.gate.Hide(ctx, change.ID, renamed(c.refs, left))
	now, _ := c.refs.RepoOf(left.Key)
	if fault.Is(err, fault.Moved) && !change.Request.IsZero() && now.Request == change.Request {
		return c.Describe(ctx, now), nil
	}
	return fsapi.Repo{}, err
}

// rename has the repository of old go by another name, under which next is its record. Old
// stays at its name, so that who comes there is told the other.
func (c *Coordinator) rename(ctx context.Context, old, next refs.Repo, name content.RepoID) (refs.Repo, error) {
	if !lives(old) {
		return refs.Repo{}, &fault.Error{Kind: fault.NotFound, Op: "repository", Name: old.ID.String()}
	}
	taken, _ := c.refs.Repo(name)
	if lives(taken) {
		return refs.Repo{}, fault.Newf(fault.Conflict, "repository", "there is one called %v already", name)
	}
	old.Renamed, old.Takedowns = c.clock(), nil
	next.ID, next.Former, next.Revision = name, former(taken), taken.Revision
	return c.refs.RenameRepo(ctx, old, next)
}

// former are the deleted repositories that had a name, of which old is the record.
func former(old refs.Repo) []refs.Key {
	if old.Deleted.IsZero() {
		return old.Former
	}
	return append(slices.Clone(old.Former), old.Key)
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
			return who.User, mayChange(pass, who, change)
		}
	}
	return who.User, who.MayCreate(change.ID)
}

// mayChange says whether a record may become what is asked. To rename is to take away
// here, and to make there.
func mayChange(pass gate.Pass, who gate.Caller, change fsapi.RepoChange) error {
	if change.Name.IsZero() || change.Name == change.ID {
		return pass.May(access.Configure)
	}
	if err := pass.May(access.Configure | access.Delete); err != nil {
		return err
	}
	return who.MayCreate(change.Name)
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

// newRepo is the record of a repository that begins now, where old is what is left at its name.
func (c *Coordinator) newRepo(id content.RepoID, old refs.Repo, owner string) refs.Repo {
	main, _ := content.Branch("main") // never fails: a good name
	return refs.Repo{
		Key: refs.NewKey(), ID: id, Pool: content.NewPool(), Default: main, Owner: owner, Created: c.clock(), Former: former(old),
	}
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

// Describe is what who asks sees of a record.
func (c *Coordinator) Describe(ctx context.Context, r refs.Repo) fsapi.Repo {
	at, _ := c.refs.Placement(r.Pool.Shard())
	return fsapi.Repo{
		ID: r.ID, Pool: r.Pool, Default: r.Default, Description: r.Description,
		Created: r.Created, Revision: r.Revision, Replicas: len(at.Replicas), Origin: c.originOf(ctx, r),
	}
}
