// Package content holds the nouns of the service: what a repository, a path,
// a revision, an entry, a change and a commit are, and which of their
// spellings are good.
//
// Everything here is a value. Nothing here does I/O, starts a goroutine or
// reads a clock, and all of it may be used from any goroutine. Values come from
// constructors that refuse a bad one with a fault.Invalid that names what was
// wrong, so a value in hand is a good value.
package content
