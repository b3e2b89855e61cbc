// Package download makes the files in which people take an edition away: the
// complete zip, an EPUB and a site to read offline.
//
// Open reads an Edition into a Book: its pages in order, their numbers, and where
// everything that they refer to lies. A Recipe writes a Book as one file. The
// same edition gives the same bytes, on every machine and at any time: nothing
// here asks the clock, and archives are written in the order of the book.
//
// Memory is bounded by a few pages and pictures at a time, not by the book. What
// was rendered is kept in the Edition's Store under a key of all that it depends
// on, so that an edition in which one module changed costs that module.
package download
