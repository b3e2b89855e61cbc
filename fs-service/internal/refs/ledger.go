package refs

import (
	"context"
	"time"

	"rhapsode/internal/fault"
)

// store is what a ledger needs of the place where the records are.
type store interface {
	// transact carries out t, all or nothing, once: it does not repeat. Unknown:
	// t may have been done or may still be done. Unavailable: it certainly was
	// not and will not be. Anything else: it was not, and won't be if repeated.
	transact(ctx context.Context, t transaction) (outcome, error)
}

// transaction is what should become of some records if all conditions hold.
type transaction struct {
	conditions []condition
	puts       []put
	deletes    []string
	look       []string // the keys to return if a condition does not hold
}

// condition is something about a record's revision; 0 is that of no record.
type condition struct {
	key      string
	relation string // "=", "<" or ">"
	revision int64
}

// put is a record to be written.
type put struct {
	key     string
	value   []byte
	expires time.Duration // 0: never
}

// outcome is what came of a transaction.
type outcome struct {
	done     bool    // the conditions held
	revision int64   // at which it was done, or refused
	seen     []entry // if refused: what look asked for, in its order
}

// Timing of tries.
const (
	// tryFor is how long one try may take. A proposal that was forwarded to a
	// leader as it died is lost without an answer.
	tryFor = 1500 * time.Millisecond
	// tryAgain is the pause after a try that failed.
	tryAgain = 20 * time.Millisecond
)

// ledger changes records through a store and follows them in a view. It is all
// of Refs but Barrier.
type ledger struct {
	*view
	store store
}

// settle has t decided: it tries until there is an answer or ctx ends. That is
// safe because of t's conditions: a transaction that changes a record it has a
// condition on can't be done twice. lost says that the answer of some try was
// lost, so t may have been done though the outcome says that it was refused.
func (l *ledger) settle(ctx context.Context, op string, t transaction) (o outcome, lost bool, err error) {
	for {
		if ctx.Err() != nil {
			return outcome{}, lost, ended(ctx, op, lost, err)
		}
		try, cancel := context.WithTimeout(ctx, tryFor)
		o, err = l.store.transact(try, t)
		cancel()
		switch {
		case err == nil:
			return o, lost, nil
		case fault.Is(err, fault.Unknown):
			lost = true
		case fault.Is(err, fault.Unavailable):
		case lost:
			return outcome{}, lost, fault.New(fault.Unknown, op, "", err)
		default:
			return outcome{}, lost, err
		}
		pause(ctx)
	}
}

// caughtUp waits for the view to reach revision, if that is soon. Who is told
// the result may count on it, but the result stands without it.
func (l *ledger) caughtUp(ctx context.Context, revision int64) {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	_ = l.view.wait(ctx, revision) // its only error is that it took too long
}

// ended is the error of an operation whose ctx ended before there was an answer;
// last is that of the last try.
func ended(ctx context.Context, op string, lost bool, last error) error {
	kind := fault.Of(ctx.Err())
	if lost {
		kind = fault.Unknown
	}
	if last == nil {
		last = ctx.Err()
	}
	return fault.New(kind, op, "", last)
}

// pause waits before the next try.
func pause(ctx context.Context) {
	t := time.NewTimer(tryAgain)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
