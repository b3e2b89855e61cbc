package download

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// inOrder makes something of each of in, a few at a time, and hands the results
// to take in the order of in. take is never called twice at once.
func inOrder[T, R any](ctx context.Context, in []T, create func(context.Context, T) (R, error), take func(T, R) error) error {
	g, ctx := errgroup.WithContext(ctx)
	waiting := make(chan chan R, workers()) // results that are being made, in order
	g.Go(func() error {
		defer close(waiting)
		for _, item := range in {
			result := make(chan R, 1)
			select {
			case waiting <- result:
			case <-ctx.Done():
				return ctx.Err()
			}
			g.Go(func() error {
				r, err := create(ctx, item)
				if err == nil {
					result <- r
				}
				return err
			})
		}
		return nil
	})
	g.Go(func() error {
		next := 0
		for result := range waiting {
			select {
			case r := <-result:
				if err := take(in[next], r); err != nil {
					return err
				}
				next++
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return g.Wait()
}
