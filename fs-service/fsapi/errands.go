package fsapi

import (
	"context"

	"rhapsode/content"
)

// Errands lets all front ends together carry a request out one at a time, and keep its
// answer for a day, under a key. It guards nobody's work: what an errand changes has
// to be safe to repeat by its own request id. Errors beyond the common ones: Invalid,
// and Unknown as for a Writer.
type Errands interface {
	// BeginErrand claims e for its owner, if nobody holds it and either nobody began
	// it yet or it is open and asks for the same. It returns what is true then: the
	// owner is the caller's own if the claim is. Full: too many are remembered.
	BeginErrand(context.Context, content.Errand) (content.Attempt, error)

	// HoldErrand is a sign of life of the owner, due before Hold is over. Stale: it
	// owns the errand no longer. NotFound: it is forgotten.
	HoldErrand(context.Context, content.Errand) error

	// FinishErrand ends the claim and keeps the answer, at most content.MaxErrandAnswer.
	// A final one stays; otherwise the errand is open. Stale, NotFound, TooLarge.
	FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error

	// Errand says what is true of an errand. NotFound: nobody began it, or it is forgotten.
	Errand(context.Context, content.ErrandKey) (content.Attempt, error)
}
