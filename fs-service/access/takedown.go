package access

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Limits of takedowns: they are kept in a repository's record.
const (
	MaxTakedowns    = 50  // in force and lifted
	maxTakedownText = 500 // bytes, of the reason and of the address
)

// Takedown withholds a repository, or an edition of it, from everybody but admins, because the
// law demands it (RFC 7725). It is kept when it was lifted.
type Takedown struct {
	Edition   content.RefName `json:"edition,omitzero"` // zero: all of the repository
	Reason    string          `json:"reason"`
	BlockedBy string          `json:"blocked_by"` // the address of who carries it out
	By        string          `json:"by"`         // the admin
	At        time.Time       `json:"at"`
	Lifted    time.Time       `json:"lifted,omitzero"`
	LiftedBy  string          `json:"lifted_by,omitempty"`
}

// Check returns why t could never be, or nil.
func (t Takedown) Check() error {
	if strings.TrimSpace(t.Reason) == "" || len(t.Reason) > maxTakedownText {
		return bad("/reason", "a takedown has a reason, of at most %d bytes: everybody is told", maxTakedownText)
	}
	u, err := url.Parse(t.BlockedBy)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(t.BlockedBy) > maxTakedownText || strings.ContainsAny(t.BlockedBy, "<> \"") {
		return bad("/blocked_by", "it is not the http address, of at most %d bytes, of who carries the takedown out", maxTakedownText)
	}
	if !t.Edition.IsZero() && !t.Edition.IsEdition() {
		return fault.Newf(fault.Invalid, "takedown", "%v is no edition", t.Edition)
	}
	return nil
}

// InForce says whether t was not lifted.
func (t Takedown) InForce() bool { return t.Lifted.IsZero() }

// Refusal is what everybody is told who asks for what t withholds.
func (t Takedown) Refusal(repo content.RepoID) error {
	return &fault.Error{Kind: fault.Withheld, Op: "read", Name: repo.String(), Err: errors.New("it is withheld by law: " + t.Reason),
		Facts: map[string]string{"reason": t.Reason, "blocked_by": t.BlockedBy}}
}

// Takedowns are those of a repository, the oldest first.
type Takedowns []Takedown

// Of returns the one in force of an edition, or of the whole repository.
func (ts Takedowns) Of(edition content.RefName) (Takedown, bool) {
	at := ts.find(edition)
	if at < 0 {
		return Takedown{}, false
	}
	return ts[at], true
}

func (ts Takedowns) find(edition content.RefName) int {
	return slices.IndexFunc(ts, func(t Takedown) bool { return t.InForce() && t.Edition == edition })
}

// Editions returns those editions that are withheld by themselves.
func (ts Takedowns) Editions() (withheld []content.RefName) {
	for _, t := range ts {
		if t.InForce() && !t.Edition.IsZero() {
			withheld = append(withheld, t.Edition)
		}
	}
	return withheld
}

// With returns ts and t in the place of what was in force of the same, which is lifted by it. Where
// there are too many, the oldest that was lifted is forgotten. TooLarge: none was.
func (ts Takedowns) With(t Takedown) (Takedowns, error) {
	all, _ := ts.Without(t.Edition, t.By, t.At)
	if len(all) >= MaxTakedowns {
		at := slices.IndexFunc(all, func(t Takedown) bool { return !t.InForce() })
		if at < 0 {
			return nil, fault.Newf(fault.TooLarge, "takedown", "%d are in force, and there may be no more", MaxTakedowns)
		}
		all = slices.Delete(all, at, at+1)
	}
	return append(all, t), nil
}

// Without returns ts where the one in force of an edition, or of the whole repository, is lifted.
func (ts Takedowns) Without(edition content.RefName, by string, when time.Time) (all Takedowns, lifted bool) {
	all = slices.Clone(ts)
	at := ts.find(edition)
	if at < 0 {
		return all, false
	}
	all[at].Lifted, all[at].LiftedBy = when, by
	return all, true
}
