// Package conformance judges whether a server keeps HTTP's rules, from outside.
//
// It shares no code with any server and runs against any: a Target says where
// it may write, and everything it needs it makes itself, by plain HTTP. Each
// case names its rule's RFC, section and level; its result is pass, fail, or
// not applicable with the reason. What was sent, what came and what was due are
// kept with a failure.
//
// Cases run beside each other, each on documents of its own, so that none
// depends on another. The full product of RFC 9110 13.2.2 is judged by due,
// which is written from the RFC alone. Package faulty holds the judge itself to
// account: it has a server that keeps the rules and one broken rule at a time.
//
// Nothing outlives Run but what it wrote on the server.
package conformance

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"rhapsode/testclients/conformance/exchange"
)

// Options say whom to judge, and how much.
type Options struct {
	URL    string // of the server, without a path unless all of the target's are under it
	Target Target
	Only   []string // IDs of cases, beginnings of them, or patterns; none: all
	// Run names what this run makes on the server, as {run}. By default it is
	// made of the time.
	Run     string
	Conns   int              // requests under way at once; 16 by default
	Timeout time.Duration    // of one exchange; 10 s by default
	Trace   bool             // ask for the decisions that were taken, with Prefer: trace
	Now     func() time.Time // time.Now by default; deadlines are set by it
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Conns <= 0 {
		o.Conns = 16
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Run == "" {
		o.Run = "conform-" + strconv.FormatInt(o.Now().UnixNano(), 36)
	}
	return o
}

// Run tries every selected case. An error means that it could not: the server
// does not answer, the stage could not be set, or ctx ended. A rule that was
// broken is no error but part of the report.
func Run(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	chosen, err := selected(o.Only)
	if err != nil {
		return Report{}, err
	}
	if err := o.Target.check(); err != nil {
		return Report{}, err
	}
	client, err := exchange.New(o.URL, o.Conns, o.Timeout, o.Now)
	if err != nil {
		return Report{}, err
	}
	defer client.Close()

	c := newCourt(o, client)
	started := o.Now()
	if err := c.play(ctx, o.Target.Prepare); err != nil {
		return Report{}, fmt.Errorf("prepare: %w", err)
	}
	report := Report{Target: o.Target.Name, URL: o.URL, Started: started}
	report.Results, err = c.tryAll(ctx, chosen)
	if err == nil {
		err = ctx.Err()
	}
	if swept := c.play(context.WithoutCancel(ctx), o.Target.Cleanup); swept != nil {
		err = errors.Join(err, fmt.Errorf("clean up: %w", swept))
	}
	report.Took, report.Coverage = o.Now().Sub(started), c.seen.coverage()
	return report, err
}

// tryAll tries the cases, as many at once as there may be requests under way.
func (c *court) tryAll(ctx context.Context, chosen []charge) ([]Result, error) {
	if err := c.survey(ctx); err != nil {
		return nil, err
	}
	results := make([]Result, len(chosen))
	var group errgroup.Group
	group.SetLimit(c.conns)
	for i, brought := range chosen {
		group.Go(func() error {
			results[i] = c.try(ctx, brought)
			return nil
		})
	}
	return results, group.Wait()
}
