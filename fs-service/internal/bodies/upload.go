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

// Upload is a body on its way in.
type Upload struct {
	ctx   context.Context
	local *Local
	file  file
	name  string // of the file in incoming
	size  int64  // as promised
	hash  *content.Hasher
	err   error // of a Write
	ended bool
}

var (
	_ io.Writer     = (*Upload)(nil)
	_ io.ReaderFrom = (*Upload)(nil)
)

// Write adds b. Invalid: that is more than was promised. Full.
func (u *Upload) Write(b []byte) (int, error) {
	switch {
	case u.ended:
		return 0, fault.Newf(fault.Internal, "write body", "the upload is over")
	case u.err != nil:
		return 0, u.err
	case u.ctx.Err() != nil:
		u.err = u.ctx.Err()
		return 0, u.err
	case int64(len(b)) > u.hash.Missing():
		u.err = fault.Newf(fault.Invalid, "write body", "more than the %d bytes that were promised", u.size)
		return 0, u.err
	}
	n, err := u.file.Write(b)
	u.hash.Write(b[:n])
	if err != nil {
		u.err = failed("write body", "", err)
	}
	return n, u.err
}

// ReadFrom adds all that r gives, through one buffer.
func (u *Upload) ReadFrom(r io.Reader) (int64, error) {
	// The struct hides ReadFrom from io.CopyBuffer, which would call it again.
	return io.CopyBuffer(struct{ io.Writer }{u}, struct{ io.Reader }{r}, make([]byte, bufferSize))
}

// Commit makes the body durable in pool and returns its digest. A body that is
// there already is replaced by its equal, so that it counts as new.
// Invalid: fewer bytes than promised. Full. In any case the upload is over.
func (u *Upload) Commit(pool content.Pool) (content.Digest, error) {
	d, err := u.commit(pool)
	if err != nil {
		u.Abort()
		return content.Digest{}, err
	}
	return d, nil
}

func (u *Upload) commit(pool content.Pool) (content.Digest, error) {
	switch {
	case u.ended:
		return content.Digest{}, fault.Newf(fault.Internal, "commit body", "the upload is over")
	case u.err != nil:
		return content.Digest{}, u.err
	case u.hash.Missing() != 0:
		return content.Digest{}, fault.Newf(fault.Invalid, "commit body", "%d bytes of %d", u.size-u.hash.Missing(), u.size)
	}
	d := u.hash.Sum()
	place := u.local.place(pool, d)
	if err := u.store(place); err != nil {
		return content.Digest{}, failed("commit body", d.String(), err)
	}
	return d, nil
}

// store gives the synced file its place.
func (u *Upload) store(place string) error {
	disk := u.local.disk
	if err := u.file.Sync(); err != nil {
		return err
	}
	u.ended = true
	if err := u.file.Close(); err != nil {
		return errors.Join(err, os.Remove(u.name))
	}
	err := disk.makeDir(filepath.Dir(place))
	if err == nil {
		u.local.placing.Lock()
		err = disk.rename(u.name, place)
		u.local.placing.Unlock()
	}
	if err != nil {
		return errors.Join(err, os.Remove(u.name))
	}
	return disk.syncDir(filepath.Dir(place))
}

// Abort throws the upload away, unless it is over.
func (u *Upload) Abort() {
	if u.ended {
		return
	}
	u.ended = true
	u.file.Close()
	os.Remove(u.name) // or Open does
}
