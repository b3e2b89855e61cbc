package bodies

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// disk is what of a file system can fail in the middle of a Commit.
type disk struct {
	create  func(name string) (file, error)
	rename  func(old, name string) error
	mkdir   func(name string) error
	syncDir func(name string) error
}

// file is one that is being written.
type file interface {
	io.WriteCloser
	Sync() error
}

func osDisk() disk {
	return disk{
		create: func(name string) (file, error) {
			return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		},
		rename:  os.Rename,
		mkdir:   func(name string) error { return os.Mkdir(name, 0o755) },
		syncDir: syncDir,
	}
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes dir and what is missing above it, and the name of each durable.
// Its own name is synced even where it was there: another upload may have made
// it just now. What could not be synced is taken away again, if nothing is in it.
func (d disk) makeDir(dir string) error {
	parent := filepath.Dir(dir)
	err := d.mkdir(dir)
	if errors.Is(err, os.ErrNotExist) && parent != dir {
		if err := d.makeDir(parent); err != nil {
			return err
		}
		err = d.mkdir(dir)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := d.syncDir(parent); err != nil {
		os.Remove(dir) // fails where it is in use
		return err
	}
	return nil
}
