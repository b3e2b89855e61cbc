package lb

import (
	"slices"
	"sync"
	"time"
)

// pool is the list of APIs that get requests in turn. One that failed gets none
// for a second unless all did.
type pool struct {
	now func() time.Time

	mu     sync.Mutex
	apis   []*api // guarded by mu
	cursor int    // guarded by mu
}

type api struct {
	addr       string
	avoidUntil time.Time // guarded by the pool's mu
}

// failTimeout is the same as in nginx's configuration.
const failTimeout = time.Second

func newPool(now func() time.Time) *pool { return &pool{now: now} }

// set replaces the list; an API that stays keeps its mark.
func (p *pool) set(addrs []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := make([]*api, 0, len(addrs))
	for _, addr := range addrs {
		i := slices.IndexFunc(p.apis, func(a *api) bool { return a.addr == addr })
		if i >= 0 {
			next = append(next, p.apis[i])
		} else {
			next = append(next, &api{addr: addr})
		}
	}
	p.apis = next
}

// pick returns the next API that has not been tried, or nil.
func (p *pool) pick(tried []*api) *api {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	var second *api
	for range p.apis {
		p.cursor++
		a := p.apis[p.cursor%len(p.apis)]
		switch {
		case slices.Contains(tried, a):
		case !now.Before(a.avoidUntil):
			return a
		case second == nil:
			second = a
		}
	}
	return second
}

// blame has a avoided for a while.
func (p *pool) blame(a *api) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.avoidUntil = p.now().Add(failTimeout)
}
