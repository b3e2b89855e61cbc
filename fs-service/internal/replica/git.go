package replica

import (
	"context"
	"errors"
	"io"
	"os"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// Copy yields those of ds that are on this disk, small or in a pack, as entries of a
// pack, and returns the others: see objects.Store.Copy.
func (d *Disk) Copy(ctx context.Context, pool content.Pool, ds []content.Digest, yield func(*pack.Entry) error) ([]content.Digest, error) {
	return d.objects.Copy(ctx, pool, ds, yield)
}

// Spool writes r, of which nobody knows the size, to a new file that TakePack takes. The
// caller removes it. TooLarge: r holds more than most bytes.
func (d *Disk) Spool(r io.Reader, most int64) (f *os.File, size int64, err error) {
	f, err = os.CreateTemp(d.spool, "pack-*")
	if err != nil {
		return nil, 0, fault.Disk("spool", err)
	}
	size, err = io.CopyBuffer(&steady{file: f}, io.LimitReader(r, most+1), make([]byte, 256<<10))
	if err == nil && size > most {
		err = fault.Newf(fault.TooLarge, "spool", "a pack of more than %d bytes", most)
	}
	if err != nil {
		return nil, 0, fault.Disk("spool", errors.Join(err, f.Close(), os.Remove(f.Name())))
	}
	return f, size, nil
}
