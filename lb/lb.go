package lb

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"rhapsode/internal/fault"
	"rhapsode/internal/gossip"
	"rhapsode/internal/run"
)

// Options are what an LB is made from.
type Options struct {
	Dir      string        // holds whatever the balancer writes; made if it is not there
	Listen   string        // host:port of the front door
	Hosts    []string      // names this service goes by, others get 421; none: any name
	MaxBody  int64         // bytes of the largest body
	Patience time.Duration // how long an API may be silent; 0: a minute
	Nginx    string        // path of nginx; "": the built-in balancer
	Ring     Ring
	Log      *slog.Logger
}

// Ring is where the living are read from: a gossip.Ring.
type Ring interface {
	Members() []gossip.Member
	Changed() <-chan struct{}
}

// LB is a balancer and its view of the APIs.
type LB struct {
	opts  Options
	front front
}

// front is what answers at the front door.
type front interface {
	// run answers until ctx ends.
	run(ctx context.Context) error
	// aim makes the APIs at addrs, and no others, those that get requests. It is
	// called before run and during it, never twice at once.
	aim(addrs []string) error
}

// New makes a balancer at rest.
func New(o Options) (*LB, error) {
	if o.MaxBody < 1 {
		return nil, fault.Newf(fault.Invalid, "make balancer", "a body of at most %d bytes", o.MaxBody)
	}
	o.Patience = cmp.Or(o.Patience, time.Minute)
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fault.New(fault.Unavailable, "make balancer", "", err)
	}
	if o.Nginx == "" {
		return &LB{o, newProxy(o)}, nil
	}
	n, err := newNginx(o)
	if err != nil {
		return nil, err
	}
	return &LB{o, n}, nil
}

// Run balances until ctx ends, then lets requests under way end for a moment.
func (b *LB) Run(ctx context.Context) error {
	changed := b.opts.Ring.Changed()
	addrs := targets(b.opts.Ring.Members(), nil)
	if err := b.front.aim(addrs); err != nil {
		return err
	}
	g := run.NewGroup(ctx)
	g.Go("front", b.front.run)
	g.Go("watch", func(ctx context.Context) error { return b.watch(ctx, changed, addrs) })
	return g.Wait()
}

// settle is how long a change waits for others that belong to it, as when all
// processes start at once: each costs nginx a reload.
const settle = 50 * time.Millisecond

func (b *LB) watch(ctx context.Context, changed <-chan struct{}, current []string) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settle):
		}
		changed = b.opts.Ring.Changed()
		next := targets(b.opts.Ring.Members(), current)
		if slices.Equal(next, current) {
			continue
		}
		if err := b.front.aim(next); err != nil {
			b.opts.Log.Error("the balancer keeps its old list", "list", current, "refused", next, "error", err)
			continue
		}
		b.opts.Log.Info("requests go to", "apis", next, "before", current)
		current = next
	}
}

// targets returns the addresses of the APIs that should get requests: those
// that live and don't drain; if there are none, those that drain; if there are
// none of these either, those of before. A dead address costs a request some
// milliseconds, a living one left out costs all of them.
func targets(members []gossip.Member, before []string) []string {
	var ready, draining []string
	for _, m := range members {
		switch {
		case m.Role != gossip.RoleAPI || m.Addr == "":
		case m.Draining:
			draining = append(draining, m.Addr)
		default:
			ready = append(ready, m.Addr)
		}
	}
	for _, addrs := range [][]string{ready, draining} {
		if len(addrs) > 0 {
			slices.Sort(addrs)
			return slices.Compact(addrs)
		}
	}
	return before
}
