package content

import (
	"encoding/hex"
	"time"

	"rhapsode/internal/fault"
)

// ErrandKey names an errand: a request that has to be carried out by one front end
// at a time, and whose answer is kept for its repeats.
type ErrandKey [32]byte

func (k ErrandKey) String() string { return hex.EncodeToString(k[:]) }

// Errand is a request that somebody wants to carry out.
type Errand struct {
	Key   ErrandKey
	Asked [32]byte      // a hash of all that it asks for; other content is another request
	Owner RequestID     // who carries it out, drawn anew by whoever begins
	Hold  time.Duration // for how long it stays the owner's without a sign of life; whole seconds, at most MaxHold
}

// Limits of an errand.
const (
	MaxHold         = time.Minute
	MaxErrandAnswer = 64 << 10 // bytes
)

// Check returns why e could never be begun, or nil.
func (e Errand) Check() error {
	switch {
	case e.Key == ErrandKey{} || e.Owner.IsZero():
		return fault.Newf(fault.Invalid, "errand", "no key or no owner")
	case e.Hold < time.Second || e.Hold > MaxHold || e.Hold%time.Second != 0:
		return fault.Newf(fault.Invalid, "errand", "held for %v, not whole seconds up to %v", e.Hold, MaxHold)
	}
	return nil
}

// ErrandState says how far an errand has come.
type ErrandState uint8

// The states.
const (
	ErrandHeld ErrandState = iota // its owner works on it
	ErrandOpen                    // nobody does: its owner died, or gave it back. It may be begun again
	ErrandDone                    // it is over, and its answer stays
)

// Attempt is what is known of an errand.
type Attempt struct {
	Errand // without Hold
	State  ErrandState
	Answer []byte // what was kept of it last, if anything was
}
