package book

import (
	"encoding/xml"
	"slices"
	"strings"
)

// element is an element whose end has not come yet, or a whole one.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	at       Position
	text     string     // the characters right in it, between its children
	children []*element // only of what was read whole
	held     uint       // a bit for each of structure's children that it has
}

// is says whether e is called local in the name space ns or one of its old versions.
func (e *element) is(ns, local string) bool {
	return e.name.Local == local && inSpace(e.name.Space, ns)
}

func inSpace(space, ns string) bool {
	return space == ns || strings.HasPrefix(space, ns) && space[len(ns)] == '/'
}

// attr returns the value of an attribute without a name space.
func (e *element) attr(local string) string { return e.attrNS("", local) }

func (e *element) attrNS(ns, local string) string {
	for _, a := range e.attrs {
		if a.Name.Local == local && a.Name.Space == ns {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

func (e *element) has(local string) bool {
	return slices.ContainsFunc(e.attrs, func(a xml.Attr) bool { return a.Name.Local == local && a.Name.Space == "" })
}

// allText returns the characters in e and all that it holds, with single spaces.
func (e *element) allText() string {
	var b strings.Builder
	e.writeText(&b)
	return strings.Join(strings.Fields(b.String()), " ")
}

func (e *element) writeText(b *strings.Builder) {
	if e.name.Local == "" {
		b.WriteString(e.text)
	}
	for _, c := range e.children {
		c.writeText(b)
	}
}
