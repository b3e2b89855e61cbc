package pack

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Copy yields the entries of those of ds that the pack holds, as they lie in it,
// without inflating them. The rest, also of what can't be read, it returns.
//
// They come in the order of their places, so that a base comes before its deltas.
// A delta whose base does not come is made whole first. Short entries are checked against
// the index's checksum before they are yielded, long ones as they are written.
//
// Ds is ordered and without repeats. Memory is some 50 bytes for each of ds that is here.
func (p *Pack) Copy(ctx context.Context, ds []content.Digest, yield func(*Entry) error) (rest []content.Digest, err error) {
	picked, rest, err := p.pick(ds)
	if err != nil || len(picked) == 0 {
		return rest, err
	}
	if err := p.measure(picked); err != nil {
		return rest, err
	}
	c := copier{pack: p, ctx: ctx, picked: picked}
	for i := range picked {
		if err := ctx.Err(); err != nil {
			return rest, err
		}
		e, err := c.entry(i)
		switch {
		case fault.Is(err, fault.Corrupt):
			rest = append(rest, picked[i].digest)
			continue
		case err != nil:
			return rest, err
		}
		c.yielded++
		picked[i].order = c.yielded
		if err := yield(e); err != nil {
			return rest, err
		}
	}
	slices.SortFunc(rest, func(a, b content.Digest) int { return bytes.Compare(a[:], b[:]) })
	return rest, nil
}

// pick is an entry that is to be copied.
type pick struct {
	digest      content.Digest
	crc         uint32
	offset, end int64
	order       int // among those that were yielded, from 1; 0: it was not
}

// pick finds ds in the index and returns them by offset, and the others.
func (p *Pack) pick(ds []content.Digest) (picked []pick, rest []content.Digest, err error) {
	const few = 16
	if int64(len(ds)) < p.table.len()/few {
		for _, d := range ds {
			n, ok, err := p.table.find(d)
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				rest = append(rest, d)
				continue
			}
			x := pick{digest: d}
			if x.crc, err = p.table.crc(n); err != nil {
				return nil, nil, err
			}
			if x.offset, err = p.table.offset(n); err != nil {
				return nil, nil, err
			}
			picked = append(picked, x)
		}
	} else {
		err = p.table.rows(func(d content.Digest, crc uint32, offset int64) {
			for len(ds) > 0 && bytes.Compare(ds[0][:], d[:]) < 0 {
				rest = append(rest, ds[0])
				ds = ds[1:]
			}
			if len(ds) > 0 && ds[0] == d {
				picked = append(picked, pick{digest: d, crc: crc, offset: offset})
				ds = ds[1:]
			}
		})
		rest = append(rest, ds...)
	}
	slices.SortFunc(picked, func(a, b pick) int { return cmp.Compare(a.offset, b.offset) })
	return picked, rest, err
}

// measure finds where each entry ends: where the next one of the pack begins.
func (p *Pack) measure(picked []pick) error {
	for i := range picked {
		picked[i].end = p.end
	}
	return p.table.rows(func(_ content.Digest, _ uint32, offset int64) {
		before, _ := slices.BinarySearchFunc(picked, offset, func(x pick, offset int64) int { return cmp.Compare(x.offset, offset) })
		if before > 0 {
			x := &picked[before-1]
			x.end = min(x.end, offset)
		}
	})
}

// copyWindow is what is read of a pack at once; longer entries are read as they are written.
const copyWindow = 256 << 10

// copier is one Copy under way.
type copier struct {
	pack    *Pack
	ctx     context.Context
	picked  []pick
	yielded int

	window [copyWindow]byte
	from   int64 // where what is in the window begins
	filled int
}

// entry reads the i-th entry.
func (c *copier) entry(i int) (*Entry, error) {
	x := c.picked[i]
	e := &Entry{Digest: x.digest}
	h, err := c.header(x, e)
	if err != nil {
		return nil, err
	}
	e.Size = h.size
	if !h.isDelta() {
		e.Kind = h.kind
		return e, nil
	}
	base, ok, err := c.base(h, x.offset)
	if err != nil {
		return nil, err
	}
	if !ok {
		return c.whole(x.digest)
	}
	e.Base, e.Back = base.digest, c.yielded+1-base.order
	return e, nil
}

// header reads an entry's header, and gives e the bytes behind it.
func (c *copier) header(x pick, e *Entry) (h header, err error) {
	if size := x.end - x.offset; size > copyWindow {
		e.long, e.crc = io.NewSectionReader(c.pack.r, x.offset, size), x.crc
		h, err = readHeader(&singly{io.NewSectionReader(c.pack.r, x.offset, size)})
	} else {
		var raw []byte
		if raw, err = c.bytes(x); err != nil {
			return h, err
		}
		r := bytes.NewReader(raw)
		h, err = readHeader(r)
		e.zip = raw[len(raw)-r.Len():]
	}
	if err != nil {
		return h, fault.New(fault.Corrupt, "copy entry", x.digest.String(), err)
	}
	return h, nil
}

// bytes returns an entry that fits the window, checked.
func (c *copier) bytes(x pick) ([]byte, error) {
	if x.end > c.from+int64(c.filled) || x.offset < c.from {
		n := min(copyWindow, c.pack.end-x.offset)
		if err := readFull(c.pack.r, c.window[:n], x.offset); err != nil {
			return nil, fault.New(fault.Internal, "copy entry", x.digest.String(), err)
		}
		c.from, c.filled = x.offset, int(n)
	}
	raw := c.window[x.offset-c.from : x.end-c.from]
	if crc32.ChecksumIEEE(raw) != x.crc {
		return nil, fault.Newf(fault.Corrupt, "copy entry", "%v: its bytes are not those that the index knows", x.digest)
	}
	return raw, nil
}

// base finds the base of a delta among what was yielded.
func (c *copier) base(h header, offset int64) (pick, bool, error) {
	at, ok, err := c.pack.baseOf(h, offset)
	if err != nil || !ok {
		return pick{}, false, err
	}
	i, ok := slices.BinarySearchFunc(c.picked, at, func(x pick, at int64) int { return cmp.Compare(x.offset, at) })
	if !ok || c.picked[i].order == 0 {
		return pick{}, false, nil
	}
	return c.picked[i], true, nil
}

// whole makes an object that its delta can't stand for.
func (c *copier) whole(d content.Digest) (*Entry, error) {
	o, err := c.pack.Get(c.ctx, d)
	if err != nil {
		return nil, err
	}
	e := c.pack.cache.codec.Whole(o)
	return &e, nil
}

// crc returns the checksum of the entry of the object at place n.
func (t *table) crc(n int64) (uint32, error) {
	var b [4]byte
	_, err := t.r.ReadAt(b[:], t.crcAt()+4*n)
	return binary.BigEndian.Uint32(b[:]), t.failed(err)
}

// rows calls f for every object, in the order of the digests.
func (t *table) rows(f func(d content.Digest, crc uint32, offset int64)) error {
	const atOnce = 2048
	var digests [atOnce * content.DigestSize]byte
	var crcs, offsets [4 * atOnce]byte
	for n := int64(0); n < t.len(); n += atOnce {
		k := min(atOnce, t.len()-n)
		_, crcErr := t.r.ReadAt(crcs[:4*k], t.crcAt()+4*n)
		_, offsetErr := t.r.ReadAt(offsets[:4*k], t.offsetAt()+4*n)
		if err := errors.Join(t.digests(digests[:k*content.DigestSize], n), t.failed(errors.Join(crcErr, offsetErr))); err != nil {
			return err
		}
		for i := range k {
			offset := int64(binary.BigEndian.Uint32(offsets[4*i:]))
			if offset&farOffset != 0 {
				var err error
				if offset, err = t.offset(n + i); err != nil {
					return err
				}
			}
			f(content.Digest(digests[i*content.DigestSize:][:content.DigestSize]), binary.BigEndian.Uint32(crcs[4*i:]), offset)
		}
	}
	return nil
}
