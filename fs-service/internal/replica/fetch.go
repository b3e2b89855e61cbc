package replica

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Object reads one object whole. One that is missing or broken here is fetched
// from another replica, stored and returned. NotFound: no replica that answers
// has it, and all answered. Unavailable: some did not.
func (r *Replicas) Object(ctx context.Context, pool content.Pool, d content.Digest) (content.Object, error) {
	o, err := r.disk.Object(ctx, pool, d)
	if !mendable(err) {
		return o, err
	}
	if err := r.Fetch(ctx, pool, d); err != nil {
		return content.Object{}, err
	}
	return r.disk.Object(ctx, pool, d)
}

// Stat returns an object's kind and size, and fetches it if it is missing here.
func (r *Replicas) Stat(ctx context.Context, pool content.Pool, d content.Digest) (Header, error) {
	h, err := r.disk.Stat(ctx, pool, d)
	if !mendable(err) {
		return h, err
	}
	if err := r.Fetch(ctx, pool, d); err != nil {
		return Header{}, err
	}
	return r.disk.Stat(ctx, pool, d)
}

// OpenRange streams n bytes of an object from offset off (n < 0: to its end), and
// fetches it if it is missing here.
func (r *Replicas) OpenRange(ctx context.Context, pool content.Pool, d content.Digest, off, n int64) (io.ReadCloser, error) {
	_, body, err := r.disk.OpenRange(ctx, pool, d, off, n)
	if !mendable(err) {
		return body, err
	}
	if err := r.Fetch(ctx, pool, d); err != nil {
		return nil, err
	}
	_, body, err = r.disk.OpenRange(ctx, pool, d, off, n)
	return body, err
}

func mendable(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Corrupt) }

type fetchKey struct {
	pool   content.Pool
	digest content.Digest
}

// fetch is one fetch under way; all who want the same object wait for it.
type fetch struct {
	done chan struct{}
	err  error // set before done is closed
}

// Fetch copies one object from another replica to this disk. Calls for the same
// object at the same time share one transfer.
func (r *Replicas) Fetch(ctx context.Context, pool content.Pool, d content.Digest) error {
	key := fetchKey{pool, d}
	r.mu.Lock()
	running, shared := r.fetches[key]
	if !shared {
		running = &fetch{done: make(chan struct{})}
		r.fetches[key] = running
	}
	r.mu.Unlock()
	if shared {
		select {
		case <-running.done:
			return running.err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	running.err = r.fetch(ctx, pool, d)
	r.mu.Lock()
	delete(r.fetches, key)
	r.mu.Unlock()
	close(running.done)
	return running.err
}

func (r *Replicas) fetch(ctx context.Context, pool content.Pool, d content.Digest) error {
	o, stored, err := r.get(ctx, pool, d)
	if err != nil || stored {
		return err
	}
	return r.disk.Put(ctx, pool, Batch{Objects: []content.Object{o}})
}

// maxFetch is how many bytes of fetched objects are held before they are stored.
const maxFetch = 4 << 20

// fetchAll copies objects from other replicas to this disk, many to a synced write.
func (r *Replicas) fetchAll(ctx context.Context, pool content.Pool, ds []content.Digest) error {
	var b Batch
	held := 0
	for _, d := range ds {
		o, stored, err := r.get(ctx, pool, d)
		if err != nil {
			return err
		}
		if stored {
			continue
		}
		b.Objects = append(b.Objects, o)
		if held += len(o.Data); held >= maxFetch {
			if err := r.disk.Put(ctx, pool, b); err != nil {
				return err
			}
			b, held = Batch{}, 0
		}
	}
	if len(b.Objects) == 0 {
		return nil
	}
	return r.disk.Put(ctx, pool, b)
}

// get reads one object from another replica. A large body is stored on the way.
func (r *Replicas) get(ctx context.Context, pool content.Pool, d content.Digest) (o content.Object, stored bool, err error) {
	at, ok := r.place(pool)
	if !ok {
		return o, false, fault.Newf(fault.Unavailable, "fetch", "the shard of pool %v has no placement yet", pool)
	}
	kind := fault.NotFound
	failures := []error{fmt.Errorf("%v is not on this disk", d)}
	for _, name := range at.Replicas {
		if name == r.self {
			continue
		}
		o, stored, err = r.getFrom(ctx, name, pool, d)
		if err == nil {
			return o, stored, nil
		}
		if !fault.Is(err, fault.NotFound) {
			kind = fault.Unavailable
		}
		failures = append(failures, fmt.Errorf("replica %s: %w", name, err))
	}
	return o, false, &fault.Error{Kind: kind, Op: "fetch", Err: errors.Join(failures...)}
}

func (r *Replicas) getFrom(ctx context.Context, name string, pool content.Pool, d content.Digest) (o content.Object, stored bool, err error) {
	peer, err := r.dial(name)
	if err != nil {
		return o, false, err
	}
	h, body, err := peer.Open(ctx, pool, d)
	if err != nil {
		return o, false, err
	}
	defer body.Close()
	if h.Kind == content.KindBlob && h.Size > content.InlineLimit {
		return o, true, r.disk.PutBody(ctx, pool, d, h.Size, body)
	}
	o, err = read(h, d, body)
	return o, false, err
}

// maxObject is the size in bytes of the largest commit, tree or tag.
const maxObject = 64 << 20

func read(h Header, d content.Digest, body io.Reader) (content.Object, error) {
	if h.Size > maxObject {
		return content.Object{}, fault.Newf(fault.TooLarge, "fetch", "%v %v has %d bytes, more than %d", h.Kind, d, h.Size, maxObject)
	}
	data := make([]byte, h.Size)
	if _, err := io.ReadFull(body, data); err != nil {
		return content.Object{}, fault.New(fault.Unavailable, "fetch", d.String(), err)
	}
	o := content.Object{Digest: d, Kind: h.Kind, Data: data}
	if !o.Intact() {
		return content.Object{}, fault.Newf(fault.Corrupt, "fetch", "%v arrived with other bytes", d)
	}
	return o, nil
}
