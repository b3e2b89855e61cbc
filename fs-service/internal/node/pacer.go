package node

import (
	"cmp"
	"context"
	"time"
)

// What work in the background takes of a processor while somebody else uses the store: a
// quarter.
const (
	workSlice = 5 * time.Millisecond
	restSlice = 3 * workSlice
)

// pacer slows down work that nobody waits for. One goroutine uses it.
type pacer struct {
	uses func() int64  // counts what others do; nil: somebody always does something
	rest time.Duration // after each slice of work; 0: restSlice

	seen  int64 // uses, at the end of the last slice
	began time.Time
}

// used says whether others did something since it was asked.
func (p *pacer) used() bool {
	if p.uses == nil {
		return true
	}
	before := p.seen
	p.seen = p.uses()
	return p.seen != before
}

// step rests when a slice of work is over, if others did something meanwhile.
func (p *pacer) step(ctx context.Context) {
	now := time.Now()
	if p.began.IsZero() {
		p.began = now
		p.used()
	}
	if now.Sub(p.began) < workSlice {
		return
	}
	if p.used() {
		rest := time.NewTimer(cmp.Or(p.rest, restSlice))
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
	}
	p.began = time.Now()
}
