package node

import (
	"context"
	"encoding/base64"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Note is in fsapi.Notes.
func (n *Node) Note(ctx context.Context, name string) (fsapi.Note, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Note{}, err
	}
	note, ok := n.refs.Note(name)
	if !ok {
		return fsapi.Note{}, &fault.Error{Kind: fault.NotFound, Op: "note", Name: name}
	}
	return shown(note), nil
}

// Notes is in fsapi.Notes.
func (n *Node) Notes(ctx context.Context, prefix string, page fsapi.Page) (fsapi.NotePage, error) {
	after, err := name(page.After)
	if err != nil {
		return fsapi.NotePage{}, err
	}
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.NotePage{}, err
	}
	most := limit(page)
	notes := n.refs.Notes(prefix, after, most+1)
	var p fsapi.NotePage
	if len(notes) > most {
		notes = notes[:most]
		p.Next = base64.RawURLEncoding.EncodeToString([]byte(notes[most-1].Name))
	}
	for _, note := range notes {
		p.Notes = append(p.Notes, shown(note))
	}
	return p, nil
}

func shown(n refs.Note) fsapi.Note {
	return fsapi.Note{Name: n.Name, Value: n.Value, Revision: n.Revision}
}

// PutNote is in fsapi.Notes.
func (n *Node) PutNote(ctx context.Context, note fsapi.Note) (fsapi.Note, error) {
	if err := note.Check(); err != nil {
		return fsapi.Note{}, err
	}
	stored, err := n.refs.PutNote(ctx, refs.Note{Name: note.Name, Value: note.Value, Revision: note.Revision}, note.Expires)
	return shown(stored), err
}

// DeleteNote is in fsapi.Notes.
func (n *Node) DeleteNote(ctx context.Context, name string, revision int64) error {
	return n.refs.DeleteNote(ctx, name, revision)
}
