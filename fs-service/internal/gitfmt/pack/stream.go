package pack

import (
	"errors"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// stream reads an object that is stored whole and judges it as it goes.
type stream struct {
	codec  *Codec
	f      *inflater // nil once closed
	digest content.Digest
	hash   *content.Hasher
	err    error // what every further Read returns
}

func (s *stream) Read(b []byte) (int, error) {
	switch {
	case s.f == nil:
		return 0, fault.Newf(fault.Internal, "read object", "%v: the reader is closed", s.digest)
	case s.err != nil:
		return 0, s.err
	case s.hash.Missing() == 0:
		s.err = s.judge()
		return 0, s.err
	}
	n, err := s.f.z.Read(b[:min(int64(len(b)), s.hash.Missing())])
	s.hash.Write(b[:n])
	if err == io.EOF && s.hash.Missing() == 0 {
		err = nil // the next Read judges
	}
	if err != nil {
		s.err = s.f.blame(fault.Corrupt, "read object", s.digest.String(), zlibError(err))
	}
	return n, s.err
}

// judge returns io.EOF if what was read is what was asked for.
func (s *stream) judge() error {
	err := s.f.close()
	if err == nil && s.hash.Sum() != s.digest {
		err = errors.New("its bytes are those of another object")
	}
	if err != nil {
		return s.f.blame(fault.Corrupt, "read object", s.digest.String(), err)
	}
	return io.EOF
}

func (s *stream) Close() error {
	if s.f != nil {
		s.codec.release(s.f)
		s.f = nil
	}
	return nil
}
