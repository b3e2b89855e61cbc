package pack

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// resolve gives every delta its digest: depth first from each object that
// others are based on, so that a base is inflated once and held only while
// there are more deltas against it.
func (x *indexer) resolve() error {
	slices.SortFunc(x.byOffset, func(a, b offsetLink) int {
		return cmp.Or(cmp.Compare(a.base, b.base), cmp.Compare(a.child, b.child))
	})
	slices.SortFunc(x.byDigest, func(a, b digestLink) int {
		return cmp.Or(bytes.Compare(a.base[:], b.base[:]), cmp.Compare(a.child, b.child))
	})
	for n, whole := 0, len(x.entries); n < whole && x.known < int64(whole); n++ {
		if e := x.entries[n]; e.kind < offsetDelta {
			if err := x.descend(link{entry: n, digest: e.digest, kind: e.kind}); err != nil {
				return err
			}
		}
	}
	if err := x.resolveThin(); err != nil {
		return err
	}
	return x.allKnown()
}

// resolveThin does the same from bases that the pack leaves out.
func (x *indexer) resolveThin() error {
	for _, l := range x.byDigest {
		if x.entries[l.child].known || x.external == nil {
			continue
		}
		o, err := x.external(x.ctx, l.base)
		if fault.Is(err, fault.NotFound) {
			continue // allKnown says so, unless it is the result of a later one
		}
		if err != nil {
			return err
		}
		if err := x.descend(link{entry: outside, digest: o.Digest, kind: o.Kind, data: append([]byte{}, o.Data...)}); err != nil {
			return err
		}
	}
	return nil
}

// allKnown complains of the first delta that no base led to.
func (x *indexer) allKnown() error {
	for _, l := range x.byDigest {
		if e := x.entries[l.child]; !e.known {
			return fault.New(fault.Invalid, "index pack", x.name(int(l.child)),
				fmt.Errorf("base missing: %v is not in the pack", l.base))
		}
	}
	for _, l := range x.byOffset {
		if e := x.entries[l.child]; !e.known {
			return fault.New(fault.Invalid, "index pack", x.name(int(l.child)), fmt.Errorf("base missing: it rests on object %d", l.base+1))
		}
	}
	return nil
}

func (x *indexer) name(n int) string {
	return fmt.Sprintf("object %d of %d at offset %d", n+1, len(x.entries), x.entries[n].offset)
}

// outside stands for the place of a base that is not in the pack.
const outside = -1

// link is an object on the way from a whole object down to the deltas on it.
type link struct {
	entry  int // or outside
	digest content.Digest
	kind   content.Kind // of the object, not of the entry
	data   []byte       // nil: let go of, to be made again from the link above
	left   children
}

// children are the deltas against one object.
type children struct {
	offset []offsetLink
	digest []digestLink
}

func (c *children) next() (int, bool) {
	switch {
	case len(c.offset) > 0:
		n := c.offset[0].child
		c.offset = c.offset[1:]
		return int(n), true
	case len(c.digest) > 0:
		n := c.digest[0].child
		c.digest = c.digest[1:]
		return int(n), true
	}
	return 0, false
}

func (c *children) empty() bool { return len(c.offset)+len(c.digest) == 0 }

func (x *indexer) children(l link) (c children) {
	if l.entry != outside {
		n := int32(l.entry)
		from, _ := slices.BinarySearchFunc(x.byOffset, n, func(o offsetLink, n int32) int { return cmp.Compare(o.base, n) })
		to := from
		for to < len(x.byOffset) && x.byOffset[to].base == n {
			to++
		}
		c.offset = x.byOffset[from:to]
	}
	from, _ := slices.BinarySearchFunc(x.byDigest, l.digest, func(o digestLink, d content.Digest) int { return bytes.Compare(o.base[:], d[:]) })
	to := from
	for to < len(x.byDigest) && x.byDigest[to].base == l.digest {
		to++
	}
	c.digest = x.byDigest[from:to]
	return c
}

// descend resolves everything that rests on root.
func (x *indexer) descend(root link) error {
	root.left = x.children(root)
	if root.left.empty() {
		return nil
	}
	d := descent{x: x, links: []link{root}, held: int64(len(root.data))}
	for len(d.links) > 0 {
		top := &d.links[len(d.links)-1]
		n, ok := top.left.next()
		if !ok {
			d.pop()
			continue
		}
		if x.entries[n].known { // two copies of one base, and this one rests on its digest
			continue
		}
		if err := d.push(n); err != nil {
			return err
		}
	}
	return nil
}

// descent is the way from one whole object to the delta at hand.
type descent struct {
	x     *indexer
	links []link
	held  int64 // bytes of all data
}

func (d *descent) pop() {
	d.release(len(d.links) - 1)
	d.links = d.links[:len(d.links)-1]
}

func (d *descent) release(i int) {
	d.held -= int64(len(d.links[i].data))
	d.links[i].data = nil
}

// push resolves the delta n against the last link and goes on from there.
func (d *descent) push(n int) error {
	x, e := d.x, &d.x.entries[n]
	f := x.codec.inflater(x.r, e.offset, x.size-trailerSize)
	defer x.codec.release(f)
	if err := x.pace.Step(x.ctx); err != nil {
		return x.broken(n, e.offset, f, err)
	}
	if len(d.links) > x.limits.Depth {
		return x.broken(n, e.offset, f, overLimit("a chain of more than %d deltas", x.limits.Depth))
	}
	top := len(d.links) - 1
	base, err := d.data(top)
	if err != nil {
		return err
	}
	if d.links[top].left.empty() && d.links[top].entry != outside {
		d.release(top) // base is ours alone now
	}
	data, err := x.apply(f, base)
	if err != nil {
		return x.broken(n, e.offset, f, err)
	}
	o := content.NewObject(d.links[top].kind, data)
	x.found(n, o.Digest)
	child := link{entry: n, digest: o.Digest, kind: o.Kind, data: data}
	if child.left = x.children(child); child.left.empty() {
		return nil
	}
	d.links = append(d.links, child)
	d.held += int64(len(data))
	d.letGo()
	return nil
}

// letGo keeps what is held within its limit: what is farthest up will be wanted
// last.
func (d *descent) letGo() {
	for i := 0; i < len(d.links)-1 && d.held > d.x.limits.Bases; i++ {
		if d.links[i].entry != outside {
			d.release(i)
		}
	}
}

// data returns the bytes of link i, made again if they were let go of.
func (d *descent) data(i int) ([]byte, error) {
	from := i
	for d.links[from].data == nil && d.isDelta(from) {
		from--
	}
	data := d.links[from].data
	for ; from <= i; from++ {
		l := &d.links[from]
		if l.data != nil {
			data = l.data
			continue
		}
		var err error
		if data, err = d.x.again(l.entry, data, d.isDelta(from)); err != nil {
			return nil, err
		}
	}
	if l := &d.links[i]; l.data == nil {
		l.data = data
		d.held += int64(len(data))
	}
	return data, nil
}

func (d *descent) isDelta(i int) bool { return i > 0 }

// again makes the bytes of an entry that were known before.
func (x *indexer) again(n int, base []byte, delta bool) ([]byte, error) {
	e := x.entries[n]
	f := x.codec.inflater(x.r, e.offset, x.size-trailerSize)
	defer x.codec.release(f)
	var data []byte
	var err error
	switch {
	case delta:
		data, err = x.apply(f, base)
	case e.size > x.limits.Held:
		err = overLimit("size: a base of %d bytes, more than %d", e.size, x.limits.Held)
	default:
		if _, err = readHeader(&f.source); err == nil {
			data, err = f.inflate(e.size)
		}
	}
	if err != nil {
		return nil, x.broken(n, e.offset, f, err)
	}
	return data, nil
}

// apply inflates the delta at f and applies it to base.
func (x *indexer) apply(f *inflater, base []byte) ([]byte, error) {
	h, err := readHeader(&f.source)
	if err != nil {
		return nil, err
	}
	delta, err := f.inflate(h.size)
	if err != nil {
		return nil, err
	}
	_, size, _, err := deltaSizes(delta)
	if err == nil {
		err = x.grow(size)
	}
	if err != nil {
		return nil, err
	}
	return applyDelta(base, delta, x.limits.Held)
}
