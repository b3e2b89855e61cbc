package replica

import (
	"context"
	"errors"
	"io"
	"os"

	"rhapsode/content"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/internal/fault"
)

// PutPack stores a pack that arrives as a stream.
func (d *Disk) PutPack(ctx context.Context, pool content.Pool, p Pack, r io.Reader) error {
	d.arrives(pool, 1)
	defer d.arrives(pool, -1)
	name, err := d.fill(r, p.Size)
	if err != nil {
		return err
	}
	defer os.Remove(name) // gone already where AddPack took it
	_, err = d.TakePack(ctx, pool, p, name, nil)
	return err
}

// arrives counts the packs of a pool that are on their way in.
func (d *Disk) arrives(pool content.Pool, n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.arriving[pool] += n; d.arriving[pool] == 0 {
		delete(d.arriving, pool)
	}
}

// awaits says whether a pack of the pool is on its way in.
func (d *Disk) awaits(pool content.Pool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.arriving[pool] > 0
}

// TakePack stores the pack in the file name, which must be on the same file
// system as the objects and is consumed. Every object is parsed and hashed:
// Invalid names the one that is broken. progress hears of bytes done and in all;
// it may be nil.
func (d *Disk) TakePack(ctx context.Context, pool content.Pool, p Pack, name string, progress func(done, total int64)) (objects.PackInfo, error) {
	info, err := d.objects.AddPack(ctx, pool, name, progress)
	if err != nil {
		return objects.PackInfo{}, err
	}
	closed, err := d.Closed(ctx, pool, p.Bases...)
	if err != nil || !closed || len(p.Tips) == 0 {
		return info, err
	}
	return info, d.MarkClosed(ctx, pool, p.Tips)
}

// fill copies size bytes of r to a new file in the spool.
func (d *Disk) fill(r io.Reader, size int64) (name string, err error) {
	f, n, err := d.Spool(io.LimitReader(r, size), size)
	if err != nil {
		return "", err
	}
	if n != size {
		err = fault.Newf(fault.Invalid, "spool", "%d bytes arrived of %d", n, size)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fault.Disk("spool", errors.Join(err, os.Remove(f.Name())))
	}
	return f.Name(), nil
}
