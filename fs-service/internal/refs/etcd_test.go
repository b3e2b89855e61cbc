package refs_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/refs/refstest"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Voters leave idle HTTP connections to each other behind; nothing of ours uses
// net/http here.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"),
		goleak.IgnoreAnyFunction("net/http.(*conn).serve"),
		goleak.IgnoreAnyFunction("net/http.(*connReader).backgroundRead"))
}

func TestOneVoter(t *testing.T) {
	refstest.Run(t, func(t *testing.T) refstest.Pair {
		c := newCluster(t, 1)
		return refstest.Pair{A: c.any(), B: c.any()}
	})
}

func TestThreeVoters(t *testing.T) {
	refstest.Run(t, func(t *testing.T) refstest.Pair {
		c := newCluster(t, 3)
		return refstest.Pair{A: c.members[0].refs.Load(), B: c.members[1].refs.Load()}
	})
}

// A node that is no voter follows the same contract over the network.
func TestVoterAndClient(t *testing.T) {
	refstest.Run(t, func(t *testing.T) refstest.Pair {
		c := newCluster(t, 3)
		return refstest.Pair{A: c.members[0].refs.Load(), B: newClient(t, c.clients...)}
	})
}

// While voters are killed and come back, clients of all of them move one ref:
// one order explains all that they saw, and in the end every voter agrees.
func TestKilledVoters(t *testing.T) {
	c := newCluster(t, 3)
	repo, main := refstest.NewRepo(t, c.any()), refstest.Branch(t, "main")
	h, targets := refstest.NewHistory(), new(atomic.Int64)
	working, stop := context.WithCancel(context.Background())
	defer stop()
	var moved atomic.Int64
	progress := make(chan struct{}, 1)
	var clients sync.WaitGroup
	for id := range 6 {
		m := c.members[id%3]
		cl := refstest.Client{ID: id, Repo: repo, Name: main, Targets: targets, History: h, Try: 5 * time.Second,
			Refs: func() refs.Refs {
				if r := m.refs.Load(); r != nil {
					if _, placed := r.Placement(repo.Pool.Shard()); placed {
						return r
					}
				}
				return c.any()
			}}
		clients.Go(func() {
			for working.Err() == nil && h.Len() < 2500 {
				if _, ok := cl.Once(t); ok {
					moved.Add(1)
					select {
					case progress <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	for round := range 4 {
		victim := c.leader(t)
		if round%2 == 1 {
			victim = c.members[(victim.n+1)%3]
		}
		awaitMoves(t, progress, 5)
		victim.kill()
		awaitMoves(t, progress, 5)
		victim.start()
		victim.await(t)
	}
	stop()
	clients.Wait()
	t.Logf("%d moves acknowledged in %d operations", moved.Load(), h.Len())
	h.Judge(t)
	agree(t, c, repo, main)
}

// A move that is under way as the leader dies ends in exactly one effect.
func TestLeaderDiesUnderAMove(t *testing.T) {
	c := newCluster(t, 3)
	repo, main := refstest.NewRepo(t, c.any()), refstest.Branch(t, "main")
	for round := range 3 {
		leader := c.leader(t)
		follower := c.members[(leader.n+1)%3].refs.Load()
		if err := follower.Barrier(refstest.Context(t)); err != nil {
			t.Fatal(err)
		}
		was, _ := follower.Ref(repo.Key, main)
		const moves = 20
		results := make([]error, moves)
		var movers sync.WaitGroup
		for i := range moves {
			x := refstest.Txn(t, follower, repo, refs.Move{Name: main, Expect: was.Revision, New: refstest.Digest(100*round + i)})
			movers.Go(func() { _, results[i] = follower.Apply(refstest.Context(t), x) })
		}
		leader.kill()
		movers.Wait()
		if err := follower.Barrier(refstest.Context(t)); err != nil {
			t.Fatal(err)
		}
		is, _ := follower.Ref(repo.Key, main)
		won := 0
		for i, err := range results {
			switch {
			case err == nil && is.Target == refstest.Digest(100*round+i):
				won++
			case !fault.Is(err, fault.Stale):
				t.Errorf("round %d, move %d: %v, though the ref is %v", round, i, err, is.Target)
			}
		}
		if won != 1 || len(is.Done)-len(was.Done) != 1 {
			t.Errorf("round %d: %d moves won and %d are remembered, want one", round, won, len(is.Done)-len(was.Done))
		}
		leader.start()
		leader.await(t)
	}
}

// Without a majority nothing can be done, which is certain, and what was known
// can still be read, also by a voter that starts again.
func TestNoMajority(t *testing.T) {
	c := newCluster(t, 3)
	repo, main := refstest.NewRepo(t, c.any()), refstest.Branch(t, "main")
	r := c.members[0].refs.Load()
	if err := r.Barrier(refstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	x := refstest.Txn(t, r, repo, refs.Move{Name: main, New: refstest.Digest(1)})
	if _, err := r.Apply(refstest.Context(t), x); err != nil {
		t.Fatal(err)
	}
	c.members[1].kill()
	c.members[2].kill()
	c.members[0].stop()
	c.members[0].start()
	r = c.members[0].refs.Load()
	select {
	case <-r.Ready():
	case <-refstest.Context(t).Done():
		t.Fatal("a lone voter does not show what it knows")
	}
	if _, ok := r.Repo(repo.ID); !ok {
		t.Error("a lone voter forgot a repository")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if err := r.Barrier(ctx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("barrier: %v, want unavailable", err)
	}
	if _, err := r.Apply(ctx, x); !fault.Is(err, fault.Unavailable) {
		t.Errorf("apply: %v, want unavailable", err)
	}
	c.members[1].start()
	c.members[1].await(t)
	if err := r.Barrier(refstest.Context(t)); err != nil {
		t.Errorf("with a majority again: %v", err)
	}
}

// A single voter is ready in well under a second, at first and again.
func TestOneVoterStartsAgain(t *testing.T) {
	c := newCluster(t, 1)
	repo := refstest.NewRepo(t, c.any())
	for range 2 {
		if err := c.members[0].kill(); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("a voter that was killed ended with %v, want unavailable", err)
		}
		began := time.Now()
		c.members[0].start()
		c.members[0].await(t)
		t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
		if got, ok := c.any().Repo(repo.ID); !ok || got.Revision != repo.Revision {
			t.Fatalf("after the restart %+v, want %+v", got, repo)
		}
	}
}

// A voter that finds no majority in time gives up, if it was told so.
func TestStartTimeout(t *testing.T) {
	addrs := freeAddresses(t, 2)
	s := refs.NewServer(refs.ServerOptions{
		Name: "a", Dir: t.TempDir(), PeerURL: "http://" + addrs[0], StartTimeout: 100 * time.Millisecond,
		InitialCluster: map[string]string{"a": "http://" + addrs[0], "b": "http://" + addrs[1]},
		Log:            slog.New(slog.DiscardHandler),
	})
	if err := s.Run(refstest.Context(t)); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v, want unavailable", err)
	}
	select {
	case <-s.Ready():
		t.Fatal("it was ready without a majority")
	default:
	}
}

func TestServerRefusesBadOptions(t *testing.T) {
	good := refs.ServerOptions{Name: "a", Dir: t.TempDir(), PeerURL: "http://127.0.0.1:1",
		InitialCluster: map[string]string{"a": "http://127.0.0.1:1"}, Log: slog.New(slog.DiscardHandler)}
	tests := map[string]struct {
		bend func(*refs.ServerOptions)
		want fault.Kind
	}{
		"no peer URL":             {func(o *refs.ServerOptions) { o.PeerURL = "" }, fault.Invalid},
		"a client URL that isn't": {func(o *refs.ServerOptions) { o.ClientURL = "127" }, fault.Invalid},
		"not of the cluster":      {func(o *refs.ServerOptions) { o.Name = "b" }, fault.Unavailable},
		"hasty elections":         {func(o *refs.ServerOptions) { o.Election = time.Millisecond }, fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := good
			tt.bend(&o)
			if err := refs.NewServer(o).Run(refstest.Context(t)); !fault.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
		})
	}
}

// newClient is a node that is no voter, ready.
func newClient(t testing.TB, endpoints ...string) *refs.Etcd {
	t.Helper()
	r := refs.NewEtcd(refs.EtcdOptions{Endpoints: endpoints, Log: slog.New(slog.DiscardHandler)})
	g := run.NewGroup(context.Background())
	g.Go("refs", r.Run)
	t.Cleanup(func() {
		g.Stop()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-r.Ready():
	case <-refstest.Context(t).Done():
		t.Fatal("not ready")
	}
	return r
}

// awaitMoves waits for n moves to be acknowledged.
func awaitMoves(t *testing.T, progress <-chan struct{}, n int) {
	t.Helper()
	ctx := refstest.Context(t)
	for range n {
		select {
		case <-progress:
		case <-ctx.Done():
			t.Fatal("nobody gets on")
		}
	}
}

// agree wants every voter to have the same ref.
func agree(t *testing.T, c *cluster, repo refs.Repo, name content.RefName) {
	t.Helper()
	var first refs.Record
	for i, m := range c.members {
		r := m.refs.Load()
		if err := r.Barrier(refstest.Context(t)); err != nil {
			t.Fatal(err)
		}
		got, _ := r.Ref(repo.Key, name)
		if i == 0 {
			first = got
		}
		if got.Target != first.Target || got.Revision != first.Revision {
			t.Errorf("voter %d has %v at %d, the first %v at %d", i, got.Target, got.Revision, first.Target, first.Revision)
		}
	}
}
