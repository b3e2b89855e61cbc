package publication

import (
	"context"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/internal/caller"
	"rhapsode/repo-api/internal/check"
)

// State is how far a publication has come.
type State string

// The states, in the order in which they are gone through.
const (
	Processing           State = "processing"
	WaitingForAcceptance State = "waiting-for-acceptance"
	WaitingForModeration State = "waiting-for-moderation"
	Scheduled            State = "scheduled" // all is well, and it is not yet time
	Publishing           State = "publishing"
	Done                 State = "done"

	Failed    State = "failed"    // Why says why
	Rejected  State = "rejected"  // by a person
	Cancelled State = "cancelled" // by who asked
)

// Ended says whether nothing will change any more.
func (s State) Ended() bool {
	return s == Done || s == Failed || s == Rejected || s == Cancelled
}

// Waits says whether it is a person's turn.
func (s State) Waits() bool { return s == WaitingForAcceptance || s == WaitingForModeration }

// Cancellable says whether it is not too late.
func (s State) Cancellable() bool { return !s.Ended() && s != Publishing }

// Publication is the record of one: what was asked, and what came of it so far.
type Publication struct {
	ID          int             `json:"id"` // counted in its repository, from 1
	Ref         string          `json:"ref"`
	Commit      content.Digest  `json:"commit"` // where Ref pointed
	Message     string          `json:"message"`
	Collections []string        `json:"collections,omitempty"` // those that are published; none: all that there are
	PublishAt   time.Time       `json:"publish_at,omitzero"`
	Publisher   Person          `json:"publisher"`
	Asked       time.Time       `json:"asked"`
	State       State           `json:"state"`
	Why         string          `json:"why,omitempty"`     // it failed, was rejected or cancelled
	Edition     string          `json:"edition,omitempty"` // its number, once there is one
	Steps       []Step          `json:"steps"`
	Findings    []check.Finding `json:"findings"`
	Acceptances []Acceptance    `json:"acceptances,omitempty"`
	Moderation  *Moderation     `json:"moderation,omitempty"`
}

// Person is a user, by the name that tokens are given to.
type Person struct {
	User  string `json:"user"`
	Token string `json:"token,omitempty"` // the id of the one it was asked with: what is done later is done in its name
}

// asks returns a context in which the file system is asked in p's name: what a publication
// does later is judged as what its publisher may do then.
func (p Person) asks(ctx context.Context) context.Context {
	if p.Token == "" {
		return caller.NewContext(ctx, caller.Credential{})
	}
	return caller.NewContext(ctx, caller.Behalf(p.Token))
}

// Step is something that was done on the way.
type Step struct {
	Name  string    `json:"name"`
	State StepState `json:"state"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	Note  string    `json:"note,omitempty"`
}

// StepState is what became of a step.
type StepState string

// The states of a step.
const (
	Running   StepState = "running"
	Succeeded StepState = "done"
	Stopped   StepState = "failed"
)

// Acceptance is the word of somebody who is named in what is to be published.
type Acceptance struct {
	User  string    `json:"user"`
	Name  string    `json:"name,omitempty"`
	Roles []string  `json:"roles"`
	Works []string  `json:"works"`
	State Answer    `json:"state"`
	At    time.Time `json:"at,omitzero"`
	Why   string    `json:"why,omitempty"`
}

// Moderation is the word of a moderator.
type Moderation struct {
	State Answer    `json:"state"`
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at,omitzero"`
	Why   string    `json:"why,omitempty"`
}

// Answer is what a person says.
type Answer string

// The answers.
const (
	Pending  Answer = "pending"
	Accepted Answer = "accepted"
	Declined Answer = "declined"
)

// Working says whether something is to be done that waits for nobody.
func (p *Publication) Working() bool {
	all, declined := p.settled()
	switch p.State {
	case WaitingForAcceptance:
		return all || declined != nil
	case WaitingForModeration:
		return p.Moderation == nil || p.Moderation.State != Pending
	}
	return !p.State.Ended()
}

// begin notes that a step has begun. A step that was begun before, by whoever
// died over it, begins anew.
func (p *Publication) begin(name string, now time.Time) {
	s := Step{Name: name, State: Running, Began: now}
	if at := p.step(name); at >= 0 {
		p.Steps[at] = s
		return
	}
	p.Steps = append(p.Steps, s)
}

// end notes what became of a step.
func (p *Publication) end(name string, state StepState, now time.Time, note string) {
	if at := p.step(name); at >= 0 {
		s := &p.Steps[at]
		s.State, s.Ended, s.Note = state, now, note
	}
}

func (p *Publication) step(name string) int {
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.Name == name })
}

// fail ends p.
func (p *Publication) fail(state State, why string) { p.State, p.Why = state, why }

// answers returns the acceptance of a user, if theirs is asked for.
func (p *Publication) answers(user string) *Acceptance {
	for i := range p.Acceptances {
		if p.Acceptances[i].User == user {
			return &p.Acceptances[i]
		}
	}
	return nil
}

// settled says whether everybody whose word is asked for has given it, and whether somebody declined.
func (p *Publication) settled() (all bool, declined *Acceptance) {
	all = true
	for i := range p.Acceptances {
		switch p.Acceptances[i].State {
		case Pending:
			all = false
		case Declined:
			declined = &p.Acceptances[i]
		}
	}
	return all, declined
}
