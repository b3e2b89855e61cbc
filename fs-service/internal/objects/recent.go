package objects

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
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
	commits sync.WaitGroup // goroutines within pebble's commit pipeline
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
		r.commits.Wait()
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
	if b.Empty() {
		return b.Close()
	}
	return r.commit(ctx, b)
}

// commit waits for the batch to be durable, or for the end of the hope that it
// will be: pebble has no answer for a write that failed.
func (r *recent) commit(ctx context.Context, b *pebble.Batch) error {
	if err := r.guard.refusal(); err != nil {
		return err
	}
	done := make(chan error, 1)
	r.commits.Go(func() { done <- b.Commit(pebble.Sync) })
	select {
	case err := <-done:
		if err != nil {
			return diskFault("put objects", "", err)
		}
		return b.Close()
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

// readFault gives an error of pebble's its kind.
func readFault(op string, d content.Digest, err error) error {
	if pebble.IsCorruptionError(err) {
		return fault.New(fault.Corrupt, op, d.String(), err)
	}
	return diskFault(op, d.String(), err)
}

// wholeReader reads an object that is in memory.
func wholeReader(o content.Object) io.ReadCloser { return io.NopCloser(bytes.NewReader(o.Data)) }
