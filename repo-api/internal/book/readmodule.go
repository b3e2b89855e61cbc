package book

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// ReadModule reads the page at path, by its kind. What is wrong with a CNXML
// module is a Malformed, within a fault.Invalid; in the other kinds nothing is
// ever wrong but their size.
func ReadModule(path content.Path, r io.Reader) (*Module, error) {
	kind := KindOf(path)
	if kind == KindCNXML {
		return readCNXML(path, r)
	}
	if !kind.IsPage() {
		return nil, fault.Newf(fault.Invalid, "read", "%s is no page that can be read, but %v", path, kind)
	}
	text, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, err
	}
	m := newModule(path, kind, Position{1, 1})
	if len(text) > MaxDocument {
		return nil, fault.New(fault.Invalid, "read", "", &Malformed{Path: path, Reason: fmt.Sprintf("the document is longer than %d bytes", MaxDocument)})
	}
	switch kind {
	case KindHTML:
		m.readHTML(text, newLines(text), 0)
	case KindMarkdown:
		m.readMarkdown(text)
	}
	return m, nil
}

func newModule(path content.Path, kind Kind, at Position) *Module {
	return &Module{
		Path: path, Kind: kind, ID: moduleID(path),
		Metadata: Metadata{At: at}, Anchors: make(map[string]Position),
	}
}

func readCNXML(path content.Path, r io.Reader) (*Module, error) {
	s, err := newScanner(path, r)
	if err != nil {
		return nil, err
	}
	s.rules = newStructure()
	root, err := s.rootElement()
	if err != nil {
		return nil, err
	}
	if !root.is(nsCNXML, "document") {
		return nil, s.stranger(root, nsCNXML, "document")
	}
	m := newModule(path, KindCNXML, root.at)
	m.note(root)
	var title Term
	for len(s.open) > 0 {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		if _, ok := t.(xml.StartElement); !ok {
			continue
		}
		e := s.open[len(s.open)-1]
		switch top := len(s.open) == 2; {
		case top && (e.is(nsCNXML, "metadata") || e.is(nsMDML, "metadata")):
			if e, err = s.whole(); err != nil {
				return nil, err
			}
			m.Metadata = metadata(e)
		case top && title.Text == "" && (e.is(nsCNXML, "title") || e.is(nsCNXML, "name")):
			m.note(e)
			if e, err = s.whole(); err != nil {
				return nil, err
			}
			title = Term{e.allText(), e.at}
		default:
			m.note(e)
		}
	}
	if m.Metadata.Title == "" {
		m.Metadata.Title, m.Metadata.TitleAt = title.Text, title.At
	}
	m.Metadata.ContentID = firstOf(m.Metadata.ContentID, root.attr("module-id"))
	m.Metadata.Language = firstOf(m.Metadata.Language, root.attrNS(nsXML, "lang"))
	m.Remarks = s.rules.remarks
	if err := s.finish(); err != nil {
		return nil, err
	}
	return m, nil
}

// note keeps an element's id, and what it refers to.
func (m *Module) note(e *element) {
	m.anchor(firstOf(e.attr("id"), e.attrNS(nsXML, "id")), e.at)
	if !inSpace(e.name.Space, nsCNXML) {
		return
	}
	ref := Reference{Kind: Object, Element: e.name.Local, At: e.at, URL: e.attr("src")}
	switch e.name.Local {
	case "link", "cnxn":
		ref.Kind = Link
		ref.URL = firstOf(e.attr("url"), e.attr("resource"), e.attr("src"))
		ref.Document, ref.Version, ref.Target = e.attr("document"), e.attr("version"), firstOf(e.attr("target-id"), e.attr("target"))
	case "image":
		ref.Kind = Picture
	}
	m.refer(ref)
}

// anchor keeps where an id comes first.
func (m *Module) anchor(id string, at Position) {
	if _, taken := m.Anchors[id]; id != "" && !taken {
		m.Anchors[id] = at
	}
}

func (m *Module) refer(ref Reference) {
	if ref.URL != "" || ref.Document != "" || ref.Target != "" {
		m.References = append(m.References, ref)
	}
}

// moduleID is the name of a module's folder, where that holds one module; other
// pages go by their path.
func moduleID(p content.Path) string {
	if KindOf(p) != KindCNXML {
		return p.String()
	}
	if base := p.Base(); strings.HasPrefix(base, "index") && !p.Parent().IsRoot() {
		return p.Parent().Base()
	}
	return NameOf(p)
}
