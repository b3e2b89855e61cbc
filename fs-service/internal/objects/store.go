package objects

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Options says where a Store is and what it may use.
type Options struct {
	Dir        string
	FS         vfs.FS // nil: the disk
	CacheBytes int64  // for objects that were read last; default 32 MiB
	Reserve    int64  // free bytes below which changes are refused; default 64 MiB, negative: none
	Log        *slog.Logger
}

// MaxPut is how many bytes of objects one Put may hold.
const MaxPut = 256 << 20

// maxCached is the size of the largest object that is held in memory.
const maxCached = 256 << 10

// Store is the objects on one disk.
type Store struct {
	recent *recent
	shelf  *shelf
	cache  *lru.Cache[name, content.Object]
	guard  *guard
	room   room

	folding sync.Mutex // held during a Fold
	uses    atomic.Int64

	life   sync.RWMutex // held for reading by every call, for writing by Close
	closed bool         // guarded by life
}

// name is what an object is found by.
type name struct {
	pool   content.Pool
	digest content.Digest
}

// Open opens the store in o.Dir, and makes it where there is none. The caller
// closes it. After a disk that failed, or was full, meanwhile, only a new process
// can try again.
func Open(o Options) (*Store, error) {
	return open(o, tuning{memTable: 8 << 20, retry: 250 * time.Millisecond})
}

// tuning is what only a test changes.
type tuning struct {
	memTable uint64        // bytes
	retry    time.Duration // between two tries to write on a full disk
}

func open(o Options, tune tuning) (*Store, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 32 << 20
	}
	if o.Reserve == 0 {
		o.Reserve = 64 << 20
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeDir(o.FS, o.Dir); err != nil {
		return nil, diskFault("open objects", o.Dir, err)
	}
	shelf, err := openShelf(o.FS, o.FS.PathJoin(o.Dir, "packs"), o.Log)
	if err != nil {
		return nil, err
	}
	guard := newGuard(o.FS, tune.retry, o.Log)
	recent, err := openRecent(guard, o.FS.PathJoin(o.Dir, "recent"), tune.memTable, o.Log)
	if err != nil {
		shelf.close()
		return nil, err
	}
	return &Store{
		recent: recent,
		shelf:  shelf,
		cache:  lru.New[name, content.Object](o.CacheBytes, maxCached),
		guard:  guard,
		room:   room{fs: o.FS, dir: o.Dir, reserve: o.Reserve},
	}, nil
}

// Close ends the store; calls that are under way finish first. Readers that were
// opened before may be read to their end.
func (s *Store) Close() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.shelf.close()
	return s.recent.close()
}

// Failed is closed when the disk failed a write in such a way that only a new
// process can go on.
func (s *Store) Failed() <-chan struct{} { return s.guard.failed }

// Err says why Failed is closed; nil: it is not.
func (s *Store) Err() error { return s.guard.failure() }

// enter begins a call; its end is s.life.RUnlock.
func (s *Store) enter() error {
	s.uses.Add(1)
	s.life.RLock()
	if s.closed {
		s.life.RUnlock()
		return fault.Newf(fault.Unavailable, "objects", "the store is closed")
	}
	return nil
}

// Put stores objs, and marks as closed those commits and tags of which the
// whole closure is on this disk afterwards, all in one. What is there already is
// written again, so that it counts as new.
//
// Corrupt: an object's bytes are not those that its digest names. TooLarge: over
// MaxPut. Full, Internal: nothing was done, or it may be done yet, by a disk
// that has room again; to repeat it does no harm.
func (s *Store) Put(ctx context.Context, pool content.Pool, objs []content.Object, closed []content.Digest) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.life.RUnlock()
	total := 0
	for _, o := range objs {
		if total += len(o.Data); total > MaxPut {
			return fault.Newf(fault.TooLarge, "put objects", "%d objects hold more than %d bytes", len(objs), MaxPut)
		}
		if !o.Intact() {
			return fault.Newf(fault.Corrupt, "put objects", "%v: its bytes are those of another object", o.Digest)
		}
	}
	if err := s.room.check("put objects"); err != nil {
		return err
	}
	return s.recent.put(ctx, pool, objs, closed)
}

// MarkClosed marks commits and tags of which the whole closure is on this disk.
func (s *Store) MarkClosed(ctx context.Context, pool content.Pool, commits []content.Digest) error {
	return s.Put(ctx, pool, nil, commits)
}

// Closed says whether all of commits are marked.
func (s *Store) Closed(ctx context.Context, pool content.Pool, commits ...content.Digest) (bool, error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.life.RUnlock()
	for _, c := range commits {
		if ok, err := s.recent.closed(pool, c); !ok || err != nil {
			return false, err
		}
	}
	return true, ctx.Err()
}

// Get returns an object. NotFound: it is not here. Corrupt: no copy of it is whole.
func (s *Store) Get(ctx context.Context, pool content.Pool, d content.Digest) (content.Object, error) {
	if err := s.enter(); err != nil {
		return content.Object{}, err
	}
	defer s.life.RUnlock()
	if o, ok := s.cache.Get(name{pool, d}); ok {
		return o, nil
	}
	o, err := s.stored(ctx, pool, d)
	if err != nil {
		return content.Object{}, err
	}
	s.cache.Put(name{pool, d}, o, int64(len(o.Data)))
	return o, nil
}

// stored reads an object from the disk.
func (s *Store) stored(ctx context.Context, pool content.Pool, d content.Digest) (o content.Object, err error) {
	err = s.shelf.steady(func() error {
		o, err = s.recent.get(pool, d)
		if elsewhere(err) {
			err = s.shelf.look(pool, d, err, func(p *pack.Pack) (err error) { o, err = p.Get(ctx, d); return err })
		}
		return err
	})
	return o, err
}

// elsewhere says whether another copy may be had where one is missing or bad.
func elsewhere(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Corrupt)
}

// Stat returns the kind and size of an object as they are written where it is;
// its bytes are not looked at. Errors as of Get.
func (s *Store) Stat(ctx context.Context, pool content.Pool, d content.Digest) (content.Kind, int64, error) {
	if err := s.enter(); err != nil {
		return 0, 0, err
	}
	defer s.life.RUnlock()
	if o, ok := s.cache.Get(name{pool, d}); ok {
		return o.Kind, int64(len(o.Data)), nil
	}
	return s.statStored(ctx, pool, d)
}

// statStored looks at an object on the disk.
func (s *Store) statStored(ctx context.Context, pool content.Pool, d content.Digest) (k content.Kind, n int64, err error) {
	err = s.shelf.steady(func() (err error) {
		k, n, err = s.recent.stat(pool, d)
		if elsewhere(err) {
			err = s.shelf.look(pool, d, err, func(p *pack.Pack) (err error) { k, n, err = p.Stat(ctx, d); return err })
		}
		return err
	})
	return k, n, err
}

// Open returns a reader of an object's bytes, which the caller closes. What a
// pack stores whole streams by and may end with a fault.Corrupt instead of
// io.EOF; all else was judged before. Errors as of Get.
func (s *Store) Open(ctx context.Context, pool content.Pool, d content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	if err := s.enter(); err != nil {
		return 0, 0, nil, err
	}
	defer s.life.RUnlock()
	if o, ok := s.cache.Get(name{pool, d}); ok {
		return o.Kind, int64(len(o.Data)), wholeReader(o), nil
	}
	return s.openStored(ctx, pool, d)
}

// openStored opens an object on the disk.
func (s *Store) openStored(ctx context.Context, pool content.Pool, d content.Digest) (k content.Kind, n int64, r io.ReadCloser, err error) {
	err = s.shelf.steady(func() error {
		o, err := s.recent.get(pool, d)
		if err == nil {
			k, n, r = o.Kind, int64(len(o.Data)), wholeReader(o)
		}
		if elsewhere(err) {
			k, n, r, err = s.shelf.open(ctx, pool, d, err)
		}
		return err
	})
	return k, n, r, err
}

// Missing returns those of ds that are not here, in their order. It does not
// look at the bytes of the others.
func (s *Store) Missing(ctx context.Context, pool content.Pool, ds []content.Digest) ([]content.Digest, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.life.RUnlock()
	var missing []content.Digest
	for _, d := range ds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := s.shelf.steady(func() error {
			ok, err := s.recent.has(pool, d)
			if err == nil && !ok {
				err = s.shelf.has(pool, d)
			}
			return err
		})
		if fault.Is(err, fault.NotFound) {
			missing = append(missing, d)
		} else if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// PackInfo describes a pack.
type PackInfo struct {
	ID      content.Digest // its checksum
	Objects int64
	Size    int64 // bytes
}

// AddPack takes a pack into the store: judges every object of it, keeps it as it
// came, and makes it seen. The file is on the store's FS, on the same disk, and
// nobody writes to it any more. It is gone afterwards, or, after an error,
// still there to be tried again, unless its bytes could not be synced: those
// can't be trusted a second time. A pack that is here already is no error.
//
// Invalid, TooLarge: as pack.Index. Full.
func (s *Store) AddPack(ctx context.Context, pool content.Pool, file string, progress func(done, total int64)) (PackInfo, error) {
	if err := s.enter(); err != nil {
		return PackInfo{}, err
	}
	defer s.life.RUnlock()
	if err := errors.Join(s.guard.refusal(), s.room.check("add pack")); err != nil {
		return PackInfo{}, err
	}
	return s.shelf.add(ctx, pool, file, nil, progress)
}

// Packs returns the packs of a pool, oldest first.
func (s *Store) Packs(_ context.Context, pool content.Pool) ([]PackInfo, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.life.RUnlock()
	var infos []PackInfo
	for _, p := range s.shelf.of(pool) {
		infos = append(infos, p.info)
	}
	return infos, nil
}

// OpenPack returns a reader of a pack's bytes, which the caller closes, and how
// many they are. Whoever takes them in judges them. NotFound.
func (s *Store) OpenPack(_ context.Context, pool content.Pool, id content.Digest) (io.ReadCloser, int64, error) {
	if err := s.enter(); err != nil {
		return nil, 0, err
	}
	defer s.life.RUnlock()
	return s.shelf.openFile(pool, id)
}
