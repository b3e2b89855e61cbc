package pack

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"hash"
	"io"

	"rhapsode/content"
)

// Member is an object that a new pack is to hold.
type Member struct {
	Digest content.Digest
	Kind   content.Kind
	Size   int64 // bytes
}

// Source gives the objects of a new pack, checked.
type Source interface {
	Get(context.Context, content.Digest) (content.Object, error)
	Open(context.Context, content.Digest) (content.Kind, int64, io.ReadCloser, error)
}

// What a difference may be made of, and how far it may be from what is whole.
const (
	foldWindow   = 10       // objects that one is compared with
	foldBytes    = 32 << 20 // of them together
	foldDepth    = 50       // deltas in a chain
	smallestDiff = 50       // bytes of an object
	largestDiff  = 4 << 20
)

// Fold writes a pack of members, which are in the order of their digests and without
// repeats, as small as git would: what is likely to be alike lies side by side, and each is
// compared with those before it. A base comes before its deltas.
//
// Memory is some 50 bytes for each
// member, and at most 64 MiB for what is compared; larger objects stream by.
func Fold(ctx context.Context, w io.Writer, members []Member, from Source, pace Pace) error {
	o := order{ctx: ctx, members: members, from: from, pace: pace}
	sorted, err := o.sorted()
	if err != nil {
		return err
	}
	f := folder{ctx: ctx, w: bufio.NewWriterSize(w, 256<<10), sum: sha1.New(), from: from}
	f.Write(AppendPackHeader(nil, len(members)))
	for _, n := range sorted {
		if err := pace.Step(ctx); err != nil {
			return err
		}
		if err := f.add(members[n]); err != nil {
			return err
		}
	}
	f.w.Write(f.sum.Sum(nil)) // the buffer remembers what went wrong before
	return f.w.Flush()
}

// folder is one Fold under way.
type folder struct {
	ctx     context.Context
	w       *bufio.Writer
	sum     hash.Hash
	at      int64
	from    Source
	window  []candidate // the likeliest last
	held    int64       // bytes of the window
	deflate *zlib.Writer
	zip     bytes.Buffer
}

// candidate is an object that was written, and that others may be differences from.
type candidate struct {
	kind   content.Kind
	data   []byte
	differ *differ // nil: not compared yet
	offset int64
	depth  int
}

func (f *folder) Write(b []byte) (int, error) {
	f.sum.Write(b)
	f.at += int64(len(b))
	return f.w.Write(b)
}

func (f *folder) add(m Member) error {
	if m.Size > largestDiff {
		return f.stream(m)
	}
	o, err := f.from.Get(f.ctx, m.Digest)
	if err != nil {
		return err
	}
	c := candidate{kind: o.Kind, data: o.Data, offset: f.at}
	best, delta := f.best(o)
	if delta == nil {
		err = f.entry(appendHeader(nil, o.Kind, int64(len(o.Data))), o.Data)
	} else {
		base := f.window[best]
		c.depth = base.depth + 1
		f.window = append(append(f.window[:best], f.window[best+1:]...), base) // the next one is likely to be like it too
		err = f.entry(appendDistance(appendHeader(nil, offsetDelta, int64(len(delta))), f.at-base.offset), delta)
	}
	f.keep(c)
	return err
}

// best finds the candidate that o is the smallest difference from; nil: it is better whole. A long
// chain has to be worth it.
func (f *folder) best(o content.Object) (best int, delta []byte) {
	if len(o.Data) < smallestDiff {
		return 0, nil
	}
	most, depth := len(o.Data)/2-content.DigestSize, 0
	for i := len(f.window) - 1; i >= 0; i-- {
		c := &f.window[i]
		if c.kind != o.Kind || c.depth >= foldDepth || len(o.Data) < len(c.data)/32 {
			continue
		}
		limit := most * (foldDepth - c.depth) / (foldDepth - depth + 1)
		if delta == nil {
			limit = most * (foldDepth - c.depth) / foldDepth
		}
		if len(o.Data)-len(c.data) >= limit {
			continue
		}
		if c.differ == nil {
			c.differ = newDiffer(c.data)
		}
		if d := c.differ.delta(o.Data, limit); d != nil && (delta == nil || len(d) < len(delta)) {
			best, delta, most, depth = i, d, len(d), c.depth+1
		}
	}
	return best, delta
}

// keep makes c a candidate in place of the unlikeliest ones.
func (f *folder) keep(c candidate) {
	f.window = append(f.window, c)
	f.held += int64(len(c.data))
	drop := 0
	for len(f.window)-drop > foldWindow || f.held > foldBytes {
		f.held -= int64(len(f.window[drop].data))
		drop++
	}
	kept := copy(f.window, f.window[drop:])
	clear(f.window[kept:])
	f.window = f.window[:kept]
}

// entry writes the entry of what is in memory.
func (f *folder) entry(header, data []byte) error {
	f.zip.Reset()
	if f.deflate == nil {
		f.deflate = zlib.NewWriter(&f.zip)
	} else {
		f.deflate.Reset(&f.zip)
	}
	f.deflate.Write(data) // a bytes.Buffer takes everything
	f.deflate.Close()
	f.Write(header)
	_, err := f.Write(f.zip.Bytes())
	return err
}

// stream writes an object that is too large to be compared.
func (f *folder) stream(m Member) error {
	kind, size, r, err := f.from.Open(f.ctx, m.Digest)
	if err != nil {
		return err
	}
	defer r.Close()
	f.Write(appendHeader(nil, kind, size))
	z := zlib.NewWriter(f)
	if _, err := io.Copy(z, r); err != nil {
		return err
	}
	return z.Close()
}
