package book

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Readings remembers what documents say, by their digests: the same bytes are
// read once, wherever and in whichever state of a work they are.
//
// It may be used from any goroutine.
type Readings struct {
	held *lru.Cache[sameBytes, said]
}

// sameBytes are documents that say the same, but for their paths.
type sameBytes struct {
	digest content.Digest
	kind   Kind
}

// said is what a document says: one of these.
type said struct {
	module     *Module
	collection *Collection
	malformed  *Malformed
}

// NewReadings makes Readings that remember documents of about most bytes.
func NewReadings(most int64) *Readings {
	return &Readings{held: lru.New[sameBytes, said](most, most/4)}
}

// Module is ReadModule of f.
func (r *Readings) Module(ctx context.Context, src Source, f File) (*Module, error) {
	s, err := r.read(ctx, src, f)
	switch {
	case err != nil:
		return nil, err
	case s.module == nil:
		return nil, fault.Newf(fault.Invalid, "read", "%s is no page", f.Path)
	case s.module.Path == f.Path:
		return s.module, nil
	}
	moved := *s.module
	moved.Path, moved.ID = f.Path, moduleID(f.Path)
	return &moved, nil
}

// Collection is ReadCollection of f.
func (r *Readings) Collection(ctx context.Context, src Source, f File) (*Collection, error) {
	s, err := r.read(ctx, src, f)
	switch {
	case err != nil:
		return nil, err
	case s.collection == nil:
		return nil, fault.Newf(fault.Invalid, "read", "%s is no collection", f.Path)
	case s.collection.Path == f.Path:
		return s.collection, nil
	}
	moved := *s.collection
	moved.Path, moved.ID = f.Path, collectionID(moved.Metadata, f.Path)
	return &moved, nil
}

// Modules reads the modules at files, in their order, some at a time. A malformed
// one is nil.
func (r *Readings) Modules(ctx context.Context, src Source, files []File) ([]*Module, error) {
	modules := make([]*Module, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, f := range files {
		g.Go(func() (err error) {
			modules[i], err = r.Module(ctx, src, f)
			if errors.As(err, new(*Malformed)) {
				return nil
			}
			return err
		})
	}
	return modules, g.Wait()
}

// atOnce is how many documents are read at a time.
const atOnce = 4

func (r *Readings) read(ctx context.Context, src Source, f File) (said, error) {
	key := sameBytes{f.Digest, KindOf(f.Path)}
	s, known := r.held.Get(key)
	if !known {
		var err error
		if s, err = readFile(ctx, src, f, key.kind); err != nil {
			return said{}, err
		}
		r.held.Put(key, s, f.Size)
	}
	if s.malformed != nil {
		why := *s.malformed
		why.Path = f.Path
		return said{}, fault.New(fault.Invalid, "read", "", &why)
	}
	return s, nil
}

func readFile(ctx context.Context, src Source, f File, kind Kind) (s said, err error) {
	body, err := src.Open(ctx, f)
	if err != nil {
		return said{}, err
	}
	defer body.Close()
	if kind == KindCollection {
		s.collection, err = ReadCollection(f.Path, body)
	} else {
		s.module, err = ReadModule(f.Path, body)
	}
	if errors.As(err, &s.malformed) {
		return s, nil
	}
	return s, err
}
