package book

import (
	"rhapsode/content"
)

// Module is a page: a CNXML module, or a document in HTML, Markdown or plain text.
type Module struct {
	Path       content.Path
	Kind       Kind
	ID         string // the name of its folder; of other pages than CNXML the path
	Metadata   Metadata
	References []Reference         // in the document's order
	Anchors    map[string]Position // the ids that links may point at, each where it comes first
	Remarks    []Remark            // of CNXML: where it breaks the format's rules
}

// RefKind is what a reference is for.
type RefKind uint8

// The kinds of references.
const (
	Picture RefKind = iota // shown in the page
	Object                 // put into the page: a frame, a film, a sound
	Link                   // led to
)

// Reference is where a document names something outside of this place.
type Reference struct {
	Kind    RefKind
	Element string // that holds it: "image"
	At      Position
	URL     string // as written: src, url, href; of CNXML's resource=, too
	// Of CNXML links. An empty Document is this one; an empty Target all of it.
	Document string
	Version  string
	Target   string
}
