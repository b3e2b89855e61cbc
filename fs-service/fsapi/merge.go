package fsapi

import (
	"context"

	"rhapsode/content"
)

// Merger makes two states of the work one.
type Merger interface {
	// Merge brings a revision into a branch, path by path and line by line, by git's
	// rules but without following renames. A merge that succeeds is one commit with two
	// parents, the branch's own first, durable as Writer promises. Conflicts are an answer
	// and no error: all of them are listed, and nothing has changed.
	//
	// From may be of another repository, if who asks may read that there, and one was derived from the other.
	//
	// Stale: Expect does not hold. Conflict: the histories, or the repositories, have nothing in common.
	// Invalid: a resolution makes no sense, or its path is not in conflict. TooLarge.
	//
	// A draft that is brought in is dropped with it.
	Merge(context.Context, Merge) (Merged, error)

	// Pick does to a branch what one commit did to its parent, as git cherry-pick, or undoes
	// it, as git revert: a merge of which the commit's parent is the base, and a commit with
	// one parent, the branch's tip. Answers and errors are those of Merge; Invalid also: of a merge, Mainline
	// does not say which parent counts.
	Pick(context.Context, Pick) (Merged, error)
}

// Pick is which commit should be brought into which branch: Merge.From is the commit. A commit
// that is picked keeps its author, and its message unless another is given; Merge.Author is who
// picks it.
type Pick struct {
	Merge
	Revert   bool
	Mainline int // which parent of a merge counts, from 1; 0: it is no merge
}

// Merge is what should be brought into which branch.
type Merge struct {
	Repo        content.RepoID
	Into        content.RefName // a branch
	Expect      content.Expect  // of its commit
	FromRepo    content.RepoID  // where From is; zero: in Repo
	From        content.Revision
	Author      content.Signature // When is zero: the coordinator's clock
	Message     string            // "": says what was merged
	Resolutions []Resolution      // of paths that would be in conflict
	DryRun      bool              // say what would come of it, and change nothing
	Request     content.RequestID
}

// Side is what a path in conflict should hold.
type Side uint8

// The sides.
const (
	Ours   Side = iota + 1 // what the branch holds
	Theirs                 // what is brought in
	Base                   // what both came from
	Given                  // the Resolution's own bytes
	Gone                   // nothing
)

// Resolution settles one path.
type Resolution struct {
	Path  content.Path
	Use   Side
	Given []byte // at most content.InlineLimit
}

// MaxResolutions is how many paths one request may settle.
const MaxResolutions = 10_000

// Merged is what came of a merge.
type Merged struct {
	Commit       content.Digest // where the branch is then; zero if there are conflicts, or a dry run would make one
	Modified     bool           // a commit was made, or would be
	Ours, Theirs content.Digest // the commits that were merged
	Bases        []content.Digest
	Conflicts    []MergeConflict // by path
	More         bool            // there are more than are listed
}

// MergeConflict is a path that could not be merged. A stage whose Mode is 0 is absent.
type MergeConflict struct {
	Path               content.Path
	Kind               string // content, add/add, modify/delete, binary, mode or file/directory
	Base, Ours, Theirs content.Entry
}
