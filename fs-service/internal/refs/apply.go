package refs

import (
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Apply is as Refs says.
func (l *ledger) Apply(ctx context.Context, t Txn) (int64, error) {
	if err := t.Check(); err != nil {
		return 0, err
	}
	t = signed(t)
	newest := int64(0)
	for _, m := range t.Moves {
		newest = max(newest, m.Expect)
	}
	l.caughtUp(ctx, newest)
	tx, first := l.draft(t)
	o, lost, err := l.settle(ctx, "move refs", tx)
	if err != nil {
		return 0, err
	}
	defer l.caughtUp(ctx, o.revision)
	if o.done {
		return o.revision, nil
	}
	return judge(t, first, o, lost)
}

// signed gives every move something to be recognised by.
func signed(t Txn) Txn {
	t.Moves = slices.Clone(t.Moves)
	for i, m := range t.Moves {
		if len(m.Done) == 0 {
			t.Moves[i].Done = []Done{{Request: content.NewRequestID(), Commit: m.New}}
		}
	}
	return t
}

// The keys that a refused transaction shows, in this order.
const (
	seenPlace = iota
	seenLive
	seenRef  // of the first move
	seenGone // of the first move
)

// draft makes t into a transaction. It returns also what the first move's Done
// are appended to.
//
// The Done that were there come from the view. If that is not where the move
// expects the ref to be, they are wrong, and then a condition fails: a ref that
// is expected to exist has that revision only once; one that is expected not to
// must not have been deleted after the deletion that the view knows.
func (l *ledger) draft(t Txn) (tx transaction, first []Done) {
	live, place := liveKey(t.Repo), placeKey(t.Shard)
	tx.conditions = append(tx.conditions, condition{place, "=", t.Epoch}, condition{live, ">", 0})
	for _, g := range t.Grounds {
		tx.conditions = append(tx.conditions, condition{g.key, "=", g.revision})
	}
	for i, m := range t.Moves {
		ref, gone := refKey(t.Repo, m.Name), goneKey(t.Repo, m.Name)
		was, deleted := l.view.prior(t.Repo, m.Name)
		tx.conditions = append(tx.conditions, condition{ref, "=", m.Expect})
		if m.Expect == 0 {
			tx.conditions = append(tx.conditions, condition{gone, "<", deleted + 1})
		}
		if i == 0 {
			first = was.Done
			tx.look = []string{seenPlace: place, seenLive: live, seenRef: ref, seenGone: gone}
		}
		record := Record{Target: m.New, Done: appended(was.Done, m.Done)}
		if m.New.IsZero() {
			tx.deletes = append(tx.deletes, ref)
			tx.puts = append(tx.puts, put{gone, encodeRecord(record), Remembered})
		} else {
			tx.puts = append(tx.puts, put{key: ref, value: encodeRecord(record)})
		}
	}
	return tx, first
}

// judge says why t was refused, or that it was done after all: by a try whose
// answer was lost, or by a call before this one.
func judge(t Txn, first []Done, o outcome, lost bool) (int64, error) {
	m := t.Moves[0]
	now, revision, err := remembered(o)
	if err != nil {
		return 0, err
	}
	mine := m.Done[len(m.Done)-1]
	switch at := slices.Index(now, mine); {
	case at >= 0 && at == len(now)-1:
		return revision, nil
	case at >= 0:
		// Others moved it on since. Any revision before theirs is one that no
		// later move can mistake for the ref's.
		return revision - 1, nil
	case lost && len(now) == MaxDone && (len(first) == 0 || !slices.Contains(now, first[len(first)-1])):
		return 0, fault.Newf(fault.Unknown, "move refs", "%v: too much happened since to say whether it was moved", m.Name)
	case o.seen[seenLive].revision == 0:
		return 0, fault.Newf(fault.Gone, "move refs", "repository %v is deleted", t.Repo)
	case o.seen[seenPlace].revision != t.Epoch:
		return 0, fault.Newf(fault.Misplaced, "move refs", "shard %d: epoch %d, now %d", t.Shard, t.Epoch, o.seen[seenPlace].revision)
	}
	return 0, fault.Newf(fault.Stale, "move refs", "%v, or another of %d refs, is not where it was expected", m.Name, len(t.Moves))
}

// remembered returns the Done of the first move's ref, which may be deleted, and
// the revision at which it was moved last.
func remembered(o outcome) ([]Done, int64, error) {
	e := o.seen[seenRef]
	if e.value == nil {
		e = o.seen[seenGone]
	}
	if e.value == nil {
		return nil, 0, nil
	}
	r, err := decodeRecord(e.value, e.revision)
	return r.Done, e.revision, err
}

// prior returns what the view knows of a ref: its record, or that of its
// deletion and the revision of that.
func (v *view) prior(k Key, name content.RefName) (r Record, deleted int64) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	r, _ = v.state.ref(k, name)
	return r, v.state.gone[k][name].Revision
}

// appended returns at most MaxDone of both, the newest.
func appended(was, more []Done) []Done {
	all := slices.Concat(was, more)
	return all[max(0, len(all)-MaxDone):]
}
