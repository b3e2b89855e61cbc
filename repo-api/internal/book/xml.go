package book

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

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
	Path    content.Path
	At      Position
	Reason  string
	Foreign bool // it is well formed, but of another format than its name says
}

func (e *Malformed) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.Path, e.At.Line, e.At.Column, e.Reason)
}

// scanner reads XML element by element and refuses what is not well formed, or
// goes beyond the limits. It adds what encoding/xml lets pass: one root, each
// attribute once and apart from the next, every prefix declared.
type scanner struct {
	path  content.Path
	text  []byte // in UTF-8
	lines lines
	dec   *xml.Decoder
	open  []*element
	root  bool     // it has been seen
	at    Position // where the last token began

	spaces []string // the name spaces that the open elements declare, outermost first
	counts []int    // how many of them each open element declares

	rules *structure // judges the elements, if it is not nil
}

func newScanner(path content.Path, r io.Reader) (*scanner, error) {
	s := &scanner{path: path, at: Position{1, 1}}
	text, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxDocument {
		return nil, s.bad("the document is longer than %d bytes", MaxDocument)
	}
	if s.text, err = inUTF8(text); err != nil {
		return nil, s.bad("%v", err)
	}
	s.lines = newLines(s.text)
	s.dec = xml.NewDecoder(bytes.NewReader(s.text))
	s.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // it is UTF-8 by now
	return s, nil
}

// next returns the next start or end of an element, or characters within the
// root; io.EOF when the document is over.
func (s *scanner) next() (xml.Token, error) {
	for {
		began := s.dec.InputOffset()
		s.at = s.lines.at(int(began))
		t, err := s.dec.Token()
		if err != nil {
			return nil, s.fail(err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, s.push(t, s.text[began:s.dec.InputOffset()])
		case xml.EndElement:
			s.pop()
			return t, nil
		case xml.CharData:
			if raw := s.text[began:s.dec.InputOffset()]; halfCharacter(raw) && !bytes.HasPrefix(raw, []byte("<![CDATA[")) {
				return nil, s.bad("&#…; is no character but half of one")
			}
			if len(s.open) > 0 {
				return t, nil
			}
			if i := bytes.IndexFunc(t, notSpace); i >= 0 {
				s.at = s.lines.at(int(began) + i)
				return nil, s.bad("there is text outside of the root element")
			}
		case xml.ProcInst:
			if strings.EqualFold(t.Target, "xml") && began > 0 {
				return nil, s.bad("<?xml …?> may only be the very beginning")
			}
		case xml.Directive:
			if s.root || !bytes.HasPrefix(t, []byte("DOCTYPE")) {
				return nil, s.bad("<!%s…> may not stand here", clip(string(t)))
			}
			s.dec.Entity = entities(t, s.text)
		}
	}
}

func (s *scanner) push(t xml.StartElement, raw []byte) error {
	switch {
	case len(s.open) == 0 && s.root:
		return s.bad("<%s> is a second root element", clip(t.Name.Local))
	case len(s.open) == MaxDepth:
		return s.bad("elements are more than %d deep", MaxDepth)
	case crowded(raw):
		return s.bad("the attributes of <%s> have no space between them", clip(t.Name.Local))
	case halfCharacter(raw):
		return s.bad("<%s …> holds a &#…; that is no character but half of one", clip(t.Name.Local))
	}
	declared := 0
	for i, a := range t.Attr {
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return s.bad("<%s> has the attribute %s twice", clip(t.Name.Local), clip(a.Name.Local))
			}
		}
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			if misdeclared(a) {
				return s.bad("<%s> declares %s=%q, which nobody may", clip(t.Name.Local), clip(a.Name.Local), clip(a.Value))
			}
			s.spaces = append(s.spaces, a.Value)
			declared++
		}
	}
	s.root = true
	s.counts = append(s.counts, declared)
	s.open = append(s.open, &element{name: t.Name, attrs: t.Attr, at: s.at})
	if s.rules != nil {
		s.rules.start(s.parent(), s.open[len(s.open)-1])
	}
	if !s.declared(t.Name.Space) {
		return s.bad("<%s:%s>: the prefix is not declared", clip(t.Name.Space), clip(t.Name.Local))
	}
	for _, a := range t.Attr {
		if a.Name.Space != "xmlns" && !s.declared(a.Name.Space) {
			return s.bad("<%s %s:%s=…>: the prefix is not declared", clip(t.Name.Local), clip(a.Name.Space), clip(a.Name.Local))
		}
	}
	return nil
}

func (s *scanner) pop() {
	last := len(s.open) - 1
	if s.rules != nil {
		s.rules.end(s.open[last])
	}
	s.spaces = s.spaces[:len(s.spaces)-s.counts[last]]
	s.open, s.counts = s.open[:last], s.counts[:last]
}

// parent is what the innermost open element stands in; nil: it is the root.
func (s *scanner) parent() *element {
	if len(s.open) < 2 {
		return nil
	}
	return s.open[len(s.open)-2]
}

// declared says whether space is a name space. The decoder leaves a prefix that
// nobody declared where the name space would be.
func (s *scanner) declared(space string) bool {
	return space == "" || space == nsXML || slices.Contains(s.spaces, space)
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

func notSpace(r rune) bool { return !unicode.IsSpace(r) }

// stranger says that root is another than local in ns, unless the document is
// not even well formed.
func (s *scanner) stranger(root *element, ns, local string) error {
	if err := s.finish(); err != nil {
		return err
	}
	reason := fmt.Sprintf("the root is <%s> in the name space %q, not <%s> in %s",
		clip(root.name.Local), clip(root.name.Space), local, ns)
	return fault.New(fault.Invalid, "read", "", &Malformed{s.path, root.at, reason, true})
}

func (s *scanner) bad(reason string, args ...any) error {
	return s.malformed(s.at, fmt.Sprintf(reason, args...))
}

func (s *scanner) malformed(at Position, reason string) error {
	return fault.New(fault.Invalid, "read", "", &Malformed{s.path, at, reason, false})
}

// fail turns what the decoder says into a Malformed. The text is here whole, so
// that nothing but the text can be the reason.
func (s *scanner) fail(err error) error {
	if errors.Is(err, io.EOF) && s.root {
		return io.EOF
	}
	reason := strings.TrimPrefix(err.Error(), "xml: ")
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		reason = syntax.Msg
	case errors.Is(err, io.EOF):
		reason = "there is no element in it"
	}
	return s.malformed(s.lines.at(int(s.dec.InputOffset())), reason)
}

// clip shortens text that came from outside before it is quoted.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
