// Package coordinator turns what a writer asks for into a commit and a moved ref.
//
// It is the one place where expectations are judged, and it judges them at the tip:
// the state that the change will be built on, guarded by the transaction that
// moves the ref. Any replica may coordinate. Two that coordinate the same branch at
// once are safe, for the transaction arbitrates between them; preferring one gives batching.
//
// The order of a write, which nothing may change: every object that the new tip
// reaches is synced on a write quorum; then one transaction checks every
// expectation and the placement's epoch, moves the refs and remembers the
// requests; then the answer. (docs/architecture/write.md)
package coordinator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Objects is what the coordinator needs of the replicas (replica.Replicas).
type Objects interface {
	// Pool reads any object of the pool, wherever it is.
	Pool(content.Pool) gitfmt.Source
	// Write returns when b is synced on a quorum.
	Write(ctx context.Context, pool content.Pool, at placement.Placement, b replica.Batch) error
	// EnsureBodies returns when a quorum holds these large blobs.
	EnsureBodies(ctx context.Context, pool content.Pool, at placement.Placement, ds []content.Digest) error
	// Close returns when a quorum holds all that the commits reach.
	Close(ctx context.Context, pool content.Pool, at placement.Placement, commits []content.Digest) error
}

// Options are what a Coordinator is made of.
type Options struct {
	Refs    refs.Refs
	Objects Objects
	Gate    *gate.Gate
	Trees   *gitfmt.Trees
	Graph   *gitfmt.Graph
	Past    func(content.Pool) *gitfmt.Past
	Clock   func() time.Time
	Log     *slog.Logger
}

// Coordinator carries out changes. Its methods may be called from any goroutine.
type Coordinator struct {
	refs    refs.Refs
	objects Objects
	gate    *gate.Gate
	trees   *gitfmt.Trees
	graph   *gitfmt.Graph
	past    func(content.Pool) *gitfmt.Past
	clock   func() time.Time
	log     *slog.Logger

	crew *run.Crew

	mu    sync.Mutex
	lanes map[laneKey]*lane // guarded by mu; only lanes with work
}

// New makes a coordinator at rest.
func New(o Options) *Coordinator {
	return &Coordinator{
		refs: o.Refs, objects: o.Objects, gate: o.Gate, trees: o.Trees, graph: o.Graph, past: o.Past, clock: o.Clock, log: o.Log,
		crew: run.NewCrew(), lanes: map[laneKey]*lane{},
	}
}

// Run owns the lanes. When ctx ends it takes no more changes, and returns when
// those under way have their answer.
func (c *Coordinator) Run(ctx context.Context) error { return c.crew.Run(ctx) }

// place is what a change needs to know of where it is: looked up once, and
// guarded by the transaction.
type place struct {
	repo refs.Repo
	at   placement.Placement
	pass gate.Pass // of who asks
}

func (c *Coordinator) place(ctx context.Context, id content.RepoID) (place, error) {
	repo, err := Lookup(c.refs, id)
	if err != nil {
		return place{}, err
	}
	at, ok := c.refs.Placement(repo.Pool.Shard())
	if !ok {
		return place{}, fault.Newf(fault.Unavailable, "place", "shard %d has no placement yet", repo.Pool.Shard())
	}
	pass, err := c.gate.Pass(ctx, repo)
	return place{repo, at, pass}, err
}

// fresh is place, after making sure that a refusal is not a matter of an old view.
func (c *Coordinator) fresh(ctx context.Context, id content.RepoID) (place, error) {
	p, err := c.place(ctx, id)
	if err == nil {
		return p, nil
	}
	if err := c.refs.Barrier(ctx); err != nil {
		return place{}, err
	}
	return c.place(ctx, id)
}

// Lookup returns the record of a repository that is there: NotFound, Gone, and Moved with
// the name that it goes by now (fault.Error.Facts).
func Lookup(r refs.Refs, id content.RepoID) (refs.Repo, error) {
	repo, ok := r.Repo(id)
	switch {
	case !ok:
		return refs.Repo{}, &fault.Error{Kind: fault.NotFound, Op: "repository", Name: id.String()}
	case !repo.Deleted.IsZero():
		return refs.Repo{}, fault.New(fault.Gone, "repository", id.String(), errDeleted(repo.Deleted))
	case !repo.Renamed.IsZero():
		return refs.Repo{}, renamed(r, repo)
	}
	return repo, nil
}

// renamed is what is said at a name that a repository gave up.
func renamed(r refs.Refs, left refs.Repo) error {
	now, ok := r.RepoOf(left.Key)
	switch {
	case !ok:
		return fault.New(fault.Gone, "repository", left.ID.String(), errors.New("renamed, and deleted since"))
	case !now.Deleted.IsZero():
		return fault.New(fault.Gone, "repository", left.ID.String(), errDeleted(now.Deleted))
	}
	return &fault.Error{Kind: fault.Moved, Op: "repository", Name: left.ID.String(),
		Err: fmt.Errorf("it is called %v now", now.ID), Facts: map[string]string{"to": now.ID.String()}}
}

type errDeleted time.Time

func (e errDeleted) Error() string { return "deleted on " + time.Time(e).UTC().Format(time.RFC3339) }

// txn begins the transaction of a change at p, on the grounds of what who asks may do.
func (p place) txn(moves ...refs.Move) refs.Txn {
	return refs.Txn{Repo: p.repo.Key, Shard: p.at.Shard, Epoch: p.at.Revision, Grounds: p.pass.Grounds(), Moves: moves}
}

// Change makes one commit on a branch (fsapi.Writer).
func (c *Coordinator) Change(ctx context.Context, cs content.ChangeSet) (content.Changed, error) {
	p, err := c.admit(ctx, cs)
	if err != nil {
		return content.Changed{}, err
	}
	return c.enter(ctx, laneKey{p.repo.Key, cs.Branch}, cs)
}

// admit says why cs can't be carried out whatever the branch holds, and sees to it that a
// quorum has what was uploaded for it.
func (c *Coordinator) admit(ctx context.Context, cs content.ChangeSet) (place, error) {
	if err := cs.Check(); err != nil {
		return place{}, err
	}
	for _, change := range cs.Changes {
		if err := change.Path.Creatable(); err != nil && !change.Delete {
			return place{}, err
		}
		if err := sensible(cs.Branch, change); err != nil {
			return place{}, err
		}
	}
	p, err := c.fresh(ctx, cs.Repo)
	if uploads := uploads(cs); err == nil && len(uploads) > 0 {
		err = c.objects.EnsureBodies(ctx, p.repo.Pool, p.at, uploads)
	}
	return p, err
}

// sensible refuses settings that nobody could follow.
func sensible(branch content.RefName, change content.Change) error {
	if branch != content.ConfigRef || change.Delete || change.Path.String() != access.SettingsFile {
		return nil
	}
	if change.Body.Inline == nil {
		return fault.Newf(fault.TooLarge, "settings", "%d bytes, more than %d", change.Body.Size, access.MaxSettings)
	}
	_, err := access.ParseSettings(change.Body.Inline)
	return err
}

func uploads(cs content.ChangeSet) (ds []content.Digest) {
	for _, change := range cs.Changes {
		if !change.Delete && change.Body.Inline == nil {
			ds = append(ds, change.Body.Digest)
		}
	}
	return ds
}

var _ interface {
	Change(context.Context, content.ChangeSet) (content.Changed, error)
	MoveRef(context.Context, fsapi.RefMove) (fsapi.Ref, error)
} = (*Coordinator)(nil)
