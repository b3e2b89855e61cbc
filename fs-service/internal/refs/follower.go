package refs

import (
	"context"
	"sync"
)

// maxBehind is how many changes a follower may fall behind.
const maxBehind = 1024

// follower is a queue of changes on their way to somebody who takes their time.
type follower struct {
	wake chan struct{} // capacity 1: there is something to take

	mu     sync.Mutex
	queue  []Change // guarded by mu; at most maxBehind
	missed bool     // guarded by mu; changes before queue were left out
}

// put never blocks: who is too far behind loses the queue and is told so.
func (f *follower) put(c Change) {
	f.mu.Lock()
	if len(f.queue) >= maxBehind {
		f.queue, f.missed = nil, true
	}
	f.queue = append(f.queue, c)
	f.mu.Unlock()
	f.signal()
}

// miss says that the changes so far do not tell everything.
func (f *follower) miss() {
	f.mu.Lock()
	f.queue, f.missed = nil, true
	f.mu.Unlock()
	f.signal()
}

func (f *follower) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take empties the queue.
func (f *follower) take() (queue []Change, missed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	queue, missed = f.queue, f.missed
	f.queue, f.missed = nil, false
	return queue, missed
}

func (v *view) Watch(ctx context.Context, tell func(Change)) error {
	f := &follower{wake: make(chan struct{}, 1)}
	f.miss()
	v.mu.Lock()
	v.followers[f] = struct{}{}
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.followers, f)
	}()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.wake:
		}
		queue, missed := f.take()
		if missed {
			tell(Change{Missed: true})
		}
		for _, c := range queue {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			tell(c)
		}
	}
}
