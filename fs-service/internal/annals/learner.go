package annals

import (
	"context"
	"math"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Closed says whether all that a commit or tag reaches is on this disk.
type Closed func(context.Context, content.Pool, content.Digest) (bool, error)

// target is what a ref points to.
type target struct {
	pool   content.Pool
	digest content.Digest
}

// learner remembers what is to be learned.
type learner struct {
	mu   sync.Mutex
	due  map[target]bool // guarded by mu; at most maxDue
	wake chan struct{}   // capacity 1
}

// maxDue bounds what is remembered; what comes beyond it is learned when somebody asks.
const maxDue = 1 << 14

func newLearner() learner {
	return learner{due: map[target]bool{}, wake: make(chan struct{}, 1)}
}

// Moved tells that a ref of this node's now points to d. It never blocks.
func (l *learner) Moved(pool content.Pool, d content.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.due) < maxDue {
		l.due[target{pool, d}] = true
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *learner) take() map[target]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := l.due
	l.due = map[target]bool{}
	return due
}

// Moves are gathered for a while, so that a hundred commits of one branch are
// learned together; what is not closed yet, or failed, is tried some more times.
const (
	gather  = time.Second
	retries = 60
)

// Run learns of refs that moved, until ctx ends. Nothing that goes wrong with one ends it.
func (a *Annals) Run(ctx context.Context) error {
	tried := map[target]int{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.wake:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(gather):
		}
		for t := range a.take() {
			if ctx.Err() != nil {
				return nil
			}
			learned, err := a.learn(ctx, t)
			if learned || tried[t] >= retries {
				delete(tried, t)
				continue
			}
			tried[t]++
			a.Log.Debug("annals are behind", "pool", t.pool, "target", t.digest, "tries", tried[t], "error", err)
			a.Moved(t.pool, t.digest)
		}
	}
}

// learn learns of one target, once its commits are here: to read what is not would
// fetch it object by object beside the pack that it is coming in.
func (a *Annals) learn(ctx context.Context, t target) (bool, error) {
	if closed, err := a.Closed(ctx, t.pool, t.digest); err != nil || !closed {
		return false, err
	}
	commit, err := gitfmt.Peel(ctx, a.Source(t.pool), t.digest)
	if fault.Is(err, fault.Invalid) {
		return true, nil // it is no commit, and has no history
	}
	if err != nil {
		return false, err
	}
	err = a.Of(t.pool).Learn(ctx, commit, math.MaxInt)
	return err == nil || fault.Is(err, fault.TooLarge), err
}
