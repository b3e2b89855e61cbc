package xhtml

import (
	"bytes"
	"encoding/xml"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	gohtml "github.com/yuin/goldmark/renderer/html"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// parseMarkdown makes a tree of CommonMark with GitHub's extensions. HTML within
// it is kept as far as it is harmless.
func parseMarkdown(path content.Path, data []byte) (*book.Element, error) {
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM, extension.Footnote),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(gohtml.WithUnsafe()), // parseHTML takes out what is not safe
	)
	var out bytes.Buffer
	if err := md.Convert(frontless(data), &out); err != nil {
		return nil, fault.New(fault.Invalid, "read", path.String(), err)
	}
	root, err := parseHTML(path, out.Bytes())
	if err != nil {
		return nil, err
	}
	m, err := book.ReadModule(path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	root.Append(field("title", m.Metadata.Title), field("language", m.Metadata.Language))
	return root, nil
}

// field is a child of the root that says something about the page.
func field(name, value string) *book.Element {
	return book.NewElement(xml.Name{Space: nsMDML, Local: name}, nil, book.NewText(value))
}

// frontless is a document without the metadata that may stand before it between
// lines of "---".
func frontless(data []byte) []byte {
	rest, found := bytes.CutPrefix(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("---\n"))
	if !found {
		return data
	}
	if _, text, closed := bytes.Cut(rest, []byte("\n---\n")); closed {
		return text
	}
	return data
}

// parseHTML makes a tree of what is harmless in a page: no scripts, no forms, no
// styles. A page of HTML is never ill formed.
func parseHTML(path content.Path, data []byte) (*book.Element, error) {
	dirty, err := html.Parse(bytes.NewReader(data))
	if err != nil {
		return nil, fault.New(fault.Invalid, "read", path.String(), err)
	}
	root := book.NewElement(xml.Name{Space: nsXHTML, Local: "html"}, nil)
	if title := find(dirty, atom.Title); title != nil {
		root.Append(field("title", textOf(title)))
	}
	if of := find(dirty, atom.Html); of != nil {
		root.Append(field("language", attr(of, "lang")))
	}
	var body bytes.Buffer
	if b := find(dirty, atom.Body); b != nil {
		for c := b.FirstChild; c != nil; c = c.NextSibling {
			if err := html.Render(&body, c); err != nil {
				return nil, fault.New(fault.Invalid, "read", path.String(), err)
			}
		}
	}
	around := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	clean, err := html.ParseFragment(harmless().SanitizeReader(&body), around)
	if err != nil {
		return nil, fault.New(fault.Invalid, "read", path.String(), err)
	}
	for _, n := range clean {
		if e := treeOf(n, 0); e != nil {
			root.Append(e)
		}
	}
	return root, nil
}

// harmless is what may stay of HTML that somebody wrote.
func harmless() *bluemonday.Policy {
	p := bluemonday.UGCPolicy()
	p.AllowRelativeURLs(true)
	p.AllowAttrs("class", "id", "lang", "title").Globally()
	p.AllowAttrs("name").OnElements("a")
	p.AllowElements("section", "article", "aside", "header", "footer", "figure", "figcaption", "main", "dfn")
	p.AllowAttrs("start", "type").OnElements("ol")
	p.RequireNoFollowOnLinks(false)
	return p
}

// treeOf translates a node, and what is in it down to a depth that is bounded.
func treeOf(n *html.Node, depth int) *book.Element {
	switch {
	case n.Type == html.TextNode:
		return book.NewText(n.Data)
	case n.Type != html.ElementNode:
		return nil
	case depth == book.MaxDepth:
		return book.NewText(textOf(n))
	}
	var as []xml.Attr
	for _, a := range n.Attr {
		as = append(as, xml.Attr{Name: xml.Name{Local: a.Key}, Value: a.Val})
	}
	e := book.NewElement(xml.Name{Space: nsXHTML, Local: n.Data}, as)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if t := treeOf(c, depth+1); t != nil {
			e.Append(t)
		}
	}
	return e
}

// find returns the first element of a kind.
func find(n *html.Node, kind atom.Atom) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.DataAtom == kind {
			return d
		}
	}
	return nil
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// htmlTitle is the title of a page: its first heading, else what its head says.
func htmlTitle(root *book.Element) string {
	if h := firstHeading(root); h != nil && h.Name().Local == "h1" {
		return h.AllText()
	}
	return said(root, "title")
}

// said is the first thing that the fields of a page say under a name.
func said(root *book.Element, name string) string {
	for _, c := range root.Children() {
		if isMetadata(c) && c.Name().Local == name && c.AllText() != "" {
			return c.AllText()
		}
	}
	return ""
}

func firstHeading(e *book.Element) *book.Element {
	for _, c := range e.Children() {
		if headingLevel(c) > 0 {
			return c
		}
		if h := firstHeading(c); h != nil {
			return h
		}
	}
	return nil
}

func headingLevel(e *book.Element) int {
	name := e.Name().Local
	if isHTML(e) && len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
		return int(name[1] - '0')
	}
	return 0
}
