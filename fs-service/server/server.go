// Package server is one fs-service process: a node, its voter of etcd if it is one,
// and the gRPC doors that front ends and other nodes come in by.
package server

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/grpc"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/node"
	"rhapsode/fs-service/internal/peers"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Config is what one fs-service has to know.
type Config struct {
	Name          string            // of this node: unique in the cell, the same at every start
	DataDir       string            // its own
	GRPCAddr      string            // host:port where it listens; "" with one node: nowhere
	Advertise     string            // host:port where others reach GRPCAddr; "": the same
	Voters        map[string]string // name → peer URL of those who vote in etcd from the first start
	EtcdClientURL string            // where a voter listens to nodes that are none; "": nowhere
	EtcdEndpoints []string          // client URLs of voters, for a node that is none
	Nodes         []string          // the names of all nodes of the first start
	Replicas      int               // of a shard; 0: 3, or as many as there are nodes
	Token         string            // the cell's; "": rhapsode
	Anonymous     access.Role       // of who brings no token, everywhere; "": none
	Heartbeat     time.Duration     // of etcd; 0: refs.DefaultHeartbeat
	Election      time.Duration     // of etcd; 0: refs.DefaultElection
	Log           *slog.Logger
}

// DefaultReplicas is how many copies there are of a shard, where there are enough nodes.
const DefaultReplicas = 3

// drain is how long calls under way may take when the process ends.
const drain = 2 * time.Second

// Server is one fs-service process.
type Server struct {
	config Config
	voter  *refs.Server // nil if this node is none
	refs   *refs.Etcd
	peers  *peers.Peers
	node   *node.Node
	listen net.Listener // nil: nobody can come in
	ready  chan struct{}
}

// New opens the data directory and listens, but answers nobody until Run.
func New(c Config) (*Server, error) {
	if c.Token == "" {
		c.Token = "rhapsode"
	}
	if c.Replicas <= 0 {
		c.Replicas = DefaultReplicas
	}
	s := &Server{config: c, ready: make(chan struct{})}
	if _, votes := c.Voters[c.Name]; votes {
		s.voter = refs.NewServer(refs.ServerOptions{
			Name: c.Name, Dir: filepath.Join(c.DataDir, "etcd"), PeerURL: c.Voters[c.Name], ClientURL: c.EtcdClientURL,
			InitialCluster: c.Voters, Token: c.Token, Heartbeat: c.Heartbeat, Election: c.Election, Log: c.Log,
		})
	} else if len(c.EtcdEndpoints) == 0 {
		return nil, fault.Newf(fault.Invalid, "configure", "node %s is no voter and knows the client URL of none", c.Name)
	}
	s.refs = refs.NewEtcd(refs.EtcdOptions{Server: s.voter, Endpoints: c.EtcdEndpoints, Log: c.Log})
	s.peers = peers.New(s.addr)
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) open() (err error) {
	s.node, err = node.Open(node.Options{
		Name: s.config.Name, Dir: s.config.DataDir, Refs: s.refs, Dial: s.peers.Dial, Clock: time.Now, Log: s.config.Log,
		Anonymous: s.config.Anonymous,
	})
	if err != nil || s.config.GRPCAddr == "" {
		return err
	}
	if s.listen, err = net.Listen("tcp", s.config.GRPCAddr); err != nil {
		s.node.Close()
		return fault.New(fault.Unavailable, "listen", s.config.GRPCAddr, err)
	}
	return nil
}

func (s *Server) addr(name string) string {
	node, _ := s.refs.Node(name)
	return node.Addr
}

// Ready is closed once the node answers: it knows the refs, and has told the
// others of itself.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// FS is the file system as a front end in this process uses it.
func (s *Server) FS() fsapi.FS { return s.node }

// Addr is where front ends and other nodes come in; nil if they can't.
func (s *Server) Addr() net.Addr {
	if s.listen == nil {
		return nil
	}
	return s.listen.Addr()
}

// Leads says whether this node's voter leads etcd: a hint for who should coordinate.
func (s *Server) Leads() bool { return s.refs.Leader() }

// Run is the process's life. When ctx ends, the doors are closed, calls under way
// are finished, then the node and its voter stop.
func (s *Server) Run(ctx context.Context) error {
	base := run.NewGroup(context.WithoutCancel(ctx)) // outlives what is built on it
	if s.voter != nil {
		base.Go("voter", s.voter.Run)
	}
	base.Go("refs", s.refs.Run)
	life := run.NewGroup(ctx)
	life.Go("base", func(ctx context.Context) error {
		select {
		case <-base.Context().Done():
			return context.Cause(base.Context())
		case <-ctx.Done():
			return nil
		}
	})
	life.Go("node", s.node.Run)
	life.Go("join", s.join)
	life.Go("grants", s.takeGrants)
	if s.listen != nil {
		life.Go("doors", s.serve)
	}
	err := life.Wait()
	s.peers.Close()
	base.Stop()
	if baseErr := base.Wait(); err == nil {
		err = baseErr
	}
	if closeErr := s.node.Close(); err == nil {
		err = closeErr
	}
	return err
}

// join tells the others of this node and sees to it that every shard has a place.
// It tries until it has, or ctx ends: without a quorum there is nobody to tell, and reads
// of what never changes go on all the same.
func (s *Server) join(ctx context.Context) error {
	select {
	case <-s.refs.Ready():
	case <-ctx.Done():
		return nil
	}
	close(s.ready)
	if n := min(s.config.Replicas, len(s.config.Nodes)); n < DefaultReplicas {
		s.config.Log.Warn("fewer replicas than advised: the loss of one disk may lose words", "replicas", n)
	}
	for {
		err := s.register(ctx)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		s.config.Log.Warn("cannot join yet", "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Server) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	self := refs.Node{Name: s.config.Name}
	if s.listen != nil {
		self.Addr = cmp.Or(s.config.Advertise, s.listen.Addr().String())
	}
	if known, _ := s.refs.Node(self.Name); known != self {
		if err := s.refs.Register(ctx, self); err != nil {
			return err
		}
	}
	nodes := slices.Sorted(slices.Values(s.config.Nodes))
	return s.refs.EnsurePlacements(ctx, nodes, s.config.Replicas)
}

// serve opens the doors until ctx ends.
func (s *Server) serve(ctx context.Context) error {
	g := wire.NewServer(grpc.ChainUnaryInterceptor(unary(s.config.Log)), grpc.ChainStreamInterceptor(stream(s.config.Log)))
	pb.RegisterFileSystemServer(g, files{node: s.node, addr: s.addr})
	pb.RegisterGitServer(g, gitDoor{node: s.node})
	pb.RegisterPeerServer(g, peerDoor{local: s.node.Local()})
	doors := run.NewGroup(context.WithoutCancel(ctx))
	doors.Go("grpc", func(context.Context) error { return g.Serve(s.listen) })
	select {
	case <-doors.Context().Done():
	case <-ctx.Done():
		hurry := time.AfterFunc(drain, g.Stop)
		defer hurry.Stop()
		g.GracefulStop()
		doors.Stop()
	}
	return doors.Wait()
}
