package refs

import (
	"bytes"
	"context"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Bounds of what errands take.
const (
	ErrandKept     = 24 * time.Hour // how long one is remembered after it was begun or finished
	MaxErrands     = 100_000
	MaxErrandBytes = 64 << 20 // of all records together
)

// beginAttempts is how often a claim is made anew because another came between.
const beginAttempts = 4

// The keys that are looked at, in this order.
const (
	seenErrand = iota
	seenHold
)

// BeginErrand is as Refs says. The claim and the sign of life are two records: when
// the second expires, the first tells that somebody had begun.
func (l *ledger) BeginErrand(ctx context.Context, e content.Errand) (content.Attempt, error) {
	if err := e.Check(); err != nil {
		return content.Attempt{}, err
	}
	if count, size := l.view.errands(); count >= MaxErrands || size >= MaxErrandBytes {
		return content.Attempt{}, fault.Newf(fault.Full, "begin errand", "%d errands of %d bytes are remembered", count, size)
	}
	for range beginAttempts {
		seen, err := l.lookAtErrand(ctx, "begin errand", e.Key) // first: a claim in vain leaves leases behind
		if err != nil {
			return content.Attempt{}, err
		}
		there, err := attempt(e.Key, seen)
		if !fault.Is(err, fault.NotFound) && (err != nil || there.State != content.ErrandOpen || there.Asked != e.Asked) {
			return there, err
		}
		begun := errandRecord{Asked: e.Asked, Owner: e.Owner}
		o, _, err := l.settle(ctx, "begin errand", transaction{
			conditions: unchanged(seen), puts: []put{begun.put(e.Key), held(e)},
		})
		if err != nil {
			return content.Attempt{}, err
		}
		if o.done {
			return content.Attempt{Errand: e}, nil
		}
	}
	return content.Attempt{}, fault.Newf(fault.Unavailable, "begin errand", "others begin it too")
}

// HoldErrand is as Refs says.
func (l *ledger) HoldErrand(ctx context.Context, e content.Errand) error {
	if err := e.Check(); err != nil {
		return err
	}
	_, err := l.onOwn(ctx, "hold errand", e, func(errandRecord) transaction {
		return transaction{puts: []put{held(e)}}
	})
	return err
}

// FinishErrand is as Refs says.
func (l *ledger) FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error {
	if len(answer) > content.MaxErrandAnswer {
		return fault.Newf(fault.TooLarge, "finish errand", "an answer of %d bytes, more than %d", len(answer), content.MaxErrandAnswer)
	}
	over := errandRecord{Asked: e.Asked, Owner: e.Owner, Final: final, Answer: answer}
	was, err := l.onOwn(ctx, "finish errand", e, func(errandRecord) transaction {
		return transaction{puts: []put{over.put(e.Key)}, deletes: []string{holdKey(e.Key)}}
	})
	if fault.Is(err, fault.Stale) && was.equal(over) {
		return nil // by a try whose answer was lost
	}
	return err
}

// onOwn carries out what change says while e is its owner's, and otherwise returns
// Stale. It returns what was there.
func (l *ledger) onOwn(ctx context.Context, op string, e content.Errand, change func(errandRecord) transaction) (errandRecord, error) {
	for {
		o, err := l.lookAtErrand(ctx, op, e.Key)
		if err != nil {
			return errandRecord{}, err
		}
		there, err := attempt(e.Key, o)
		if err != nil {
			return errandRecord{}, err
		}
		was := recordOf(there)
		if there.Owner != e.Owner || there.State != content.ErrandHeld {
			return was, fault.Newf(fault.Stale, op, "it is no longer in the hands of %v", e.Owner)
		}
		tx := change(was)
		tx.conditions = unchanged(o)
		if o, _, err = l.settle(ctx, op, tx); err != nil || o.done {
			return was, err
		}
	}
}

// Errand is as Refs says.
func (l *ledger) Errand(ctx context.Context, k content.ErrandKey) (content.Attempt, error) {
	o, err := l.lookAtErrand(ctx, "read errand", k)
	if err != nil {
		return content.Attempt{}, err
	}
	return attempt(k, o)
}

// lookAtErrand reads both records as they are now: no record has a revision below 0.
func (l *ledger) lookAtErrand(ctx context.Context, op string, k content.ErrandKey) (outcome, error) {
	o, _, err := l.settle(ctx, op, transaction{
		conditions: []condition{{errandKey(k), "<", 0}},
		look:       []string{seenErrand: errandKey(k), seenHold: holdKey(k)},
	})
	return o, err
}

// unchanged are the conditions that both records are as they were seen.
func unchanged(seen outcome) []condition {
	var all []condition
	for _, e := range seen.seen {
		all = append(all, condition{e.key, "=", e.revision})
	}
	return all
}

// held is the sign of life of e's owner.
func held(e content.Errand) put {
	return put{key: holdKey(e.Key), value: e.Owner[:], expires: e.Hold}
}

// attempt reads what was seen.
func attempt(k content.ErrandKey, o outcome) (content.Attempt, error) {
	seen := o.seen[seenErrand]
	if seen.value == nil {
		return content.Attempt{}, fault.Newf(fault.NotFound, "errand", "nobody began %v, or it is forgotten", k)
	}
	r, err := decodeErrand(seen.value)
	if err != nil {
		return content.Attempt{}, fault.New(fault.Corrupt, "read errand", k.String(), err)
	}
	a := content.Attempt{Errand: content.Errand{Key: k, Asked: r.Asked, Owner: r.Owner}, Answer: r.Answer}
	switch {
	case r.Final:
		a.State = content.ErrandDone
	case !bytes.Equal(o.seen[seenHold].value, r.Owner[:]):
		a.State = content.ErrandOpen
	}
	return a, nil
}

// errandRecord is an errand as it is stored.
type errandRecord struct {
	Asked  [32]byte
	Owner  content.RequestID
	Final  bool
	Answer []byte
}

func recordOf(a content.Attempt) errandRecord {
	return errandRecord{Asked: a.Asked, Owner: a.Owner, Final: a.State == content.ErrandDone, Answer: a.Answer}
}

func (r errandRecord) equal(other errandRecord) bool {
	return r.Asked == other.Asked && r.Owner == other.Owner && r.Final == other.Final && bytes.Equal(r.Answer, other.Answer)
}

func (r errandRecord) put(k content.ErrandKey) put {
	return put{key: errandKey(k), value: r.encode(), expires: ErrandKept}
}

// errandFormat is the first byte of an errandRecord, with errandFinal if it is final.
const (
	errandFormat = 1
	errandFinal  = 0x80
	errandHead   = 1 + len(errandRecord{}.Asked) + len(content.RequestID{})
)

// encode writes the format, what is asked, the owner and the answer.
func (r errandRecord) encode() []byte {
	format := byte(errandFormat)
	if r.Final {
		format |= errandFinal
	}
	return slices.Concat([]byte{format}, r.Asked[:], r.Owner[:], r.Answer)
}

// decodeErrand reads what encode wrote.
func decodeErrand(b []byte) (errandRecord, error) {
	if len(b) < errandHead || b[0]&^errandFinal != errandFormat || len(b) > errandHead+content.MaxErrandAnswer {
		return errandRecord{}, fault.Newf(fault.Corrupt, "decode errand", "%d bytes that are no record", len(b))
	}
	const owner = 1 + len(errandRecord{}.Asked)
	return errandRecord{
		Final: b[0]&errandFinal != 0, Asked: [32]byte(b[1:owner]), Owner: content.RequestID(b[owner:errandHead]),
		Answer: b[errandHead:],
	}, nil
}
