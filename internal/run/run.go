// Package run gives every goroutine a name, an owner and an end.
package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
)

// Group owns the goroutines of one part of the program. When one of them
// returns an error, all are told to stop; Wait returns once every one has.
//
// The zero Group is not usable; NewGroup makes one.
type Group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup
}

// NewGroup makes a group whose goroutines end when ctx does.
func NewGroup(ctx context.Context) *Group {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{ctx: ctx, cancel: cancel}
}

// errDone stops a group without being a failure.
var errDone = errors.New("the group was stopped")

// Context ends when the group does.
func (g *Group) Context() context.Context { return g.ctx }

// Go starts f under a name that its errors will carry. A panic in f is an error
// of the group with its stack: nothing goes on half-dead.
func (g *Group) Go(name string, f func(context.Context) error) {
	g.wg.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				g.cancel(fmt.Errorf("%s: panic: %v\n%s", name, r, debug.Stack()))
			}
		}()
		if err := f(g.ctx); err != nil && g.ctx.Err() == nil {
			g.cancel(fmt.Errorf("%s: %w", name, err))
		}
	})
}

// Stop tells every goroutine of the group to end; Wait waits for that.
func (g *Group) Stop() { g.cancel(errDone) }

// Wait blocks until every goroutine has ended. It returns the first failure, or
// nil if the group was stopped or its context ended.
func (g *Group) Wait() error {
	g.wg.Wait()
	defer g.cancel(errDone)
	cause := context.Cause(g.ctx)
	if errors.Is(cause, errDone) || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}
