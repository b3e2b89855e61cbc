package bundle

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// draft is a history that is being made. It holds commits, trees and small
// bodies; the bodies of files stay where they are.
type draft struct {
	trees   *gitfmt.Trees
	tip     content.Commit
	objects map[content.Digest]content.Object
	files   map[content.Digest]string // where the blobs that are not in objects lie
	order   []content.Digest          // of all of them
}

const draftTrees = 32 << 20 // bytes

func newDraft() *draft {
	return &draft{
		trees:   gitfmt.NewTrees(draftTrees),
		objects: make(map[content.Digest]content.Object),
		files:   make(map[content.Digest]string),
	}
}

// Object gives what the draft holds in memory: it is the Source of its own trees.
func (d *draft) Object(_ context.Context, id content.Digest) (content.Object, error) {
	o, ok := d.objects[id]
	if !ok {
		return content.Object{}, fault.Newf(fault.NotFound, "make bundle", "there is no object %v", id)
	}
	return o, nil
}

// Open gives any object of the draft.
func (d *draft) Open(ctx context.Context, id content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	path, ok := d.files[id]
	if !ok {
		o, err := d.Object(ctx, id)
		return o.Kind, int64(len(o.Data)), io.NopCloser(bytes.NewReader(o.Data)), err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, nil, fault.New(fault.Invalid, "read", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return 0, 0, nil, fault.New(fault.Invalid, "read", path, err)
	}
	return content.KindBlob, info.Size(), f, nil
}

func (d *draft) add(objects ...content.Object) {
	for _, o := range objects {
		if _, ok := d.objects[o.Digest]; !ok {
			d.objects[o.Digest] = o
			d.order = append(d.order, o.Digest)
		}
	}
}

// addFile adds the blob id, whose bytes are those of the file at path.
func (d *draft) addFile(id content.Digest, path string) {
	if _, ok := d.files[id]; !ok {
		d.files[id] = path
		d.order = append(d.order, id)
	}
}

// commit puts a commit on top.
func (d *draft) commit(ctx context.Context, edits []gitfmt.Edit, who content.Signature, message string) error {
	root, made, err := d.trees.Edit(ctx, d, d.tip.Tree, edits)
	if err != nil {
		return err
	}
	c := content.Commit{Tree: root, Author: who, Committer: who, Message: message}
	if !d.tip.ID.IsZero() {
		c.Parents = []content.Digest{d.tip.ID}
	}
	o := gitfmt.EncodeCommit(c)
	c.ID = o.Digest
	d.tip = c
	d.add(made...)
	d.add(o)
	return nil
}

// file writes the draft as a bundle of one branch.
func (d *draft) file(ctx context.Context, o Options) (*File, error) {
	branch, err := content.Branch(cmp.Or(o.Branch, "main"))
	if err != nil {
		return nil, err
	}
	h := Header{HEAD: d.tip.ID, Refs: []Ref{{branch.String(), d.tip.ID}}}
	return temporary(ctx, o, func(out *os.File) error { return write(ctx, out, h, d, d.order, o) })
}
