package fstest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fsclient"
	"rhapsode/fs-service/server"
	"rhapsode/internal/run"
)

// Cluster is some fs-services in this process, on loopback, and a client of them.
type Cluster struct {
	*fsclient.Client
	t     testing.TB
	nodes []*member
}

// member is one fs-service. Its address and folder stay the same when it is
// stopped and started again.
type member struct {
	config server.Config

	mu    sync.Mutex
	group *run.Group     // guarded by mu; nil while stopped
	srv   *server.Server // guarded by mu; nil while stopped
}

var _ fsapi.FS = (*Cluster)(nil)

// NewCluster starts n nodes, each a voter, and waits until they serve. It ends with the test.
func NewCluster(t testing.TB, n int) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	voters := map[string]string{}
	var names []string
	for i := range n {
		name := fmt.Sprintf("n%d", i+1)
		voters[name] = "http://" + freeAddr(t)
		names = append(names, name)
	}
	for _, name := range names {
		c.nodes = append(c.nodes, &member{config: server.Config{
			Name: name, DataDir: t.TempDir(), GRPCAddr: freeAddr(t), Voters: voters, Nodes: names, Token: t.Name(), Log: Log(t), Anonymous: access.Admin,
		}})
	}
	t.Cleanup(func() {
		for i := range c.nodes {
			c.Stop(i)
		}
	})
	for i := range c.nodes {
		c.Start(i)
	}
	c.Client = fsclient.New(fsclient.Options{Nodes: c.alive, Log: Log(t)})
	start(t, "client", c.Client.Run)
	c.settle()
	return c
}

// settle waits until the cluster answers a linearizable question.
func (c *Cluster) settle() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	for {
		_, err := c.Repos(ctx, fsapi.Page{})
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			c.t.Fatalf("the cluster did not come up: %v", err)
		}
	}
}

// Start starts node i again and waits until it answers.
func (c *Cluster) Start(i int) {
	c.t.Helper()
	m := c.nodes[i]
	srv, err := server.New(m.config)
	if err != nil {
		c.t.Fatal(err)
	}
	g := run.NewGroup(context.WithoutCancel(c.t.Context()))
	g.Go(m.config.Name, srv.Run)
	m.mu.Lock()
	m.group, m.srv = g, srv
	m.mu.Unlock()
	if i == 0 {
		return // alone, the first has nobody to be ready with
	}
	select {
	case <-srv.Ready():
	case <-time.After(patience):
		c.t.Fatalf("node %s is not ready", m.config.Name)
	}
}

// Stop stops node i in order.
func (c *Cluster) Stop(i int) {
	c.t.Helper()
	m := c.nodes[i]
	m.mu.Lock()
	g := m.group
	m.group, m.srv = nil, nil
	m.mu.Unlock()
	if g == nil {
		return
	}
	g.Stop()
	if err := g.Wait(); err != nil {
		c.t.Errorf("node %s: %v", m.config.Name, err)
	}
}

// alive tells the client of the nodes that run, as gossip would.
func (c *Cluster) alive() []fsclient.Node {
	var nodes []fsclient.Node
	for _, m := range c.nodes {
		m.mu.Lock()
		if m.srv != nil {
			nodes = append(nodes, fsclient.Node{Name: m.config.Name, Addr: m.config.GRPCAddr, Leader: m.srv.Leads()})
		}
		m.mu.Unlock()
	}
	return nodes
}

// freeAddr is a loopback address that nobody listens on now.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
