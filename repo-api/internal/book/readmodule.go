package book

import (
	"encoding/xml"
	"io"

	"rhapsode/content"
)

// ReadModule reads the CNXML module at path. What is wrong with the document
// is a Malformed, within a fault.Invalid.
func ReadModule(path content.Path, r io.Reader) (*Module, error) {
	return readCNXML(path, r)
}

func readCNXML(path content.Path, r io.Reader) (*Module, error) {
	s := newScanner(path, r)
	root, err := s.rootElement()
	if err != nil {
		return nil, err
	}
	if !root.is(nsCNXML, "document") {
		return nil, s.malformed(root.at, "the root is <"+root.name.Local+"> in the name space \""+root.name.Space+"\", not <document> in "+nsCNXML)
	}
	m := &Module{
		Path: path, Kind: KindCNXML, ID: moduleID(path),
		Metadata: Metadata{At: root.at}, Anchors: make(map[string]Position),
	}
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
	return m, s.finish()
}

// note keeps an element's id, and what it refers to.
func (m *Module) note(e *element) {
	if id := firstOf(e.attr("id"), e.attrNS(nsXML, "id")); id != "" {
		if _, taken := m.Anchors[id]; !taken {
			m.Anchors[id] = e.at
		}
	}
	if !within(e.name.Space, nsCNXML) {
		return
	}
	ref := Reference{Element: e.name.Local, At: e.at}
	switch e.name.Local {
	case "link", "cnxn":
		ref.Kind = Link
		ref.Document, ref.Version, ref.Target = e.attr("document"), e.attr("version"), firstOf(e.attr("target-id"), e.attr("target"))
		ref.URL = firstOf(e.attr("url"), e.attr("resource"), e.attr("src"))
	case "image":
		ref.Kind, ref.URL = Picture, e.attr("src")
	default:
		ref.Kind, ref.URL = Object, e.attr("src")
	}
	if ref.URL != "" || ref.Document != "" || ref.Target != "" {
		m.References = append(m.References, ref)
	}
}

// moduleID is the name of a module's folder; a module beside the others of its
// folder goes by its own.
func moduleID(p content.Path) string {
	switch p.Base() {
	case "index.cnxml", "index_auto_generated.cnxml":
		if !p.Parent().IsRoot() {
			return p.Parent().Base()
		}
	}
	return stem(p)
}
