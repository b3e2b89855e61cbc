// Package fsclient is the file system over the network: an fsapi.FS that finds the
// nodes which hold a repository, asks one, and goes on to the next when that one
// does not answer.
//
// Gossip says who seems to be alive, which only decides who is asked first. A
// write is sent again with the same request id until its outcome is known or its
// time is up; a read is simply asked again. Questions that wait for the same node
// at the same time go in one message, and small bodies are kept by digest, so that
// a read of a tip that has not changed carries no bytes.
package fsclient

import (
	"context"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/lru"
	"rhapsode/internal/run"
)

// Node is an fs-service that seems to be alive.
type Node struct {
	Name   string
	Addr   string // host:port
	Leader bool   // its voter seems to lead etcd, so writes are quickest there
}

// Options are what a Client is made of.
type Options struct {
	Nodes      func() []Node // who seems to be alive now; called often, from any goroutine
	CacheBytes int64         // of small bodies; 0: 64 MiB
	Log        *slog.Logger
}

// Bounds of a client.
const (
	defaultCache  = 64 << 20
	maxCachedBody = 64 << 10
	hintBytes     = 4 << 20 // memory for which digest a place had last
	routeBytes    = 4 << 20 // memory for where repositories are
)

// Client is an fsapi.FS. Its methods may be called from any goroutine.
type Client struct {
	nodes  func() []Node
	log    *slog.Logger
	seed   maphash.Seed // spreads the clients' first choices over the nodes
	bodies *lru.Cache[content.Digest, []byte]
	hints  *lru.Cache[fsapi.At, content.Digest]
	routes *lru.Cache[content.RepoID, route]

	crew     *run.Crew
	mu       sync.Mutex
	stopped  bool                   // guarded by mu
	conns    map[string]*connection // guarded by mu; by address
	suspects map[string]time.Time   // guarded by mu; nodes that did not answer, until when
}

var _ fsapi.FS = (*Client)(nil)

// New makes a client at rest.
func New(o Options) *Client {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	return &Client{
		nodes: o.Nodes, log: o.Log, seed: maphash.MakeSeed(),
		bodies:   lru.New[content.Digest, []byte](o.CacheBytes, maxCachedBody),
		hints:    lru.New[fsapi.At, content.Digest](hintBytes, hintBytes),
		routes:   lru.New[content.RepoID, route](routeBytes, routeBytes),
		crew:     run.NewCrew(),
		conns:    map[string]*connection{},
		suspects: map[string]time.Time{},
	}
}

// Run owns the client's connections. When ctx ends, calls under way are ended and
// the connections closed.
func (c *Client) Run(ctx context.Context) error {
	err := c.crew.Run(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for _, conn := range c.conns {
		conn.conn.Close()
	}
	return err
}

// connection is the way to one node.
type connection struct {
	conn  *grpc.ClientConn
	files pb.FileSystemClient
	stats *batcher
}

func (c *Client) connect(addr string) (*connection, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn, ok := c.conns[addr]; ok {
		return conn, nil
	}
	if c.stopped {
		return nil, errStopped
	}
	g, err := wire.Dial(addr)
	if err != nil {
		return nil, err
	}
	conn := &connection{conn: g, files: pb.NewFileSystemClient(g)}
	conn.stats = newBatcher(c.crew, conn.files)
	c.conns[addr] = conn
	return conn, nil
}
