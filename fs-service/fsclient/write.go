package fsclient

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// Change is in fsapi.Writer. A change without a request id gets one, so that it can be sent again.
func (c *Client) Change(ctx context.Context, cs content.ChangeSet) (content.Changed, error) {
	if cs.Request.IsZero() {
		cs.Request = content.NewRequestID()
	}
	return ask(ctx, c, cs.Repo, toWrite, "change", wire.FromChangeSet(cs), pb.FileSystemClient.Change, wire.Changed)
}

// MoveRef is in fsapi.Writer.
func (c *Client) MoveRef(ctx context.Context, m fsapi.RefMove) (fsapi.Ref, error) {
	if m.Request.IsZero() {
		m.Request = content.NewRequestID()
	}
	return ask(ctx, c, m.Repo, toWrite, "move ref", wire.FromRefMove(m), pb.FileSystemClient.MoveRef, wire.Ref)
}

// Merge is in fsapi.Merger.
func (c *Client) Merge(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
	if m.Request.IsZero() {
		m.Request = content.NewRequestID()
	}
	return ask(ctx, c, m.Repo, toWrite, "merge", wire.FromMerge(m), pb.FileSystemClient.Merge, wire.Merged)
}

// Release is in fsapi.Releaser.
func (c *Client) Release(ctx context.Context, r fsapi.Release) (fsapi.Released, error) {
	if r.Record.Request.IsZero() {
		r.Record.Request = content.NewRequestID()
	}
	return ask(ctx, c, r.Record.Repo, toWrite, "release", wire.FromRelease(r), pb.FileSystemClient.Release, wire.Released)
}

// Pick is in fsapi.Merger.
func (c *Client) Pick(ctx context.Context, p fsapi.Pick) (fsapi.Merged, error) {
	if p.Request.IsZero() {
		p.Request = content.NewRequestID()
	}
	return ask(ctx, c, p.Repo, toWrite, "pick", wire.FromPick(p), pb.FileSystemClient.Pick, wire.Merged)
}

// Keep is in fsapi.Drafter. What is kept twice is one draft, so it needs no request id.
func (c *Client) Keep(ctx context.Context, r fsapi.Refused) (fsapi.Draft, error) {
	return ask(ctx, c, r.Repo, toWrite, "keep", wire.FromRefused(r), pb.FileSystemClient.Keep, wire.Draft)
}

// PutRepo is in fsapi.Writer.
func (c *Client) PutRepo(ctx context.Context, change fsapi.RepoChange) (r fsapi.Repo, created bool, err error) {
	if change.Request.IsZero() {
		change.Request = content.NewRequestID()
	}
	put := func(ctx context.Context, conn *connection) error {
		reply, err := conn.files.PutRepo(ctx, wire.FromRepoChange(change))
		if err != nil {
			return wire.FromStatus("put repository", err)
		}
		created = reply.Created
		r, err = wire.Repo(reply.Repo)
		return err
	}
	if origin := change.Derive.Repo; origin.IsZero() {
		err = c.callAny(ctx, toWrite, put)
	} else { // who holds what it begins as
		err = c.call(ctx, origin, toWrite, put)
	}
	c.forget(change.ID)
	c.forget(change.Name)
	return r, created, err
}

// DeleteRepo is in fsapi.Writer.
func (c *Client) DeleteRepo(ctx context.Context, id content.RepoID, revision int64) error {
	err := c.callAny(ctx, toWrite, func(ctx context.Context, conn *connection) error {
		_, err := conn.files.DeleteRepo(ctx, &pb.DeleteRepoRequest{Id: id.String(), Revision: revision})
		return wire.FromStatus("delete repository", err)
	})
	c.forget(id)
	return err
}

// Upload is in fsapi.Writer. It can go to another node only before the first byte has been
// read; after that the bytes are gone, and the failure is the caller's to tell.
func (c *Client) Upload(ctx context.Context, id content.RepoID, size int64, r io.Reader) (content.Digest, error) {
	var d content.Digest
	body := &begun{r: r}
	err := c.place(ctx, id, func(conn *connection) error {
		ctx, cancel := context.WithCancel(wire.Outgoing(ctx))
		defer cancel()
		stream, err := conn.files.Upload(ctx)
		if err == nil {
			err = stream.Send(&pb.UploadRequest{Repo: id.String(), Size: size})
		}
		if err == nil {
			_, err = wire.Send(body, func(b []byte) error { return stream.Send(&pb.UploadRequest{Data: b}) })
		}
		reply, err := closeStream("upload", stream, body, err)
		if err != nil {
			return err
		}
		d, err = wire.Digest(reply.Digest)
		return err
	}, func() bool { return !body.read })
	return d, err
}

// place sends a stream to the node that coordinates id, or to the next while again allows it.
func (c *Client) place(ctx context.Context, id content.RepoID, send func(*connection) error, again func() bool) error {
	r, err := c.settled(ctx, id)
	if err != nil {
		return err
	}
	return c.placeAt(ctx, id, c.order(r, toWrite), send, again)
}

func (c *Client) placeAt(ctx context.Context, id content.RepoID, nodes []Node, send func(*connection) error, again func() bool) error {
	var failures []error
	for _, n := range nodes {
		conn, err := c.connect(n.Addr)
		if err == nil {
			err = send(conn)
		}
		k := fault.Of(err)
		if err == nil || ctx.Err() != nil || k != fault.Unavailable && k != fault.Unknown && k != fault.Misplaced {
			return err
		}
		c.suspect(n.Name)
		failures = append(failures, err)
		if !again() {
			break
		}
	}
	c.forget(id)
	// Nothing refers to what was sent: it is as if it had not been.
	return &fault.Error{Kind: fault.Unavailable, Op: "send", Err: errors.Join(failures...)}
}

// begun remembers whether anything was read, and what went wrong in reading.
type begun struct {
	r    io.Reader
	read bool
	err  error
}

func (b *begun) Read(p []byte) (int, error) {
	b.read = true
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// closeStream ends a stream of pieces and returns the answer. What went wrong with the bytes
// themselves comes first; a Send that failed says only io.EOF: why is in the answer.
func closeStream[Q, P any](op string, stream grpc.ClientStreamingClient[Q, P], body *begun, err error) (*P, error) {
	if body.err != nil {
		return nil, body.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, wire.FromStatus(op, err)
	}
	reply, err := stream.CloseAndRecv()
	return reply, wire.FromStatus(op, err)
}
