package fsclient

import (
	"context"
	"errors"
	"io"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/fault"
)

// ServeGit is in fsapi.Git. A node that does not take the call costs nothing but time: the request is
// read only once one has. After that, what breaks off is the client's to repeat.
func (c *Client) ServeGit(ctx context.Context, call fsapi.GitCall, in io.Reader, out io.Writer) error {
	purpose := toRead
	if call.Service == fsapi.ReceivePack {
		purpose = toWrite
	}
	ctx, cancel := context.WithCancel(wire.Outgoing(ctx))
	defer cancel()
	var stream gitStream
	err := c.call(ctx, call.Repo, purpose, func(try context.Context, conn *connection) (err error) {
		stream, err = open(ctx, try, conn, call)
		return err
	})
	if err != nil {
		return err
	}
	body := &begun{r: in}
	_, err = wire.Send(body, func(b []byte) error { return stream.Send(&pb.GitRequest{Data: b}) })
	switch {
	case body.err != nil:
		return body.err
	case err != nil && !errors.Is(err, io.EOF): // io.EOF: why, the answer says
		return brokenOff(err)
	}
	stream.CloseSend() // fails only where the answer says why
	for {
		p, err := stream.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return brokenOff(err)
		}
		if _, err := out.Write(p.Data); err != nil {
			return fault.New(fault.Canceled, "git", "", err)
		}
	}
}

// gitStream is a call that a node has taken.
type gitStream = pb.Git_ServeClient

// open asks one node to take a call, for as long as try allows. The stream lives as long as ctx.
func open(ctx, try context.Context, conn *connection, call fsapi.GitCall) (gitStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	tried := context.AfterFunc(try, cancel)
	defer tried()
	stream, err := pb.NewGitClient(conn.conn).Serve(ctx)
	if err == nil {
		err = stream.Send(&pb.GitRequest{
			Repo: call.Repo.String(), Service: string(call.Service), Version: int32(call.Version), Advertise: call.Advertise,
		})
	}
	if err == nil || errors.Is(err, io.EOF) {
		_, err = stream.Recv()
	}
	if err != nil {
		cancel()
		if try.Err() != nil {
			return nil, fault.Newf(fault.Unavailable, "git", "no answer in time")
		}
		return nil, wire.FromStatus("git", err)
	}
	return stream, nil
}

// brokenOff is the failure of a call that was taken. Nothing repeats it by itself,
// so that its outcome is not known makes no difference here.
func brokenOff(err error) error {
	err = wire.FromStatus("git", err)
	if fault.Is(err, fault.Unknown) {
		return fault.New(fault.Unavailable, "git", "", err)
	}
	return err
}
