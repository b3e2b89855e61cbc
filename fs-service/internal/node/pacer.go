package node

import (
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
	uses func() int64 // counts what others do

	seen  int64 // uses, at the end of the last slice
	began time.Time
}

// step rests when a slice of work is over, if others did something meanwhile.
func (p *pacer) step(ctx context.Context) {
	now := time.Now()
	if p.began.IsZero() {
		p.began, p.seen = now, p.uses()
	}
	if now.Sub(p.began) < workSlice {
		return
	}
	if uses := p.uses(); uses != p.seen {
		p.seen = uses
		rest := time.NewTimer(restSlice)
		defer rest.Stop()
		select {
		case <-rest.C:
		case <-ctx.Done():
		}
	}
	p.began = time.Now()
}
