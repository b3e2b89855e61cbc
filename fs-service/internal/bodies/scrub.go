package bodies

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// asideSuffix is added to the name of a body that was found to be another: it is not served,
// and kept for whoever wants to look at it.
const asideSuffix = ".broken"

// Scrub reads every body of a pool and compares its bytes with its digest. One that is not what it
// is named after is put aside, and is missing from then on; broken hears of it. pace is
// called often, and takes what time it likes. It returns how many bodies were read.
func (l *Local) Scrub(ctx context.Context, pool content.Pool, pace func(context.Context), broken func(content.Digest)) (read int64, err error) {
	folders, err := names(filepath.Join(l.dir, pool.String()))
	if err != nil {
		return 0, err
	}
	for _, folder := range folders {
		files, err := names(filepath.Join(l.dir, pool.String(), folder))
		if err != nil {
			return read, err
		}
		for _, name := range files {
			d, err := content.ParseDigest(name)
			if err != nil {
				continue // put aside before
			}
			err = l.scrub(ctx, pool, d, pace)
			switch {
			case fault.Is(err, fault.Corrupt):
				broken(d)
			case fault.Is(err, fault.NotFound):
				continue
			case err != nil:
				return read, err
			}
			read++
		}
	}
	return read, nil
}

// names lists a folder, which may not be there.
func names(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("list bodies", dir, err)
	}
	defer f.Close()
	list, err := f.Readdirnames(-1)
	if err != nil {
		return nil, failed("list bodies", dir, err)
	}
	return list, nil
}

// scrub judges one body, and puts it aside if it is Corrupt.
func (l *Local) scrub(ctx context.Context, pool content.Pool, d content.Digest, pace func(context.Context)) error {
	f, size, err := l.file(pool, d)
	if err != nil {
		return err
	}
	r := &reader{ctx: ctx, file: f, left: size, digest: d, hash: content.NewHasher(content.KindBlob, size)}
	defer r.Close()
	for buf := make([]byte, bufferSize); err == nil; {
		pace(ctx)
		_, err = r.Read(buf)
	}
	if err == io.EOF {
		return nil
	}
	if fault.Is(err, fault.Corrupt) {
		err = errors.Join(err, l.putAside(l.place(pool, d), f))
	}
	return err
}

// putAside takes the name from bad, unless an upload gave it to another file meanwhile.
func (l *Local) putAside(place string, bad *os.File) error {
	l.placing.Lock()
	defer l.placing.Unlock()
	was, err := bad.Stat()
	if err != nil {
		return err
	}
	is, err := os.Stat(place)
	if err != nil || !os.SameFile(was, is) {
		return err
	}
	if err := l.disk.rename(place, place+asideSuffix); err != nil {
		return err
	}
	return l.disk.syncDir(filepath.Dir(place))
}
