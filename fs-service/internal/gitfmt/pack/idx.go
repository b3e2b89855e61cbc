package pack

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"io"
	"slices"

	"rhapsode/content"
)

// Idx is the index of a pack: which objects it holds, and where.
type Idx struct {
	objects []located // by digest
	pack    content.Digest
}

// located is an object, where it begins and the checksum of its entry.
type located struct {
	digest content.Digest
	crc    uint32
	offset int64
}

func newIdx(entries []entry, pack content.Digest) *Idx {
	x := &Idx{objects: make([]located, len(entries)), pack: pack}
	for i, e := range entries {
		x.objects[i] = located{e.digest, e.crc, e.offset}
	}
	slices.SortFunc(x.objects, func(a, b located) int { return bytes.Compare(a.digest[:], b.digest[:]) })
	return x
}

// Checksum returns the pack's own checksum, which is its last twenty bytes and
// names it.
func (x *Idx) Checksum() content.Digest { return x.pack }

// Len returns the number of objects.
func (x *Idx) Len() int { return len(x.objects) }

// The layout of an index, version 2: magic and version, how many digests begin
// with at most each byte, the digests, the entries' checksums, their offsets,
// those offsets that need more than 31 bits, the pack's checksum and its own.
const (
	idxMagic      = "\xfftOc\x00\x00\x00\x02"
	fanoutSize    = 256 * 4
	idxHeaderSize = len(idxMagic) + fanoutSize
	farOffset     = 1 << 31 // or'ed to a place among the long offsets
)

// WriteTo writes the index as `git index-pack` does.
func (x *Idx) WriteTo(w io.Writer) (int64, error) {
	hash := sha1.New()
	out := &counter{w: bufio.NewWriterSize(io.MultiWriter(w, hash), 64<<10)}
	out.Write([]byte(idxMagic))
	for b, n := 0, 0; b < 256; b++ {
		for n < len(x.objects) && int(x.objects[n].digest[0]) == b {
			n++
		}
		out.number(uint32(n))
	}
	for _, o := range x.objects {
		out.Write(o.digest[:])
	}
	for _, o := range x.objects {
		out.number(o.crc)
	}
	var far []int64
	for _, o := range x.objects {
		if o.offset < farOffset {
			out.number(uint32(o.offset))
			continue
		}
		out.number(farOffset | uint32(len(far)))
		far = append(far, o.offset)
	}
	for _, offset := range far {
		out.number(uint32(offset >> 32))
		out.number(uint32(offset))
	}
	out.Write(x.pack[:])
	if err := out.w.Flush(); err != nil {
		return out.n, err
	}
	n, err := w.Write(hash.Sum(nil))
	return out.n + int64(n), err
}

// counter counts what is written; w remembers a failure until it is flushed.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(b []byte) {
	n, _ := c.w.Write(b)
	c.n += int64(n)
}

func (c *counter) number(v uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], v)
	c.Write(b[:])
}
