package objects

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// recent is the first tier: objects one by one, and the marks of closed commits.
type recent struct {
	db      *pebble.DB
	guard   *guard
	codec   pack.Codec
	changes sync.WaitGroup // goroutines that pebble writes in
}

// Keys are a letter for what they hold, the pool, and the digest.
const (
	objectKey = 'o' // → the entry of a pack
	closedKey = 'c' // → nothing
)

func key(letter byte, pool content.Pool, d content.Digest) []byte {
	k := make([]byte, 0, 1+len(pool)+len(d))
	return append(append(append(k, letter), pool[:]...), d[:]...)
}

// openRecent opens the tier. If the disk fails or is full meanwhile, pebble's lock
// on the directory stays: only a new process can try again.
func openRecent(g *guard, dir string, memTable uint64, log *slog.Logger) (*recent, error) {
	r := &recent{guard: g}
	err := g.during(func() (err error) {
		if err = makeDir(g, dir); err == nil {
			r.db, err = pebble.Open(dir, pebbleOptions(g, memTable, log))
		}
		return err
	})
	if err != nil {
		return nil, diskFault("open objects", dir, err)
	}
	return r, nil
}

// pebbleOptions are for a store that is small when idle, and most of whose lookups
// are for what is in a pack. Entries come stored and not deflated, since a write waits for them
// on every replica; their blocks are compressed when they leave memory.
func pebbleOptions(g *guard, memTable uint64, log *slog.Logger) *pebble.Options {
	o := &pebble.Options{
		FS:                          g,
		FormatMajorVersion:          pebble.FormatValueSeparation, // raise on purpose only: there is no way back
		CacheSize:                   8 << 20,
		MemTableSize:                memTable,
		MemTableStopWritesThreshold: 4,
		MaxOpenFiles:                256,
		CompactionConcurrencyRange:  func() (lower, upper int) { return 1, 2 },
		Logger:                      pebbleLog{log, g},
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) { log.Error("pebble background error", "error", err) },
			DataCorruption:  func(i pebble.DataCorruptionInfo) { log.Error("pebble found corruption", "info", i.String()) },
		},
	}
	// Digests fall anywhere, so a compaction touches everything: it should move keys
	// and leave the values where they were written.
	o.Experimental.ValueSeparationPolicy = func() pebble.ValueSeparationPolicy {
		return pebble.ValueSeparationPolicy{
			Enabled: true, MinimumSize: 128, MaxBlobReferenceDepth: 1000,
			RewriteMinimumAge: 10 * time.Minute, TargetGarbageRatio: 0.3,
		}
	}
	for i := range o.Levels {
		o.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.SnappyCompression }
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return o
}

// close ends the tier. A database in which a write failed or waits is left as it
// stands: it can't be closed, and has nothing to say that is not on the disk.
func (r *recent) close() error {
	if err := r.guard.refusal(); err != nil {
		return err
	}
	return r.guard.during(func() error {
		r.changes.Wait()
		return r.db.Close()
	})
}

// put writes objects and marks in one synced batch.
func (r *recent) put(ctx context.Context, pool content.Pool, objs []content.Object, closed []content.Digest) error {
	b := r.db.NewBatch()
	var entry []byte
	for _, o := range objs {
		entry = r.codec.AppendEntry(entry[:0], o)
		if err := b.Set(key(objectKey, pool, o.Digest), entry, nil); err != nil {
			return readFault("put objects", o.Digest, err)
		}
	}
	for _, c := range closed {
		if err := b.Set(key(closedKey, pool, c), nil, nil); err != nil {
			return readFault("put objects", c, err)
		}
	}
	return r.commit(ctx, b, pebble.Sync)
}

// commit waits for the batch to be written.
func (r *recent) commit(ctx context.Context, b *pebble.Batch, o *pebble.WriteOptions) error {
	if b.Empty() {
		return b.Close()
	}
	if err := r.change(ctx, func() error { return b.Commit(o) }); err != nil {
		return err
	}
	return b.Close()
}

// change waits for what op does to the database, or for the end of the hope that it will be
// done: pebble has no answer for a write that failed.
func (r *recent) change(ctx context.Context, op func() error) error {
	if err := r.guard.refusal(); err != nil {
		return err
	}
	done := make(chan error, 1)
	r.changes.Go(func() { done <- op() })
	select {
	case err := <-done:
		if err != nil {
			return diskFault("put objects", "", err)
		}
		return nil
	case <-r.guard.refusing():
		return r.guard.refusal()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// value calls use with what is stored under k. NotFound.
func (r *recent) value(k []byte, d content.Digest, use func([]byte) error) error {
	v, closer, err := r.db.Get(k)
	if errors.Is(err, pebble.ErrNotFound) {
		return fault.Newf(fault.NotFound, "read object", "%v is not here", d)
	}
	if err != nil {
		return readFault("read object", d, err)
	}
	defer closer.Close() // of a buffer: it can't fail
	return use(v)
}

func (r *recent) get(pool content.Pool, d content.Digest) (o content.Object, err error) {
	err = r.value(key(objectKey, pool, d), d, func(v []byte) (err error) {
		o, err = r.codec.Entry(d, v)
		return err
	})
	return o, err
}

func (r *recent) stat(pool content.Pool, d content.Digest) (k content.Kind, n int64, err error) {
	err = r.value(key(objectKey, pool, d), d, func(v []byte) (err error) {
		k, n, err = pack.EntryHeader(v)
		return err
	})
	return k, n, err
}

func (r *recent) has(pool content.Pool, d content.Digest) (bool, error) {
	return r.there(key(objectKey, pool, d), d)
}

func (r *recent) closed(pool content.Pool, d content.Digest) (bool, error) {
	return r.there(key(closedKey, pool, d), d)
}

func (r *recent) there(k []byte, d content.Digest) (bool, error) {
	err := r.value(k, d, func([]byte) error { return nil })
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// each calls f with the recent objects of a pool, in the order of their digests, until it
// returns an error. It sees what was there when it began. An entry is good during the call.
func (r *recent) each(ctx context.Context, pool content.Pool, f func(d content.Digest, entry []byte) error) error {
	from, to := span(objectKey, pool)
	it, err := r.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return readFault("list objects", content.Digest{}, err)
	}
	for ok := it.First(); ok && err == nil; ok = it.Next() {
		d := content.Digest(it.Key()[len(from):])
		entry, valueErr := it.ValueAndErr()
		if valueErr != nil {
			err = readFault("list objects", d, valueErr)
			break
		}
		err = f(d, entry)
	}
	if closeErr := it.Close(); err == nil && closeErr != nil {
		err = readFault("list objects", content.Digest{}, closeErr)
	}
	return err
}

// following returns at most limit digests that follow after, of the recent objects of a pool.
func (r *recent) following(ctx context.Context, pool content.Pool, after content.Digest, limit int) (ds []content.Digest, err error) {
	_, to := span(objectKey, pool)
	from := append(key(objectKey, pool, after), 0)
	if after.IsZero() {
		from = key(objectKey, pool, after)
	}
	it, err := r.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return nil, readFault("list objects", after, err)
	}
	for ok := it.First(); ok && len(ds) < limit; ok = it.Next() {
		ds = append(ds, content.Digest(it.Key()[1+len(pool):]))
	}
	if err := it.Close(); err != nil {
		return nil, readFault("list objects", after, err)
	}
	return ds, ctx.Err()
}

// names calls f for every recent object, with its pool.
func (r *recent) names(ctx context.Context, f func(content.Pool)) error {
	it, err := r.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: []byte{objectKey}, UpperBound: []byte{objectKey + 1}})
	if err != nil {
		return readFault("list objects", content.Digest{}, err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		f(content.Pool(it.Key()[1:][:len(content.Pool{})]))
	}
	if err := it.Close(); err != nil {
		return readFault("list objects", content.Digest{}, err)
	}
	return ctx.Err()
}

// span returns the keys that begin with letter and pool: from the first up to the second.
func span(letter byte, pool content.Pool) (from, to []byte) {
	from = append([]byte{letter}, pool[:]...)
	to = slices.Clone(from)
	for i := len(to) - 1; i >= 0; i-- {
		if to[i]++; to[i] != 0 {
			break
		}
	}
	return from, to
}

// forget removes objects. It may come back after a loss of power: nothing rests on it.
func (r *recent) forget(ctx context.Context, pool content.Pool, ds []content.Digest) error {
	b := r.db.NewBatch()
	for _, d := range ds {
		if err := b.Delete(key(objectKey, pool, d), nil); err != nil {
			return readFault("forget objects", d, err)
		}
	}
	return r.commit(ctx, b, pebble.NoSync)
}

// compact gives back the room of what was forgotten.
func (r *recent) compact(ctx context.Context, pool content.Pool) error {
	from, to := span(objectKey, pool)
	return r.change(ctx, func() error { return r.db.Compact(ctx, from, to, false) })
}

// readFault gives an error of pebble's its kind.
func readFault(op string, d content.Digest, err error) error {
	if pebble.IsCorruptionError(err) {
		return fault.New(fault.Corrupt, op, d.String(), err)
	}
	return diskFault(op, d.String(), err)
}

// wholeReader reads an object that is in memory.
func wholeReader(o content.Object) io.ReadCloser { return io.NopCloser(bytes.NewReader(o.Data)) }
