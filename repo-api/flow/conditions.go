package flow

import (
	"net/http"
	"time"
)

// Conditions are the preconditions of a request. A date that was not sent, or is
// to be ignored, is zero.
type Conditions struct {
	IfMatch, IfNoneMatch               Tags
	IfModifiedSince, IfUnmodifiedSince time.Time
}

// Guard says whether c speaks of the state s at all. A date does not if s has none.
func (c *Conditions) Guard(s *State) bool {
	return c.IfMatch.Sent() || c.IfNoneMatch.Sent() ||
		!c.IfUnmodifiedSince.IsZero() && (!s.Exists || !s.Modified.IsZero())
}

// Hold says whether a change of s may be made under c: steps 1 to 3 of 13.2.2, for
// a resource that judges by itself.
func (c *Conditions) Hold(s *State) bool {
	switch {
	case c.IfMatch.Any:
		if !s.Exists {
			return false
		}
	case c.IfMatch.Sent():
		if !s.Exists || !c.IfMatch.strongMatch(s.Tag) {
			return false
		}
	case !c.IfUnmodifiedSince.IsZero():
		if s.Exists && s.modifiedSince(c.IfUnmodifiedSince) {
			return false
		}
	}
	return !s.Exists || !c.IfNoneMatch.Any && !c.IfNoneMatch.weakMatch(s.Tag)
}

// parse reads the conditions from h.
func (c *Conditions) parse(h http.Header, now func() time.Time) (err error) {
	if c.IfMatch, err = ParseTags(h["If-Match"]); err != nil {
		return &FieldError{"If-Match", err}
	}
	if c.IfNoneMatch, err = ParseTags(h["If-None-Match"]); err != nil {
		return &FieldError{"If-None-Match", err}
	}
	c.IfModifiedSince = dateIn(h["If-Modified-Since"], now)
	c.IfUnmodifiedSince = dateIn(h["If-Unmodified-Since"], now)
	return nil
}

// FieldError is a field of the request that can't be understood.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e *FieldError) Unwrap() error { return e.Err }

func (x *Exchange) judgesItself() (bool, error) {
	here := x.State.Moved == Stayed && !x.State.Gone
	return here && x.State.Judges && x.method&changes != 0 && !x.engine.Dry, nil
}

func (x *Exchange) hasIfMatch() (bool, error)     { return x.Conditions.IfMatch.Sent(), nil }
func (x *Exchange) ifMatchAny() (bool, error)     { return x.Conditions.IfMatch.Any, nil }
func (x *Exchange) hasIfNoneMatch() (bool, error) { return x.Conditions.IfNoneMatch.Sent(), nil }
func (x *Exchange) ifNoneMatchAny() (bool, error) { return x.Conditions.IfNoneMatch.Any, nil }

func (x *Exchange) ifMatchHolds() (bool, error) {
	return x.Conditions.IfMatch.strongMatch(x.State.Tag), nil
}

func (x *Exchange) ifNoneMatchHit() (bool, error) {
	return x.Conditions.IfNoneMatch.weakMatch(x.State.Tag), nil
}

func (x *Exchange) hasUnmodifiedSince() (bool, error) {
	return len(x.Request.Header["If-Unmodified-Since"]) > 0, nil
}

func (x *Exchange) unmodifiedSinceValid() (bool, error) {
	return !x.Conditions.IfUnmodifiedSince.IsZero() && !x.State.Modified.IsZero(), nil
}

func (x *Exchange) modifiedSinceIUS() (bool, error) {
	return x.State.modifiedSince(x.Conditions.IfUnmodifiedSince), nil
}

func (x *Exchange) hasModifiedSince() (bool, error) {
	return x.method&reads != 0 && len(x.Request.Header["If-Modified-Since"]) > 0, nil
}

func (x *Exchange) modifiedSinceValid() (bool, error) {
	return !x.Conditions.IfModifiedSince.IsZero() && !x.State.Modified.IsZero(), nil
}

func (x *Exchange) modifiedSinceIMS() (bool, error) {
	return x.State.modifiedSince(x.Conditions.IfModifiedSince), nil
}

// modifiedSince compares in seconds: an HTTP-date knows no smaller unit.
func (s *State) modifiedSince(t time.Time) bool { return s.Modified.Truncate(time.Second).After(t) }

func (x *Exchange) unconditional() (bool, error) {
	guarded := x.State.Guarded && x.method&(PUT|PATCH|DELETE) != 0
	return guarded && !x.Conditions.Guard(&x.State), nil
}

func (x *Exchange) hasIfRange() (bool, error) { return len(x.Request.Header["If-Range"]) > 0, nil }

// ifRangeHolds compares a tag strongly, and a date exactly and only where it is a
// strong validator (13.1.5).
func (x *Exchange) ifRangeHolds() (bool, error) {
	lines := x.Request.Header["If-Range"]
	if len(lines) != 1 {
		return false, nil
	}
	if x.State.Tag.StrongMatch(Tag(lines[0])) {
		return true, nil
	}
	t, ok := ParseDate(lines[0], x.engine.Now())
	return ok && x.State.Exact && !x.State.Modified.IsZero() && x.State.Modified.Truncate(time.Second).Equal(t), nil
}
