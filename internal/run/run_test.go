package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rhapsode/internal/run"
)

func TestAGroupEndsWithItsFirstFailure(t *testing.T) {
	failure := errors.New("out of ink")
	g := run.NewGroup(t.Context())
	g.Go("waiter", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Go("writer", func(context.Context) error { return failure })
	if err := g.Wait(); !errors.Is(err, failure) || !strings.HasPrefix(err.Error(), "writer: ") {
		t.Errorf("Wait: %v", err)
	}
}

func TestAGroupThatIsStoppedHasNotFailed(t *testing.T) {
	g := run.NewGroup(t.Context())
	g.Go("waiter", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Stop()
	if err := g.Wait(); err != nil {
		t.Errorf("Wait: %v", err)
	}
}

func TestAPanicEndsTheGroupAndSaysWhere(t *testing.T) {
	g := run.NewGroup(t.Context())
	g.Go("juggler", func(context.Context) error { panic("dropped it") })
	if err := g.Wait(); err == nil || !strings.Contains(err.Error(), "juggler: panic: dropped it") {
		t.Errorf("Wait: %v", err)
	}
}

func TestACrewTakesTasksUntilItIsSentHome(t *testing.T) {
	crew := run.NewCrew()
	early := make(chan struct{})
	if !crew.Go("early", func(ctx context.Context) error { close(early); <-ctx.Done(); return nil }) {
		t.Fatal("refused before Run")
	}
	<-early
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := crew.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	if crew.Go("late", func(context.Context) error { return nil }) {
		t.Error("took a task after it was sent home")
	}
}

func TestACrewEndsWithItsFirstFailure(t *testing.T) {
	failure := errors.New("out of ink")
	crew := run.NewCrew()
	crew.Go("writer", func(context.Context) error { return failure })
	if err := crew.Run(t.Context()); !errors.Is(err, failure) {
		t.Errorf("Run: %v", err)
	}
}
