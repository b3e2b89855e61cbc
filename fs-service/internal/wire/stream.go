package wire

import (
	"context"
	"errors"
	"io"

	"rhapsode/internal/fault"
)

// Reader makes an io.ReadCloser of a stream of pieces. next returns the next piece and
// io.EOF after the last; stop ends the stream early.
func Reader(op string, next func() ([]byte, error), stop context.CancelFunc) io.ReadCloser {
	return &reader{op: op, next: next, stop: stop}
}

type reader struct {
	op   string
	next func() ([]byte, error)
	stop context.CancelFunc
	rest []byte
	err  error
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		data, err := r.next()
		if err != nil && !errors.Is(err, io.EOF) {
			err = FromStatus(r.op, err)
		}
		r.rest, r.err = data, err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *reader) Close() error {
	r.stop()
	return nil
}

// Send cuts r into pieces of at most ChunkSize and gives them to send, whose argument
// is not kept. It returns how many bytes went.
func Send(r io.Reader, send func([]byte) error) (int64, error) {
	buf := make([]byte, ChunkSize)
	var sent int64
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			if err := send(buf[:n]); err != nil {
				return sent, err
			}
			sent += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return sent, nil
		case err != nil:
			return sent, err
		}
	}
}

// Exactly returns a reader that fails with Invalid unless r holds size bytes.
func Exactly(r io.Reader, size int64) io.Reader { return &exactly{r: r, left: size, size: size} }

type exactly struct {
	r          io.Reader
	left, size int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0:
		return n, fault.Newf(fault.Invalid, "receive", "more than the %d bytes that were promised", e.size)
	case errors.Is(err, io.EOF) && e.left > 0:
		return n, fault.Newf(fault.Invalid, "receive", "%d of %d promised bytes are missing", e.left, e.size)
	}
	return n, err
}
