package book

import (
	"encoding/xml"
	"io"

	"rhapsode/content"
)

// Element is an element of an XML document with all that it holds; without a
// name, characters.
type Element = element

// ReadTree reads the whole of the XML document at path. What is wrong with the
// document is a Malformed, within a fault.Invalid.
func ReadTree(path content.Path, r io.Reader) (*Element, error) {
	s, err := newScanner(path, r)
	if err != nil {
		return nil, err
	}
	if _, err := s.rootElement(); err != nil {
		return nil, err
	}
	root, err := s.whole()
	if err != nil {
		return nil, err
	}
	return root, s.finish()
}

// NewElement makes an element that stood in no XML document.
func NewElement(name xml.Name, attrs []xml.Attr, children ...*Element) *Element {
	return &Element{name: name, attrs: attrs, children: children}
}

// NewText makes characters.
func NewText(text string) *Element { return &Element{text: text} }

// Name is zero of characters.
func (e *element) Name() xml.Name { return e.name }

// Attrs are as they were written. They are shared: do not write to them.
func (e *element) Attrs() []xml.Attr { return e.attrs }

// At is where the element begins.
func (e *element) At() Position { return e.at }

// Children are elements and characters in their order.
func (e *element) Children() []*Element { return e.children }

// Append adds children.
func (e *element) Append(children ...*Element) { e.children = append(e.children, children...) }

// IsText says whether e is characters, which Text returns.
func (e *element) IsText() bool { return e.name.Local == "" }

// Text returns the characters, of characters.
func (e *element) Text() string { return e.text }

// Is says whether e is called local in the name space, or in an old version of it.
func (e *element) Is(space, local string) bool { return e.is(space, local) }

// Attr returns the value of an attribute without a name space, "" if there is none.
func (e *element) Attr(local string) string { return e.attr(local) }

// AttrNS returns the value of an attribute of a name space.
func (e *element) AttrNS(space, local string) string { return e.attrNS(space, local) }

// AllText returns all characters within e, with single spaces.
func (e *element) AllText() string { return e.allText() }
