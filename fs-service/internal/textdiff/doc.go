// Package textdiff says how two texts differ line by line, as git says it: which
// lines went and came, the patch that tells so, and which commit a line is from.
//
// The search is Myers' in linear space (An O(ND) Difference Algorithm, 1986) with
// what git does around it: lines that occur in one text only are set aside
// first, and what is ambiguous slides down. It decides which of many equally
// short answers is given, and merges have to agree with git's in that.
//
// Where it differs from git: git's indentation heuristic, which only moves what is
// ambiguous, is left out, as git's merges leave it out; and the work is bounded, so
// that no text takes more than about a second. Beyond reach and maxWork the answer
// is still a right one, but not the shortest, nor always git's.
//
// Nothing here is durable, nothing starts a goroutine. A Comparison belongs to one
// goroutine; all else is values.
package textdiff
