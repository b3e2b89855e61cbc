package fsapi

import (
	"context"
	"regexp"
	"time"

	"rhapsode/internal/fault"
)

// Notes are what the front ends have to agree on and that is no content: who works at
// what, and which name stands for what in the whole cell. A note is a linearizable
// register, durable on a majority of the voters when a call returns. What people put in
// never goes there: a note is not in a clone.
//
// They need no repository's replicas, so any node answers.
type Notes interface {
	// Note returns one. NotFound.
	Note(ctx context.Context, name string) (Note, error)

	// Notes returns those whose names begin with prefix, ordered by name.
	Notes(ctx context.Context, prefix string, page Page) (NotePage, error)

	// PutNote writes n.Value if the note is at n.Revision (0: if there is none), and
	// returns it as it is then. Stale. Invalid: the name or size is wrong.
	PutNote(ctx context.Context, n Note) (Note, error)

	// DeleteNote takes a note away if it is at revision. Stale; NotFound.
	DeleteNote(ctx context.Context, name string, revision int64) error
}

// Note is a named value.
type Note struct {
	Name     string // what kind of note it is, and its parts: kind/part/part
	Value    []byte // at most MaxNote bytes
	Revision int64
	Expires  time.Duration // when written: how long it lasts, in whole seconds; 0: until it is deleted
}

// NotePage is some notes.
type NotePage struct {
	Notes []Note
	Next  string // cursor; "" on the last page
}

// Limits of a note, in bytes.
const (
	MaxNote     = 16 << 10
	maxNoteName = 255
)

var noteName = regexp.MustCompile(`^[a-z]+(/[A-Za-z0-9._~%-]+)+$`)

// Check returns why n could never be written, or nil.
func (n Note) Check() error {
	switch {
	case len(n.Name) > maxNoteName || !noteName.MatchString(n.Name):
		return fault.Newf(fault.Invalid, "note", "%.80q is no name: it is a kind in small letters, and parts after slashes", n.Name)
	case len(n.Value) > MaxNote:
		return fault.Newf(fault.TooLarge, "note", "%d bytes, more than %d", len(n.Value), MaxNote)
	case n.Expires < 0 || n.Expires%time.Second != 0 || n.Revision < 0:
		return fault.Newf(fault.Invalid, "note", "%s: a time that is not whole seconds, or a negative revision", n.Name)
	}
	return nil
}
