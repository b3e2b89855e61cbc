package coordinator

import (
	"context"
	"math/rand/v2"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// The bounds of a lane.
const (
	maxWaiting = 1024             // changes that wait in one lane
	maxBatch   = 24               // changes that go in one transaction; fewer than the requests that a ref remembers
	maxRounds  = 100              // times that a batch is rebuilt after losing a race
	limit      = 10 * time.Second // for one batch
)

// lane is the queue before one branch. Changes that wait while another batch is on
// its way are chained and go together: one batch of objects, one transaction.
type lane struct {
	key     laneKey
	waiting []*pending // guarded by Coordinator.mu
}

type laneKey struct {
	repo   refs.Key
	branch content.RefName
}

// pending is a change that waits for its answer.
type pending struct {
	cs     content.ChangeSet
	from   caller.Credential
	answer chan answer // capacity 1: the lane never waits for a client
}

type answer struct {
	changed content.Changed
	err     error
}

// enter puts cs in its lane and waits for the answer. If ctx ends first, the outcome is Unknown.
func (c *Coordinator) enter(ctx context.Context, key laneKey, cs content.ChangeSet) (content.Changed, error) {
	p := &pending{cs: cs, from: caller.FromContext(ctx), answer: make(chan answer, 1)}
	if err := c.enqueue(key, p); err != nil {
		return content.Changed{}, err
	}
	select {
	case a := <-p.answer:
		return a.changed, a.err
	case <-ctx.Done():
		return content.Changed{}, fault.New(fault.Unknown, "change", cs.Repo.String(), context.Cause(ctx))
	}
}

func (c *Coordinator) enqueue(key laneKey, p *pending) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, running := c.lanes[key]
	if !running {
		l = &lane{key: key}
		if !c.crew.Go("lane of "+key.branch.String(), func(ctx context.Context) error { return c.drive(ctx, l) }) {
			return fault.Newf(fault.Unavailable, "change", "this node is stopping")
		}
		c.lanes[key] = l
	}
	if len(l.waiting) >= maxWaiting {
		return fault.Newf(fault.Unavailable, "change", "%d changes wait for %v already", maxWaiting, key.branch)
	}
	l.waiting = append(l.waiting, p)
	return nil
}

// drive carries out what waits in l, batch by batch, and ends when nothing does:
// also when the coordinator stops meanwhile, for whoever waits wants to know.
func (c *Coordinator) drive(ctx context.Context, l *lane) error {
	ctx = context.WithoutCancel(ctx)
	for {
		batch := c.next(l)
		if batch == nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		c.carry(ctx, l, batch)
		cancel()
	}
}

// next takes the batch that goes now; nil closes the lane.
func (c *Coordinator) next(l *lane) []*pending {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(l.waiting) == 0 {
		delete(c.lanes, l.key)
		return nil
	}
	n := min(len(l.waiting), maxBatch)
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch
}

// carry sees a batch through to its answers.
func (c *Coordinator) carry(ctx context.Context, l *lane, batch []*pending) {
	answers, err := c.attempt(ctx, l, batch)
	for i, p := range batch {
		if err != nil {
			p.answer <- answer{err: err}
		} else {
			p.answer <- answers[i]
		}
	}
}

// attempt judges, builds, replicates and transacts, and starts over when another
// coordinator was faster. An error is the answer to all of the batch.
func (c *Coordinator) attempt(ctx context.Context, l *lane, batch []*pending) ([]answer, error) {
	settled := false // the view has been asked to catch up, so that a refusal is final
	for round := range maxRounds {
		if err := giveWay(ctx, round); err != nil {
			return nil, err
		}
		p, err := c.fresh(ctx, batch[0].cs.Repo)
		if err != nil {
			return nil, err
		}
		plan, err := c.plan(ctx, p, l, batch)
		if err != nil {
			return nil, err
		}
		if plan.refuses() && !settled {
			if err := c.refs.Barrier(ctx); err != nil {
				return nil, err
			}
			settled = true
			continue
		}
		if len(plan.commits) == 0 {
			return plan.answers, nil
		}
		if err = c.commit(ctx, p, l, plan); !fault.Is(err, fault.Stale) {
			return plan.answers, err
		}
		settled = true // the view has caught up with what refused the transaction
	}
	return nil, fault.Newf(fault.Unavailable, "change", "%v moved %d times meanwhile", l.key.branch, maxRounds)
}

// giveWay lets a coordinator that keeps losing races wait for a moment of chance
// length, so that two that meet on one branch do not go on meeting.
func giveWay(ctx context.Context, round int) error {
	if round < 3 {
		return nil
	}
	select {
	case <-time.After(rand.N(time.Duration(min(round, 20)) * time.Millisecond)):
		return nil
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "change", "", context.Cause(ctx))
	}
}

// commit makes a plan durable and moves the branch to its end.
func (c *Coordinator) commit(ctx context.Context, p place, l *lane, plan *plan) error {
	if err := c.objects.Write(ctx, p.repo.Pool, p.at, plan.batch()); err != nil {
		return err
	}
	move := refs.Move{Name: l.key.branch, Expect: plan.base.Revision, New: plan.tip, Done: plan.done}
	txn := p.txn(move)
	txn.Grounds = plan.grounds // the lane asks for many
	_, err := c.refs.Apply(ctx, txn)
	return err
}
