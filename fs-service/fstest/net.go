package fstest

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/node"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// Net is some nodes that share refs in memory and reach each other through links
// that can be cut. It has no sockets and no elections: what it shows is what the
// replicas and coordinators do by themselves.
type Net struct {
	t     testing.TB
	nodes []*node.Node

	mu  sync.Mutex
	cut map[string]bool // guarded by mu; nodes that no other reaches, and that reach no other
}

// NewNet starts n nodes that all hold every shard. It ends with the test.
func NewNet(t testing.TB, n int) *Net {
	t.Helper()
	w := &Net{t: t, cut: map[string]bool{}}
	r := refs.NewMemory()
	var names []string
	for i := range n {
		names = append(names, name(i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.EnsurePlacements(ctx, names, n); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		self := name(i)
		opened, err := node.Open(node.Options{
			Name: self, Dir: t.TempDir(), Refs: r, Clock: time.Now, Log: Log(t), Anonymous: access.Admin,
			Dial: func(to string) (replica.Peer, error) { return link{w, self, to}, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		w.nodes = append(w.nodes, opened)
	}
	for i, opened := range w.nodes {
		start(t, name(i), opened.Run, opened.Close)
	}
	return w
}

func name(i int) string { return fmt.Sprintf("n%d", i+1) }

// FS is the file system as node i gives it.
func (w *Net) FS(i int) fsapi.FS { return w.nodes[i] }

// Cut takes node i off the net; it still reaches the refs. Join puts it back.
func (w *Net) Cut(i int) { w.set(i, true) }

// Join puts node i on the net again.
func (w *Net) Join(i int) { w.set(i, false) }

func (w *Net) set(i int, cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut[name(i)] = cut
}

// Holds waits until node i has everything that the commit reaches on its own disk.
func (w *Net) Holds(i int, pool content.Pool, commit content.Digest) {
	w.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		closed, err := w.nodes[i].Closed(w.t.Context(), pool, commit)
		if err == nil && closed {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s does not hold all of %v: %v", name(i), commit, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// link is one node on its way to another.
type link struct {
	net      *Net
	from, to string
}

var _ replica.Peer = link{}

// far returns the other node, unless there is no way to it.
func (l link) far() (replica.Peer, error) {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	if l.net.cut[l.from] || l.net.cut[l.to] {
		return nil, fault.Newf(fault.Unavailable, "reach", "no way from %s to %s", l.from, l.to)
	}
	for i := range l.net.nodes {
		if name(i) == l.to {
			return l.net.nodes[i].Local(), nil
		}
	}
	return nil, fault.Newf(fault.Unavailable, "reach", "there is no %s", l.to)
}

func (l link) Put(ctx context.Context, pool content.Pool, b replica.Batch) error {
	p, err := l.far()
	if err != nil {
		return err
	}
	return p.Put(ctx, pool, b)
}

func (l link) Open(ctx context.Context, pool content.Pool, d content.Digest) (replica.Header, io.ReadCloser, error) {
	p, err := l.far()
	if err != nil {
		return replica.Header{}, nil, err
	}
	return p.Open(ctx, pool, d)
}

func (l link) Missing(ctx context.Context, pool content.Pool, ds []content.Digest) ([]content.Digest, error) {
	p, err := l.far()
	if err != nil {
		return nil, err
	}
	return p.Missing(ctx, pool, ds)
}

func (l link) Close(ctx context.Context, pool content.Pool, ds []content.Digest) error {
	p, err := l.far()
	if err != nil {
		return err
	}
	return p.Close(ctx, pool, ds)
}

func (l link) PutBody(ctx context.Context, pool content.Pool, d content.Digest, size int64, r io.Reader) error {
	p, err := l.far()
	if err != nil {
		return err
	}
	return p.PutBody(ctx, pool, d, size, r)
}

func (l link) PutPack(ctx context.Context, pool content.Pool, pack replica.Pack, r io.Reader) error {
	p, err := l.far()
	if err != nil {
		return err
	}
	return p.PutPack(ctx, pool, pack, r)
}
