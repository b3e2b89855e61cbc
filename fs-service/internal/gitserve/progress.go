package gitserve

import (
	"fmt"
	"sync"
	"time"
)

// progress tells a client how far its request is, and keeps the connections on the way
// alive while there is nothing to tell. From progress to stop, nobody else
// writes to the lines.
type progress struct {
	lines *lines
	clock func() time.Time
	quiet bool

	mu   sync.Mutex
	last time.Time // guarded by mu: when something was shown
	over bool      // guarded by mu

	stopped chan struct{}
	beating sync.WaitGroup
}

// How often something is shown, and how often the client hears from us at all: proxies
// cut off who is silent for a minute.
const (
	showEvery = time.Second
	beatEvery = 5 * time.Second
)

// progress begins to keep the connection alive; stop ends it.
func (c *conversation) progress(quiet bool) *progress {
	p := &progress{lines: c.lines, clock: c.Clock, quiet: quiet, last: c.Clock(), stopped: make(chan struct{})}
	p.beating.Go(p.beat)
	return p
}

func (p *progress) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.stopped:
			return
		case <-tick.C:
			p.mu.Lock()
			p.lines.keepAlive() // if nobody is there, whoever works for them learns it from ctx
			p.mu.Unlock()
		}
	}
}

// show tells something, unless it is too early or too late for that. It may be called from any
// goroutine.
func (p *progress) show(format string, args ...any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if p.over || p.quiet || now.Sub(p.last) < showEvery {
		return nil
	}
	p.last = now
	return p.lines.say(fmt.Sprintf(format, args...))
}

// stop gives the lines back: every further show does nothing.
func (p *progress) stop() {
	close(p.stopped)
	p.beating.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
}
