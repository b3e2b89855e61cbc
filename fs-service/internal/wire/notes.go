package wire

import (
	"time"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire/pb"
)

// FromNote writes a note.
func FromNote(n fsapi.Note) *pb.NoteRecord {
	return &pb.NoteRecord{Name: n.Name, Value: n.Value, Revision: n.Revision, Expires: int64(n.Expires / time.Second)}
}

// Note reads a note; the caller still has to Check it.
func Note(p *pb.NoteRecord) (fsapi.Note, error) {
	return fsapi.Note{Name: p.GetName(), Value: p.GetValue(), Revision: p.GetRevision(), Expires: time.Duration(p.GetExpires()) * time.Second}, nil
}

// FromNotes writes some notes.
func FromNotes(n fsapi.NotePage) *pb.NotesReply {
	p := &pb.NotesReply{Next: n.Next}
	for _, note := range n.Notes {
		p.Notes = append(p.Notes, FromNote(note))
	}
	return p
}

// Notes reads some notes.
func Notes(p *pb.NotesReply) (n fsapi.NotePage, err error) {
	n.Next = p.Next
	n.Notes, err = list(p.Notes, Note)
	return n, err
}
