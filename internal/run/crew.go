package run

import (
	"context"
	"sync"
)

// Crew runs tasks that turn up at any time, until it is sent home. It may be given
// tasks before Run; whoever makes one has to Run it.
type Crew struct {
	group *Group

	mu   sync.Mutex
	home bool // guarded by mu
}

// NewCrew makes a crew without tasks.
func NewCrew() *Crew { return &Crew{group: NewGroup(context.Background())} }

// Go starts a task under a name that its errors will carry, and says whether it did:
// a crew that was sent home takes nothing on.
func (c *Crew) Go(name string, f func(context.Context) error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.home || c.group.ctx.Err() != nil {
		return false
	}
	c.group.Go(name, f)
	return true
}

// Run owns the tasks. When ctx ends or a task fails, the crew takes nothing more on
// and the contexts of its tasks end; Run returns when they have, with the first failure.
func (c *Crew) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-c.group.ctx.Done():
	}
	c.mu.Lock()
	c.home = true
	c.mu.Unlock()
	c.group.Stop()
	return c.group.Wait()
}
