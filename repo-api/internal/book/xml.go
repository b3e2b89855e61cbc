package book

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Limits of what is read.
const (
	MaxDocument = 32 << 20 // bytes
	MaxDepth    = 256      // elements within each other
)

// The name spaces of books. Old documents put a version behind some of them.
const (
	nsCNXML   = "http://cnx.rice.edu/cnxml"
	nsCollXML = "http://cnx.rice.edu/collxml"
	nsMDML    = "http://cnx.rice.edu/mdml"
	nsSystem  = "http://cnx.rice.edu/system-info"
	nsXML     = "http://www.w3.org/XML/1998/namespace"
)

// Malformed is why a document can't be read.
type Malformed struct {
	Path   content.Path
	At     Position
	Reason string
}

func (e *Malformed) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.At.Line, e.At.Column, e.Reason)
}

// element is an element whose end has not come yet, or a whole one.
type element struct {
	name     xml.Name
	attrs    []xml.Attr
	at       Position
	text     string     // the characters right in it, between its children
	children []*element // only of what was read whole
}

// is says whether e is called local in the name space ns or one of its old versions.
func (e *element) is(ns, local string) bool {
	return e.name.Local == local && within(e.name.Space, ns)
}

func within(space, ns string) bool {
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

// scanner reads XML element by element and refuses what is not well formed, or
// goes beyond the limits. It adds what encoding/xml lets pass: one root, and
// each attribute once.
type scanner struct {
	path content.Path
	dec  *xml.Decoder
	open []*element
	root bool     // it has been seen
	at   Position // where the last token began
}

func newScanner(path content.Path, r io.Reader) *scanner {
	s := &scanner{path: path, dec: xml.NewDecoder(io.LimitReader(r, MaxDocument+1))}
	s.dec.CharsetReader = charset
	return s
}

// next returns the next start or end of an element, or characters within the
// root; io.EOF when the document is over.
func (s *scanner) next() (xml.Token, error) {
	for {
		line, column := s.dec.InputPos()
		s.at = Position{line, column}
		t, err := s.dec.Token()
		if err != nil {
			return nil, s.fail(err)
		}
		if s.dec.InputOffset() > MaxDocument {
			return nil, s.bad("the document is longer than %d bytes", MaxDocument)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, s.push(t)
		case xml.EndElement:
			s.open = s.open[:len(s.open)-1]
			return t, nil
		case xml.CharData:
			if len(s.open) > 0 {
				return t, nil
			}
			if strings.TrimSpace(strings.TrimPrefix(string(t), "\ufeff")) != "" {
				return nil, s.bad("there is text outside of the root element")
			}
		case xml.Directive:
			if s.root {
				return nil, s.bad("a declaration (<!…>) may only stand before the root element")
			}
			if strings.HasPrefix(string(t), "DOCTYPE") {
				s.dec.Entity = entities()
			}
		}
	}
}

func (s *scanner) push(t xml.StartElement) error {
	if len(s.open) == 0 && s.root {
		return s.bad("a second root element <%s>", t.Name.Local)
	}
	if len(s.open) == MaxDepth {
		return s.bad("elements more than %d deep", MaxDepth)
	}
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return s.bad("<%s> has the attribute %s twice", t.Name.Local, a.Name.Local)
			}
		}
	}
	s.root = true
	s.open = append(s.open, &element{name: t.Name, attrs: t.Attr, at: s.at})
	return nil
}

// whole reads to the end of the innermost open element and returns all of it.
// Characters become children without a name, so that their order is kept.
func (s *scanner) whole() (*element, error) {
	top := s.open[len(s.open)-1]
	for depth := len(s.open); ; {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			parent, child := s.open[len(s.open)-2], s.open[len(s.open)-1]
			parent.children = append(parent.children, child)
		case xml.CharData:
			parent := s.open[len(s.open)-1]
			parent.children = append(parent.children, &element{at: s.at, text: string(t)})
		case xml.EndElement:
			if len(s.open) < depth {
				return top, nil
			}
		}
	}
}

// finish reads what follows the root element.
func (s *scanner) finish() error {
	for {
		if _, err := s.next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (s *scanner) bad(reason string, args ...any) error {
	return s.malformed(s.at, fmt.Sprintf(reason, args...))
}

func (s *scanner) malformed(at Position, reason string) error {
	return fault.New(fault.Invalid, "read", s.path.String(), &Malformed{s.path, at, reason})
}

// fail turns what the decoder says into a Malformed; a failure to read stays what it is.
func (s *scanner) fail(err error) error {
	var syntax *xml.SyntaxError
	line, column := s.dec.InputPos()
	switch {
	case errors.As(err, &syntax):
		return s.malformed(Position{line, column}, syntax.Msg)
	case errors.Is(err, io.EOF) && s.root:
		return io.EOF
	case errors.Is(err, io.EOF):
		return s.malformed(Position{line, column}, "there is no element in it")
	}
	return err
}
