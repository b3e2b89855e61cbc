// Package resource knows how content appears in HTTP: which URL names what, which
// entity tag stands for which bytes, what media type a document has, and the JSON
// shapes of everything that is not a document.
//
// A URL is taken apart in the encoded form in which it was sent: it is cut at its
// slashes first, and each piece is unescaped once. So %2F is part of a branch's
// name, and never a slash between two directories. What comes out has been parsed
// by content, so a value in hand is a good one.
//
// All is pure and may be used from any goroutine.
package resource
