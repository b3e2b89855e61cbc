// Package node is one fs-service without its network: the parts that hold refs, objects and
// unfinished imports, put together into the file system that fsapi promises.
//
// A node answers for the shards that it has a replica of and is Misplaced for the
// others. Several nodes may answer for the same shard at once; what they may not
// decide alone is decided by the transactions in refs.
package node

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/annals"
	"rhapsode/fs-service/internal/bodies"
	"rhapsode/fs-service/internal/coordinator"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/gitserve"
	"rhapsode/fs-service/internal/imports"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Options are what a Node is made of.
type Options struct {
	Name      string
	Dir       string // the node's own; made if need be
	Refs      refs.Refs
	Dial      func(name string) (replica.Peer, error)
	Clock     func() time.Time
	Anonymous access.Role // of who brings no token, everywhere; "": none
	MaxBundle int64       // bytes; 0: 8 GiB
	Log       *slog.Logger
}

// Bounds of what a node keeps in memory.
const (
	treeCache   = 64 << 20 // bytes of parsed trees
	objectCache = 32 << 20 // bytes of small objects
	maxBundle   = 8 << 30
)

// Node is one fs-service. It is an fsapi.FS.
type Node struct {
	name        string
	refs        refs.Refs
	objects     *objects.Store
	gate        *gate.Gate
	replicas    *replica.Replicas
	coordinator *coordinator.Coordinator
	imports     *imports.Imports
	git         *gitserve.Server
	healer      *replica.Healer
	trees       *gitfmt.Trees
	graph       *gitfmt.Graph
	annals      *annals.Annals
	patching    chan struct{} // room for maxPatches
	clock       func() time.Time
	log         *slog.Logger
}

var _ fsapi.FS = (*Node)(nil)

// Open opens the node's directory. The node is at rest until Run; Close gives the directory back.
func Open(o Options) (*Node, error) {
	store, err := objects.Open(objects.Options{Dir: filepath.Join(o.Dir, "objects"), CacheBytes: objectCache, Log: o.Log})
	if err != nil {
		return nil, err
	}
	n, err := assemble(o, store)
	if err != nil {
		store.Close()
		return nil, err
	}
	return n, nil
}

func assemble(o Options, store *objects.Store) (*Node, error) {
	large, err := bodies.Open(filepath.Join(o.Dir, "bodies"))
	if err != nil {
		return nil, err
	}
	disk, err := replica.NewDisk(store, large, filepath.Join(o.Dir, "objects", "incoming"))
	if err != nil {
		return nil, err
	}
	n := &Node{name: o.Name, refs: o.Refs, objects: store, clock: o.Clock, log: o.Log, trees: gitfmt.NewTrees(treeCache), patching: make(chan struct{}, maxPatches)}
	n.graph = gitfmt.NewGraph(n.trees, gitfmt.Limits{})
	n.replicas = replica.NewReplicas(o.Name, disk, n.placed, o.Dial)
	n.healer = replica.NewHealer(n.replicas, n.targets, o.Log)
	n.annals, err = annals.New(annals.Options{
		Dir: filepath.Join(o.Dir, "annals"), Graph: n.graph, Source: n.replicas.Pool, Closed: n.Closed, Clock: o.Clock, Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	n.gate = gate.New(gate.Options{
		Refs: o.Refs, Pool: n.replicas.Pool, Trees: n.trees, Graph: n.graph, Clock: o.Clock, Anonymous: o.Anonymous, Log: o.Log,
	})
	n.coordinator = coordinator.New(coordinator.Options{
		Gate: n.gate, Refs: o.Refs, Objects: n.replicas, Trees: n.trees, Graph: n.graph, Past: n.annals.Of, Clock: o.Clock, Log: o.Log,
	})
	n.git = gitserve.New(gitserve.Options{
		Refs: o.Refs, Replicas: n.replicas, Mover: n.coordinator, Trees: n.trees, Graph: n.graph, Clock: o.Clock, Log: o.Log,
	})
	if o.MaxBundle == 0 {
		o.MaxBundle = maxBundle
	}
	n.imports, err = imports.New(imports.Options{
		Dir: filepath.Join(o.Dir, "imports"), MaxBytes: o.MaxBundle, Replicas: n.replicas, Adopter: n.coordinator, Own: n.git.Own, Log: o.Log,
	})
	return n, err
}

// Run is the node's life. When ctx ends, it takes no more changes, finishes those under way, and returns.
func (n *Node) Run(ctx context.Context) error {
	// The replicas outlive the writers that need them.
	lasting := run.NewGroup(context.WithoutCancel(ctx))
	lasting.Go("replicas", n.replicas.Run)
	writers := run.NewGroup(ctx)
	writers.Go("coordinator", n.coordinator.Run)
	writers.Go("imports", n.imports.Run)
	writers.Go("healer", n.healer.Run)
	writers.Go("drop old drafts", n.dropDrafts)
	writers.Go("annals", n.annals.Run)
	writers.Go("fold objects", n.foldObjects)
	writers.Go("scrub objects", n.scrubObjects)
	writers.Go("watch the disk", n.watchDisk)
	writers.Go("follow refs", func(ctx context.Context) error { return n.refs.Watch(ctx, n.follow) })
	err := writers.Wait()
	lasting.Stop()
	if lastingErr := lasting.Wait(); err == nil {
		err = lastingErr
	}
	return err
}

// watchDisk ends the node when its store has failed for good: its shards have other
// replicas, and a store that lost a write must not go on answering.
func (n *Node) watchDisk(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-n.objects.Failed():
		return n.objects.Err()
	}
}

// Close closes the node's stores. Run has returned.
func (n *Node) Close() error {
	n.annals.Close()
	return n.objects.Close()
}

// Local is this node as its peers see it.
func (n *Node) Local() replica.Peer { return n.replicas.Local() }

// Closed says whether everything that a commit reaches is on this node's disk.
func (n *Node) Closed(ctx context.Context, pool content.Pool, commit content.Digest) (bool, error) {
	return n.replicas.Disk().Closed(ctx, pool, commit)
}

// follow passes on where refs went to the healer and the annals.
func (n *Node) follow(c refs.Change) {
	switch {
	case c.Missed:
		n.healer.Rescan()
	case !c.Record.Target.IsZero():
		if repo, ok := n.refs.RepoOf(c.Repo); ok && n.holds(repo.Pool) {
			n.healer.Moved(repo.Pool, c.Record.Target)
			n.annals.Moved(repo.Pool, c.Record.Target)
		}
	}
}

// targets yields where the refs of this node's shards point.
func (n *Node) targets(yield func(content.Pool, content.Digest) bool) {
	more := true
	n.refs.Each(func(k refs.Key, _ content.RefName, r refs.Record) {
		if repo, ok := n.refs.RepoOf(k); more && ok && n.holds(repo.Pool) {
			more = yield(repo.Pool, r.Target)
		}
	})
}

func (n *Node) placed(pool content.Pool) (placement.Placement, bool) {
	return n.refs.Placement(pool.Shard())
}

func (n *Node) holds(pool content.Pool) bool {
	at, ok := n.placed(pool)
	return ok && slices.Contains(at.Replicas, n.name)
}

// Location says where the shard of a repository is. It is a hint: a write is
// checked against the epoch.
func (n *Node) Location(ctx context.Context, id content.RepoID) (placement.Placement, error) {
	repo, err := n.repo(ctx, id)
	if err != nil {
		return placement.Placement{}, err
	}
	at, ok := n.placed(repo.Pool)
	if !ok {
		return placement.Placement{}, fault.Newf(fault.Unavailable, "locate", "shard %d has no placement yet", repo.Pool.Shard())
	}
	return at, nil
}

// repo looks a repository up; if it seems not to be there, in the newest view.
func (n *Node) repo(ctx context.Context, id content.RepoID) (refs.Repo, error) {
	if repo, err := coordinator.Lookup(n.refs, id); err == nil {
		return repo, nil
	}
	if err := n.refs.Barrier(ctx); err != nil {
		return refs.Repo{}, err
	}
	repo, err := coordinator.Lookup(n.refs, id)
	return repo, n.gate.Hide(ctx, id, err)
}

// passing is a repository that is here, and what who asks may do in it.
func (n *Node) passing(ctx context.Context, id content.RepoID) (refs.Repo, gate.Pass, error) {
	repo, err := n.here(ctx, id)
	if err != nil {
		return refs.Repo{}, gate.Pass{}, err
	}
	pass, err := n.gate.Pass(ctx, repo)
	return repo, pass, err
}

// here is repo, of which this node has to hold a replica.
func (n *Node) here(ctx context.Context, id content.RepoID) (refs.Repo, error) {
	repo, err := n.repo(ctx, id)
	if err == nil && !n.holds(repo.Pool) {
		err = fault.Newf(fault.Misplaced, "repository", "node %s holds no replica of shard %d", n.name, repo.Pool.Shard())
	}
	return repo, err
}

// Change is in fsapi.Writer.
func (n *Node) Change(ctx context.Context, cs content.ChangeSet) (content.Changed, error) {
	if _, err := n.here(ctx, cs.Repo); err != nil {
		return content.Changed{}, err
	}
	return n.coordinator.Change(ctx, cs)
}

// MoveRef is in fsapi.Writer.
func (n *Node) MoveRef(ctx context.Context, m fsapi.RefMove) (fsapi.Ref, error) {
	if _, err := n.here(ctx, m.Repo); err != nil {
		return fsapi.Ref{}, err
	}
	return n.coordinator.MoveRef(ctx, m)
}

// Merge is in fsapi.Merger.
func (n *Node) Merge(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
	if _, err := n.here(ctx, m.Repo); err != nil {
		return fsapi.Merged{}, err
	}
	return n.coordinator.Merge(ctx, m)
}

// Release is in fsapi.Releaser.
func (n *Node) Release(ctx context.Context, r fsapi.Release) (fsapi.Released, error) {
	if _, err := n.here(ctx, r.Record.Repo); err != nil {
		return fsapi.Released{}, err
	}
	return n.coordinator.Release(ctx, r)
}

// Pick is in fsapi.Merger.
func (n *Node) Pick(ctx context.Context, p fsapi.Pick) (fsapi.Merged, error) {
	if _, err := n.here(ctx, p.Repo); err != nil {
		return fsapi.Merged{}, err
	}
	return n.coordinator.Pick(ctx, p)
}

// PutRepo is in fsapi.Writer.
func (n *Node) PutRepo(ctx context.Context, c fsapi.RepoChange) (fsapi.Repo, bool, error) {
	if !c.Derive.Repo.IsZero() {
		return n.derive(ctx, c)
	}
	return n.coordinator.PutRepo(ctx, c)
}

// DeleteRepo is in fsapi.Writer.
func (n *Node) DeleteRepo(ctx context.Context, id content.RepoID, revision int64) error {
	return n.coordinator.DeleteRepo(ctx, id, revision)
}

// Takedowns is in fsapi.Withholder.
func (n *Node) Takedowns(ctx context.Context, id content.RepoID) (access.Takedowns, error) {
	return n.coordinator.Takedowns(ctx, id)
}

// TakeDown is in fsapi.Withholder.
func (n *Node) TakeDown(ctx context.Context, id content.RepoID, t access.Takedown) (access.Takedown, error) {
	return n.coordinator.TakeDown(ctx, id, t)
}

// Lift is in fsapi.Withholder.
func (n *Node) Lift(ctx context.Context, id content.RepoID, edition content.RefName) error {
	return n.coordinator.Lift(ctx, id, edition)
}

// Upload is in fsapi.Writer.
func (n *Node) Upload(ctx context.Context, id content.RepoID, size int64, r io.Reader) (content.Digest, error) {
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.Store()
	}
	if err != nil {
		return content.Digest{}, err
	}
	at, _ := n.placed(repo.Pool)
	return n.replicas.Upload(ctx, repo.Pool, at, size, r)
}

// Receive is in fsapi.Importer.
func (n *Node) Receive(ctx context.Context, piece fsapi.ImportPiece, r io.Reader) (fsapi.ImportStatus, error) {
	t, err := n.importTarget(ctx, piece.Repo)
	if err != nil {
		return fsapi.ImportStatus{}, err
	}
	return n.imports.Receive(ctx, t, piece, r)
}

// Import is in fsapi.Importer.
func (n *Node) Import(ctx context.Context, id content.RepoID, of fsapi.ImportID) (fsapi.ImportStatus, error) {
	t, err := n.importTarget(ctx, id)
	if err != nil {
		return fsapi.ImportStatus{}, err
	}
	return n.imports.Status(t, of)
}

func (n *Node) importTarget(ctx context.Context, id content.RepoID) (imports.Target, error) {
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.May(access.Write)
	}
	at, _ := n.placed(repo.Pool)
	return imports.Target{Repo: repo, At: at}, err
}
