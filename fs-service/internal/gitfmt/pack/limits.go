package pack

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Limits bounds what a pack may ask for. A zero field means its default.
type Limits struct {
	Objects int64 // in one pack; default 10 million
	Held    int64 // bytes of one object that has to be held; default 128 MiB
	Depth   int   // deltas in a chain; default 4,096, git's own limit
	Bases   int64 // bytes of delta bases held at once while indexing; default 64 MiB
	Total   int64 // bytes that everything in one pack inflates to, deltas and their results; default 1 GiB, and a thousand times the pack's size
}

func (l Limits) orDefault() Limits {
	if l.Objects == 0 {
		l.Objects = 10_000_000
	}
	if l.Held == 0 {
		l.Held = 128 << 20
	}
	if l.Depth == 0 {
		l.Depth = 4096
	}
	if l.Bases == 0 {
		l.Bases = 64 << 20
	}
	return l
}

// External gives the bases that a thin pack leaves out: fault.NotFound if there
// is no such object.
type External func(context.Context, content.Digest) (content.Object, error)

// base asks e, which may be nil, for an object that the pack itself lacks.
func (e External) base(ctx context.Context, d content.Digest) (content.Object, error) {
	if e == nil {
		return content.Object{}, fault.Newf(fault.NotFound, "delta base", "%v is not in the pack", d)
	}
	return e(ctx, d)
}
