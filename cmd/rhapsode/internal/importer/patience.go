package importer

import (
	"context"
	"time"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/internal/fault"
)

// patience bears failures that may pass, with longer and longer pauses, until
// nothing has moved for too long.
type patience struct {
	limit time.Duration
	since time.Time
	pause time.Duration
	seen  [3]any
}

const (
	firstPause = 100 * time.Millisecond
	lastPause  = 3 * time.Second
)

func newPatience(limit time.Duration) *patience {
	return &patience{limit: limit, since: time.Now(), pause: firstPause}
}

// progress begins anew if where differs from the last time.
func (p *patience) progress(phase string, received, done int64) {
	if where := [3]any{phase, received, done}; where != p.seen {
		p.seen, p.since, p.pause = where, time.Now(), firstPause
	}
}

// persist does f until it succeeds, or fails for good, or patience is over.
func (i *importer) persist(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return err
		}
		if time.Since(i.wait.since)+i.wait.pause > i.wait.limit {
			return err
		}
		if err := service.Pause(ctx, i.wait.pause); err != nil {
			return err
		}
		i.wait.pause = min(2*i.wait.pause, lastPause)
	}
}
