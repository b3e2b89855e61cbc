package pack

import (
	"bytes"
	"compress/zlib"
	"hash/crc32"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Entry is an object in the form that it has in a pack: what its header says, and
// its compressed bytes as they lie somewhere.
type Entry struct {
	Digest content.Digest
	Kind   content.Kind   // zero: a delta
	Size   int64          // of the inflated bytes; of a delta, not of its result
	Back   int            // of a delta: its base is the entry that came so many before
	Base   content.Digest // of a delta

	zip  []byte
	long *io.SectionReader // instead of zip: too much to hold
	crc  uint32            // of the whole entry; long only
}

// IsDelta says whether the entry is a difference from another.
func (e *Entry) IsDelta() bool { return e.Kind == 0 }

// AppendHeader appends the entry's header. A delta names its base by how many
// bytes before it that begins, or by its digest if distance is zero.
func (e *Entry) AppendHeader(dst []byte, distance int64) []byte {
	switch {
	case !e.IsDelta():
		return appendHeader(dst, e.Kind, e.Size)
	case distance == 0:
		return append(appendHeader(dst, digestDelta, e.Size), e.Base[:]...)
	}
	return appendDistance(appendHeader(dst, offsetDelta, e.Size), distance)
}

// WriteTo writes the compressed bytes. They are good for one writing, and until the
// next entry is asked for. Corrupt: a long entry is not what the index says of it.
func (e *Entry) WriteTo(w io.Writer) (int64, error) {
	if e.long == nil {
		n, err := w.Write(e.zip)
		return int64(n), err
	}
	sum := crc32.NewIEEE()
	if err := e.skipHeader(sum); err != nil {
		return 0, err
	}
	n, err := io.Copy(io.MultiWriter(w, sum), e.long)
	if err == nil && sum.Sum32() != e.crc {
		err = fault.Newf(fault.Corrupt, "copy entry", "%v: its bytes are not those that the index knows", e.Digest)
	}
	return n, err
}

// skipHeader goes to where the compressed bytes begin.
func (e *Entry) skipHeader(sum io.Writer) error {
	h, err := readHeader(&singly{io.TeeReader(e.long, sum)})
	if err == nil && h.size != e.Size {
		err = errTruncated
	}
	if err != nil {
		return fault.New(fault.Corrupt, "copy entry", e.Digest.String(), err)
	}
	return nil
}

// singly reads byte by byte.
type singly struct{ r io.Reader }

func (s *singly) ReadByte() (byte, error) {
	var b [1]byte
	_, err := io.ReadFull(s.r, b[:])
	return b[0], err
}

// ParseEntry reads what AppendEntry wrote of the object d, and keeps raw. The
// compressed bytes are not looked at.
func ParseEntry(d content.Digest, raw []byte) (Entry, error) {
	r := bytes.NewReader(raw)
	h, err := readHeader(r)
	if err != nil || h.isDelta() {
		return Entry{}, fault.Newf(fault.Corrupt, "read entry", "%v: kind %d: %v", d, h.kind, err)
	}
	return Entry{Digest: d, Kind: h.kind, Size: h.size, zip: raw[len(raw)-r.Len():]}, nil
}

// Whole makes the entry of an object, quick rather than small.
func (c *Codec) Whole(o content.Object) Entry {
	header := len(appendHeader(nil, o.Kind, int64(len(o.Data))))
	return Entry{Digest: o.Digest, Kind: o.Kind, Size: int64(len(o.Data)), zip: c.AppendEntry(nil, o)[header:]}
}

// Deflate writes what the entry of a whole object holds behind its header.
func Deflate(w io.Writer, r io.Reader) error {
	z, err := zlib.NewWriterLevel(w, zlib.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, r); err != nil {
		return err
	}
	return z.Close()
}

// AppendPackHeader appends what a pack of count entries begins with.
func AppendPackHeader(dst []byte, count int) []byte {
	return append(append(dst, "PACK\x00\x00\x00\x02"...), byte(count>>24), byte(count>>16), byte(count>>8), byte(count))
}

// appendDistance writes what readDistance reads.
func appendDistance(dst []byte, n int64) []byte {
	var b [10]byte
	i := len(b) - 1
	b[i] = byte(n & 0x7f)
	for n >>= 7; n > 0; n >>= 7 {
		n--
		i--
		b[i] = 0x80 | byte(n&0x7f)
	}
	return append(dst, b[i:]...)
}
