package bodies

import (
	"context"
	"errors"
	"io"
	"os"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// reader reads a part of a body, and judges the whole of one.
type reader struct {
	ctx    context.Context
	file   *os.File
	off    int64
	left   int64
	digest content.Digest
	hash   *content.Hasher // nil: a part can't be judged
}

func (r *reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.left == 0 {
		return 0, r.judge()
	}
	n, err := r.file.ReadAt(b[:min(int64(len(b)), r.left)], r.off)
	r.off += int64(n)
	r.left -= int64(n)
	if r.hash != nil {
		r.hash.Write(b[:n])
	}
	switch {
	case errors.Is(err, io.EOF) && r.left > 0:
		return n, fault.Newf(fault.Corrupt, "read body", "%v: it ends %d bytes early", r.digest, r.left)
	case err != nil && !errors.Is(err, io.EOF):
		return n, failed("read body", r.digest.String(), err)
	}
	return n, nil
}

// judge returns io.EOF if what was read is what was asked for.
func (r *reader) judge() error {
	if r.hash != nil && r.hash.Sum() != r.digest {
		return fault.Newf(fault.Corrupt, "read body", "%v: its bytes are those of %v", r.digest, r.hash.Sum())
	}
	return io.EOF
}

func (r *reader) Close() error { return r.file.Close() }
