package refs_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/refs/refstest"
	"rhapsode/internal/run"
)

// cluster is some voters in this process, each with its own Etcd.
type cluster struct {
	dir     string
	urls    map[string]string // peer URL by name
	clients []string          // client URLs
	members []*member
}

// member is a voter that can be killed and started again on its files.
type member struct {
	cluster *cluster
	n       int
	refs    atomic.Pointer[refs.Etcd] // nil while it is down
	server  *refs.Server
	group   *run.Group
}

// newCluster starts n voters and waits until they are ready.
func newCluster(t testing.TB, n int) *cluster {
	t.Helper()
	c := &cluster{dir: t.TempDir(), urls: make(map[string]string)}
	for i, addr := range freeAddresses(t, 2*n) {
		if i < n {
			c.urls[name(i)] = "http://" + addr
			c.members = append(c.members, &member{cluster: c, n: i})
		} else {
			c.clients = append(c.clients, "http://"+addr)
		}
	}
	for _, m := range c.members {
		m.start()
	}
	t.Cleanup(c.stop)
	for _, m := range c.members {
		m.await(t)
	}
	return c
}

func (c *cluster) stop() {
	var stopping sync.WaitGroup
	for _, m := range c.members {
		if m.group != nil {
			stopping.Go(m.stop)
		}
	}
	stopping.Wait()
}

// leader waits until one of those who are up leads.
func (c *cluster) leader(t testing.TB) *member {
	t.Helper()
	for ctx := refstest.Context(t); ctx.Err() == nil; {
		for _, m := range c.members {
			if r := m.refs.Load(); r != nil && r.Leader() {
				return m
			}
		}
		if err := c.any().Barrier(ctx); err != nil { // is answered when there is a leader
			t.Fatal(err)
		}
	}
	t.Fatal("nobody leads")
	return nil
}

// any returns somebody who is up.
func (c *cluster) any() *refs.Etcd {
	for _, m := range c.members {
		if r := m.refs.Load(); r != nil {
			return r
		}
	}
	return nil
}

func name(n int) string { return fmt.Sprintf("node-%d", n) }

// start starts m and does not wait.
func (m *member) start() {
	log := slog.New(slog.DiscardHandler)
	m.server = refs.NewServer(refs.ServerOptions{
		Name: name(m.n), Dir: filepath.Join(m.cluster.dir, name(m.n)), Token: "test",
		PeerURL: m.cluster.urls[name(m.n)], ClientURL: m.cluster.clients[m.n], InitialCluster: m.cluster.urls,
		Heartbeat: 20 * time.Millisecond, Election: 200 * time.Millisecond, Log: log,
	})
	r := refs.NewEtcd(refs.EtcdOptions{Server: m.server, Log: log})
	m.group = run.NewGroup(context.Background())
	m.group.Go("server", m.server.Run)
	m.group.Go("refs", r.Run)
	m.refs.Store(r)
}

// await waits until m takes part.
func (m *member) await(t testing.TB) {
	t.Helper()
	ctx := refstest.Context(t)
	for _, ready := range []<-chan struct{}{m.server.Ready(), m.refs.Load().Ready()} {
		select {
		case <-ready:
		case <-m.group.Context().Done():
			t.Fatal(context.Cause(m.group.Context()))
		case <-ctx.Done():
			t.Fatalf("%s is not ready", name(m.n))
		}
	}
}

// stop ends m in order.
func (m *member) stop() {
	m.refs.Store(nil)
	m.group.Stop()
	_ = m.group.Wait() // that it was killed is no news
	m.group = nil
}

// kill ends m with whatever it is doing, and returns what its Run said.
func (m *member) kill() error {
	m.refs.Store(nil)
	m.server.Kill()
	err := m.group.Wait()
	m.group = nil
	return err
}

// freeAddresses returns n loopback addresses that nobody listens on.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	addrs := make([]string, n)
	for i := range addrs {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addrs[i] = l.Addr().String()
	}
	return addrs
}
