package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"rhapsode/content"
)

// The kinds that only entries have: differences from another entry, named by
// the distance to it or by its digest.
const (
	offsetDelta content.Kind = 6
	digestDelta content.Kind = 7
)

const (
	headerSize    = 12 // "PACK", version, number of entries
	trailerSize   = content.DigestSize
	smallestEntry = 1 + 8 // a byte of header, and zlib of nothing
)

// header is what stands before the compressed bytes of an entry.
type header struct {
	kind     content.Kind
	size     int64          // of the inflated bytes; of a delta, not of its result
	distance int64          // of an offsetDelta: to its base, backwards
	base     content.Digest // of a digestDelta
}

// isDelta says whether the entry is a difference from another.
func (h header) isDelta() bool { return h.kind == offsetDelta || h.kind == digestDelta }

var (
	errTruncated = errors.New("the entry is cut short")
	errOverflow  = errors.New("a number in the header is too large")
)

// readHeader reads an entry's header and not a byte more.
func readHeader(r io.ByteReader) (h header, err error) {
	b, err := r.ReadByte()
	if err != nil {
		return h, cut(err)
	}
	h.kind = content.Kind(b >> 4 & 7)
	size, shift := uint64(b&15), 4
	for b&0x80 != 0 {
		if b, err = r.ReadByte(); err != nil {
			return h, cut(err)
		}
		if shift > 56 {
			return h, errOverflow
		}
		size |= uint64(b&0x7f) << shift
		shift += 7
	}
	if size > math.MaxInt64 {
		return h, errOverflow
	}
	h.size = int64(size)
	switch h.kind {
	case content.KindCommit, content.KindTree, content.KindBlob, content.KindTag:
	case offsetDelta:
		h.distance, err = readDistance(r)
	case digestDelta:
		for i := range h.base {
			if h.base[i], err = r.ReadByte(); err != nil {
				return h, cut(err)
			}
		}
	default:
		return h, fmt.Errorf("%d is no type of entry", h.kind)
	}
	return h, err
}

// readDistance reads git's other variable-length number: most significant digit
// first, and each continuation adds one, so that no number has two spellings.
func readDistance(r io.ByteReader) (int64, error) {
	b, err := r.ReadByte()
	if err != nil {
		return 0, cut(err)
	}
	n := int64(b & 0x7f)
	for b&0x80 != 0 {
		if b, err = r.ReadByte(); err != nil {
			return 0, cut(err)
		}
		if n >= math.MaxInt64>>7-1 {
			return 0, errOverflow
		}
		n = (n+1)<<7 | int64(b&0x7f)
	}
	return n, nil
}

// appendHeader writes the header of an entry that is no delta.
func appendHeader(dst []byte, k content.Kind, size int64) []byte {
	b := byte(k)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		dst = append(dst, b|0x80)
		b = byte(size & 0x7f)
	}
	return append(dst, b)
}

// readCount checks the header of a pack and returns how many entries it promises.
func readCount(b []byte) (int64, error) {
	if string(b[:4]) != "PACK" {
		return 0, errors.New("it does not begin with PACK")
	}
	if v := binary.BigEndian.Uint32(b[4:]); v != 2 {
		return 0, fmt.Errorf("version %d, not 2", v)
	}
	return int64(binary.BigEndian.Uint32(b[8:])), nil
}

// cut turns the end of the input into what it means within an entry.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errTruncated
	}
	return err
}
