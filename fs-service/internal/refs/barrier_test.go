package refs

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rhapsode/internal/fault"
)

// All who come while a question is under way share the next one.
func TestBarriersShareQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := make(chan chan error)
		b := newBarriers(func(context.Context) error {
			reply := make(chan error)
			asked <- reply
			return <-reply
		})
		ctx, stop := context.WithCancel(t.Context())
		var running, first, rest sync.WaitGroup
		running.Go(func() { _ = b.run(ctx) })
		wait := func() {
			if err := b.wait(ctx); err != nil {
				t.Error(err)
			}
		}
		first.Go(wait)
		question := <-asked
		for range 100 {
			rest.Go(wait)
		}
		synctest.Wait() // now all of them wait
		question <- nil
		first.Wait()
		question = <-asked
		question <- nil
		rest.Wait()
		select {
		case <-asked:
			t.Error("a question that nobody waits for")
		default:
		}
		stop()
		running.Wait()
	})
}

// A question that fails is asked again, until whoever waits has no more time.
func TestBarriersAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := newBarriers(func(context.Context) error {
			if asked++; asked <= 3 || asked >= 5 {
				return fault.Newf(fault.Unavailable, "ask", "no leader")
			}
			return nil
		})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = b.run(ctx) })
		if err := b.wait(ctx); err != nil || asked != 4 {
			t.Errorf("%v after %d questions", err, asked)
		}
		hasty, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := b.wait(hasty); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v, want unavailable", err)
		}
		stop()
		running.Wait()
		if err := b.wait(t.Context()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("after the end: %v, want unavailable", err)
		}
	})
}

// Who waits for a revision is woken by it, and by no earlier one; who gives up
// leaves nothing behind.
func TestViewWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		reached := make(chan int64, 10)
		var waiting sync.WaitGroup
		for _, revision := range []int64{5, 3, 4, 3} {
			waiting.Go(func() {
				if err := v.wait(t.Context(), revision); err != nil {
					t.Error(err)
				}
				reached <- revision
			})
		}
		ctx, cancel := context.WithCancel(t.Context())
		waiting.Go(func() {
			if v.wait(ctx, 4) == nil {
				t.Error("who gave up was told that it came")
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		if len(v.waiting) != 4 {
			t.Errorf("%d wait, want 4", len(v.waiting))
		}
		for _, step := range []struct {
			to    int64
			woken int
		}{{2, 0}, {3, 2}, {4, 1}, {9, 1}} {
			if err := v.advance(nil, step.to); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(reached) != step.woken {
				t.Errorf("%d woken at %d, want %d", len(reached), step.to, step.woken)
			}
			for len(reached) > 0 {
				if r := <-reached; r > step.to {
					t.Errorf("%d was woken at %d", r, step.to)
				}
			}
		}
		waiting.Wait()
		if err := v.wait(t.Context(), 9); err != nil || len(v.waiting) != 0 {
			t.Errorf("%v, %d wait at the end", err, len(v.waiting))
		}
	})
}
