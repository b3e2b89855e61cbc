package refs

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"rhapsode/internal/fault"
)

// Note is a named value that somebody else gives a meaning to.
type Note struct {
	Name     string
	Value    []byte // shared: do not write to it
	Revision int64  // at which it was written last
}

// PutNote is as Refs says.
func (l *ledger) PutNote(ctx context.Context, n Note, expires time.Duration) (Note, error) {
	l.caughtUp(ctx, n.Revision)
	key := noteKey(n.Name)
	o, lost, err := l.settle(ctx, "put note", transaction{
		conditions: []condition{{key, "=", n.Revision}},
		puts:       []put{{key, n.Value, expires}},
		look:       []string{key},
	})
	if err != nil {
		return Note{}, err
	}
	defer l.caughtUp(ctx, o.revision)
	switch {
	case o.done:
		n.Revision = o.revision
		return n, nil
	case lost && bytes.Equal(o.seen[0].value, n.Value):
		n.Revision = o.seen[0].revision
		return n, nil
	case lost:
		return Note{}, fault.Newf(fault.Unknown, "put note", "%s was changed by others since", n.Name)
	}
	return Note{}, fault.Newf(fault.Stale, "put note", "%s is at revision %d", n.Name, o.seen[0].revision)
}

// DeleteNote is as Refs says.
func (l *ledger) DeleteNote(ctx context.Context, name string, revision int64) error {
	l.caughtUp(ctx, revision)
	key := noteKey(name)
	o, lost, err := l.settle(ctx, "delete note", transaction{
		conditions: []condition{{key, "=", revision}},
		deletes:    []string{key},
		look:       []string{key},
	})
	if err != nil {
		return err
	}
	defer l.caughtUp(ctx, o.revision)
	switch {
	case o.done, lost && o.seen[0].revision == 0:
		return nil
	case o.seen[0].revision == 0:
		return &fault.Error{Kind: fault.NotFound, Op: "delete note", Name: name}
	}
	return fault.Newf(fault.Stale, "delete note", "%s is at revision %d", name, o.seen[0].revision)
}

func (s *state) applyNote(name string, e entry) {
	at, found := s.findNote(name)
	n := Note{name, e.value, e.revision}
	switch {
	case e.value == nil && found:
		s.notes = slices.Delete(s.notes, at, at+1)
	case e.value == nil:
	case found:
		s.notes[at] = n
	default:
		s.notes = slices.Insert(s.notes, at, n)
	}
}

// findNote returns where name is among the notes, or should be.
func (s *state) findNote(name string) (at int, found bool) {
	return slices.BinarySearchFunc(s.notes, name, func(n Note, name string) int { return cmp.Compare(n.Name, name) })
}

// Note is as Refs says.
func (v *view) Note(name string) (Note, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	at, found := v.state.findNote(name)
	if !found {
		return Note{}, false
	}
	return v.state.notes[at], true
}

// Notes is as Refs says.
func (v *view) Notes(prefix, after string, limit int) []Note {
	v.mu.RLock()
	defer v.mu.RUnlock()
	all := v.state.notes
	from, exact := v.state.findNote(max(prefix, after))
	if exact && all[from].Name == after {
		from++
	}
	to := from
	for to < len(all) && to-from < limit && strings.HasPrefix(all[to].Name, prefix) {
		to++
	}
	return slices.Clone(all[from:to])
}
