package book

import (
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// readMarkdown reads a page in CommonMark with GitHub's extensions. Lines
// between "---" at its beginning are metadata, in YAML.
func (m *Module) readMarkdown(source []byte) {
	ls := newLines(source)
	body := m.frontMatter(source, ls)
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	w := markdown{m, source[body:], body, ls}
	// What fails is a walker, and this one never does.
	_ = ast.Walk(md.Parser().Parse(text.NewReader(w.text)), w.visit)
}

// markdown walks what lies behind the front matter.
type markdown struct {
	*Module
	text  []byte
	begin int // its offset in the document
	lines lines
}

func (w markdown) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	at := w.lines.at(w.begin + max(n.Pos(), 0))
	switch n := n.(type) {
	case *ast.Heading:
		if id, ok := n.AttributeString("id"); ok {
			if text, ok := id.([]byte); ok {
				w.anchor(string(text), at)
			}
		}
		if n.Level == 1 && w.Metadata.Title == "" {
			w.Metadata.Title, w.Metadata.TitleAt = plain(n, w.text), at
		}
	case *ast.Image:
		w.refer(Reference{Kind: Picture, Element: "image", At: at, URL: string(n.Destination)})
	case *ast.Link:
		w.refer(Reference{Kind: Link, Element: "link", At: at, URL: string(n.Destination)})
	case *ast.HTMLBlock:
		for i := range n.Lines().Len() {
			w.html(n.Lines().At(i))
		}
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			w.html(n.Segments.At(i))
		}
	}
	return ast.WalkContinue, nil
}

// html reads HTML in the page. A title in it is none of the page.
func (w markdown) html(s text.Segment) {
	title, at := w.Metadata.Title, w.Metadata.TitleAt
	w.readHTML(s.Value(w.text), w.lines, w.begin+s.Start)
	w.Metadata.Title, w.Metadata.TitleAt = title, at
}

// plain is the text of a node.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	// What fails is a walker, and this one never does.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Value(source))
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
