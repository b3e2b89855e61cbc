package objects

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// shelf is the second tier: packs as they came.
type shelf struct {
	fs      vfs.FS
	dir     string
	log     *slog.Logger
	handles *handles

	placing sync.Mutex // held while files are put in their places

	mu    sync.RWMutex
	packs map[content.Pool][]*shelved // guarded by mu; a list is replaced, never changed
	gone  []leaving                   // guarded by mu
	turns atomic.Uint64               // how often packs were taken from a list
}

// shelved is a pack that is seen.
type shelved struct {
	info      PackInfo
	pack, idx string // names of the files
	came      time.Time
	retired   atomic.Bool // another pack holds what it held, and its files go
}

// openShelf finds the packs under dir and removes what is no whole one.
func openShelf(fs vfs.FS, dir string, log *slog.Logger) (*shelf, error) {
	s := &shelf{fs: fs, dir: dir, log: log, handles: newHandles(fs), packs: make(map[content.Pool][]*shelved)}
	if err := makeDir(fs, dir); err != nil {
		return nil, diskFault("open packs", dir, err)
	}
	pools, err := fs.List(dir)
	if err != nil {
		return nil, diskFault("open packs", dir, err)
	}
	for _, p := range pools {
		pool, err := content.ParsePool(p)
		if err != nil {
			log.Warn("stray file among the packs", "name", p)
			continue
		}
		if err := s.find(pool); err != nil {
			s.close()
			return nil, diskFault("open packs", p, err)
		}
	}
	return s, nil
}

func (s *shelf) poolDir(pool content.Pool) string { return s.fs.PathJoin(s.dir, pool.String()) }

// place returns where the pack id of pool belongs.
func (s *shelf) place(pool content.Pool, id content.Digest) *shelved {
	base := s.fs.PathJoin(s.poolDir(pool), "pack-"+id.String())
	return &shelved{info: PackInfo{ID: id}, pack: base + ".pack", idx: base + ".idx"}
}

// find looks through the directory of one pool.
func (s *shelf) find(pool content.Pool) error {
	names, err := s.fs.List(s.poolDir(pool))
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, n := range names {
		id, err := content.ParseDigest(strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(n, ".pack"), ".idx"), "pack-"))
		p := s.place(pool, id)
		whole := err == nil && slices.Contains(names, s.fs.PathBase(p.pack)) && slices.Contains(names, s.fs.PathBase(p.idx))
		switch {
		case !whole:
			s.log.Info("leftover removed", "name", n)
			if err := s.fs.Remove(s.fs.PathJoin(s.poolDir(pool), n)); err != nil {
				return err
			}
		case n == s.fs.PathBase(p.pack):
			file, err := s.fs.Stat(p.pack)
			if err != nil {
				return err
			}
			p.info.Size, p.came = file.Size(), file.ModTime()
			if p.info.Objects, err = s.count(p); err != nil {
				s.log.Error("pack unreadable", "name", n, "error", err)
			}
			s.packs[pool] = append(s.packs[pool], p)
		}
	}
	return nil
}

// count opens the pack for a moment; one that can't be opened is left on its
// place all the same, to be repaired.
func (s *shelf) count(p *shelved) (int64, error) {
	h, err := s.handles.take(p)
	if err != nil {
		return 0, err
	}
	defer s.handles.give(h)
	return int64(h.pack.Len()), nil
}

// of returns the packs of a pool, oldest first.
func (s *shelf) of(pool content.Pool) []*shelved {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.packs[pool]
}

// loads counts the packs of each pool.
func (s *shelf) loads() map[content.Pool]Load {
	s.mu.RLock()
	defer s.mu.RUnlock()
	loads := make(map[content.Pool]Load, len(s.packs))
	for pool, packs := range s.packs {
		loads[pool] = Load{Packs: len(packs)}
	}
	return loads
}

func (s *shelf) named(pool content.Pool, id content.Digest) (*shelved, bool) {
	packs := s.of(pool)
	i := slices.IndexFunc(packs, func(p *shelved) bool { return p.info.ID == id })
	if i < 0 {
		return nil, false
	}
	return packs[i], true
}

func (s *shelf) close() { s.handles.close() }

// look calls use with the packs of pool, newest first, until one has a good copy
// of d. Without one it returns why, also of the copy that was looked at before.
func (s *shelf) look(pool content.Pool, d content.Digest, before error, use func(*pack.Pack) error) error {
	packs := s.of(pool)
	for i := len(packs) - 1; i >= 0; i-- {
		err := s.with(packs[i], use)
		switch {
		case err == nil:
			return nil
		case packs[i].retired.Load():
			continue
		case fault.Is(err, fault.Corrupt):
			s.log.Error("object unreadable in pack", "pack", packs[i].info.ID.String(), "object", d.String(), "error", err)
			before = err
		case !fault.Is(err, fault.NotFound):
			return err
		}
	}
	return before
}

func (s *shelf) with(p *shelved, use func(*pack.Pack) error) error {
	h, err := s.handles.take(p)
	if err != nil {
		return err
	}
	defer s.handles.give(h)
	return use(h.pack)
}

// has returns nil if a pack names d. NotFound.
func (s *shelf) has(pool content.Pool, d content.Digest) error {
	for _, p := range s.of(pool) {
		ok := false
		err := s.with(p, func(p *pack.Pack) (err error) { ok, err = p.Has(d); return err })
		if ok || err != nil && !elsewhere(err) {
			return err
		}
	}
	return fault.Newf(fault.NotFound, "read object", "%v is not here", d)
}

// steady does op, which looks through packs, again if what it could not find may have gone
// from one pack to another meanwhile.
func (s *shelf) steady(op func() error) error {
	for {
		turn := s.turns.Load()
		if err := op(); !elsewhere(err) || turn == s.turns.Load() {
			return err
		}
	}
}

// open returns a reader of an object; the pack stays open as long as it is.
func (s *shelf) open(ctx context.Context, pool content.Pool, d content.Digest, before error) (k content.Kind, n int64, r io.ReadCloser, err error) {
	packs := s.of(pool)
	for i := len(packs) - 1; i >= 0; i-- {
		h, err := s.handles.take(packs[i])
		if err == nil {
			if k, n, r, err = h.pack.Open(ctx, d); err == nil {
				return k, n, &held{r, func() { s.handles.give(h) }}, nil
			}
			s.handles.give(h)
		}
		if !elsewhere(err) {
			return 0, 0, nil, err
		}
		if fault.Is(err, fault.Corrupt) {
			before = err
		}
	}
	return 0, 0, nil, before
}

// held is a reader with something to give back when it is closed.
type held struct {
	io.ReadCloser
	give func() // nil once closed
}

func (r *held) Close() error {
	if r.give == nil {
		return nil
	}
	defer r.give()
	r.give = nil
	return r.ReadCloser.Close()
}

// openFile returns a reader of a pack's bytes; the pack stays open as long as it is.
func (s *shelf) openFile(pool content.Pool, id content.Digest) (io.ReadCloser, int64, error) {
	p, ok := s.named(pool, id)
	if !ok {
		return nil, 0, fault.Newf(fault.NotFound, "open pack", "%v is not here", id)
	}
	h, err := s.handles.take(p)
	if err != nil {
		return nil, 0, err
	}
	r := io.NewSectionReader(h.files[0], 0, p.info.Size)
	return &held{io.NopCloser(r), func() { s.handles.give(h) }}, p.info.Size, nil
}

// add judges the pack in file and puts it in its place.
func (s *shelf) add(ctx context.Context, pool content.Pool, file string, pace pack.Pace, progress func(done, total int64)) (PackInfo, error) {
	f, err := s.fs.Open(file)
	if err != nil {
		return PackInfo{}, diskFault("add pack", "", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return PackInfo{}, diskFault("add pack", "", err)
	}
	idx, err := pack.Index(ctx, f, info.Size(), pack.IndexOptions{Pace: pace, Progress: progress})
	if err != nil {
		return PackInfo{}, err
	}
	s.placing.Lock()
	defer s.placing.Unlock()
	p, ok := s.named(pool, idx.Checksum())
	if !ok {
		p = s.place(pool, idx.Checksum())
		p.info.Objects, p.info.Size, p.came = int64(idx.Len()), info.Size(), info.ModTime()
		if err := s.settle(pool, p, file, f, idx); err != nil {
			return PackInfo{}, diskFault("add pack", idx.Checksum().String(), err)
		}
	}
	if err := s.fs.Remove(file); err != nil {
		s.log.Warn("added pack not removed from where it came", "error", err)
	}
	return p.info, nil
}

// settle makes the pack durable, then its index, then their names, and then seen.
// Placing is held. The file keeps its old name until all is done, so that
// whoever is interrupted can begin again.
func (s *shelf) settle(pool content.Pool, p *shelved, file string, f vfs.File, idx *pack.Idx) error {
	if err := makeDir(s.fs, s.poolDir(pool)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, s.fs.Remove(file)) // see AddPack
	}
	fresh := p.idx + ".new"
	err := writeFile(s.fs, fresh, idx)
	if err == nil {
		s.fs.Remove(p.pack) // of a try before this one, which failed
		err = s.fs.Link(file, p.pack)
	}
	if err == nil {
		err = s.fs.Rename(fresh, p.idx)
	}
	if err == nil {
		err = syncDir(s.fs, s.poolDir(pool))
	}
	if err != nil {
		s.fs.Remove(fresh) // or Open does
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.packs[pool] = append(slices.Clip(s.packs[pool]), p)
	return nil
}

// writeFile writes and syncs a file.
func writeFile(fs vfs.FS, name string, from io.WriterTo) error {
	f, err := createSteadily(fs, name)
	if err != nil {
		return err
	}
	if _, err = from.WriteTo(f); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// createSteadily makes a file that is brought to the disk as it is written, so that no sync at
// the end holds up those of others.
func createSteadily(fs vfs.FS, name string) (vfs.File, error) {
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	return vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: 512 << 10}), nil
}
