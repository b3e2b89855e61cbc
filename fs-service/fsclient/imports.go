package fsclient

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// Import is in fsapi.Importer. An import lives on the node that receives it, so all
// replicas are asked, and the one that has come furthest knows.
func (c *Client) Import(ctx context.Context, id content.RepoID, of fsapi.ImportID) (fsapi.ImportStatus, error) {
	s, _, err := c.furthest(ctx, id, of)
	return s, err
}

// furthest returns how far an import has come, and the replicas in the order in
// which the next piece should be offered to them: where most of it is comes first.
// NotFound: no replica has any of it, as far as they answer.
func (c *Client) furthest(ctx context.Context, id content.RepoID, of fsapi.ImportID) (best fsapi.ImportStatus, nodes []Node, err error) {
	r, err := c.settled(ctx, id)
	if err != nil {
		return best, nil, err
	}
	nodes = c.order(r, toImport)
	first, answered := -1, false
	var failures []error
	for i, n := range nodes {
		var s fsapi.ImportStatus
		err := c.ask(ctx, readTry, n, func(ctx context.Context, conn *connection) (err error) {
			s, err = importAt(ctx, conn, id, of)
			return err
		})
		answered = answered || err == nil || fault.Is(err, fault.NotFound)
		switch {
		case err != nil:
			failures = append(failures, err)
		case first < 0 || further(s, best):
			first, best = i, s
		}
	}
	switch {
	case first > 0:
		n := nodes[first]
		nodes = slices.Insert(slices.Delete(nodes, first, first+1), 0, n)
	case first < 0 && answered:
		return best, nodes, &fault.Error{Kind: fault.NotFound, Op: "import", Err: errors.Join(failures...)}
	case first < 0:
		return best, nodes, &fault.Error{Kind: fault.Unavailable, Op: "import", Err: errors.Join(failures...)}
	}
	return best, nodes, nil
}

func importAt(ctx context.Context, conn *connection, id content.RepoID, of fsapi.ImportID) (fsapi.ImportStatus, error) {
	reply, err := conn.files.Import(ctx, &pb.ImportRequest{Repo: id.String(), Import: of[:]})
	if err != nil {
		return fsapi.ImportStatus{}, wire.FromStatus("import", err)
	}
	return wire.ImportStatus(reply)
}

// further says whether a has come further than b. A failure has come nowhere:
// another replica may have it whole.
func further(a, b fsapi.ImportStatus) bool {
	rank := func(s fsapi.ImportStatus) int {
		return slices.Index([]fsapi.ImportPhase{
			fsapi.ImportFailed, fsapi.ImportReceiving, fsapi.ImportIndexing, fsapi.ImportReplicating, fsapi.ImportDone,
		}, s.Phase)
	}
	if rank(a) != rank(b) {
		return rank(a) > rank(b)
	}
	return a.Received > b.Received
}

// Receive is in fsapi.Importer. A piece is held in memory, so it can be sent again.
func (c *Client) Receive(ctx context.Context, piece fsapi.ImportPiece, r io.Reader) (fsapi.ImportStatus, error) {
	if piece.Size < 0 || piece.Size > fsapi.MaxPiece {
		return fsapi.ImportStatus{}, fault.Newf(fault.TooLarge, "import", "a piece of %d bytes; at most %d", piece.Size, fsapi.MaxPiece)
	}
	data := make([]byte, piece.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return fsapi.ImportStatus{}, fault.New(fault.Invalid, "import", "piece", err)
	}
	var s fsapi.ImportStatus
	_, nodes, err := c.furthest(ctx, piece.Repo, piece.Import)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fsapi.ImportStatus{}, err
	}
	err = c.placeAt(ctx, piece.Repo, nodes, func(conn *connection) error {
		ctx, cancel := context.WithTimeout(wire.Outgoing(ctx), writeAll)
		defer cancel()
		stream, err := conn.files.Receive(ctx)
		if err == nil {
			err = stream.Send(&pb.ReceiveRequest{
				Repo: piece.Repo.String(), Import: piece.Import[:], Offset: piece.Offset, Size: piece.Size, Last: piece.Last,
			})
		}
		body := &begun{r: bytes.NewReader(data)}
		if err == nil {
			_, err = wire.Send(body, func(b []byte) error { return stream.Send(&pb.ReceiveRequest{Data: b}) })
		}
		reply, err := closeStream("import", stream, body, err)
		if err != nil {
			return err
		}
		s, err = wire.ImportStatus(reply)
		return err
	}, func() bool { return true })
	return s, err
}
