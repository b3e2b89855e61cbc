package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Cache is what packs that are read side by side share: the bases of deltas
// that were used last, and idle inflaters.
type Cache struct {
	bases *lru.Cache[place, whole]
	codec Codec
}

// place names an entry while its pack is open.
type place struct {
	pack   *Pack
	offset int64
}

// whole is an object without its name.
type whole struct {
	kind content.Kind
	data []byte
}

// NewCache makes a cache of at most most bytes.
func NewCache(most int64) *Cache {
	return &Cache{bases: lru.New[place, whole](most, most/4)}
}

// OpenOptions says how a pack is read.
type OpenOptions struct {
	Cache    *Cache   // shared with other packs; nil: one of its own, of 4 MiB
	External External // as given to Index
	Limits   Limits   // as given to Index
}

// Pack reads the objects of a pack that Index judged.
type Pack struct {
	r        io.ReaderAt
	end      int64 // of the entries
	sum      content.Digest
	table    *table
	cache    *Cache
	external External
	limits   Limits
}

// Open makes a Pack of a pack of size bytes and its index. It reads neither of
// them whole, and takes ownership of neither.
func Open(pack io.ReaderAt, size int64, idx io.ReaderAt, idxSize int64, o OpenOptions) (*Pack, error) {
	p := &Pack{r: pack, end: size - trailerSize, cache: o.Cache, external: o.External, limits: o.Limits.orDefault()}
	if p.cache == nil {
		p.cache = NewCache(4 << 20)
	}
	if size < headerSize+trailerSize {
		return nil, fault.Newf(fault.Corrupt, "open pack", "%d bytes are too few", size)
	}
	var head [headerSize]byte
	if err := errors.Join(readFull(pack, head[:], 0), readFull(pack, p.sum[:], p.end)); err != nil {
		return nil, fault.New(fault.Internal, "open pack", "", err)
	}
	count, err := readCount(head[:])
	if err != nil {
		return nil, fault.New(fault.Corrupt, "open pack", "", err)
	}
	if p.table, err = openTable(idx, idxSize, p.sum); err != nil {
		return nil, err
	}
	if p.table.len() != count {
		return nil, fault.Newf(fault.Corrupt, "open pack", "%d objects, and %d in its index", count, p.table.len())
	}
	return p, nil
}

func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	return err
}

// Checksum names the pack.
func (p *Pack) Checksum() content.Digest { return p.sum }

// Len returns the number of objects.
func (p *Pack) Len() int { return int(p.table.len()) }

// Has says whether the index names d. It does not look at the object.
func (p *Pack) Has(d content.Digest) (bool, error) {
	_, ok, err := p.table.find(d)
	return ok, err
}

// Each calls f with the digest of every object, in their order, until it returns
// an error.
func (p *Pack) Each(f func(content.Digest) error) error { return p.table.each(f) }

// Get returns an object, whole; its bytes are those that d names.
// NotFound: the pack has no such object. Corrupt: it can't be read. TooLarge:
// it is over Limits.Held; use Open.
func (p *Pack) Get(ctx context.Context, d content.Digest) (content.Object, error) {
	offset, err := p.locate(d)
	if err != nil {
		return content.Object{}, err
	}
	w, err := p.whole(ctx, offset)
	if err != nil {
		return content.Object{}, named(d, err)
	}
	o := content.Object{Digest: d, Kind: w.kind, Data: w.data}
	if !o.Intact() {
		return content.Object{}, fault.Newf(fault.Corrupt, "read object", "%v: its bytes at offset %d are those of another", d, offset)
	}
	return o, nil
}

// Stat returns an object's kind and size without making it.
func (p *Pack) Stat(ctx context.Context, d content.Digest) (content.Kind, int64, error) {
	offset, err := p.locate(d)
	if err != nil {
		return 0, 0, err
	}
	k, n, err := p.stat(ctx, offset)
	return k, n, named(d, err)
}

// Open returns a reader of an object's bytes, which the caller closes. What is
// stored whole streams by, and a wrong object ends with a fault.Corrupt instead
// of io.EOF; a delta is made in memory first.
func (p *Pack) Open(ctx context.Context, d content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	offset, err := p.locate(d)
	if err != nil {
		return 0, 0, nil, err
	}
	f := p.cache.codec.inflater(p.r, offset, p.end)
	h, err := readHeader(&f.source)
	if err == nil && h.isDelta() {
		p.cache.codec.release(f)
		o, err := p.Get(ctx, d)
		return o.Kind, int64(len(o.Data)), io.NopCloser(bytes.NewReader(o.Data)), err
	}
	if err == nil {
		err = f.open()
	}
	if err != nil {
		err = f.blame(fault.Corrupt, "read object", d.String(), err)
		p.cache.codec.release(f)
		return 0, 0, nil, err
	}
	s := &stream{codec: &p.cache.codec, f: f, digest: d, hash: content.NewHasher(h.kind, h.size)}
	return h.kind, h.size, s, nil
}

func (p *Pack) locate(d content.Digest) (int64, error) {
	n, ok, err := p.table.find(d)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, fault.Newf(fault.NotFound, "read object", "%v is not in the pack", d)
	}
	return p.table.offset(n)
}

// named adds to err which object it is about.
func named(d content.Digest, err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.Of(err), "read object", d.String(), err)
}

// whole makes the object at offset: down to what is stored whole, and up again
// through the deltas.
func (p *Pack) whole(ctx context.Context, offset int64) (whole, error) {
	base, chain, err := p.descend(ctx, offset)
	if err != nil {
		return whole{}, err
	}
	for i := len(chain) - 1; i >= 0; i-- {
		data, err := applyDelta(base.data, chain[i].delta, p.limits.Held)
		if err != nil {
			return whole{}, fault.New(fault.Corrupt, "apply delta", fmt.Sprintf("at offset %d", chain[i].offset), err)
		}
		base.data = data
		p.cache.bases.Put(place{p, chain[i].offset}, base, int64(len(data)))
	}
	return base, nil
}

// pending is a delta that waits for its base.
type pending struct {
	offset int64
	delta  []byte
}

// descend returns the object that the one at offset rests on, and the deltas
// between them, the one at offset first.
func (p *Pack) descend(ctx context.Context, offset int64) (base whole, chain []pending, err error) {
	held := int64(0)
	for {
		if w, ok := p.cache.bases.Get(place{p, offset}); ok {
			return w, chain, nil
		}
		h, data, err := p.entry(offset)
		if err != nil {
			return whole{}, nil, err
		}
		if !h.isDelta() {
			w := whole{h.kind, data}
			if len(chain) > 0 {
				p.cache.bases.Put(place{p, offset}, w, int64(len(data)))
			}
			return w, chain, nil
		}
		chain = append(chain, pending{offset, data})
		if held += int64(len(data)); held > p.limits.Held || len(chain) > p.limits.Depth {
			return whole{}, nil, fault.Newf(fault.Corrupt, "read pack", "a chain of %d deltas and %d bytes at offset %d", len(chain), held, offset)
		}
		next, ok, err := p.baseOf(h, offset)
		if err != nil {
			return whole{}, nil, err
		}
		if !ok {
			o, err := p.external.base(ctx, h.base)
			return whole{o.Kind, o.Data}, chain, err
		}
		offset = next
	}
}

// entry inflates the entry at offset.
func (p *Pack) entry(offset int64) (header, []byte, error) {
	f := p.cache.codec.inflater(p.r, offset, p.end)
	defer p.cache.codec.release(f)
	h, err := readHeader(&f.source)
	if err == nil && h.size > p.limits.Held {
		return h, nil, fault.Newf(fault.TooLarge, "read pack", "%d bytes at offset %d, more than %d", h.size, offset, p.limits.Held)
	}
	var data []byte
	if err == nil {
		data, err = f.inflate(h.size)
	}
	if err != nil {
		return h, nil, f.blame(fault.Corrupt, "read pack", fmt.Sprintf("entry at offset %d", offset), err)
	}
	return h, data, nil
}

// baseOf returns where the base of the delta at offset begins; ok is false if it
// is not in the pack.
func (p *Pack) baseOf(h header, offset int64) (base int64, ok bool, err error) {
	if h.kind == offsetDelta {
		base = offset - h.distance
		if h.distance == 0 || base < headerSize {
			return 0, false, fault.Newf(fault.Corrupt, "read pack", "a base %d bytes before offset %d", h.distance, offset)
		}
		return base, true, nil
	}
	n, ok, err := p.table.find(h.base)
	if err != nil || !ok {
		return 0, false, err
	}
	base, err = p.table.offset(n)
	return base, true, err
}

// stat reads the size where the object is, and the kind where its chain ends.
func (p *Pack) stat(ctx context.Context, offset int64) (content.Kind, int64, error) {
	size := int64(-1)
	for range p.limits.Depth + 1 {
		h, result, err := p.peek(offset, size < 0)
		if err != nil {
			return 0, 0, err
		}
		if size < 0 {
			size = result
		}
		if !h.isDelta() {
			return h.kind, size, nil
		}
		next, ok, err := p.baseOf(h, offset)
		if err != nil {
			return 0, 0, err
		}
		if !ok {
			o, err := p.external.base(ctx, h.base)
			return o.Kind, size, err
		}
		offset = next
	}
	return 0, 0, fault.Newf(fault.Corrupt, "read pack", "a chain of more than %d deltas ends at offset %d", p.limits.Depth, offset)
}

// peek reads the header of the entry at offset and, if wanted, the size of what
// comes of it; a delta says that in its first bytes.
func (p *Pack) peek(offset int64, wanted bool) (h header, size int64, err error) {
	f := p.cache.codec.inflater(p.r, offset, p.end)
	defer p.cache.codec.release(f)
	h, err = readHeader(&f.source)
	size = h.size
	if err == nil && h.isDelta() && wanted {
		var b [20]byte
		if err = f.open(); err == nil {
			n, _ := io.ReadFull(f.z, b[:])
			_, size, _, err = deltaSizes(b[:n])
		}
	}
	if err != nil {
		err = f.blame(fault.Corrupt, "read pack", fmt.Sprintf("entry at offset %d", offset), err)
	}
	return h, size, err
}
