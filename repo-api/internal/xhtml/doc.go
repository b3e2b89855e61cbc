// Package xhtml makes pages of a work's documents: CNXML, Markdown, HTML and
// plain text become the body of an XHTML page.
//
// It is done in two steps, so that a page is made again only when something on
// it changes. Survey reads a document and says what can be referred to in it and
// what it refers to; that depends on its bytes alone. Render makes the page of
// the same bytes and a Setting: its numbers and where each reference leads. Both
// are pure: the same input gives the same bytes, on any goroutine.
//
// What Render writes is well formed, as XML and as HTML alike; every id on it
// is there once, headings do not skip a level, and it carries no script. No text
// of a document is lost: an element that nobody knows becomes a div or a span of
// its name around its content, and a Finding.
package xhtml

// Revision counts how often what is made of the same document has changed. It
// is part of the key under which a page is kept.
const Revision = 1
