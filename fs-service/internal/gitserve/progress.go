package gitserve

import (
	"fmt"
	"sync"
	"time"
)

// progress tells a client, at most once a second, how far its request is. That also keeps
// alive the connections on the way, so a client that wants to hear nothing hears that.
type progress struct {
	clock func() time.Time
	quiet bool

	mu    sync.Mutex
	lines *lines    // guarded by mu, until stop; nil after it
	last  time.Time // guarded by mu
}

func (c *conversation) progress(quiet bool) *progress {
	return &progress{clock: c.Clock, quiet: quiet, lines: c.lines, last: c.Clock()}
}

// show tells it, unless it is too early. It may be called from any goroutine as long as nobody
// else writes to the lines.
func (p *progress) show(format string, args ...any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	if p.lines == nil || now.Sub(p.last) < time.Second {
		return nil
	}
	p.last = now
	if p.quiet {
		return p.lines.keepAlive()
	}
	return p.lines.say(fmt.Sprintf(format, args...))
}

// stop makes every further show do nothing.
func (p *progress) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = nil
}
