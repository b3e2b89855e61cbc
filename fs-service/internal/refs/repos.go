package refs

import (
	"context"
	"encoding/json"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/internal/fault"
)

// PutRepo is as Refs says.
func (l *ledger) PutRepo(ctx context.Context, r Repo, expect int64) (Repo, error) {
	return l.putRepo(ctx, r, expect, func(*transaction) error { return nil })
}

// Derive is as Refs says.
func (l *ledger) Derive(ctx context.Context, d Derivation) (Repo, error) {
	if d.From.Key.IsZero() || d.Epoch <= 0 || d.Repo.Origin.Commit.IsZero() {
		return Repo{}, fault.Newf(fault.Invalid, "derive repository", "%v: no origin, commit or epoch", d.Repo.ID)
	}
	child, parent := d.Repo, d.From
	child.Pool, child.Shared, parent.Shared = parent.Pool, true, true
	child.Origin.Repo = parent.Key
	return l.putRepo(ctx, child, d.Expect, func(tx *transaction) error {
		value, err := encodeRepo(parent)
		if err != nil {
			return err
		}
		tx.conditions = append(tx.conditions,
			condition{repoKey(parent.ID), "=", parent.Revision}, condition{placeKey(parent.Pool.Shard()), "=", d.Epoch})
		for _, g := range d.Grounds {
			tx.conditions = append(tx.conditions, condition{g.key, "=", g.revision})
		}
		begins := Record{Target: child.Origin.Commit, Done: []Done{{Request: child.Request, Commit: child.Origin.Commit}}}
		tx.puts = append(tx.puts, put{key: refKey(child.Key, child.Default), value: encodeRecord(begins)})
		if !d.From.Shared {
			tx.puts = append(tx.puts, put{key: repoKey(parent.ID), value: value})
		}
		return nil
	})
}

// putRepo writes a record, and what more there is to the transaction.
func (l *ledger) putRepo(ctx context.Context, r Repo, expect int64, more func(*transaction) error) (Repo, error) {
	if r.incomplete() || expect < 0 {
		return Repo{}, fault.Newf(fault.Invalid, "put repository", "%v: no name, key, pool or default branch, or a negative revision", r.ID)
	}
	if r.Request.IsZero() {
		r.Request = content.NewRequestID()
	}
	l.caughtUp(ctx, expect)
	tx, err := l.draftRepo(r, expect)
	if err == nil {
		err = more(&tx)
	}
	if err != nil {
		return Repo{}, fault.New(fault.Internal, "put repository", r.ID.String(), err)
	}
	o, lost, err := l.settle(ctx, "put repository", tx)
	if err != nil {
		return Repo{}, err
	}
	defer l.caughtUp(ctx, o.revision)
	if o.done {
		r.Revision = o.revision
		return r, nil
	}
	return judgeRepo(r, o, lost)
}

// incomplete says whether r lacks what every record of a repository that is to be found
// by its name has.
func (r Repo) incomplete() bool {
	return r.ID.IsZero() || r.Key.IsZero() || r.Pool == (content.Pool{}) || r.Default.IsZero() || !r.Renamed.IsZero()
}

// RenameRepo is as Refs says.
func (l *ledger) RenameRepo(ctx context.Context, was, now Repo) (Repo, error) {
	if now.incomplete() || !now.Deleted.IsZero() || was.Key != now.Key || was.ID == now.ID || was.Renamed.IsZero() || was.Revision <= 0 || now.Revision < 0 {
		return Repo{}, fault.Newf(fault.Invalid, "rename repository", "%v to %v: not two records of one repository", was.ID, now.ID)
	}
	if now.Request.IsZero() {
		now.Request = content.NewRequestID()
	}
	l.caughtUp(ctx, max(was.Revision, now.Revision))
	left, err := encodeRepo(was)
	if err != nil {
		return Repo{}, fault.New(fault.Internal, "rename repository", was.ID.String(), err)
	}
	value, err := encodeRepo(now)
	if err != nil {
		return Repo{}, fault.New(fault.Internal, "rename repository", now.ID.String(), err)
	}
	o, lost, err := l.settle(ctx, "rename repository", transaction{
		conditions: []condition{{repoKey(was.ID), "=", was.Revision}, {repoKey(now.ID), "=", now.Revision}},
		puts: []put{
			{key: repoKey(was.ID), value: left},
			{key: repoKey(now.ID), value: value},
			{key: liveKey(now.Key), value: []byte(now.ID.String())},
		},
		look: []string{repoKey(now.ID)},
	})
	if err != nil {
		return Repo{}, err
	}
	defer l.caughtUp(ctx, o.revision)
	if o.done {
		now.Revision = o.revision
		return now, nil
	}
	return judgeRepo(now, o, lost)
}

// draftRepo makes r into a transaction. The record's key is live while it is not
// deleted, and the key that it had before no longer is, unless that goes by another name.
func (l *ledger) draftRepo(r Repo, expect int64) (transaction, error) {
	value, err := encodeRepo(r)
	if err != nil {
		return transaction{}, err
	}
	name, live := repoKey(r.ID), liveKey(r.Key)
	tx := transaction{
		conditions: []condition{{name, "=", expect}},
		puts:       []put{{key: name, value: value}},
		look:       []string{name},
	}
	if r.Deleted.IsZero() {
		tx.puts = append(tx.puts, put{key: live, value: []byte(r.ID.String())})
	} else {
		tx.deletes = append(tx.deletes, live)
	}
	if was, ok := l.view.Repo(r.ID); ok && was.Key != r.Key && was.Renamed.IsZero() {
		tx.deletes = append(tx.deletes, liveKey(was.Key))
	}
	return tx, nil
}

// judgeRepo says why r was refused, or that it was written after all.
func judgeRepo(r Repo, o outcome, lost bool) (Repo, error) {
	e := o.seen[0]
	if e.value != nil {
		is, err := decodeRepo(r.ID.String(), e.value, e.revision)
		if err != nil {
			return Repo{}, fault.New(fault.Corrupt, "read repository", r.ID.String(), err)
		}
		if is.Request == r.Request {
			return is, nil
		}
	}
	if lost {
		return Repo{}, fault.Newf(fault.Unknown, "put repository", "%v was changed by others since", r.ID)
	}
	return Repo{}, fault.Newf(fault.Stale, "put repository", "%v is at revision %d", r.ID, e.revision)
}

// Register is as Refs says.
func (l *ledger) Register(ctx context.Context, n Node) error {
	if n.Name == "" || strings.Contains(n.Name, "/") {
		return fault.Newf(fault.Invalid, "register node", "%q is no name", n.Name)
	}
	value, err := json.Marshal(n)
	if err != nil {
		return fault.New(fault.Invalid, "register node", n.Name, err)
	}
	key, at := nodeKey(n.Name), int64(0)
	for {
		o, _, err := l.settle(ctx, "register node", transaction{
			conditions: []condition{{key, "=", at}},
			puts:       []put{{key: key, value: value}},
			look:       []string{key},
		})
		if err != nil {
			return err
		}
		if o.done || string(o.seen[0].value) == string(value) {
			l.caughtUp(ctx, o.revision)
			return nil
		}
		at = o.seen[0].revision
	}
}

// EnsurePlacements is as Refs says.
func (l *ledger) EnsurePlacements(ctx context.Context, nodes []string, replicas int) error {
	if len(nodes) == 0 || replicas < 1 {
		return fault.Newf(fault.Invalid, "place shards", "%d replicas on %d nodes", replicas, len(nodes))
	}
	on := make([]placement.Node, len(nodes))
	for i, name := range nodes {
		on[i] = placement.Node{Name: name}
	}
	var tx transaction
	for s := range content.Shards {
		key := placeKey(content.Shard(s))
		value, err := json.Marshal(placeValue{Replicas: placement.Wanted(content.Shard(s), on, replicas)})
		if err != nil {
			return fault.New(fault.Internal, "place shards", key, err)
		}
		tx.conditions = append(tx.conditions, condition{key, "=", 0})
		tx.puts = append(tx.puts, put{key: key, value: value})
	}
	o, _, err := l.settle(ctx, "place shards", tx)
	if err != nil {
		return err
	}
	l.caughtUp(ctx, o.revision)
	return nil
}
