package pack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// table looks things up in an index that stays where it is: of it, only the
// counts by first byte are held.
type table struct {
	r      io.ReaderAt
	fanout [256]uint32
	far    int64 // how many long offsets there are
}

// openTable checks as much of an index as can be had cheaply, and that it is
// that of the pack whose checksum is sum.
func openTable(r io.ReaderAt, size int64, sum content.Digest) (*table, error) {
	t := &table{r: r}
	var head [idxHeaderSize]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, t.failed(err)
	}
	if string(head[:len(idxMagic)]) != idxMagic {
		return nil, badIdx("it is no index of version 2")
	}
	last := uint32(0)
	for i := range t.fanout {
		t.fanout[i] = binary.BigEndian.Uint32(head[len(idxMagic)+4*i:])
		if t.fanout[i] < last {
			return nil, badIdx("its counts decrease at byte %02x", i)
		}
		last = t.fanout[i]
	}
	rest := size - t.farAt() - 2*trailerSize
	if rest < 0 || rest%8 != 0 || rest/8 > int64(last) {
		return nil, badIdx("%d bytes are not the size of an index of %d objects", size, last)
	}
	t.far = rest / 8
	var own content.Digest
	if _, err := r.ReadAt(own[:], size-2*trailerSize); err != nil {
		return nil, t.failed(err)
	}
	if own != sum {
		return nil, badIdx("it belongs to the pack %v, not %v", own, sum)
	}
	return t, nil
}

// len returns the number of objects.
func (t *table) len() int64 { return int64(t.fanout[255]) }

// Where the parts begin.
func (t *table) crcAt() int64    { return int64(idxHeaderSize) + t.len()*content.DigestSize }
func (t *table) offsetAt() int64 { return t.crcAt() + 4*t.len() }
func (t *table) farAt() int64    { return t.offsetAt() + 4*t.len() }

// find returns the place of d among the digests. Halves are read one digest at
// a time until the rest is worth reading at once.
func (t *table) find(d content.Digest) (n int64, ok bool, err error) {
	from, to := int64(0), int64(t.fanout[d[0]])
	if d[0] > 0 {
		from = int64(t.fanout[d[0]-1])
	}
	const atOnce = 64
	var room [atOnce * content.DigestSize]byte
	for to-from > atOnce {
		mid := from + (to-from)/2
		if err := t.digests(room[:content.DigestSize], mid); err != nil {
			return 0, false, err
		}
		if bytes.Compare(room[:content.DigestSize], d[:]) <= 0 {
			from = mid
		} else {
			to = mid
		}
	}
	some := room[:(to-from)*content.DigestSize]
	if err := t.digests(some, from); err != nil {
		return 0, false, err
	}
	at := func(i int) []byte { return some[i*content.DigestSize:][:content.DigestSize] }
	i := sort.Search(int(to-from), func(i int) bool { return bytes.Compare(at(i), d[:]) >= 0 })
	return from + int64(i), i < int(to-from) && bytes.Equal(at(i), d[:]), nil
}

// digests reads the digests from place n on.
func (t *table) digests(b []byte, n int64) error {
	if len(b) == 0 {
		return nil
	}
	_, err := t.r.ReadAt(b, int64(idxHeaderSize)+n*content.DigestSize)
	return t.failed(err)
}

// offset returns where in the pack the object at place n begins.
func (t *table) offset(n int64) (int64, error) {
	var b [8]byte
	if _, err := t.r.ReadAt(b[:4], t.offsetAt()+4*n); err != nil {
		return 0, t.failed(err)
	}
	near := binary.BigEndian.Uint32(b[:4])
	if near&farOffset == 0 {
		return int64(near), nil
	}
	far := int64(near &^ farOffset)
	if far >= t.far {
		return 0, badIdx("there is no long offset %d", far)
	}
	if _, err := t.r.ReadAt(b[:], t.farAt()+8*far); err != nil {
		return 0, t.failed(err)
	}
	return int64(binary.BigEndian.Uint64(b[:])), nil
}

// each calls f for every digest, in their order.
func (t *table) each(f func(content.Digest) error) error {
	const atOnce = 512
	var room [atOnce * content.DigestSize]byte
	for n := int64(0); n < t.len(); n += atOnce {
		some := room[:min(atOnce, t.len()-n)*content.DigestSize]
		if err := t.digests(some, n); err != nil {
			return err
		}
		for ; len(some) > 0; some = some[content.DigestSize:] {
			if err := f(content.Digest(some[:content.DigestSize])); err != nil {
				return err
			}
		}
	}
	return nil
}

// failed says whether the index is too short or could not be read.
func (t *table) failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return badIdx("it is cut short")
	}
	return fault.New(fault.Internal, "read pack index", "", err)
}

func badIdx(why string, args ...any) error {
	return fault.New(fault.Corrupt, "read pack index", "", fmt.Errorf(why, args...))
}
