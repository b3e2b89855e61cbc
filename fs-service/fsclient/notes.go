package fsclient

import (
	"context"

	"google.golang.org/grpc"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

// Note is in fsapi.Notes.
func (c *Client) Note(ctx context.Context, name string) (fsapi.Note, error) {
	return askAny(ctx, c, toRead, "note", &pb.NoteRequest{Name: name}, pb.FileSystemClient.Note, wire.Note)
}

// Notes is in fsapi.Notes.
func (c *Client) Notes(ctx context.Context, prefix string, page fsapi.Page) (fsapi.NotePage, error) {
	return askAny(ctx, c, toRead, "notes", &pb.NotesRequest{Prefix: prefix, Page: wire.FromPage(page)}, pb.FileSystemClient.Notes, wire.Notes)
}

// PutNote is in fsapi.Notes.
func (c *Client) PutNote(ctx context.Context, n fsapi.Note) (fsapi.Note, error) {
	if err := n.Check(); err != nil {
		return fsapi.Note{}, err
	}
	return askAny(ctx, c, toWrite, "put note", wire.FromNote(n), pb.FileSystemClient.PutNote, wire.Note)
}

// DeleteNote is in fsapi.Notes.
func (c *Client) DeleteNote(ctx context.Context, name string, revision int64) error {
	_, err := askAny(ctx, c, toWrite, "delete note", &pb.NoteRequest{Name: name, Revision: revision}, pb.FileSystemClient.DeleteNote, nothing)
	return err
}

// askAny asks any node, one after the other, and translates the answer.
func askAny[Q, P, V any](ctx context.Context, c *Client, p purpose, op string, q Q,
	call func(pb.FileSystemClient, context.Context, Q, ...grpc.CallOption) (P, error), read func(P) (V, error)) (v V, err error) {
	err = c.callAny(ctx, p, func(ctx context.Context, conn *connection) error {
		reply, err := call(conn.files, ctx, q)
		if err != nil {
			return wire.FromStatus(op, err)
		}
		v, err = read(reply)
		return err
	})
	return v, err
}
