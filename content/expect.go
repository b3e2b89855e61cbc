package content

import (
	"fmt"
	"slices"

	"rhapsode/internal/fault"
)

// Expect is what a writer believed about a name when it decided to change it.
//
// The belief is judged once, by the coordinator of the repository, at the
// moment the change takes its place in the order. Any earlier check is
// a courtesy that saves an upload. The zero Expect is satisfied by everything.
type Expect struct {
	presence presence
	among    []Digest // with mustExist: one of these, if not nil; with mayExist: none of these
}

type presence uint8

const (
	mayExist presence = iota
	mustExist
	mustNotExist
)

// Present expects the name to exist, whatever it holds (If-Match: *).
func Present() Expect { return Expect{presence: mustExist} }

// Absent expects the name to be free (If-None-Match: *).
func Absent() Expect { return Expect{presence: mustNotExist} }

// OneOf expects the name to hold one of ds (If-Match: "a", "b").
// With no ds at all it can't be satisfied.
func OneOf(ds ...Digest) Expect {
	return Expect{presence: mustExist, among: append([]Digest{}, ds...)}
}

// NoneOf expects the name to be free or to hold something that is not in ds
// (If-None-Match: "a", "b").
func NoneOf(ds ...Digest) Expect {
	return Expect{presence: mayExist, among: append([]Digest{}, ds...)}
}

// IsZero says whether e is satisfied by everything.
func (e Expect) IsZero() bool { return e.presence == mayExist && len(e.among) == 0 }

// Wants says whether e names what it expects the name to hold, as OneOf does.
func (e Expect) Wants() bool { return e.presence == mustExist && e.among != nil }

// Judge returns nil if the belief holds of a name that now holds current, or
// holds nothing if current is nil. Otherwise it returns a fault.Stale.
func (e Expect) Judge(name string, current *Digest) error {
	switch {
	case e.presence == mustExist && current == nil:
		return stale(name, "there is nothing")
	case e.presence == mustNotExist && current != nil:
		return stale(name, "it holds %v", *current)
	case e.presence == mustExist && e.among != nil && !slices.Contains(e.among, *current):
		return stale(name, "it holds %v, not %v", *current, e.among)
	case e.presence == mayExist && current != nil && slices.Contains(e.among, *current):
		return stale(name, "it still holds %v", *current)
	}
	return nil
}

// Parts takes e apart for the wire; ExpectOf puts it together again.
func (e Expect) Parts() (presence uint8, anyOf bool, among []Digest) {
	return uint8(e.presence), e.among != nil, e.among
}

// ExpectOf is the inverse of Parts.
func ExpectOf(p uint8, anyOf bool, among []Digest) (Expect, error) {
	switch {
	case presence(p) == mayExist:
		return NoneOf(among...), nil
	case presence(p) == mustNotExist:
		return Absent(), nil
	case presence(p) == mustExist && !anyOf:
		return Present(), nil
	case presence(p) == mustExist:
		return OneOf(among...), nil
	}
	return Expect{}, fault.Newf(fault.Invalid, "expectation", "presence %d", p)
}

func stale(name, why string, args ...any) error {
	return &fault.Error{Kind: fault.Stale, Op: "expect", Name: name, Err: fmt.Errorf(why, args...)}
}
