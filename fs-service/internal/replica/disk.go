package replica

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"rhapsode/content"
	"rhapsode/fs-service/internal/bodies"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/internal/fault"
)

// Disk is what this node holds: small objects and packs in one store, large
// bodies in another, seen as one.
type Disk struct {
	objects *objects.Store
	bodies  *bodies.Local
	spool   string // a folder for packs on their way in, on the same file system
	early   early

	mu       sync.Mutex
	arriving map[content.Pool]int // guarded by mu: packs on their way in
}

// NewDisk joins the two stores. It owns neither. What lies in the folder spool is left
// over from a crash and is removed.
func NewDisk(o *objects.Store, b *bodies.Local, spool string) (*Disk, error) {
	if err := errors.Join(os.RemoveAll(spool), os.MkdirAll(spool, 0o700)); err != nil {
		return nil, fault.New(fault.Internal, "open spool", spool, err)
	}
	return &Disk{objects: o, bodies: b, spool: spool, arriving: map[content.Pool]int{}}, nil
}

// Object reads one object whole and checks it. NotFound, Corrupt; TooLarge for
// one that lives among the bodies.
func (d *Disk) Object(ctx context.Context, pool content.Pool, id content.Digest) (content.Object, error) {
	o, err := d.objects.Get(ctx, pool, id)
	if !fault.Is(err, fault.NotFound) {
		return o, err
	}
	if size, bodyErr := d.bodies.Stat(ctx, pool, id); bodyErr == nil {
		return content.Object{}, fault.Newf(fault.TooLarge, "read", "%v has %d bytes: it can only be streamed", id, size)
	}
	return content.Object{}, err
}

// Stat returns the kind and size of an object. NotFound.
func (d *Disk) Stat(ctx context.Context, pool content.Pool, id content.Digest) (Header, error) {
	kind, size, err := d.objects.Stat(ctx, pool, id)
	if !fault.Is(err, fault.NotFound) {
		return Header{kind, size}, err
	}
	if size, bodyErr := d.bodies.Stat(ctx, pool, id); bodyErr == nil {
		return Header{content.KindBlob, size}, nil
	}
	return Header{}, err
}

// Open reads one object from either tier.
func (d *Disk) Open(ctx context.Context, pool content.Pool, id content.Digest) (Header, io.ReadCloser, error) {
	return d.OpenRange(ctx, pool, id, 0, -1)
}

// OpenRange reads n bytes of an object from offset off; n < 0: to its end.
func (d *Disk) OpenRange(ctx context.Context, pool content.Pool, id content.Digest, off, n int64) (Header, io.ReadCloser, error) {
	h, err := d.Stat(ctx, pool, id)
	if err != nil {
		return h, nil, err
	}
	if _, err := d.bodies.Stat(ctx, pool, id); err == nil {
		r, err := d.bodies.Open(ctx, pool, id, off, n)
		return h, r, err
	}
	if h.Size <= content.InlineLimit {
		o, err := d.objects.Get(ctx, pool, id)
		if err != nil {
			return h, nil, err
		}
		return h, io.NopCloser(section(bytes.NewReader(o.Data), off, n)), nil
	}
	_, _, r, err := d.objects.Open(ctx, pool, id)
	if err != nil {
		return h, nil, err
	}
	if _, err := io.CopyN(io.Discard, r, off); err != nil {
		return h, nil, errors.Join(err, r.Close())
	}
	return h, struct {
		io.Reader
		io.Closer
	}{section(r, 0, n), r}, nil
}

// section is n bytes of r from off, of which r has not read any yet.
func section(r io.Reader, off, n int64) io.Reader {
	if s, ok := r.(io.Seeker); ok && off > 0 {
		s.Seek(off, io.SeekStart) // never fails: bytes.Reader
	}
	if n < 0 {
		return r
	}
	return io.LimitReader(r, n)
}

// Put stores a batch in one synced write. Its tips are marked closed if its bases are
// and its needs are here; if a base is not yet, then as soon as it is.
func (d *Disk) Put(ctx context.Context, pool content.Pool, b Batch) error {
	missing, err := d.Missing(ctx, pool, b.Needs)
	if err != nil {
		return err
	}
	if len(missing) > 0 || len(b.Tips) == 0 {
		return d.objects.Put(ctx, pool, b.Objects, nil)
	}
	closed, err := d.Closed(ctx, pool, b.Bases...)
	if err != nil {
		return err
	}
	if !closed {
		if err := d.objects.Put(ctx, pool, b.Objects, nil); err != nil {
			return err
		}
		return d.later(ctx, pool, b)
	}
	if err := d.objects.Put(ctx, pool, b.Objects, b.Tips); err != nil {
		return err
	}
	return d.cascade(ctx, pool, b.Tips)
}

// Closed says whether all of the commits are closed on this disk.
func (d *Disk) Closed(ctx context.Context, pool content.Pool, commits ...content.Digest) (bool, error) {
	if len(commits) == 0 {
		return true, nil
	}
	return d.objects.Closed(ctx, pool, commits...)
}

// MarkClosed marks commits as closed, and what waited for them. Whoever calls it
// has seen to it that they are.
func (d *Disk) MarkClosed(ctx context.Context, pool content.Pool, commits []content.Digest) error {
	if err := d.objects.MarkClosed(ctx, pool, commits); err != nil {
		return err
	}
	return d.cascade(ctx, pool, commits)
}

// Missing returns which of ds are in neither tier.
func (d *Disk) Missing(ctx context.Context, pool content.Pool, ds []content.Digest) ([]content.Digest, error) {
	if len(ds) == 0 {
		return nil, nil
	}
	absent, err := d.objects.Missing(ctx, pool, ds)
	if err != nil {
		return nil, err
	}
	var missing []content.Digest
	for _, id := range absent {
		if _, err := d.bodies.Stat(ctx, pool, id); fault.Is(err, fault.NotFound) {
			missing = append(missing, id)
		} else if err != nil {
			return nil, err
		}
	}
	return missing, nil
}

// PutBody stores a large blob.
func (d *Disk) PutBody(ctx context.Context, pool content.Pool, id content.Digest, size int64, r io.Reader) error {
	got, err := d.Receive(ctx, pool, size, r)
	if err != nil {
		return err
	}
	if got != id {
		return fault.Newf(fault.Invalid, "store body", "it holds %v, not %v", got, id)
	}
	return nil
}

// Receive stores a large blob of size bytes whose digest is not known before.
func (d *Disk) Receive(ctx context.Context, pool content.Pool, size int64, r io.Reader) (content.Digest, error) {
	up, err := d.bodies.Create(ctx, size)
	if err != nil {
		return content.Digest{}, err
	}
	defer up.Abort()
	if _, err := io.CopyBuffer(up, r, make([]byte, 256<<10)); err != nil {
		return content.Digest{}, err
	}
	return up.Commit(pool)
}

// ScrubBodies reads every large body of a pool. What is broken is put aside, and so is missing:
// see bodies.Local.Scrub.
func (d *Disk) ScrubBodies(ctx context.Context, pool content.Pool, pace func(context.Context), broken func(content.Digest)) (read int64, err error) {
	return d.bodies.Scrub(ctx, pool, pace, broken)
}
