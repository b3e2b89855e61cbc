package pack

import (
	"crypto/sha1"
	"errors"
	"hash"
	"hash/crc32"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// source reads the entries of a pack forwards. Nobody takes a byte more of it
// than belongs to an entry (inflating asks for single bytes), so offset is exact.
type source struct {
	r    io.ReaderAt
	end  int64  // where the entries end
	next int64  // the offset of what follows buf
	buf  []byte // what was read, of which pos bytes were taken
	pos  int
	room []byte // where buf lives
	err  error  // r's own failure, as opposed to the pack's

	sum  hash.Hash // of all that was taken; nil: nobody wants sums
	crc  uint32    // of what was taken since the entry began
	done int       // bytes of buf that sum and crc have seen
}

// reset makes s read r from offset from up to end.
func (s *source) reset(r io.ReaderAt, from, end int64) {
	*s = source{r: r, end: end, next: from, room: s.room}
}

// summing makes s keep a checksum of everything it reads from now on.
func (s *source) summing() { s.sum = sha1.New() }

// offset returns where the next byte comes from.
func (s *source) offset() int64 { return s.next - int64(len(s.buf)-s.pos) }

// begin starts an entry.
func (s *source) begin() { s.settle(); s.crc = 0 }

// finish returns the checksum of the entry's bytes as they stand in the pack.
func (s *source) finish() uint32 { s.settle(); return s.crc }

// settle brings the sums up to what was taken.
func (s *source) settle() {
	if s.sum != nil {
		s.sum.Write(s.buf[s.done:s.pos])
		s.crc = crc32.Update(s.crc, crc32.IEEETable, s.buf[s.done:s.pos])
	}
	s.done = s.pos
}

func (s *source) ReadByte() (byte, error) {
	if s.pos == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	b := s.buf[s.pos]
	s.pos++
	return b, nil
}

func (s *source) Read(p []byte) (int, error) {
	if s.pos == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.pos:])
	s.pos += n
	return n, nil
}

// fill replaces what was taken by what follows.
func (s *source) fill() error {
	s.settle()
	n := min(int64(len(s.room)), s.end-s.next)
	if n <= 0 {
		return io.EOF
	}
	got, err := s.r.ReadAt(s.room[:n], s.next)
	if int64(got) < n {
		if !errors.Is(err, io.EOF) {
			s.err = err
			return err
		}
		if got == 0 {
			return io.EOF
		}
	}
	s.buf, s.pos, s.done = s.room[:got], 0, 0
	s.next += int64(got)
	return nil
}

// blame returns err as what it is: the pack's fault, of kind k, or that of the
// disk under it.
func (s *source) blame(k fault.Kind, op, name string, err error) error {
	if s.err != nil {
		return fault.New(fault.Internal, op, name, s.err)
	}
	return fault.New(k, op, name, err)
}

// total returns the checksum of everything read so far.
func (s *source) total() content.Digest {
	s.settle()
	return content.Digest(s.sum.Sum(nil))
}
