package gitserve

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"fmt"
	"hash"
	"io"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/fs-service/internal/refs"
)

// pack finds what the client lacks and sends it.
func (c *conversation) pack(r *request, h history, common []content.Digest) error {
	p := c.progress(r.quiet)
	c.tick = func(found int) error { return p.show("Enumerating objects: %d\r", found) }
	objects, err := c.lacking(r, h, common)
	p.stop()
	if err != nil {
		return err
	}
	if !r.quiet {
		if err := c.say(fmt.Sprintf("Enumerating objects: %d, done.\n", len(objects))); err != nil {
			return err
		}
	}
	return c.send(objects, r.offsets)
}

// lacking returns the objects to send, in order.
func (c *conversation) lacking(r *request, h history, common []content.Digest) (objects []content.Digest, err error) {
	if len(common) == 0 && len(h.cut) == 0 && !r.filter.on {
		k, err := c.closureOf(r.wants, r.all)
		if err != nil {
			return nil, err
		}
		return c.withTags(r, k.objects)
	}
	leave, err := c.enter(c.counting)
	if err != nil {
		return nil, err
	}
	defer leave()
	w := c.walk()
	w.cut, w.theirs, w.near = h.cut, setOf(r.shallow), h.near
	if r.filter.on {
		w.keep = func(d content.Digest) (bool, error) { return c.keeps(r.filter, d) }
	}
	if err := w.run(append(slices.Clip(r.wants), h.parents...), common); err != nil {
		return nil, err
	}
	return c.withTags(r, w.result())
}

func (c *conversation) keeps(f filter, d content.Digest) (bool, error) {
	if f.from == 0 {
		return false, nil
	}
	h, err := c.Replicas.Stat(c.ctx, c.Repo.Pool, d)
	return h.Size < f.from, err
}

// withTags adds the annotated tags of what is sent, if the client wants them along. A tag
// of a tag brings that too.
func (c *conversation) withTags(r *request, objects []content.Digest) ([]content.Digest, error) {
	if !r.includeTag {
		return objects, nil
	}
	k := &closure{objects: objects}
	var tags []content.Digest
	err := c.eachRef(func(ref refs.Named) error {
		commit, annotated, err := c.peeled(ref)
		if err != nil || !annotated || !k.has(commit) {
			return err
		}
		w := c.walk()
		w.known = k
		if err := w.run([]content.Digest{ref.Target}, nil); err != nil {
			return err
		}
		tags = append(tags, w.result()...)
		return nil
	})
	if err != nil || len(tags) == 0 {
		return objects, err
	}
	return merge(objects, inOrder(tags)), nil
}

// send writes a pack of objects.
func (c *conversation) send(objects []content.Digest, offsets bool) error {
	w := &packWriter{w: bufio.NewWriterSize(c.lines, maxBand), sum: sha1.New(), offsets: offsets}
	w.Write(pack.AppendPackHeader(nil, len(objects)))
	rest, err := c.Replicas.Disk().Copy(c.ctx, c.Repo.Pool, objects, w.entry)
	if err != nil {
		return err
	}
	for _, d := range rest {
		if err := c.sendOther(w, d); err != nil {
			return err
		}
	}
	return w.finish()
}

// sendOther sends what is not among this disk's objects: a large body, or what has to be
// fetched from another replica.
func (c *conversation) sendOther(w *packWriter, d content.Digest) error {
	if d == gitfmt.EmptyTree {
		return w.whole(content.KindTree, 0, bytes.NewReader(nil))
	}
	h, err := c.Replicas.Stat(c.ctx, c.Repo.Pool, d)
	if err != nil {
		return err
	}
	if h.Size <= content.InlineLimit {
		o, err := c.Replicas.Object(c.ctx, c.Repo.Pool, d)
		if err != nil {
			return err
		}
		return w.whole(o.Kind, int64(len(o.Data)), bytes.NewReader(o.Data))
	}
	body, err := c.Replicas.OpenRange(c.ctx, c.Repo.Pool, d, 0, -1)
	if err != nil {
		return err
	}
	defer body.Close()
	return w.whole(h.Kind, h.Size, body)
}

// packWriter writes entries and remembers where they began.
type packWriter struct {
	w       *bufio.Writer // so that small entries share a line
	sum     hash.Hash
	offsets bool // deltas may name their bases by offset
	at      int64
	began   []int64 // entries, in their order
	head    []byte
}

func (w *packWriter) Write(p []byte) (int, error) {
	w.sum.Write(p)
	w.at += int64(len(p))
	return w.w.Write(p)
}

// finish writes what ends a pack. The buffer has remembered what went wrong before.
func (w *packWriter) finish() error {
	w.w.Write(w.sum.Sum(nil))
	return w.w.Flush()
}

func (w *packWriter) entry(e *pack.Entry) error {
	distance := int64(0)
	if e.IsDelta() && w.offsets {
		distance = w.at - w.began[len(w.began)-e.Back]
	}
	w.began = append(w.began, w.at)
	w.head = e.AppendHeader(w.head[:0], distance)
	w.Write(w.head)
	_, err := e.WriteTo(w)
	return err
}

// whole compresses an object as it is read.
func (w *packWriter) whole(k content.Kind, size int64, r io.Reader) error {
	e := pack.Entry{Kind: k, Size: size}
	w.began = append(w.began, w.at)
	w.Write(e.AppendHeader(nil, 0))
	return pack.Deflate(w, r)
}
