package pack

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// IndexOptions says how a pack is judged.
type IndexOptions struct {
	External External // bases that the pack leaves out; nil: it may leave out none
	Limits   Limits
	Progress func(done, total int64) // objects whose digest is known, of all; nil: nobody asks
	Pace     Pace
}

// Pace is called before each object by what takes long and is in no hurry, and takes what time it
// likes, until its context ends. nil: the work goes on at full speed.
type Pace func(context.Context)

// Step waits as long as the pace wants, and says whether to go on.
func (p Pace) Step(ctx context.Context) error {
	if p != nil {
		p(ctx)
	}
	return ctx.Err()
}

// Index judges a whole pack of size bytes and returns its index.
//
// In a first pass every entry is inflated and what is stored whole is hashed;
// in a second every delta is applied to its base, each base once. The error is
// a fault.Invalid for a pack that is broken, a fault.TooLarge for one over a limit.
func Index(ctx context.Context, r io.ReaderAt, size int64, o IndexOptions) (*Idx, error) {
	x := &indexer{
		ctx: ctx, r: r, size: size,
		limits: o.Limits.orDefault(), external: o.External, progress: o.Progress, pace: o.Pace,
	}
	if x.limits.Total == 0 {
		x.limits.Total = 1<<30 + 1000*size
	}
	if err := x.scan(); err != nil {
		return nil, err
	}
	if err := x.resolve(); err != nil {
		return nil, err
	}
	return newIdx(x.entries, x.sum), nil
}

// indexer is the state of one Index.
type indexer struct {
	ctx      context.Context
	r        io.ReaderAt
	size     int64
	limits   Limits
	external External
	progress func(done, total int64)
	pace     Pace

	entries  []entry // in the pack's order
	known    int64   // how many of them have a digest
	count    int64   // how many there have to be
	inflated int64   // bytes, so far
	byOffset []offsetLink
	byDigest []digestLink
	codec    Codec
	sum      content.Digest // of the pack
}

// entry is what the index has to know of one object.
type entry struct {
	digest content.Digest // once known
	offset int64
	size   int64 // of the inflated bytes
	crc    uint32
	kind   content.Kind // as the pack has it
	known  bool
}

// offsetLink and digestLink say that one entry is a delta against another.
type offsetLink struct{ base, child int32 }
type digestLink struct {
	base  content.Digest
	child int32
}

// broken says what is wrong with the entry n, or passes on that the pack could
// not be read or that the caller went away.
func (x *indexer) broken(n int, offset int64, f *inflater, err error) error {
	name := fmt.Sprintf("object %d of %d at offset %d", n+1, x.count, offset)
	if n < len(x.entries) && x.entries[n].known {
		name += " (" + x.entries[n].digest.String() + ")"
	}
	var over limitError
	switch {
	case x.ctx.Err() != nil:
		return fault.New(fault.Of(x.ctx.Err()), "index pack", "", x.ctx.Err())
	case errors.As(err, &over):
		return fault.New(fault.TooLarge, "index pack", name, err)
	}
	return f.blame(fault.Invalid, "index pack", name, err)
}

// grow counts n more inflated bytes, if they may be.
func (x *indexer) grow(n int64) error {
	if n > x.limits.Total-x.inflated {
		return overLimit("size: the pack inflates to more than %d bytes", x.limits.Total)
	}
	x.inflated += n
	return nil
}

// limitError is a fault of size rather than of form.
type limitError struct{ error }

func overLimit(format string, args ...any) error {
	return limitError{fmt.Errorf(format, args...)}
}

// found counts an object whose digest is known now.
func (x *indexer) found(n int, d content.Digest) {
	e := &x.entries[n]
	e.digest, e.known = d, true
	x.known++
	const often = 256
	if x.progress != nil && (x.known%often == 0 || x.known == x.count) {
		x.progress(x.known, x.count)
	}
}
