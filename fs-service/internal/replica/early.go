package replica

import (
	"context"
	"sync"

	"rhapsode/content"
)

// maxEarly bounds the batches that are remembered; the rest is left to the Healer.
const maxEarly = 4096

// early are batches that were stored before what they build on. A coordinator
// sends the next batch when a quorum has the last, so to the slowest replica two
// may be under way at once, and the second may arrive first.
type early struct {
	mu      sync.Mutex
	waiting map[target][]Batch // guarded by mu; by a base that is not closed; at most maxEarly
}

// later remembers that b's tips are closed once its bases are.
func (d *Disk) later(ctx context.Context, pool content.Pool, b Batch) error {
	d.early.mu.Lock()
	base, err := d.openBase(ctx, pool, b)
	if err == nil && base != nil && len(d.early.waiting) < maxEarly {
		if d.early.waiting == nil {
			d.early.waiting = map[target][]Batch{}
		}
		k := target{pool, *base}
		d.early.waiting[k] = append(d.early.waiting[k], Batch{Bases: b.Bases, Tips: b.Tips})
	}
	d.early.mu.Unlock()
	if err != nil || base != nil {
		return err
	}
	return d.MarkClosed(ctx, pool, b.Tips)
}

// openBase returns a base of b that is not closed, or nil. With early.mu held no base can
// become closed unseen: who marks one takes the lock afterwards.
func (d *Disk) openBase(ctx context.Context, pool content.Pool, b Batch) (*content.Digest, error) {
	for _, base := range b.Bases {
		if closed, err := d.Closed(ctx, pool, base); err != nil || !closed {
			return &base, err
		}
	}
	return nil, nil
}

// cascade looks after the batches that waited for commits which are closed now.
func (d *Disk) cascade(ctx context.Context, pool content.Pool, closed []content.Digest) error {
	d.early.mu.Lock()
	var due []Batch
	for _, c := range closed {
		k := target{pool, c}
		due = append(due, d.early.waiting[k]...)
		delete(d.early.waiting, k)
	}
	d.early.mu.Unlock()
	for _, b := range due {
		if err := d.later(ctx, pool, b); err != nil {
			return err
		}
	}
	return nil
}
