package refs_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/refs/refstest"
	"rhapsode/internal/fault"
)

// A view that was cut off until history was compacted past it loads everything
// again, and tells its followers that they missed some.
func TestCompactedWhileCutOff(t *testing.T) {
	c := newCluster(t, 1)
	voter := c.any()
	road := newRoad(t, c.clients[0])
	far := newClient(t, road.url())
	repo, main, old := refstest.NewRepo(t, voter), refstest.Branch(t, "main"), refstest.Branch(t, "old")
	x := refstest.Txn(t, voter, repo, refs.Move{Name: main, New: refstest.Digest(0)}, refs.Move{Name: old, New: refstest.Digest(0)})
	at, err := voter.Apply(refstest.Context(t), x)
	if err != nil {
		t.Fatal(err)
	}
	if err := far.Barrier(refstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	changes := follow(t, far)
	if first := <-changes; !first.Missed {
		t.Fatalf("the first change is %+v", first)
	}

	road.cut()
	x.Moves = []refs.Move{{Name: old, Expect: at}}
	if _, err := voter.Apply(refstest.Context(t), x); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		x.Moves = []refs.Move{{Name: main, Expect: at, New: refstest.Digest(i)}}
		if at, err = voter.Apply(refstest.Context(t), x); err != nil {
			t.Fatal(err)
		}
	}
	compact(t, c.clients[0], at)
	if r, _ := far.Ref(repo.Key, main); r.Revision == at {
		t.Fatal("it was not cut off")
	}
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	if err := far.Barrier(impatient); !fault.Is(err, fault.Canceled) {
		t.Fatalf("barrier of nobody, cut off: %v", err)
	}

	road.mend()
	if err := far.Barrier(refstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	if r, _ := far.Ref(repo.Key, main); r.Revision != at || r.Target != refstest.Digest(9) {
		t.Fatalf("%v at %d, want %v at %d", r.Target, r.Revision, refstest.Digest(9), at)
	}
	if _, ok := far.Ref(repo.Key, old); ok {
		t.Fatal("a ref that was deleted meanwhile is still there")
	}
	if c := <-changes; !c.Missed {
		t.Fatalf("after the gap %+v, want a missed one", c)
	}
	x = refstest.Txn(t, far, repo, refs.Move{Name: main, Expect: at, New: content.Digest{1}})
	if at, err = far.Apply(refstest.Context(t), x); err != nil {
		t.Fatal(err)
	}
	if c := <-changes; c.Name != main || c.Record.Revision != at {
		t.Fatalf("and then %+v, want the move at %d", c, at)
	}
}

// follow follows all changes until the test ends.
func follow(t *testing.T, r refs.Refs) <-chan refs.Change {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), refstest.Patience)
	changes := make(chan refs.Change)
	var following sync.WaitGroup
	following.Go(func() {
		defer close(changes)
		_ = r.Watch(ctx, func(c refs.Change) { // ends with ctx
			select {
			case changes <- c:
			case <-ctx.Done():
			}
		})
	})
	t.Cleanup(func() { cancel(); following.Wait() })
	return changes
}

func compact(t *testing.T, endpoint string, revision int64) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Compact(refstest.Context(t), revision, clientv3.WithCompactPhysical()); err != nil {
		t.Fatal(err)
	}
}

// road is a TCP proxy that can be cut and mended.
type road struct {
	listener net.Listener
	target   string
	carrying sync.WaitGroup

	mu    sync.Mutex
	whole bool                  // guarded by mu
	conns map[net.Conn]struct{} // guarded by mu
}

func newRoad(t *testing.T, target string) *road {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{listener: l, target: u.Host, whole: true, conns: make(map[net.Conn]struct{})}
	r.carrying.Go(r.accept)
	t.Cleanup(func() {
		l.Close()
		r.cut()
		r.carrying.Wait()
	})
	return r
}

func (r *road) url() string { return fmt.Sprintf("http://%s", r.listener.Addr()) }

func (r *road) accept() {
	for {
		from, err := r.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", r.target)
		if err != nil || !r.admit(from, to) {
			from.Close()
			if to != nil {
				to.Close()
			}
			continue
		}
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			r.carrying.Go(func() {
				_, _ = io.Copy(way[0], way[1]) // ends when either is closed
				way[0].Close()
				way[1].Close()
			})
		}
	}
}

// admit notes the two ends of a connection, unless the road is cut.
func (r *road) admit(from, to net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole {
		r.conns[from], r.conns[to] = struct{}{}, struct{}{}
	}
	return r.whole
}

func (r *road) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole = false
	for conn := range r.conns {
		conn.Close()
	}
	clear(r.conns)
}

func (r *road) mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.whole = true
}
