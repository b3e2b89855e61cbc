// Package check says what is wrong with a state of a work before it is published.
//
// All findings come at once, each with its place and with what would mend it. A
// code never changes its meaning: docs/architecture/publication.md lists them.
// Errors forbid publication; warnings do not.
//
// Checked is what would be published: the collections that were asked for and
// the modules that they name, or, where a work has no collections, every page of
// it. The result depends on nothing but the state and the Options, so that a trial
// and a publication find the same. Documents are read by book.Readings: what has
// not changed since the last check is not read again.
package check
