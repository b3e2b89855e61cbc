package refs

import (
	"context"
	"sync"

	"rhapsode/internal/fault"
)

// barriers lets many wait for few questions. A question that is under way was
// asked before a newcomer came, so it can't serve them: they share the next.
type barriers struct {
	ask  func(context.Context) error // asks once and waits for the view to get there
	wake chan struct{}               // capacity 1: somebody waits for the next round

	mu      sync.Mutex
	next    *round // guarded by mu; not asked yet; nil: nobody waits
	stopped bool   // guarded by mu
}

// round is those who wait for one question.
type round struct {
	done chan struct{}
	err  error // set before done is closed
}

func newBarriers(ask func(context.Context) error) *barriers {
	return &barriers{ask: ask, wake: make(chan struct{}, 1)}
}

// wait returns once a question that was asked after the call has been answered.
func (b *barriers) wait(ctx context.Context) error {
	var last error
	for ctx.Err() == nil {
		r, err := b.join()
		if err != nil {
			return err
		}
		select {
		case <-r.done:
		case <-ctx.Done():
			return ended(ctx, "ask for the revision", false, last)
		}
		if r.err == nil {
			return nil
		}
		last = r.err
		pause(ctx)
	}
	return ended(ctx, "ask for the revision", false, last)
}

// join returns the round of the next question.
func (b *barriers) join() (*round, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return nil, fault.Newf(fault.Unavailable, "ask for the revision", "this node is stopping")
	}
	if b.next == nil {
		b.next = &round{done: make(chan struct{})}
		b.wake <- struct{}{} // has room: run takes it before it takes a round
	}
	return b.next, nil
}

// run asks, one question after the other, while anybody waits. After it has
// returned nobody waits any more.
func (b *barriers) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			b.stop(ctx.Err())
			return nil
		case <-b.wake:
		}
		r := b.take()
		try, cancel := context.WithTimeout(ctx, tryFor)
		r.err = b.ask(try)
		cancel()
		close(r.done)
	}
}

func (b *barriers) take() *round {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.next
	b.next = nil
	return r
}

func (b *barriers) stop(cause error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	if b.next != nil {
		b.next.err = cause
		close(b.next.done)
		b.next = nil
	}
}
