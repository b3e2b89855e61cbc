package objects

import (
	"errors"
	"os"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/internal/fault"
)

// diskFault gives an error of the disk its kind, unless it has one.
func diskFault(op, name string, err error) error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return fault.New(f.Kind, op, name, err)
	case isFull(err):
		return fault.New(fault.Full, op, name, err)
	case errors.Is(err, os.ErrNotExist):
		return fault.New(fault.Corrupt, op, name, err) // of a file that was there
	}
	return fault.New(fault.Internal, op, name, err)
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// room watches over the free bytes of a disk.
type room struct {
	fs      vfs.FS
	dir     string
	reserve int64
}

// check refuses to begin op when the disk is nearly full. Where the disk does not
// say how full it is, there is always room.
func (r room) check(op string) error {
	if r.reserve < 0 {
		return nil
	}
	usage, err := r.fs.GetDiskUsage(r.dir)
	if err == nil && usage.AvailBytes < uint64(r.reserve) {
		return fault.Newf(fault.Full, op, "%d bytes are free, and the last %d are kept", usage.AvailBytes, r.reserve)
	}
	return nil
}

// makeDir makes dir and what is missing above it, durably. What could not be
// synced is taken away again: the next try must not take it for durable.
func makeDir(fs vfs.FS, dir string) error {
	parent := fs.PathDir(dir)
	_, err := fs.Stat(dir)
	missing := err != nil
	if missing && parent != dir {
		if err := makeDir(fs, parent); err != nil {
			return err
		}
	}
	if missing {
		if err := fs.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := syncDir(fs, parent); err != nil {
		if missing {
			err = errors.Join(err, fs.Remove(dir))
		}
		return err
	}
	return nil
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
