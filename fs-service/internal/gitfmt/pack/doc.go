// Package pack reads and indexes git's packs, from anything that can be read at
// an offset, and knows the form that one entry of a pack has.
//
// It owns no file and starts no goroutine. Index judges a pack that came from
// outside: every entry is inflated, every delta applied, every object hashed;
// what is broken is a fault.Invalid that names the object, its offset and what
// is wrong. Open reads a pack that was judged before: what is broken then is
// a fault.Corrupt, and no object leaves it whose bytes are not those that its
// digest names. A source that can't be read is a fault.Internal in both.
//
// Memory is bounded by Limits, whatever the pack says: an object that is stored
// whole is hashed as it streams by, however large; what has to be held (deltas,
// their bases, their results, and every commit, tree and tag) is limited.
//
// An Idx and a Pack may be used from any goroutine.
//
// The form is that of gitformat-pack(5), version 2, with SHA-1. The parser is
// our own: go-git's names no offsets and holds what it inflates.
package pack
