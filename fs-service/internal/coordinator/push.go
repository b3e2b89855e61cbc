package coordinator

import (
	"context"
	"errors"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// errNotAtomic is the answer to what is good itself, in an atomic push that is not.
var errNotAtomic = errors.New("another ref of this atomic push is refused")

// Push judges every update of a push where the refs are now and moves those that are
// good in one transaction: all or none of them if the push is atomic. It returns,
// in the updates' order, why each was refused, or nil. Everything that they reach is closed
// on a quorum already.
//
// Stale: the ref is not where the client saw it. Conflict: the default branch would be
// deleted; a tag would move; a name would lie under another. Forbidden: among others, a
// branch would be moved other than forward by who may not. Invalid: settings that make no sense.
//
// The error is about the whole: nothing was done, or, if it is Unknown, all or nothing.
func (c *Coordinator) Push(ctx context.Context, repo content.RepoID, updates []refs.Update, atomic bool) (refused []error, err error) {
	err = c.moving(ctx, repo, func(ctx context.Context, p place) (refs.Txn, error) {
		refused = make([]error, len(updates))
		txn := p.txn()
		failed := false
		for i, u := range updates {
			old, _ := c.refs.Ref(p.repo.Key, u.Name)
			if refused[i] = c.mayPush(ctx, p, u, old); refused[i] != nil {
				failed = true
				continue
			}
			txn.Moves = append(txn.Moves, refs.Move{Name: u.Name, Expect: old.Revision, New: u.New})
		}
		if atomic && failed {
			txn.Moves = nil
			for i := range refused {
				if refused[i] == nil {
					refused[i] = fault.New(fault.Conflict, "push", updates[i].Name.Short(), errNotAtomic)
				}
			}
		}
		return txn, ctx.Err()
	})
	return refused, err
}

// mayPush says whether a push may move a ref that is at old.
func (c *Coordinator) mayPush(ctx context.Context, p place, u refs.Update, old refs.Record) error {
	if err := p.pass.Move(u.Name, false); err != nil {
		return err
	}
	src := c.objects.Pool(p.repo.Pool)
	switch {
	case u.Name.IsEdition():
		return fault.Newf(fault.Conflict, "push", "%v is an edition: it is made by publishing, and stays", u.Name.Short())
	case old.Target != u.Old && old.Target.IsZero():
		return fault.Newf(fault.Stale, "push", "%v is gone: fetch first", u.Name.Short())
	case old.Target != u.Old:
		return fault.Newf(fault.Stale, "push", "%v is at %v by now: fetch first", u.Name.Short(), old.Target)
	case u.New.IsZero() && old.Target.IsZero():
		return fault.Newf(fault.NotFound, "push", "%v is not there", u.Name.Short())
	case u.New.IsZero() && u.Name == p.repo.Default:
		return fault.Newf(fault.Conflict, "push", "%v is the default branch and can't be deleted", u.Name.Short())
	case u.New.IsZero():
		return nil
	}
	if err := c.mayPoint(ctx, src, u); err != nil {
		return err
	}
	if old.Target.IsZero() {
		return c.mayBegin(p, u.Name)
	}
	err := c.mayMove(ctx, src, fsapi.RefMove{Name: u.Name}, old.Target, u.New)
	if fault.Is(err, fault.Conflict) && !u.Name.IsTag() {
		return p.pass.Move(u.Name, true) // the client has said from where, so it knows what it does
	}
	return err
}

// mayPoint refuses a branch that is no commit, and a tag that stands for none.
func (c *Coordinator) mayPoint(ctx context.Context, src gitfmt.Source, u refs.Update) error {
	commit, err := gitfmt.Peel(ctx, src, u.New)
	if err == nil && u.Name.IsBranch() && commit != u.New {
		err = fault.Newf(fault.Invalid, "push", "%v is a tag, and a branch points to a commit", u.New)
	}
	if err == nil && u.Name == content.ConfigRef {
		err = c.gate.Check(ctx, src, commit)
	}
	return err
}

// mayBegin refuses a name under which, or above which, there is another: git keeps refs in
// files, and a clone could not hold both.
func (c *Coordinator) mayBegin(p place, name content.RefName) error {
	if under := c.refs.List(p.repo.Key, name.String()+"/", "", 1); len(under) > 0 {
		return fault.Newf(fault.Conflict, "push", "there is %v, so %v can't be", under[0].Name.Short(), name.Short())
	}
	for above := name.String(); strings.Count(above, "/") > 2; {
		above = above[:strings.LastIndexByte(above, '/')]
		if there := c.refs.List(p.repo.Key, above, "", 1); len(there) > 0 && there[0].Name.String() == above {
			return fault.Newf(fault.Conflict, "push", "there is %v, so %v can't be", there[0].Name.Short(), name.Short())
		}
	}
	return nil
}
