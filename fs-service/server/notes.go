package server

import (
	"context"

	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
)

func (f files) Note(ctx context.Context, p *pb.NoteRequest) (*pb.NoteRecord, error) {
	n, err := f.node.Note(ctx, p.Name)
	return answer(n, err, wire.FromNote)
}

func (f files) Notes(ctx context.Context, p *pb.NotesRequest) (*pb.NotesReply, error) {
	n, err := f.node.Notes(ctx, p.Prefix, wire.Page(p.Page))
	return answer(n, err, wire.FromNotes)
}

func (f files) PutNote(ctx context.Context, p *pb.NoteRecord) (*pb.NoteRecord, error) {
	n, err := wire.Note(p)
	if err != nil {
		return nil, wire.Status(err)
	}
	n, err = f.node.PutNote(ctx, n)
	return answer(n, err, wire.FromNote)
}

func (f files) DeleteNote(ctx context.Context, p *pb.NoteRequest) (*pb.Empty, error) {
	return &pb.Empty{}, wire.Status(f.node.DeleteNote(ctx, p.Name, p.Revision))
}
