// Package layers holds the import law: which room may know of which, and in
// which room a foreign library lives.
//
// The law is a text, docs/architecture/layers.txt, that people read and
// a test obeys. Parse reads the law, Read reads the imports of a source tree, and
// Law.Judge names every import that breaks it. All files count, whatever
// their build tags. Nothing here runs a command or is part of the service.
package layers
