package publication

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Times of the work.
const (
	lookEvery = time.Second      // how often tasks are looked for
	renew     = lease / 3        // how often a claim is renewed
	tryLater  = 2 * time.Second  // after something failed that may be better later
	stepLimit = 10 * time.Minute // for all the steps that can be gone without a pause
)

// Run looks for tasks, and works on those that nobody else does, until ctx ends. Work that is
// cut short is taken up by somebody else when its lease is over.
func (p *Publisher) Run(ctx context.Context) error {
	g := run.NewGroup(ctx)
	g.Go("publish", p.crew.Run)
	g.Go("look for publications", p.look)
	return g.Wait()
}

func (p *Publisher) look(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		err := p.tasks.ready(ctx, func(n fsapi.Note) bool { return p.start(n.Name) })
		if err != nil && ctx.Err() == nil && !fault.Is(err, fault.Unavailable) {
			p.Log.Warn("publications can't be looked for", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// start works on a task, unless there is no room; then somebody else will, or we do later.
func (p *Publisher) start(name string) bool {
	select {
	case p.room <- struct{}{}:
	default:
		return false
	}
	started := p.crew.Go(name, func(ctx context.Context) error {
		defer func() { <-p.room }()
		if err := p.work(ctx, name); err != nil && ctx.Err() == nil {
			p.Log.Warn("publication is put off", "task", name, "error", err)
		}
		return nil
	})
	if !started {
		<-p.room
	}
	return started
}

// work claims a task and takes its publication as far as it goes.
func (p *Publisher) work(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	note, err := p.FS.Note(ctx, name)
	if err != nil {
		return ignore(err, fault.NotFound)
	}
	c, ok, err := p.tasks.take(ctx, note)
	if err != nil || !ok {
		return err
	}
	ctx, lost := context.WithCancelCause(ctx)
	keeping := run.NewGroup(ctx)
	keeping.Go("keep claim", func(ctx context.Context) error { return p.keep(ctx, &c, lost) })
	due, err := p.advance(ctx, c.task)
	keeping.Stop()
	if kept := keeping.Wait(); kept != nil {
		return kept // the task is somebody else's by now
	}
	switch {
	case err != nil:
		return errors.Join(err, p.tasks.postpone(context.WithoutCancel(ctx), c, p.now().Add(tryLater)))
	case !due.IsZero():
		return p.tasks.postpone(ctx, c, due)
	}
	return p.tasks.finish(ctx, c)
}

// keep renews a claim until ctx ends. When the claim is lost, so is the work.
func (p *Publisher) keep(ctx context.Context, c *claimed, lost context.CancelCauseFunc) error {
	ticker := time.NewTicker(renew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := p.tasks.keep(ctx, c)
		if fault.Is(err, fault.Stale) || fault.Is(err, fault.NotFound) {
			lost(err)
			return err
		}
	}
}

// job is one publication that is worked on: its record, as it was read and as it becomes.
type job struct {
	*Publisher
	ledger
	pub    Publication
	expect content.Expect
}

// advance takes a publication through its states until it has ended, waits for a
// person (both: the zero time), or until a time.
func (p *Publisher) advance(ctx context.Context, t task) (due time.Time, err error) {
	j := &job{Publisher: p, ledger: p.ledger(t.Repo)}
	own := caller.NewContext(ctx, caller.Cell())
	if j.pub, j.expect, err = j.ledger.publication(own, t.ID); err != nil {
		return due, ignore(err, fault.NotFound, fault.Gone)
	}
	ctx = j.pub.Publisher.asks(ctx)
	for !j.pub.State.Ended() {
		was := j.pub.State
		due, err = j.step(ctx)
		if final(err) {
			j.stop(err)
			err = j.save(own) // the publisher may no longer do anything
		}
		if err != nil || !due.IsZero() || j.pub.State == was && was.Waits() {
			return due, err
		}
	}
	p.Log.Info("publication ended", "repo", t.Repo, "publication", t.ID, "state", j.pub.State, "edition", j.pub.Edition, "why", j.pub.Why)
	return time.Time{}, nil
}

// step takes the publication from its state to the next.
func (j *job) step(ctx context.Context) (due time.Time, err error) {
	switch j.pub.State {
	case Processing:
		return due, j.check(ctx)
	case WaitingForAcceptance:
		return due, j.accept(ctx)
	case WaitingForModeration:
		return due, j.moderate(ctx)
	case Scheduled:
		if j.now().Before(j.pub.PublishAt) {
			return j.pub.PublishAt, nil
		}
		j.pub.State = Publishing
		return due, j.save(ctx)
	case Publishing:
		if j.pub.Edition == "" {
			return due, j.release(ctx)
		}
		return due, j.build(ctx)
	}
	return due, fault.Newf(fault.Corrupt, "publication", "%q is no state", j.pub.State)
}

// save writes the record down: a transition. Stale: it is not as it was read.
func (j *job) save(ctx context.Context) error {
	var d draft
	d.json(publicationFile(j.pub.ID), j.pub, j.expect)
	changed, err := j.write(ctx, d, j.pub.Publisher.User, fmt.Sprintf("Publication %d: %s\n", j.pub.ID, j.pub.State))
	if err != nil {
		return err
	}
	j.expect = content.OneOf(changed.Outcomes[0].Digest)
	return nil
}

// stop ends the publication, and the step that was under way, with an error that trying again
// would not mend.
func (j *job) stop(err error) {
	for i := range j.pub.Steps {
		if j.pub.Steps[i].State == Running {
			j.pub.end(j.pub.Steps[i].Name, Stopped, j.now(), err.Error())
		}
	}
	j.pub.fail(Failed, err.Error())
}

// final says whether err is here to stay.
func final(err error) bool {
	if err == nil {
		return false
	}
	switch fault.Of(err) {
	case fault.Stale, fault.Unavailable, fault.Unknown, fault.Misplaced, fault.Canceled, fault.Full:
		return false
	}
	return true
}

func ignore(err error, kinds ...fault.Kind) error {
	for _, k := range kinds {
		if fault.Is(err, k) {
			return nil
		}
	}
	return err
}
