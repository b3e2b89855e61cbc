package lb

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// spool is the body of a request, whole, so that it can be sent again. A small
// one is in memory, a larger one in a file that has no name any more.
type spool struct {
	memory []byte
	file   *os.File // nil: all is in memory
	size   int64
}

// spoolMemory is how much of a body is kept in memory, in bytes.
const spoolMemory = 128 << 10

var errBodyTooLarge = errors.New("the body is over the limit")

// newSpool reads r to its end, or to beyond limit, which is errBodyTooLarge.
func newSpool(dir string, r io.Reader, limit int64) (*spool, error) {
	r = io.LimitReader(r, limit+1)
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, spoolMemory)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := &spool{memory: head.Bytes(), size: n}
	if err == nil { // there may be more
		if err := s.spill(dir, r); err != nil {
			s.close()
			return nil, err
		}
	}
	if s.size > limit {
		s.close()
		return nil, errBodyTooLarge
	}
	return s, nil
}

func (s *spool) spill(dir string, rest io.Reader) (err error) {
	if s.file, err = os.CreateTemp(dir, "body-*"); err != nil {
		return err
	}
	if err := os.Remove(s.file.Name()); err != nil {
		return err
	}
	if _, err := s.file.Write(s.memory); err != nil {
		return err
	}
	n, err := io.Copy(s.file, rest)
	s.size += n
	s.memory = nil
	return err
}

// open returns the body from its beginning. Readers don't disturb each other.
func (s *spool) open() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.memory)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

func (s *spool) close() {
	if s.file != nil {
		s.file.Close() // nothing is lost: it was only ever read back
	}
}
