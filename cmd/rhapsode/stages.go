package main

import (
	"context"

	"rhapsode/internal/run"
)

// stages runs base, and doors on top of it, until ctx ends or one of them
// fails. Then it says farewell, closes the doors, and only when the last request
// is answered ends base, which that request still needed.
func stages(ctx context.Context, base, doors func(*run.Group), farewell func(context.Context)) error {
	below := run.NewGroup(context.WithoutCancel(ctx))
	base(below)
	above := run.NewGroup(below.Context())
	doors(above)
	select {
	case <-ctx.Done():
		farewell(above.Context())
	case <-above.Context().Done():
	}
	above.Stop()
	err := above.Wait()
	below.Stop()
	if belowErr := below.Wait(); err == nil {
		err = belowErr
	}
	return err
}
