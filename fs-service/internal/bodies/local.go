// Package bodies keeps the bytes of large blobs, one file each.
//
// It owns one directory, and no other process uses it meanwhile:
//
//	incoming/<number>          uploads under way
//	<pool>/<aa>/<digest>       bodies; aa are the first two digits of the digest
//	<pool>/<aa>/<digest>.broken  what a Scrub found under that name, and was not it
//
// What holds:
//
//   - A name that is a digest stands for a whole body. A file gets it by a rename,
//     after its bytes were counted, hashed and synced.
//   - When Commit returns nil, the body survives kill -9 and the loss of power:
//     the file was synced, then the directories its name is in, from the first one
//     that could be new.
//   - After a failure of Commit the body may be there or not; it is never there in
//     part. The upload is gone: a sync that failed once can't be repeated.
//   - A crash before the rename leaves a file in incoming, which Open removes;
//     a crash after it leaves the body, or nothing.
//   - A read from the first byte to the last ends with a fault.Corrupt instead of
//     io.EOF if the bytes are not those that the digest names.
//
// All methods of Local may be called from any goroutine, those of an Upload and
// of a reader from one at a time.
package bodies

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// bufferSize is what is read and written at once.
const bufferSize = 128 << 10

// Local is bodies in files.
type Local struct {
	dir  string
	disk disk
	next atomic.Uint64 // the name of the next upload

	placing sync.Mutex // held while a body gets or loses its name
}

// Open opens the bodies in dir, and makes it where there is none.
func Open(dir string) (*Local, error) { return open(dir, osDisk()) }

func open(dir string, d disk) (*Local, error) {
	l := &Local{dir: dir, disk: d}
	if err := os.RemoveAll(l.incoming()); err != nil {
		return nil, failed("open bodies", dir, err)
	}
	if err := d.makeDir(l.incoming()); err != nil {
		return nil, failed("open bodies", dir, err)
	}
	return l, nil
}

func (l *Local) incoming() string { return filepath.Join(l.dir, "incoming") }

func (l *Local) place(pool content.Pool, d content.Digest) string {
	name := d.String()
	return filepath.Join(l.dir, pool.String(), name[:2], name)
}

// Create begins a body of exactly size bytes. The caller ends it with Commit or
// Abort. Full.
func (l *Local) Create(ctx context.Context, size int64) (*Upload, error) {
	if size < 0 {
		return nil, fault.Newf(fault.Invalid, "create body", "%d bytes", size)
	}
	name := filepath.Join(l.incoming(), strconv.FormatUint(l.next.Add(1), 10))
	f, err := l.disk.create(name)
	if err != nil {
		return nil, failed("create body", "", err)
	}
	return &Upload{ctx: ctx, local: l, file: f, name: name, size: size, hash: content.NewHasher(content.KindBlob, size)}, nil
}

// Open returns a reader of n bytes from offset off on, or of what there is from
// there; n < 0: to the end. The caller closes it. NotFound. Invalid: off is
// beyond the end.
func (l *Local) Open(ctx context.Context, pool content.Pool, d content.Digest, off, n int64) (io.ReadCloser, error) {
	f, size, err := l.file(pool, d)
	if err != nil {
		return nil, err
	}
	if off < 0 || off > size {
		f.Close()
		return nil, fault.Newf(fault.Invalid, "open body", "%v: offset %d of %d bytes", d, off, size)
	}
	if n < 0 || n > size-off {
		n = size - off
	}
	r := &reader{ctx: ctx, file: f, off: off, left: n, digest: d}
	if n == size {
		r.hash = content.NewHasher(content.KindBlob, size)
	}
	return r, nil
}

// Stat returns the size of a body. NotFound.
func (l *Local) Stat(_ context.Context, pool content.Pool, d content.Digest) (int64, error) {
	info, err := os.Stat(l.place(pool, d))
	if err != nil {
		return 0, failed("stat body", d.String(), err)
	}
	return info.Size(), nil
}

// Verify reads a body and returns a fault.Corrupt if it is not what its digest
// names. NotFound.
func (l *Local) Verify(ctx context.Context, pool content.Pool, d content.Digest) error {
	r, err := l.Open(ctx, pool, d, 0, -1)
	if err != nil {
		return err
	}
	defer r.Close()
	buf := make([]byte, bufferSize)
	for err == nil {
		_, err = r.Read(buf)
	}
	if err == io.EOF {
		return nil
	}
	return err
}

func (l *Local) file(pool content.Pool, d content.Digest) (*os.File, int64, error) {
	f, err := os.Open(l.place(pool, d))
	if err != nil {
		return nil, 0, failed("open body", d.String(), err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, failed("open body", d.String(), err)
	}
	return f, info.Size(), nil
}

// failed gives an error of the disk its kind.
func failed(op, name string, err error) error {
	kind := fault.Internal
	switch {
	case errors.Is(err, os.ErrNotExist):
		kind = fault.NotFound
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		kind = fault.Full
	}
	return fault.New(kind, op, name, err)
}
