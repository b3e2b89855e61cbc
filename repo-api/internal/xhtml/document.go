package xhtml

import (
	"bytes"
	"encoding/xml"
	"strings"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// The name spaces that are understood.
const (
	nsCNXML = "http://cnx.rice.edu/cnxml"
	nsMDML  = "http://cnx.rice.edu/mdml"
	nsQML   = "http://cnx.rice.edu/qml"
	nsBib   = "http://bibtexml.sf.net"
	nsMath  = "http://www.w3.org/1998/Math/MathML"
	nsXHTML = "http://www.w3.org/1999/xhtml"
	nsXML   = "http://www.w3.org/XML/1998/namespace"
)

// parse makes a tree of a document of any kind of page: of CNXML its own, of
// the others one of XHTML elements whose root is <html>.
func parse(path content.Path, data []byte) (*book.Element, error) {
	switch book.KindOf(path) {
	case book.KindMarkdown:
		return parseMarkdown(path, data)
	case book.KindHTML:
		return parseHTML(path, data)
	case book.KindPlain:
		return parsePlain(data), nil
	}
	return book.ReadTree(path, bytes.NewReader(data))
}

// parsePlain makes a page of text as it stands.
func parsePlain(data []byte) *book.Element {
	text := book.NewText(strings.ToValidUTF8(string(data), "\ufffd"))
	pre := book.NewElement(xml.Name{Space: nsXHTML, Local: "pre"}, nil, text)
	return book.NewElement(xml.Name{Space: nsXHTML, Local: "html"}, nil, pre)
}

func isCNXML(e *book.Element) bool    { return inSpace(e, nsCNXML) }
func isMetadata(e *book.Element) bool { return inSpace(e, nsMDML) }
func isMath(e *book.Element) bool     { return e.Name().Space == nsMath }
func isHTML(e *book.Element) bool     { return e.Name().Space == nsXHTML }

// inSpace allows for a version behind the name, as old documents have it.
func inSpace(e *book.Element, space string) bool {
	s := e.Name().Space
	return s == space || strings.HasPrefix(s, space+"/")
}

// child returns the first child that goes by one of names.
func child(e *book.Element, names ...string) *book.Element {
	for _, c := range e.Children() {
		for _, name := range names {
			if c.Name().Local == name {
				return c
			}
		}
	}
	return nil
}

func hasClass(e *book.Element, class string) bool {
	for c := range strings.FieldsSeq(e.Attr("class")) {
		if c == class {
			return true
		}
	}
	return false
}

// identity is the id of an element, in whichever way it is written.
func identity(e *book.Element) string {
	id := first(e.Attr("id"), e.AttrNS(nsXML, "id"))
	if id == "" && isHTML(e) && e.Name().Local == "a" {
		id = e.Attr("name")
	}
	return id
}

// isBlank says whether a node is nothing but white space.
func isBlank(e *book.Element) bool { return e.IsText() && strings.TrimSpace(e.Text()) == "" }

// textIn returns the characters within e as they stand.
func textIn(e *book.Element) string {
	if e.IsText() {
		return e.Text()
	}
	var b strings.Builder
	for _, c := range e.Children() {
		b.WriteString(textIn(c))
	}
	return b.String()
}
