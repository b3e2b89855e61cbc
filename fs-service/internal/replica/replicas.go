package replica

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// straggler is how long a replica may take after the quorum has answered. What it
// misses then, it fetches when it is back (Healer).
const straggler = 10 * time.Second

// transfer is how long one body or pack may take on its way to a replica.
const transfer = time.Hour

// behind is how many writes may wait for one replica. A replica that hangs costs
// at most so many batches of memory; further writes go without it.
const behind = 128

// Replicas writes to all replicas of a pool and reads from any.
type Replicas struct {
	self  string
	disk  *Disk
	place func(content.Pool) (placement.Placement, bool)
	dial  func(name string) (Peer, error)

	crew    *run.Crew
	mu      sync.Mutex
	waiting map[string]int      // guarded by mu: writes under way, by replica
	fetches map[fetchKey]*fetch // guarded by mu
}

// NewReplicas makes the view of the node called self, which holds disk, asks place where a
// pool lives, and reaches the other nodes through dial.
func NewReplicas(self string, disk *Disk, place func(content.Pool) (placement.Placement, bool), dial func(name string) (Peer, error)) *Replicas {
	return &Replicas{
		self: self, disk: disk, place: place, dial: dial, crew: run.NewCrew(),
		waiting: map[string]int{}, fetches: map[fetchKey]*fetch{},
	}
}

// Run owns the writes that go on after their quorum was reached. When ctx ends they are
// given up.
func (r *Replicas) Run(ctx context.Context) error { return r.crew.Run(ctx) }

// Disk returns what this node holds.
func (r *Replicas) Disk() *Disk { return r.disk }

// Write stores b on the replicas named in at, and returns when a quorum has it
// synced; the others go on. Unavailable: no quorum; some replicas may hold
// objects that nothing refers to.
func (r *Replicas) Write(ctx context.Context, pool content.Pool, at placement.Placement, b Batch) error {
	return r.quorum(ctx, "write", at, func(ctx context.Context, p Peer) error { return p.Put(ctx, pool, b) })
}

// Close returns when a quorum of replicas holds all that the commits reach.
func (r *Replicas) Close(ctx context.Context, pool content.Pool, at placement.Placement, commits []content.Digest) error {
	return r.quorum(ctx, "close", at, func(ctx context.Context, p Peer) error { return p.Close(ctx, pool, commits) })
}

// Upload stores a large body on a quorum: here first, then from here.
func (r *Replicas) Upload(ctx context.Context, pool content.Pool, at placement.Placement, size int64, body io.Reader) (content.Digest, error) {
	d, err := r.disk.Receive(ctx, pool, size, body)
	if err != nil {
		return content.Digest{}, err
	}
	return d, r.spread(ctx, pool, at, d)
}

// EnsureBodies returns when a quorum of replicas holds every one of ds. NotFound:
// one is on no replica that answers.
func (r *Replicas) EnsureBodies(ctx context.Context, pool content.Pool, at placement.Placement, ds []content.Digest) error {
	for _, d := range ds {
		if _, err := r.Stat(ctx, pool, d); err != nil {
			return err
		}
		if err := r.spread(ctx, pool, at, d); err != nil {
			return err
		}
	}
	return nil
}

// spread copies a body that is on this disk to every replica that lacks it.
func (r *Replicas) spread(ctx context.Context, pool content.Pool, at placement.Placement, d content.Digest) error {
	return r.quorum(ctx, "upload", at, func(ctx context.Context, p Peer) error {
		missing, err := p.Missing(ctx, pool, []content.Digest{d})
		if err != nil || len(missing) == 0 {
			return err
		}
		h, body, err := r.disk.Open(ctx, pool, d)
		if err != nil {
			return err
		}
		return errors.Join(p.PutBody(ctx, pool, d, h.Size, body), body.Close())
	})
}

// SpreadPack sends a pack that is on this disk to the other replicas and returns when a
// quorum, this node included, has it stored. sent hears of the bytes that go.
func (r *Replicas) SpreadPack(ctx context.Context, pool content.Pool, at placement.Placement, id content.Digest, p Pack, sent func(int)) error {
	return r.quorum(ctx, "send pack", at, func(ctx context.Context, peer Peer) error {
		if _, here := peer.(local); here {
			return nil
		}
		f, size, err := r.disk.objects.OpenPack(ctx, pool, id)
		if err != nil {
			return err
		}
		sized := p
		sized.Size = size
		return errors.Join(peer.PutPack(ctx, pool, sized, counting{f, sent}), f.Close())
	})
}

type counting struct {
	r    io.Reader
	sent func(int)
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sent(n)
	return n, err
}

// quorum calls f for every replica at once and returns nil when a majority has
// returned nil. The rest goes on, owned by Run, for as long as straggler.
func (r *Replicas) quorum(ctx context.Context, op string, at placement.Placement, f func(context.Context, Peer) error) error {
	results := make(chan error, len(at.Replicas))
	for _, name := range at.Replicas {
		if err := r.start(ctx, name, f, results); err != nil {
			results <- err
		}
	}
	return await(ctx, op, results, len(at.Replicas), placement.Quorum(len(at.Replicas)))
}

func await(ctx context.Context, op string, results <-chan error, all, need int) error {
	var failures []error
	for done := 0; done < need; {
		select {
		case err := <-results:
			if err == nil {
				done++
				continue
			}
			if failures = append(failures, err); all-len(failures) < need {
				return short(op, all, need, failures)
			}
		case <-ctx.Done():
			return &fault.Error{Kind: fault.Of(ctx.Err()), Op: op, Err: context.Cause(ctx)}
		}
	}
	return nil
}

// short is the failure to reach a quorum. A refusal that would be the same
// everywhere (bad bytes, no room) keeps its kind.
func short(op string, all, need int, failures []error) error {
	kind := fault.Unavailable
	for _, err := range failures {
		if k := fault.Of(err); k == fault.Invalid || k == fault.Full || k == fault.NotFound {
			kind = k
		}
	}
	return &fault.Error{Kind: kind, Op: op, Err: fmt.Errorf("%d of %d replicas are needed: %w", need, all, errors.Join(failures...))}
}

// start calls f for one replica under the group, unless too much waits for that
// replica already.
func (r *Replicas) start(ctx context.Context, name string, f func(context.Context, Peer) error, results chan<- error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting[name] >= behind {
		return fault.Newf(fault.Unavailable, "replicate", "%d writes wait for replica %s already", behind, name)
	}
	started := r.crew.Go("replicate to "+name, func(life context.Context) error {
		defer r.finish(name)
		ctx, cancel := outlive(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		results <- r.call(ctx, name, f)
		return nil
	})
	if !started {
		return fault.Newf(fault.Unavailable, "replicate", "this node is stopping")
	}
	r.waiting[name]++
	return nil
}

func (r *Replicas) finish(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting[name]--
}

func (r *Replicas) call(ctx context.Context, name string, f func(context.Context, Peer) error) error {
	peer, err := r.peer(name)
	if err == nil {
		err = f(ctx, peer)
	}
	if err != nil {
		return fmt.Errorf("replica %s: %w", name, err)
	}
	return nil
}

// outlive makes a context with ctx's values that goes on after ctx has ended: a
// replica that the quorum did not wait for still gets its copy.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := transfer
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline) + straggler
	}
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

func (r *Replicas) peer(name string) (Peer, error) {
	if name == r.self {
		return r.Local(), nil
	}
	return r.dial(name)
}

// Pool is one pool as a source of objects that heals itself: what is missing or
// broken here is fetched from the other replicas, stored and returned.
func (r *Replicas) Pool(pool content.Pool) gitfmt.Source { return source{r, pool} }

type source struct {
	replicas *Replicas
	pool     content.Pool
}

func (s source) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	return s.replicas.Object(ctx, s.pool, d)
}

// local is this node as one of the replicas. It is what the door shows to peers, too.
type local struct {
	*Disk
	replicas *Replicas
}

// Local returns this node as a Peer.
func (r *Replicas) Local() Peer { return local{r.disk, r} }

// Close mends this disk until the commits are closed on it.
func (l local) Close(ctx context.Context, pool content.Pool, commits []content.Digest) error {
	return l.replicas.Complete(ctx, pool, commits, nil)
}
