package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/floor"
	"rhapsode/testclients/rig"
)

// size is that of a document, in bytes; value that of what etcd is given.
const (
	size  = 6 << 10
	value = 1 << 10
)

// contest is everything that takes turns.
type contest struct {
	o    options
	log  io.Writer
	rig  *rig.Rig
	bare *floor.Bare
	etcd *floor.Etcd
	idle map[string]int64 // resident bytes of each process of the service, before any load
}

// start starts all contestants and prepares their documents.
func start(ctx context.Context, o options, dir string, log io.Writer) (_ *contest, err error) {
	c := &contest{o: o, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	fmt.Fprintln(log, "starting the service and the floors")
	if c.rig, err = rig.Start(ctx, rig.Options{Binary: o.binary, Data: filepath.Join(dir, "rhapsode"), Args: []string{"--no-import"}}); err != nil {
		return c, err
	}
	if c.bare, err = floor.StartBare(size); err != nil {
		return c, err
	}
	if c.etcd, err = floor.StartEtcd(ctx, filepath.Join(dir, "etcd")); err != nil {
		return c, err
	}
	if c.idle, err = c.settledMemory(ctx); err != nil {
		return c, err
	}
	for _, files := range []int{o.files, o.few, o.many} {
		fmt.Fprintf(log, "preparing %d documents\n", files)
		if err = bench.Prepare(ctx, bench.Options{Mode: bench.Read, URL: c.rig.Front(), Repo: repo(files), Files: files, Size: size}); err != nil {
			return c, err
		}
	}
	return c, nil
}

// settleTime is how long the service is left alone before its memory is looked at.
const settleTime = 10 * time.Second

// settledMemory returns the resident bytes of each process of the idle service.
func (c *contest) settledMemory(ctx context.Context) (map[string]int64, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(settleTime):
	}
	return c.rig.Memory()
}

func repo(files int) string { return fmt.Sprintf("bench-%d", files) }

// stop ends all that were started.
func (c *contest) stop() error {
	var errs []error
	if c.rig != nil {
		errs = append(errs, c.rig.Stop())
	}
	if c.bare != nil {
		errs = append(errs, c.bare.Stop())
	}
	if c.etcd != nil {
		errs = append(errs, c.etcd.Stop())
	}
	return errors.Join(errs...)
}

// who takes part.
const (
	bareGo = "bare Go server"
	etcd   = "plain etcd"
	direct = "direct"
	nginx  = "through nginx"
)

// event is one thing that is measured of one contestant.
type event struct {
	who   string
	mode  bench.Mode
	conns int
	files int
}

// figure is what came of an event in one round, and in the end its median.
type figure struct {
	rate, p50, p99 float64 // a second; milliseconds
	failed         int64
}

type results struct {
	figures   map[event]figure
	idle      map[string]int64
	loaded    map[string]int64
	published publishing // nothing, where there was no book
}

// measure holds all rounds.
func (c *contest) measure(ctx context.Context) (results, error) {
	seen := map[event][]figure{}
	events := c.events()
	for round := range c.o.rounds {
		fmt.Fprintf(c.log, "round %d of %d, about %v\n", round+1, c.o.rounds, time.Duration(len(events))*(c.o.count+warmUp))
		for _, e := range events {
			f, err := c.hold(ctx, e)
			if err != nil {
				return results{}, fmt.Errorf("%+v: %w", e, err)
			}
			seen[e] = append(seen[e], f)
		}
	}
	r := results{figures: map[event]figure{}, idle: c.idle}
	for e, rounds := range seen {
		r.figures[e] = median(rounds)
	}
	var err error
	r.loaded, err = c.rig.Memory()
	return r, err
}

// events are in the order in which contestants take turns: those that are
// compared follow each other.
func (c *contest) events() (all []event) {
	for _, mode := range []bench.Mode{bench.Read, bench.Cond} {
		for _, conns := range []int{16, 64} {
			for _, who := range []string{bareGo, direct, nginx} {
				all = append(all, event{who, mode, conns, c.o.files})
			}
		}
	}
	for _, conns := range []int{1, 16} {
		for _, who := range []string{etcd, direct, nginx} {
			all = append(all, event{who, bench.Write, conns, c.o.files})
		}
	}
	return append(all, event{direct, bench.Write, 1, c.o.few}, event{direct, bench.Write, 1, c.o.many})
}

const warmUp = 500 * time.Millisecond

// hold measures one event once.
func (c *contest) hold(ctx context.Context, e event) (figure, error) {
	if e.who == etcd {
		p := c.etcd.Put(ctx, e.conns, value, warmUp, c.o.count)
		return figure{p.Rate, ms(p.P50), ms(p.P99), p.Failed}, ctx.Err()
	}
	r, err := bench.Run(ctx, bench.Options{
		Mode: e.mode, URL: c.url(e.who), Repo: repo(e.files), Conns: e.conns, Files: e.files, Size: size,
		For: c.o.count, WarmUp: warmUp, AsIs: true,
	})
	if err == nil {
		err = ctx.Err()
	}
	return figure{r.Rate, r.P50, r.P99, r.Failed}, err
}

func (c *contest) url(who string) string {
	switch who {
	case bareGo:
		return c.bare.URL
	case direct:
		return c.rig.APIs()[0]
	}
	return c.rig.Front()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// median takes that of each figure by itself; failures are added up.
func median(rounds []figure) (m figure) {
	of := func(field func(figure) float64) float64 {
		var all []float64
		for _, r := range rounds {
			all = append(all, field(r))
		}
		slices.Sort(all)
		return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	}
	m.rate = of(func(f figure) float64 { return f.rate })
	m.p50 = of(func(f figure) float64 { return f.p50 })
	m.p99 = of(func(f figure) float64 { return f.p99 })
	for _, r := range rounds {
		m.failed += r.failed
	}
	return m
}
