// Package fault names the ways in which work is refused or fails.
//
// A Kind is chosen once, by whoever knows why; it crosses the wire between
// processes unchanged (fs-service/internal/wire) and becomes an HTTP status in
// one place (repo-api/internal/problem). The text is for people and no program
// reads it.
package fault

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// Kind says what went wrong, as far as a caller can act on it.
type Kind uint8

// The kinds. Their numbers go over the wire: add at the end, never reorder.
const (
	Internal        Kind = iota // a bug, or something nobody foresaw
	Invalid                     // the request makes no sense: its author must change it
	NotFound                    // no such thing, and no sign that there ever was
	Gone                        // there was, and it was taken away on purpose
	Stale                       // an expectation does not hold
	Conflict                    // what is there forbids it, though nothing was expected
	ReadOnly                    // this thing never changes
	TooLarge                    // over a limit that the text names
	Unavailable                 // not now; nothing was done; the same again may succeed
	Unknown                     // it may or may not have been done: repeat with the same request id
	Misplaced                   // asked of the wrong node, or with an old epoch: look the placement up again
	Corrupt                     // the bytes at hand are not the bytes that were promised
	Full                        // no room to store it
	Canceled                    // the caller went away
	Unauthenticated             // it takes somebody who is known, or what they brought is not good
	Forbidden                   // it is known who asks, and they may not; Facts say which rule refused
	Locked                      // nobody may now: somebody has frozen it; Facts say who
	Moved                       // it goes by another name now: Facts say which
	Withheld                    // the law demands that it is not shown; Facts say why, and who carries it out
)

var names = [...]string{
	"internal", "invalid", "not found", "gone", "stale", "conflict", "read-only", "too large",
	"unavailable", "unknown outcome", "misplaced", "corrupt", "full", "canceled",
	"unauthenticated", "forbidden", "locked", "moved", "withheld",
}

func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Error is a failure whose Kind was chosen on purpose.
type Error struct {
	Kind Kind
	Op   string // what was being done: "change", "open pack"
	Name string // what it was done to, if that is not plain from Op
	Err  error  // why

	Facts map[string]string // of the reason, for a program to act on; most have none
}

func (e *Error) Error() string {
	s := e.Op
	if e.Name != "" {
		s += " " + e.Name
	}
	if e.Err == nil {
		return s + ": " + e.Kind.String()
	}
	return s + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// New makes an Error of kind k about name; err says why.
func New(k Kind, op, name string, err error) error {
	return &Error{Kind: k, Op: op, Name: name, Err: err}
}

// Newf makes an Error of kind k; the rest is formatted as the reason.
func Newf(k Kind, op, format string, args ...any) error {
	return &Error{Kind: k, Op: op, Err: fmt.Errorf(format, args...)}
}

// Disk is what a failed operation on a file comes to: Full where there is no
// room, else Internal. An Error stays what it is, and nil nil.
func Disk(op string, err error) error {
	var e *Error
	switch {
	case err == nil || errors.As(err, &e):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return New(Full, op, "", err)
	}
	return New(Internal, op, "", err)
}

// Of returns the kind of the outermost Error in err's chain. A context's end
// is Canceled or, for a deadline, Unavailable; anything else is Internal.
func Of(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// Is says whether err is not nil and of kind k.
func Is(err error, k Kind) bool { return err != nil && Of(err) == k }
