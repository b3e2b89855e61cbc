package xhtml

import (
	"strings"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// Outline is what others need to know of a document to number it, to refer into
// it and to follow what it refers to.
type Outline struct {
	Title      string            `json:"title"`
	Class      string            `json:"class,omitempty"` // of the whole document: "introduction", "preface", "appendix"
	Language   string            `json:"language,omitempty"`
	Counts     map[string]int    `json:"counts,omitempty"` // numbered things, by their kind
	Anchors    map[string]Anchor `json:"anchors,omitempty"`
	References []Reference       `json:"references,omitempty"` // each once, in the order of the document
}

// Anchor is what an id stands at.
type Anchor struct {
	Kind    string `json:"kind"`
	Ordinal int    `json:"ordinal,omitempty"` // among its kind in the document, from 1; 0: not numbered
	Title   string `json:"title,omitempty"`
}

// Reference is a place that a document names: in CNXML by document and target,
// else by a URL. An empty Document is the one it stands in.
type Reference struct {
	Document string `json:"document,omitempty"`
	Target   string `json:"target,omitempty"`
	URL      string `json:"url,omitempty"`
}

// The kinds of things that are counted. A rule is counted by its own type.
const (
	Figure   = "figure"
	Table    = "table"
	Example  = "example"
	Equation = "equation"
	Exercise = "exercise" // from 1 on every page; all others go through a chapter
)

// Survey reads the document at path. Why it can't be read is a fault.Invalid
// that holds a book.Malformed.
func Survey(path content.Path, data []byte) (Outline, error) {
	root, err := parse(path, data)
	if err != nil {
		return Outline{}, err
	}
	return survey(root).Outline, nil
}

// census is an Outline with what only the document's own tree can say.
type census struct {
	Outline
	ordinals map[*book.Element]int
}

func survey(root *book.Element) *census {
	c := &census{
		Outline:  Outline{Counts: make(map[string]int), Anchors: make(map[string]Anchor)},
		ordinals: make(map[*book.Element]int),
	}
	c.Class = root.Attr("class")
	c.Title = title(root)
	c.Language = LanguageTag(languageOf(root))
	seen := make(map[Reference]bool)
	c.visit(root, nil, seen)
	return c
}

func (c *census) visit(e, parent *book.Element, seen map[Reference]bool) {
	kind := e.Name().Local
	if e.IsText() || isMetadata(e) && kind != "abstract" {
		return
	}
	ordinal := 0
	if counted := countedAs(e, parent); counted != "" {
		kind = counted
		c.Counts[kind]++
		ordinal = c.Counts[kind]
		c.ordinals[e] = ordinal
	}
	if id := identity(e); id != "" {
		if _, taken := c.Anchors[id]; !taken {
			c.Anchors[id] = Anchor{Kind: kind, Ordinal: ordinal, Title: titleOf(e)}
		}
	}
	for _, ref := range references(e) {
		if !seen[ref] {
			seen[ref] = true
			c.References = append(c.References, ref)
		}
	}
	for _, child := range e.Children() {
		c.visit(child, e, seen)
	}
}

// countedAs returns the kind that e is counted as, "" for none.
func countedAs(e, parent *book.Element) string {
	if !isCNXML(e) || hasClass(e, "unnumbered") {
		return ""
	}
	switch name := e.Name().Local; name {
	case "figure":
		if parent != nil && parent.Name().Local == "figure" {
			return ""
		}
		return Figure
	case "table", "example", "equation", "exercise":
		return name
	case "rule":
		if t := e.Attr("type"); t != "" {
			return strings.ToLower(t)
		}
		return "rule"
	}
	return ""
}

// references are the places that an element itself names.
func references(e *book.Element) []Reference {
	var refs []Reference
	add := func(r Reference) {
		if r != (Reference{}) {
			refs = append(refs, r)
		}
	}
	switch {
	case isHTML(e):
		for _, name := range [...]string{"src", "href", "poster", "data"} {
			add(Reference{URL: e.Attr(name)})
		}
	case isCNXML(e):
		add(linkOf(e))
		if src := e.Attr("src"); src != "" {
			add(Reference{URL: src})
		}
		if e.Name().Local == "media" && e.Attr("longdesc") != "" {
			add(Reference{URL: e.Attr("longdesc")})
		}
	}
	return refs
}

// linkOf is where a CNXML element leads: in attributes that link, term, cite,
// quote and others share.
func linkOf(e *book.Element) Reference {
	r := Reference{Document: e.Attr("document"), Target: first(e.Attr("target-id"), e.Attr("target"))}
	if r != (Reference{}) && r.Document == "" && e.Attr("url") != "" {
		r.Target = ""
	}
	if r.Document == "" && r.Target == "" {
		r.URL = first(e.Attr("url"), e.Attr("resource"))
		if e.Name().Local == "link" {
			r.URL = first(r.URL, e.Attr("src"))
		}
	}
	return r
}

// title is the whole document's: of its first title, else of its metadata.
func title(root *book.Element) string {
	if isHTML(root) {
		return htmlTitle(root)
	}
	if t := titleOf(root); t != "" {
		return t
	}
	for _, m := range root.Children() {
		if m.Name().Local != "metadata" {
			continue
		}
		for _, c := range m.Children() {
			if c.Name().Local == "title" {
				return c.AllText()
			}
		}
	}
	return ""
}

func languageOf(root *book.Element) string {
	for _, m := range root.Children() {
		if m.Name().Local != "metadata" {
			continue
		}
		for _, c := range m.Children() {
			if c.Name().Local == "language" {
				return c.AllText()
			}
		}
	}
	return first(root.AttrNS(nsXML, "lang"), root.Attr("lang"), said(root, "language"))
}

// titleOf is the title that an element carries as a child, as text.
func titleOf(e *book.Element) string {
	if isHTML(e) {
		if headingLevel(e) > 0 {
			return e.AllText()
		}
		return ""
	}
	if t := child(e, "title", "name"); t != nil && isCNXML(t) {
		return t.AllText()
	}
	return ""
}

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
