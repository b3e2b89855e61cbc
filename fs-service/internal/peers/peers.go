// Package peers reaches the stores of other nodes over the network, as replica.Peer.
package peers

import (
	"context"
	"io"
	"sync"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// Peers are the connections to other nodes: one each, made at the first call and
// kept. Any goroutine may use them.
type Peers struct {
	addr func(name string) string // where a node is reached; "": not known

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn // guarded by mu; by address
}

// New makes a set without connections.
func New(addr func(name string) string) *Peers {
	return &Peers{addr: addr, conns: map[string]*grpc.ClientConn{}}
}

// Dial returns the node called name. It does not wait for a connection: a node
// that is away is found out by the first call. Unavailable: nobody knows its address.
func (p *Peers) Dial(name string) (replica.Peer, error) {
	addr := p.addr(name)
	if addr == "" {
		return nil, fault.Newf(fault.Unavailable, "dial", "the address of node %s is not known", name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	conn, ok := p.conns[addr]
	if !ok {
		var err error
		if conn, err = wire.Dial(addr); err != nil {
			return nil, err
		}
		p.conns[addr] = conn
	}
	return peer{pb.NewPeerClient(conn)}, nil
}

// Close ends all connections, and the calls on them.
func (p *Peers) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

type peer struct{ client pb.PeerClient }

var _ replica.Peer = peer{}

func (p peer) Put(ctx context.Context, pool content.Pool, b replica.Batch) error {
	_, err := p.client.PutObjects(ctx, fromBatch(pool, b))
	return wire.FromStatus("put objects", err)
}

func (p peer) Open(ctx context.Context, pool content.Pool, d content.Digest) (replica.Header, io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	stream, err := p.client.GetObject(ctx, &pb.ObjectRequest{Pool: pool[:], Digest: d[:]})
	var first *pb.ObjectPart
	if err == nil {
		first, err = stream.Recv()
	}
	if err != nil {
		cancel()
		return replica.Header{}, nil, wire.FromStatus("get object", err)
	}
	next := func() ([]byte, error) {
		part, err := stream.Recv()
		return part.GetData(), err
	}
	return replica.Header{Kind: content.Kind(first.Kind), Size: first.Size}, wire.Reader("get object", next, cancel), nil
}

func (p peer) Missing(ctx context.Context, pool content.Pool, ds []content.Digest) ([]content.Digest, error) {
	reply, err := p.client.Missing(ctx, &pb.DigestsRequest{Pool: pool[:], Digests: wire.FromDigests(ds)})
	if err != nil {
		return nil, wire.FromStatus("ask for objects", err)
	}
	return wire.Digests(reply.Digests)
}

func (p peer) Close(ctx context.Context, pool content.Pool, commits []content.Digest) error {
	_, err := p.client.Close(ctx, &pb.DigestsRequest{Pool: pool[:], Digests: wire.FromDigests(commits)})
	return wire.FromStatus("close", err)
}

func (p peer) PutBody(ctx context.Context, pool content.Pool, d content.Digest, size int64, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.client.PutBody(ctx)
	if err == nil {
		err = stream.Send(&pb.PutBodyRequest{Pool: pool[:], Digest: d[:], Size: size})
	}
	if err == nil {
		_, err = wire.Send(r, func(b []byte) error { return stream.Send(&pb.PutBodyRequest{Data: b}) })
	}
	return finish("put body", stream, err)
}

func (p peer) PutPack(ctx context.Context, pool content.Pool, pack replica.Pack, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.client.PutPack(ctx)
	if err == nil {
		err = stream.Send(&pb.PutPackRequest{
			Pool: pool[:], Size: pack.Size, Tips: wire.FromDigests(pack.Tips), Bases: wire.FromDigests(pack.Bases),
		})
	}
	if err == nil {
		_, err = wire.Send(r, func(b []byte) error { return stream.Send(&pb.PutPackRequest{Data: b}) })
	}
	return finish("put pack", stream, err)
}

// finish ends a stream of pieces and returns what came of it. A Send that failed says
// only io.EOF: why is in the answer.
func finish[Q any](op string, stream grpc.ClientStreamingClient[Q, pb.Empty], err error) error {
	if err != nil && err != io.EOF {
		return wire.FromStatus(op, err)
	}
	_, err = stream.CloseAndRecv()
	return wire.FromStatus(op, err)
}
