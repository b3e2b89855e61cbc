package server

import (
	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/node"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// gitDoor is stock git's door: bytes in and out, and nothing understood.
type gitDoor struct {
	pb.UnimplementedGitServer
	node *node.Node
}

func (g gitDoor) Serve(stream grpc.BidiStreamingServer[pb.GitRequest, pb.Chunk]) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	call := fsapi.GitCall{Service: fsapi.GitService(first.Service), Version: int(first.Version), Advertise: first.Advertise}
	if call.Repo, err = content.ParseRepoID(first.Repo); err != nil {
		return wire.Status(err)
	}
	if err := g.node.Serves(stream.Context(), call.Repo); err != nil {
		return wire.Status(err)
	}
	if err := stream.Send(&pb.Chunk{}); err != nil {
		return err
	}
	in := incoming(nil, func() ([]byte, error) {
		p, err := stream.Recv()
		return p.GetData(), err
	})
	return wire.Status(g.node.ServeGit(stream.Context(), call, in, chunks{stream}))
}

// chunks sends what is written, in pieces that fit a message.
type chunks struct {
	stream grpc.BidiStreamingServer[pb.GitRequest, pb.Chunk]
}

func (c chunks) Write(p []byte) (int, error) {
	n := 0
	for len(p) > 0 {
		part := p[:min(len(p), wire.ChunkSize)]
		if err := c.stream.Send(&pb.Chunk{Data: part}); err != nil {
			return n, err
		}
		n, p = n+len(part), p[len(part):]
	}
	return n, nil
}
