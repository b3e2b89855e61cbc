package objects

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// maxFolded is how many objects one Fold takes in. It bounds what it holds of them.
const maxFolded = 2_000_000

// FoldOptions says what a Fold takes in.
type FoldOptions struct {
	All    bool      // every pack; otherwise only those that are not much larger than the rest
	Before time.Time // packs that came since are left, for somebody may be sending them on; zero: none is
	Pace   pack.Pace
}

// Folded is what a Fold did.
type Folded struct {
	Pack   PackInfo       // that it made; zero: there was nothing to do
	Recent int64          // objects that were recent ones before
	Packs  int            // that it took the place of
	Broken content.Digest // of an object without a good copy, where the fault is Corrupt
}

// Fold puts recent objects, and packs beside them, into one new pack with deltas. Without
// All it leaves a pack that holds more than twice of what is folded before it: so each object is
// folded again only as often as what there is doubles.
//
// Nothing is let go of before the new pack was read back, judged and is durable; an
// interrupted Fold leaves all as it was. Others read and write meanwhile, and who
// reads from a pack that is folded reads on. One fold goes on at a time, others wait.
//
// Corrupt: an object, Broken, has no good copy here; nothing was folded. Full.
func (s *Store) Fold(ctx context.Context, pool content.Pool, o FoldOptions) (Folded, error) {
	if err := s.enter(); err != nil {
		return Folded{}, err
	}
	defer s.life.RUnlock()
	s.folding.Lock()
	defer s.folding.Unlock()
	f := fold{store: s, pool: pool, options: o}
	defer func() {
		if err := s.shelf.clear(ctx, o.Pace); err != nil {
			s.shelf.log.Warn("folded pack not removed", "error", err) // Open does
		}
	}()
	if err := f.gather(ctx); err != nil || len(f.members) == 0 {
		return Folded{Broken: f.broken}, err
	}
	info, err := f.write(ctx)
	if err != nil {
		return Folded{Broken: f.broken}, err
	}
	retired, err := s.shelf.retire(pool, f.packs, info.ID)
	if err != nil {
		return Folded{}, diskFault("fold", info.ID.String(), err)
	}
	recent, err := f.forget(ctx, info.ID)
	return Folded{Pack: info, Recent: recent, Packs: retired}, err
}

// fold is one Fold under way.
type fold struct {
	store   *Store
	pool    content.Pool
	options FoldOptions
	members []pack.Member // by digest, without repeats
	packs   []*shelved    // that all of members but the recent ones are from
	broken  content.Digest
}

// gather finds what is to be folded. No members: there is nothing to gain.
func (f *fold) gather(ctx context.Context) error {
	recent := 0
	err := f.store.recent.each(ctx, f.pool, func(d content.Digest, entry []byte) error {
		kind, size, err := pack.EntryHeader(entry)
		if err != nil {
			f.note(d, err)
			return err
		}
		f.members = append(f.members, pack.Member{Digest: d, Kind: kind, Size: size})
		if recent++; recent == maxFolded {
			return errEnough
		}
		return f.options.Pace.Step(ctx)
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	f.choose(int64(recent))
	if recent == 0 && len(f.packs) < 2 {
		f.members = nil
		return nil
	}
	for _, p := range f.packs {
		if err := f.gatherPack(ctx, p); err != nil {
			return err
		}
	}
	slices.SortFunc(f.members, func(a, b pack.Member) int { return bytes.Compare(a.Digest[:], b.Digest[:]) })
	f.members = slices.CompactFunc(f.members, func(a, b pack.Member) bool { return a.Digest == b.Digest })
	return nil
}

// errEnough ends a look at recent objects.
var errEnough = errors.New("enough")

// choose finds the packs to fold with so many recent objects: the smallest first.
func (f *fold) choose(total int64) {
	packs := slices.Clone(f.store.shelf.of(f.pool))
	slices.SortStableFunc(packs, func(a, b *shelved) int { return cmp.Compare(a.info.Objects, b.info.Objects) })
	for _, p := range packs {
		n := p.info.Objects
		switch {
		case n == 0: // it can't be read
			continue
		case !f.options.Before.IsZero() && p.came.After(f.options.Before):
			continue
		case total+n > maxFolded, !f.options.All && total > 0 && n > 2*total:
			return
		}
		f.packs = append(f.packs, p)
		total += n
	}
}

func (f *fold) gatherPack(ctx context.Context, p *shelved) error {
	return f.store.shelf.with(p, func(pk *pack.Pack) error {
		return pk.Each(func(d content.Digest) error {
			kind, size, err := pk.Stat(ctx, d)
			if fault.Is(err, fault.Corrupt) {
				kind, size, err = f.stat(ctx, d)
			}
			f.members = append(f.members, pack.Member{Digest: d, Kind: kind, Size: size})
			return cmp.Or(err, f.options.Pace.Step(ctx))
		})
	})
}

// stat looks for another copy of what a pack can't say.
func (f *fold) stat(ctx context.Context, d content.Digest) (content.Kind, int64, error) {
	k, n, err := f.store.statStored(ctx, f.pool, d)
	f.note(d, err)
	return k, n, err
}

// note remembers what has no good copy.
func (f *fold) note(d content.Digest, err error) {
	if elsewhere(err) {
		f.broken = d
	}
}

// write makes the pack, and has it judged as one that came from outside.
func (f *fold) write(ctx context.Context) (PackInfo, error) {
	s := f.store.shelf
	if err := makeDir(s.fs, s.poolDir(f.pool)); err != nil {
		return PackInfo{}, diskFault("fold", "", err)
	}
	name := s.fs.PathJoin(s.poolDir(f.pool), "fold.new")
	defer s.fs.Remove(name) // or Open does; gone already where it has its place
	if err := f.writeFile(ctx, name); err != nil {
		return PackInfo{}, diskFault("fold", name, err)
	}
	info, err := s.add(ctx, f.pool, name, f.options.Pace, nil)
	if err == nil && info.Objects != int64(len(f.members)) {
		err = fault.Newf(fault.Internal, "fold", "the new pack holds %d objects of %d", info.Objects, len(f.members))
	}
	return info, err
}

func (f *fold) writeFile(ctx context.Context, name string) error {
	file, err := createSteadily(f.store.shelf.fs, name)
	if err != nil {
		return err
	}
	w := watchedWriter{file, func() error { return f.store.room.check("fold") }}
	err = pack.Fold(ctx, w, f.members, f, f.options.Pace)
	return errors.Join(err, file.Close())
}

// Get and Open read what is folded past the cache of what was read last.
func (f *fold) Get(ctx context.Context, d content.Digest) (content.Object, error) {
	o, err := f.store.stored(ctx, f.pool, d)
	f.note(d, err)
	return o, err
}

func (f *fold) Open(ctx context.Context, d content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	k, n, r, err := f.store.openStored(ctx, f.pool, d)
	f.note(d, err)
	return k, n, r, err
}

// watchedWriter stops when the disk is nearly full.
type watchedWriter struct {
	io.Writer
	check func() error
}

func (w watchedWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	return n, cmp.Or(err, w.check())
}

// forget removes the recent objects that are in the pack id, and has pebble give back
// the room that they took.
func (f *fold) forget(ctx context.Context, id content.Digest) (forgotten int64, err error) {
	p, ok := f.store.shelf.named(f.pool, id)
	if !ok {
		return 0, fault.Newf(fault.Internal, "fold", "the pack %v is gone", id)
	}
	const atOnce = 512
	var some []content.Digest
	flush := func() error {
		forgotten += int64(len(some))
		err := f.store.recent.forget(ctx, f.pool, some)
		some = some[:0]
		return cmp.Or(err, f.options.Pace.Step(ctx))
	}
	err = f.store.shelf.with(p, func(pk *pack.Pack) error {
		return f.store.recent.each(ctx, f.pool, func(d content.Digest, _ []byte) error {
			if folded, err := pk.Has(d); err != nil || !folded {
				return err
			}
			if some = append(some, d); len(some) < atOnce {
				return nil
			}
			return flush()
		})
	})
	if err == nil && len(some) > 0 {
		err = flush()
	}
	if err != nil || forgotten == 0 {
		return forgotten, err
	}
	return forgotten, f.store.recent.compact(ctx, f.pool)
}

// Load is what a pool has for a Fold.
type Load struct {
	Recent int64 // objects
	Packs  int
}

// Loads counts what each pool has. It reads the names of all recent objects.
func (s *Store) Loads(ctx context.Context) (map[content.Pool]Load, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.life.RUnlock()
	loads := s.shelf.loads()
	err := s.recent.names(ctx, func(pool content.Pool) {
		l := loads[pool]
		l.Recent++
		loads[pool] = l
	})
	return loads, err
}

// Uses counts the calls of the store. Who works in the background sees by it whether
// somebody else does anything.
func (s *Store) Uses() int64 { return s.uses.Load() }
