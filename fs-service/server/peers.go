package server

import (
	"context"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/internal/peers"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// peerDoor is the other replicas' door: it shows this node's store as a replica.Peer.
type peerDoor struct {
	pb.UnimplementedPeerServer
	local replica.Peer
}

func (s peerDoor) PutObjects(ctx context.Context, p *pb.PutObjectsRequest) (*pb.Empty, error) {
	pool, b, err := peers.Batch(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(s.local.Put(ctx, pool, b))
}

func (s peerDoor) GetObject(p *pb.ObjectRequest, stream grpc.ServerStreamingServer[pb.ObjectPart]) error {
	pool, err := wire.Pool(p.Pool)
	if err != nil {
		return wire.Status(err)
	}
	d, err := content.DigestFromBytes(p.Digest)
	if err != nil {
		return wire.Status(err)
	}
	h, r, err := s.local.Open(stream.Context(), pool, d)
	if err != nil {
		return wire.Status(err)
	}
	defer r.Close()
	if err := stream.Send(&pb.ObjectPart{Kind: uint32(h.Kind), Size: h.Size}); err != nil {
		return err
	}
	_, err = wire.Send(r, func(b []byte) error { return stream.Send(&pb.ObjectPart{Data: b}) })
	return wire.Status(err)
}

func (s peerDoor) Missing(ctx context.Context, p *pb.DigestsRequest) (*pb.DigestsReply, error) {
	pool, ds, err := poolAndDigests(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	missing, err := s.local.Missing(ctx, pool, ds)
	return answer(missing, err, func(ds []content.Digest) *pb.DigestsReply {
		return &pb.DigestsReply{Digests: wire.FromDigests(ds)}
	})
}

func (s peerDoor) Close(ctx context.Context, p *pb.DigestsRequest) (*pb.Empty, error) {
	pool, ds, err := poolAndDigests(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	return &pb.Empty{}, wire.Status(s.local.Close(ctx, pool, ds))
}

func poolAndDigests(p *pb.DigestsRequest) (content.Pool, []content.Digest, error) {
	pool, err := wire.Pool(p.Pool)
	if err != nil {
		return pool, nil, err
	}
	ds, err := wire.Digests(p.Digests)
	return pool, ds, err
}

func (s peerDoor) PutBody(stream grpc.ClientStreamingServer[pb.PutBodyRequest, pb.Empty]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	pool, err := wire.Pool(first.Pool)
	if err != nil {
		return wire.Status(err)
	}
	d, err := content.DigestFromBytes(first.Digest)
	if err != nil {
		return wire.Status(err)
	}
	body := incoming(first.Data, func() ([]byte, error) {
		p, err := stream.Recv()
		return p.GetData(), err
	})
	if err := s.local.PutBody(stream.Context(), pool, d, first.Size, body); err != nil {
		return wire.Status(err)
	}
	return stream.SendAndClose(&pb.Empty{})
}

func (s peerDoor) PutPack(stream grpc.ClientStreamingServer[pb.PutPackRequest, pb.Empty]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	pool, err := wire.Pool(first.Pool)
	if err != nil {
		return wire.Status(err)
	}
	pack := replica.Pack{Size: first.Size}
	if pack.Tips, err = wire.Digests(first.Tips); err != nil {
		return wire.Status(err)
	}
	if pack.Bases, err = wire.Digests(first.Bases); err != nil {
		return wire.Status(err)
	}
	body := incoming(first.Data, func() ([]byte, error) {
		p, err := stream.Recv()
		return p.GetData(), err
	})
	if err := s.local.PutPack(stream.Context(), pool, pack, body); err != nil {
		return wire.Status(err)
	}
	return stream.SendAndClose(&pb.Empty{})
}
