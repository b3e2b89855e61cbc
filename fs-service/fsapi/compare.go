package fsapi

import (
	"context"

	"rhapsode/content"
)

// Differ tells what was done between two states of the work, and with which commit a line came.
type Differ interface {
	// Compare says what was changed on the way to To since it left From: against the
	// newest common ancestor, as `git diff From...To`. Histories that have nothing in
	// common are compared as they are. Renames are not followed.
	//
	// NotFound: a revision names nothing. TooLarge: a patch of more than MaxChanges
	// documents or MaxPatch bytes; half a patch is none.
	Compare(context.Context, CompareQuestion) (Comparison, error)

	// Blame says of each line of the document at At with which commit it came, from the
	// top down, as git blame does: a merge is only to blame for what it has from none of
	// its parents. The path is the document: a rename begins it anew.
	//
	// NotFound. Invalid: a directory, or no text. TooLarge: a body that was uploaded, more
	// than 10,000 versions, or more than MaxBlamed pieces.
	Blame(context.Context, At) ([]Blamed, error)
}

// CompareQuestion is which states, and how the answer should be told.
type CompareQuestion struct {
	Repo     content.RepoID
	From, To content.Revision
	Fresh    Freshness
	Patch    bool // as a patch, instead of Changes
}

// MaxPatch is the size in bytes of the largest patch.
const MaxPatch = 32 << 20

// Comparison is how two states differ.
type Comparison struct {
	Base      content.Digest // the common ancestor; zero if there is none, and From is what To is held against
	From, To  content.Digest // the commits
	Changes   []content.FileChange
	Truncated bool   // there are more than MaxChanges
	Patch     []byte // as git diff shows it, and git apply takes it but for what is no text
}
