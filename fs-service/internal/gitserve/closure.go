package gitserve

import (
	"bytes"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
)

// closure is everything that some tips reach. It never changes. A nil one is empty.
type closure struct {
	tips    []content.Digest // in order
	objects []content.Digest // in order
}

func compareDigests(a, b content.Digest) int { return bytes.Compare(a[:], b[:]) }

// has says whether d is in the closure.
func (k *closure) has(d content.Digest) bool {
	if k == nil {
		return false
	}
	_, ok := slices.BinarySearchFunc(k.objects, d, compareDigests)
	return ok
}

// closureKey names what is remembered: one closure of all that is shown, and one of some of
// it (a single branch), for each repository.
type closureKey struct {
	repo refs.Key
	all  bool
}

// closureOf returns everything that tips reach. Of what is remembered of other tips it makes
// use if these lead to all of them: then nothing is walked but what is new.
func (c *conversation) closureOf(tips []content.Digest, all bool) (*closure, error) {
	key := closureKey{c.Repo.Key, all}
	before, _ := c.closures.Get(key)
	if before != nil && slices.Equal(before.tips, tips) {
		return before, nil
	}
	leave, err := c.enter(c.counting)
	if err != nil {
		return nil, err
	}
	defer leave()
	w := c.walk()
	w.known = before
	if err := w.run(tips, nil); err != nil {
		return nil, err
	}
	if before != nil && !w.metAll(before.tips) {
		w.known, before = nil, nil
		if err := w.run(tips, nil); err != nil {
			return nil, err
		}
	}
	k := &closure{tips: tips, objects: w.result()}
	if before != nil {
		k.objects = merge(before.objects, k.objects)
	}
	c.closures.Put(key, k, content.DigestSize*int64(len(k.tips)+len(k.objects)))
	return k, nil
}

// metAll says whether the walk came to all of tips.
func (w *walk) metAll(tips []content.Digest) bool {
	return !slices.ContainsFunc(tips, func(d content.Digest) bool { return !w.met[d] })
}

// merge joins two ordered lists that have nothing in common.
func merge(a, b []content.Digest) []content.Digest {
	all := make([]content.Digest, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compareDigests(a[0], b[0]) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// walk makes a walk at rest.
func (c *conversation) walk() *walk {
	return &walk{ctx: c.ctx, src: c.src, trees: c.Trees, graph: c.Graph, tick: c.tick}
}
