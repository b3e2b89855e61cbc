// Package bench measures one front door of a content service with requests of
// one sort, and checks every answer while it does.
//
// It is a closed loop: each connection has one request under way and sends the
// next when the answer is whole. What happens during the warm-up is checked but
// not counted. Run ends by itself, and nothing of it is left then.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/latency"
)

// Mode is the sort of request.
type Mode string

// The modes.
const (
	Read  Mode = "read"  // GET of random documents of a branch tip: 200
	Cond  Mode = "cond"  // the same with an If-None-Match that holds: 304
	Write Mode = "write" // each connection replaces a document of its own, with If-Match: 204
	Page  Mode = "page"  // GET of random pages of an edition, as Publish does: 200
)

// Options say what to measure. The zero value of a field is its default.
type Options struct {
	Mode   Mode
	URL    string        // of the front door
	Token  string        // of who measures; "": none is sent
	Repo   string        // "bench"
	Branch string        // "main"
	Conns  int           // 16
	For    time.Duration // counted time: 10 s
	WarmUp time.Duration // before that: a tenth of For, at least 0.3 s
	Files  int           // documents in the repository: 2,000
	Size   int           // bytes of each: 6 KiB
	Seed   uint64        // of what is asked and written; 0: from the clock. It is in the Report
	AsIs   bool          // take the repository as it is; else it is made if it is not there
}

// Limits of Options.
const (
	MaxConns = 4096
	MaxFiles = 100_000
	MaxSize  = 1 << 20
)

func (o Options) withDefaults() Options {
	o.Repo = cmp.Or(o.Repo, "bench")
	o.Branch = cmp.Or(o.Branch, "main")
	o.Conns = cmp.Or(o.Conns, 16)
	o.For = cmp.Or(o.For, 10*time.Second)
	o.WarmUp = cmp.Or(o.WarmUp, max(o.For/10, 300*time.Millisecond))
	o.Files = cmp.Or(o.Files, 2000)
	o.Size = cmp.Or(o.Size, 6<<10)
	o.Seed = cmp.Or(o.Seed, uint64(time.Now().UnixNano()))
	return o
}

func (o Options) check() error {
	switch {
	case o.Mode != Read && o.Mode != Cond && o.Mode != Write:
		return fmt.Errorf("bench: mode %q is not read, cond or write", o.Mode)
	case o.URL == "":
		return errors.New("bench: no URL")
	case o.Conns < 1 || o.Conns > MaxConns:
		return fmt.Errorf("bench: %d connections, not 1 to %d", o.Conns, MaxConns)
	case o.Files < 1 || o.Files > MaxFiles:
		return fmt.Errorf("bench: %d files, not 1 to %d", o.Files, MaxFiles)
	case o.Size < minSize || o.Size > MaxSize:
		return fmt.Errorf("bench: documents of %d bytes, not %d to %d", o.Size, minSize, MaxSize)
	case o.Mode == Write && o.Conns > o.Files:
		return fmt.Errorf("bench: %d writers need as many files, not %d", o.Conns, o.Files)
	}
	return nil
}

// dial makes a client of the front door.
func (o Options) dial(conns int, timeout time.Duration) *door.Client {
	return door.New(o.URL, conns, timeout).Bearing(o.Token)
}

// timeout is how long one request may take before it is an error.
const timeout = 10 * time.Second

// Run prepares what o needs, warms up and measures. It fails if it could not
// begin; what goes wrong while measuring is in the Report. If ctx ends, so does
// the measuring, and the Report says what there was.
func Run(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return Report{}, err
	}
	if !o.AsIs {
		if err := Prepare(ctx, o); err != nil {
			return Report{}, err
		}
	}
	conns, err := connect(ctx, o)
	if err != nil {
		return Report{}, err
	}
	return measure(ctx, o, conns), nil
}

// measure warms up, has all connections shoot, and counts.
func measure(ctx context.Context, o Options, conns []*conn) Report {
	begin := time.Now().Add(o.WarmUp)
	ctx, cancel := context.WithDeadline(ctx, begin.Add(o.For))
	defer cancel()
	var wg sync.WaitGroup
	for _, c := range conns {
		wg.Go(func() { c.run(ctx, begin) })
	}
	wg.Wait()
	return report(o, conns, min(time.Since(begin), o.For))
}

// conn is one connection and what it saw.
type conn struct {
	door    *door.Client
	shoot   func(context.Context) error
	times   latency.Histogram
	errors  map[string]int64
	example string // the first error
}

// connect makes the connections. Those that need entity tags learn them here.
func connect(ctx context.Context, o Options) ([]*conn, error) {
	var tags []string
	if o.Mode == Cond {
		var err error
		if tags, err = learn(ctx, o); err != nil {
			return nil, err
		}
	}
	conns := make([]*conn, o.Conns)
	for i := range conns {
		c := &conn{door: o.dial(1, timeout), errors: map[string]int64{}}
		dice := rand.New(rand.NewPCG(o.Seed, uint64(i)))
		switch o.Mode {
		case Read:
			c.shoot = reader(o, c.door, dice)
		case Cond:
			c.shoot = revalidator(o, c.door, dice, tags)
		case Write:
			c.shoot = writer(o, c.door, dice, docPath(i*(o.Files/o.Conns)))
		}
		conns[i] = c
	}
	return conns, nil
}

// run shoots until ctx ends and counts the shots that began at begin or later.
func (c *conn) run(ctx context.Context, begin time.Time) {
	defer c.door.Close()
	for {
		start := time.Now()
		err := c.shoot(ctx)
		if ctx.Err() != nil {
			return
		}
		switch {
		case start.Before(begin):
		case err != nil:
			c.errors[kind(err)]++
			c.example = cmp.Or(c.example, err.Error())
		default:
			c.times.Add(time.Since(start))
		}
	}
}

// kind sorts an error into one of a bounded number of kinds.
func kind(err error) string {
	var s *door.Surprise
	var t interface{ Timeout() bool }
	switch {
	case errors.As(err, &s):
		return fmt.Sprintf("status %d", s.Answer.Status)
	case errors.Is(err, errLength):
		return "length"
	case errors.As(err, &t) && t.Timeout():
		return "timeout"
	}
	return "connection"
}
