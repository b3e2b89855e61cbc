package pack

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"sort"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// scanBuffer is what is read at once, and inflated at once, in a first pass.
const scanBuffer = 64 << 10

// scan reads the pack from front to back. Afterwards every entry has its place,
// size and checksum, those that are no deltas have their digest too, and what
// depends on what is known.
func (x *indexer) scan() error {
	count, err := x.readHeader()
	if err != nil {
		return err
	}
	x.count, x.entries = count, make([]entry, 0, count)
	f := &inflater{source: source{room: make([]byte, scanBuffer)}}
	f.reset(x.r, 0, x.size-trailerSize)
	f.summing()
	if _, err := io.CopyN(io.Discard, f, headerSize); err != nil {
		return f.blame(fault.Invalid, "index pack", "header", err)
	}
	buf := make([]byte, scanBuffer)
	for n := range int(count) {
		if err := x.scanEntry(n, f, buf); err != nil {
			return x.broken(n, x.entries[n].offset, f, err)
		}
	}
	if f.offset() != f.end {
		return fault.Newf(fault.Invalid, "index pack", "%d bytes at offset %d follow the last of %d objects", f.end-f.offset(), f.offset(), count)
	}
	return x.checkTrailer(f)
}

// readHeader returns how many entries the pack promises, if that can be true.
func (x *indexer) readHeader() (int64, error) {
	var b [headerSize]byte
	if x.size < headerSize+trailerSize {
		return 0, fault.Newf(fault.Invalid, "index pack", "%d bytes are too few for a pack", x.size)
	}
	if _, err := x.r.ReadAt(b[:], 0); err != nil {
		return 0, fault.New(fault.Internal, "index pack", "header", err)
	}
	count, err := readCount(b[:])
	switch {
	case err != nil:
		return 0, fault.New(fault.Invalid, "index pack", "header", err)
	case count > x.limits.Objects:
		return 0, fault.Newf(fault.TooLarge, "index pack", "%d objects, more than %d", count, x.limits.Objects)
	case count > (x.size-headerSize-trailerSize)/smallestEntry:
		return 0, fault.Newf(fault.Invalid, "index pack", "%d objects can't be in %d bytes", count, x.size)
	}
	return count, nil
}

// scanEntry reads the entry n.
func (x *indexer) scanEntry(n int, f *inflater, buf []byte) error {
	x.entries = append(x.entries, entry{offset: f.offset()})
	e := &x.entries[n]
	f.begin()
	h, err := readHeader(&f.source)
	if err != nil {
		return err
	}
	e.kind, e.size = h.kind, h.size
	if h.kind != content.KindBlob && h.size > x.limits.Held {
		return overLimit("size: %d bytes, more than %d", h.size, x.limits.Held)
	}
	if err := cmp.Or(x.grow(h.size), x.dependOn(n, h)); err != nil {
		return err
	}
	if h.isDelta() {
		err = x.stream(io.Discard, f, h.size, buf)
	} else {
		hash := content.NewHasher(h.kind, h.size)
		if err = x.stream(hash, f, h.size, buf); err == nil {
			x.found(n, hash.Sum())
		}
	}
	e.crc = f.finish()
	return err
}

// dependOn remembers what the delta n is based on.
func (x *indexer) dependOn(n int, h header) error {
	switch h.kind {
	case digestDelta:
		x.byDigest = append(x.byDigest, digestLink{h.base, int32(n)})
	case offsetDelta:
		at := x.entries[n].offset - h.distance
		base := sort.Search(n, func(i int) bool { return x.entries[i].offset >= at })
		if h.distance == 0 || base == n || x.entries[base].offset != at {
			return fmt.Errorf("base missing: no object begins %d bytes before", h.distance)
		}
		x.byOffset = append(x.byOffset, offsetLink{int32(base), int32(n)})
	}
	return nil
}

// stream inflates an entry of size bytes into w through buf.
func (x *indexer) stream(w io.Writer, f *inflater, size int64, buf []byte) error {
	if err := cmp.Or(x.pace.Step(x.ctx), f.open()); err != nil {
		return err
	}
	for left := size; left > 0; {
		part := buf[:min(left, int64(len(buf)))]
		n, err := io.ReadFull(f.z, part)
		if err != nil {
			return short(err, size-left+int64(n), size)
		}
		w.Write(part) // a hash or nothing: it can't fail
		left -= int64(n)
		if err := x.ctx.Err(); err != nil {
			return err
		}
	}
	return f.close()
}

// checkTrailer compares the checksum at the end with that of what f read.
func (x *indexer) checkTrailer(f *inflater) error {
	x.sum = f.total()
	var want content.Digest
	if _, err := x.r.ReadAt(want[:], f.end); err != nil && !errors.Is(err, io.EOF) {
		return fault.New(fault.Internal, "index pack", "trailer", err)
	}
	if want != x.sum {
		return fault.Newf(fault.Invalid, "index pack", "trailer at offset %d: it says %v, the bytes before it are %v", f.end, want, x.sum)
	}
	return nil
}
