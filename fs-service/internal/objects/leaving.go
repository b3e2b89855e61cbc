package objects

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
)

// leaving is a pack that another has taken the place of, and that may still be read.
type leaving struct {
	pack *shelved
	name string // of what is left of it; Open removes it
}

// retire takes packs out of a pool's list, but for the one that has taken their place. Who reads
// from one reads on. The index goes first: a pack alone is nothing that Open believes in. The pack gets
// another name, for it may come again.
func (s *shelf) retire(pool content.Pool, packs []*shelved, heir content.Digest) (n int, err error) {
	packs = slices.DeleteFunc(slices.Clone(packs), func(p *shelved) bool { return p.info.ID == heir })
	if len(packs) == 0 {
		return 0, nil
	}
	s.placing.Lock()
	defer s.placing.Unlock()
	s.mu.Lock()
	s.packs[pool] = slices.DeleteFunc(slices.Clone(s.packs[pool]), func(p *shelved) bool { return slices.Contains(packs, p) })
	turn := s.turns.Add(1)
	s.mu.Unlock()
	var gone []leaving
	for i, p := range packs {
		s.handles.retire(p)
		l := leaving{p, s.fs.PathJoin(s.poolDir(pool), fmt.Sprintf("gone-%d-%d", turn, i))}
		gone = append(gone, l)
		err = errors.Join(err, s.fs.Remove(p.idx), s.fs.Rename(p.pack, l.name))
	}
	if err = errors.Join(err, syncDir(s.fs, s.poolDir(pool))); err != nil {
		return len(packs), err // nothing is cut short while its index may come back
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = append(s.gone, gone...)
	return len(packs), nil
}

// clear removes the packs that are gone and that nobody reads any more. One goroutine calls it.
func (s *shelf) clear(ctx context.Context, pace pack.Pace) error {
	s.mu.Lock()
	gone := s.gone
	s.gone = nil
	s.mu.Unlock()
	var left []leaving
	var err error
	for _, l := range gone {
		if s.handles.has(l.pack) || ctx.Err() != nil {
			left = append(left, l)
			continue
		}
		err = errors.Join(err, s.wear(ctx, l.name, pace))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = append(s.gone, left...)
	return err
}

// wear removes a large file bit by bit: a file system gives back the blocks of a whole one in one
// go, while every sync waits.
func (s *shelf) wear(ctx context.Context, name string, pace pack.Pace) error {
	const atOnce = 2 << 20
	f, err := s.fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if fd := f.Fd(); err == nil && fd != vfs.InvalidFd {
		for size := info.Size() - atOnce; size > 0 && err == nil; size -= atOnce {
			if err = syscall.Ftruncate(int(fd), size); err == nil {
				err = f.Sync()
			}
			if pace.Step(ctx) != nil {
				break // one that ends goes no slower than it has to
			}
		}
	}
	return errors.Join(err, f.Close(), s.fs.Remove(name))
}
