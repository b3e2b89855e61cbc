package replica

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// mendBatch is how many blobs are gathered, mendPart how many are fetched at a time.
const (
	mendBatch = 512
	mendPart  = 64
)

// Complete walks from commits (or tags) to what is closed on this disk, fetches
// what is missing on the way, and marks them closed. inspect, if not nil, sees every commit,
// tree and tag on the way, and its error ends the walk. NotFound: something
// is on no replica.
func (r *Replicas) Complete(ctx context.Context, pool content.Pool, commits []content.Digest, inspect func(content.Object) error) error {
	if closed, err := r.disk.Closed(ctx, pool, commits...); err != nil || closed {
		return err
	}
	w := walk{Replicas: r, pool: pool, inspect: inspect}
	done := func(d content.Digest) bool {
		closed, err := r.disk.Closed(ctx, pool, d)
		return err == nil && closed
	}
	visit := func(d content.Digest, kind content.Kind) error { return w.visit(ctx, d, kind) }
	if err := gitfmt.Closure(ctx, r.Pool(pool), commits, done, visit); err != nil {
		return err
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	return r.disk.MarkClosed(ctx, pool, commits)
}

// walk is the state of one Complete.
type walk struct {
	*Replicas
	pool    content.Pool
	inspect func(content.Object) error
	blobs   []content.Digest // seen, not yet looked for; at most mendBatch
}

func (w *walk) visit(ctx context.Context, d content.Digest, kind content.Kind) error {
	if kind == content.KindBlob {
		if w.blobs = append(w.blobs, d); len(w.blobs) < mendBatch {
			return nil
		}
		return w.flush(ctx)
	}
	if w.inspect == nil || d == gitfmt.EmptyTree {
		return nil // the walk itself reads it through Pool, and so fetches it
	}
	o, err := w.Object(ctx, w.pool, d)
	if err != nil {
		return err
	}
	return w.inspect(o)
}

// flush fetches the blobs that are missing, some at a time: a pack with the rest of
// them may arrive meanwhile.
func (w *walk) flush(ctx context.Context) error {
	for part := range slices.Chunk(w.blobs, mendPart) {
		missing, err := w.disk.Missing(ctx, w.pool, part)
		if err == nil && len(missing) > 0 {
			err = w.fetchAll(ctx, w.pool, missing)
		}
		if err != nil {
			return err
		}
	}
	w.blobs = w.blobs[:0]
	return nil
}

// Healer keeps every ref of this node's shards closed on this disk.
//
// It is told of refs that moved and looks whether their targets are closed here;
// nearly always they are, for this node took part in the write. Where it did not (it was away,
// slow, or new) it mends. What it was not told of, Rescan finds.
type Healer struct {
	replicas *Replicas
	all      func(yield func(content.Pool, content.Digest) bool)
	log      *slog.Logger

	mu    sync.Mutex
	dirty map[target]bool // guarded by mu; at most maxDirty
	scan  bool            // guarded by mu: look at all of them
	wake  chan struct{}   // capacity 1
}

// target is what a ref points to.
type target struct {
	pool   content.Pool
	digest content.Digest
}

// maxDirty bounds what a Healer remembers; beyond it, it rescans.
const maxDirty = 1 << 16

// NewHealer makes a healer at rest that will begin with a scan. all yields the
// target of every ref that this node should hold.
func NewHealer(r *Replicas, all func(yield func(content.Pool, content.Digest) bool), log *slog.Logger) *Healer {
	return &Healer{replicas: r, all: all, log: log, dirty: map[target]bool{}, scan: true, wake: make(chan struct{}, 1)}
}

// Moved tells that a ref of this node's now points to d. It never blocks.
func (h *Healer) Moved(pool content.Pool, d content.Digest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.dirty) >= maxDirty {
		clear(h.dirty)
		h.scan = true
	}
	if !h.scan {
		h.dirty[target{pool, d}] = true
	}
	h.poke()
}

// Rescan asks for a look at every ref. It never blocks.
func (h *Healer) Rescan() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scan = true
	h.poke()
}

func (h *Healer) poke() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// The healer gathers for a moment before it looks, so that a write that is still on its
// way to this node is not fetched beside it; what fails is tried again ever later.
const (
	gather   = 300 * time.Millisecond
	retryMin = time.Second
	retryMax = 30 * time.Second
)

// Run heals until ctx ends. Nothing that goes wrong with one ref ends it.
func (h *Healer) Run(ctx context.Context) error {
	h.poke()
	retry := retryMin
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		}
		if !pause(ctx, gather) {
			return nil
		}
		failed := h.round(ctx)
		if len(failed) == 0 {
			retry = retryMin
			continue
		}
		if !pause(ctx, retry) {
			return nil
		}
		retry = min(2*retry, retryMax)
		for _, t := range failed {
			h.Moved(t.pool, t.digest)
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// round looks at what is due and returns what could not be mended.
func (h *Healer) round(ctx context.Context) (failed []target) {
	for t := range h.due() {
		if ctx.Err() != nil {
			return failed
		}
		if h.replicas.disk.awaits(t.pool) {
			failed = append(failed, t) // what is missing is probably in the pack that is arriving
			continue
		}
		err := h.replicas.Complete(ctx, t.pool, []content.Digest{t.digest}, nil)
		if err == nil {
			continue
		}
		if fault.Of(err) != fault.Canceled {
			h.log.Warn("cannot mend yet", "pool", t.pool, "target", t.digest, "error", err)
		}
		failed = append(failed, t)
	}
	return failed
}

func (h *Healer) due() map[target]bool {
	h.mu.Lock()
	due, scan := h.dirty, h.scan
	h.dirty, h.scan = map[target]bool{}, false
	h.mu.Unlock()
	if scan {
		for pool, d := range h.all {
			due[target{pool, d}] = true
		}
	}
	return due
}
