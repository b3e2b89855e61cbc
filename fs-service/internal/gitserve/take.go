package gitserve

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// What a push may have for its objects to be stored one by one, as those of a commit over HTTP
// are. A larger one is kept as the pack it is.
const (
	maxFewObjects = 1000
	maxFewBytes   = 8 << 20
)

// maxPushed is how many objects one push may bring.
const maxPushed = 5_000_000

// spooled is a pack that came in.
type spooled struct {
	*os.File
	size int64
}

// promised is how many objects the pack says that it holds; zero if it can't be read, as whoever
// judges it will find.
func (f spooled) promised() uint32 {
	var head [12]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(head[8:])
}

// take checks what came in and stores it on a quorum, with everything that the new tips
// reach. Invalid: the pack is broken, holds what may not come in, or does not hold enough.
func (c *conversation) take(p *push, f spooled) error {
	defer func() {
		f.Close()           // it was written to before, and read: nothing can be lost
		os.Remove(f.Name()) // gone already where it became one of the store's
	}()
	tips := p.tips()
	switch n := f.promised(); {
	case len(tips) == 0:
		return nil
	case n > maxPushed:
		return fault.Newf(fault.TooLarge, "push", "%d objects, more than %d", n, maxPushed)
	}
	show := c.progress(p.quiet)
	defer show.stop()
	leave, err := c.enter(c.taking)
	if err != nil {
		return err
	}
	defer leave()
	own, err := c.own()
	if err != nil {
		return err
	}
	t := taking{conversation: c, tips: tips, own: own, show: show}
	few, err := t.few(f)
	if err != nil {
		return err
	}
	if few != nil {
		err = t.takeFew(few)
	} else {
		err = t.takePack(f)
	}
	switch {
	case fault.Is(err, fault.NotFound) && p.shallow:
		return fault.Newf(fault.Invalid, "push", "shallow update not allowed: the history that this clone lacks is not here either")
	case fault.Is(err, fault.NotFound):
		return fault.Newf(fault.Invalid, "push", "missing necessary objects: %s", reason(err))
	}
	return err
}

// taking is a take under way.
type taking struct {
	*conversation
	tips []content.Digest
	own  func(content.Digest) bool
	show *progress
}

func (t *taking) options() pack.IndexOptions {
	return pack.IndexOptions{
		External: t.base,
		Progress: func(done, total int64) { t.show.show("Checking objects: %d of %d\r", done, total) },
	}
}

// few returns the objects of a small push; nil if it is not one.
func (t *taking) few(f spooled) (map[content.Digest]content.Object, error) {
	if f.size > maxFewBytes || f.promised() > maxFewObjects {
		return nil, nil
	}
	idx, err := pack.Index(t.ctx, f, f.size, t.options())
	if err != nil {
		return nil, err
	}
	var table bytes.Buffer
	if _, err := idx.WriteTo(&table); err != nil {
		return nil, err
	}
	o := pack.OpenOptions{External: t.base}
	opened, err := pack.Open(f, f.size, bytes.NewReader(table.Bytes()), int64(table.Len()), o)
	if err != nil {
		return nil, err
	}
	objects := make(map[content.Digest]content.Object, idx.Len())
	total := int64(0)
	for _, d := range idx.Digests() {
		_, size, err := opened.Stat(t.ctx, d)
		if total += size; err != nil || size > content.InlineLimit || total > maxFewBytes {
			return nil, err
		}
		if objects[d], err = opened.Get(t.ctx, d); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// takeFew checks a small push while it is in memory, and stores it as objects.
func (t *taking) takeFew(objects map[content.Digest]content.Object) error {
	b := replica.Batch{Tips: t.tips}
	for _, o := range objects {
		if err := gitfmt.Check(o); err != nil {
			return err
		}
		b.Objects = append(b.Objects, o)
	}
	src := gitfmt.Overlay{Stored: t.src, Made: objects}
	closed := func(d content.Digest) bool {
		if !t.own(d) {
			return false
		}
		ok, err := t.Replicas.Disk().Closed(t.ctx, t.Repo.Pool, d)
		if ok && err == nil {
			b.Bases = append(b.Bases, d)
		}
		return ok && err == nil
	}
	err := gitfmt.Closure(t.ctx, src, t.tips, closed, func(d content.Digest, k content.Kind) error {
		if _, brought := objects[d]; brought || d == gitfmt.EmptyTree {
			return nil
		}
		b.Needs = append(b.Needs, d)
		return t.checkHere(d, k)
	})
	if err != nil {
		return err
	}
	if err := t.Replicas.Write(t.ctx, t.Repo.Pool, t.At, b); err != nil {
		return err
	}
	return t.Replicas.Close(t.ctx, t.Repo.Pool, t.At, t.tips)
}

// checkHere checks what a push builds on without bringing it, and that nothing vouches for: it
// may be left from a push that was refused.
func (t *taking) checkHere(d content.Digest, k content.Kind) error {
	if !t.own(d) {
		return &fault.Error{Kind: fault.NotFound, Op: "find object", Name: d.String()}
	}
	if k == content.KindBlob {
		_, err := t.Replicas.Stat(t.ctx, t.Repo.Pool, d)
		return err
	}
	o, err := t.src.Object(t.ctx, d)
	if err != nil {
		return err
	}
	return gitfmt.Check(o)
}

// takePack stores a large push as a pack and then checks it: until a ref names something of
// it, nobody sees it.
func (t *taking) takePack(f spooled) error {
	brought, err := t.brought(f)
	if err != nil {
		return err
	}
	info, err := t.addPack(f)
	if err != nil {
		return err
	}
	seen := 0
	err = t.Replicas.Complete(t.ctx, t.Repo.Pool, t.tips, func(o content.Object) error {
		seen++
		return errors.Join(gitfmt.Check(o), t.show.show("Checking connectivity: %d\r", seen))
	})
	if err == nil && t.Repo.Shared {
		err = gitfmt.Founded(t.ctx, t.src, t.tips, t.own, brought)
	}
	if err != nil {
		return err
	}
	if info.Objects > 0 {
		sent := func(int) { t.show.show("Replicating\r") }
		if err := t.Replicas.SpreadPack(t.ctx, t.Repo.Pool, t.At, info.ID, replica.Pack{}, sent); err != nil {
			return err
		}
	}
	return t.Replicas.Close(t.ctx, t.Repo.Pool, t.At, t.tips)
}

// brought returns what a pack holds, if that has to be told from what others' have here.
func (t *taking) brought(f spooled) (func(content.Digest) bool, error) {
	if !t.Repo.Shared {
		return everything, nil
	}
	idx, err := pack.Index(t.ctx, f, f.size, t.options())
	if err != nil {
		return nil, err
	}
	all := setOf(idx.Digests())
	return func(d content.Digest) bool { return all[d] }, nil
}

// addPack adds a pack to the store. Most large ones are whole; one that is not gets the
// bases that it leaves out, which takes reading it again.
func (t *taking) addPack(f spooled) (objects.PackInfo, error) {
	o := t.options()
	info, err := t.Replicas.Disk().TakePack(t.ctx, t.Repo.Pool, replica.Pack{}, f.Name(), o.Progress)
	if !fault.Is(err, fault.Invalid) {
		return info, err
	}
	if _, err := pack.Complete(t.ctx, f, f.size, o); err != nil {
		return info, err
	}
	return t.Replicas.Disk().TakePack(t.ctx, t.Repo.Pool, replica.Pack{}, f.Name(), o.Progress)
}
