package fsapi

import (
	"context"
	"time"

	"rhapsode/content"
)

// Drafter keeps what could not be saved.
type Drafter interface {
	// Keep makes a commit of a change set that was refused because what it expected does not
	// hold, built on what its author had seen, and a ref for it, content.Draft. No branch
	// moves. Durable as Writer promises. What is kept again, by whom it was kept, is one draft.
	//
	// A draft is listed, read and dropped as any ref is. It goes away by itself with the merge
	// that brings it in, after DraftAge, and when its owner has MaxDrafts newer ones.
	//
	// Invalid, NotFound: as Change. Full.
	Keep(context.Context, Refused) (Draft, error)
}

// The bounds of drafts.
const (
	MaxDrafts = 100                 // of one owner in one repository
	DraftAge  = 30 * 24 * time.Hour // after which one may be dropped
)

// DraftOf is the trailer of a draft's message that names the branch for which it is meant.
const DraftOf = "Draft-Of"

// Refused is a change set that was refused.
type Refused struct {
	content.ChangeSet
	Owner string // who sent it, as a part of a ref's name; who asks with a token is that token's user
}

// Draft is a refused change set that was kept.
type Draft struct {
	Name   content.RefName
	Commit content.Digest
	Base   content.Digest // the newest commit of which all that was expected held; zero: none was found, and the draft is built on Tip
	Tip    content.Digest // the branch's; zero if it has none
}
