// Package merge joins two states of a work that came from a third: texts, trees and
// commits, with git's rules and git's answers.
//
// It is pure: it reads through a gitfmt.Source and returns the objects that
// have to be stored; it stores nothing, knows no branch and no clock, and starts no
// goroutine. The answer depends on the objects alone, so two replicas
// give the same. A Merger may be used from any goroutine.
//
// What holds: a merge without conflicts has one tree and everything that has to be made for it;
// one with conflicts names each of them, and nothing is to be stored.
// The cost is that of the directories in which the three trees differ.
//
// # Where it differs from git merge
//
// A path is a document's identity: a rename is one document gone and another
// come (git: -X no-renames). Lines are compared by Myers, as git merge-file does, and
// not by git merge's histogram; what each line is worth differs rarely.
// A file that stands where the other side has a directory is in conflict under its
// own name; git renames it.
//
// # Merges that have no merge commit
//
// To cherry-pick a commit C onto a tip T, call Trees with the tree of C's parent as base,
// T's as ours and C's as theirs; to revert C, with C's tree as base, T's as ours and its parent's
// as theirs. A root commit's parent has the tree gitfmt.EmptyTree; of a merge, the caller
// says which parent.
package merge
