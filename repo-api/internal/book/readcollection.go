package book

import (
	"encoding/xml"
	"io"
	"strings"

	"rhapsode/content"
)

// ReadCollection reads the CollXML document at path. What is wrong with the
// document is a Malformed, within a fault.Invalid.
func ReadCollection(path content.Path, r io.Reader) (*Collection, error) {
	s, err := newScanner(path, r)
	if err != nil {
		return nil, err
	}
	root, err := s.rootElement()
	if err != nil {
		return nil, err
	}
	if !root.is(nsCollXML, "collection") {
		return nil, s.stranger(root, nsCollXML, "collection")
	}
	if _, err := s.whole(); err != nil {
		return nil, err
	}
	if err := s.finish(); err != nil {
		return nil, err
	}

	c := &Collection{Path: path, Metadata: Metadata{At: root.at}}
	for _, e := range root.children {
		switch {
		case e.is(nsCollXML, "metadata"), e.is(nsMDML, "metadata"):
			c.Metadata = metadata(e)
		case e.is(nsCollXML, "parameters"):
			c.Parameters = parameters(e)
		case e.is(nsCollXML, "content"):
			c.Items = append(c.Items, items(e)...)
		}
	}
	c.ID = collectionID(c.Metadata, path)
	return c, nil
}

func collectionID(m Metadata, path content.Path) string {
	return firstOf(m.ContentID, m.Slug, NameOf(path))
}

// rootElement reads up to and including the start of the root.
func (s *scanner) rootElement() (*element, error) {
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		if _, ok := t.(xml.StartElement); ok {
			return s.open[0], nil
		}
	}
}

func items(e *element) []Item {
	var is []Item
	for _, c := range e.children {
		switch {
		case c.is(nsCollXML, "module"):
			is = append(is, moduleItem(c))
		case c.is(nsCollXML, "subcollection"):
			is = append(is, section(c))
		}
	}
	return is
}

func section(e *element) Item {
	it := Item{At: e.at}
	for _, c := range e.children {
		switch {
		case c.name.Local == "title":
			it.Title = c.allText()
		case c.is(nsCollXML, "metadata"):
			it.Title = firstOf(metadata(c).Title, it.Title)
		case c.is(nsCollXML, "content"):
			it.Items = append(it.Items, items(c)...)
		}
	}
	return it
}

func moduleItem(e *element) Item {
	ref := &ModuleRef{ID: e.attr("document"), Recorded: e.attrNS(nsSystem, "version-at-this-collection-version")}
	version := e.attr("version")
	name, at, _ := strings.Cut(e.attr("repository"), "@")
	if repo, err := content.ParseRepoID(name); err == nil {
		ref.Repo, version = repo, firstOf(at, version)
	}
	// Within one repository the collection and its modules are of one state; what
	// a collection of old says here counts editions of its first home.
	if !ref.Repo.IsZero() && version != "latest" {
		ref.Version = version
	}
	it := Item{At: e.at, Module: ref}
	for _, c := range e.children {
		if c.name.Local == "title" {
			it.Title = c.allText()
		}
	}
	return it
}

func parameters(e *element) map[string]string {
	ps := make(map[string]string)
	for _, c := range e.children {
		if c.is(nsCollXML, "param") {
			ps[c.attr("name")] = c.attr("value")
		}
	}
	return ps
}

// NameOf is a document's name without what says its kind.
func NameOf(p content.Path) string {
	name, _, _ := strings.Cut(p.Base(), ".")
	if name == "collection" && !p.Parent().IsRoot() {
		return p.Parent().Base()
	}
	return name
}
