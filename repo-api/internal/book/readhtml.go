package book

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// readHTML reads a page, or the piece of one that begins at offset begin of the
// text that ls is of.
func (m *Module) readHTML(text []byte, ls lines, begin int) {
	z := html.NewTokenizer(bytes.NewReader(text))
	offset := begin
	var heading atom.Atom // whose text is being read, to be a title
	for {
		kind := z.Next()
		at := ls.at(offset)
		offset += len(z.Raw())
		switch kind {
		case html.ErrorToken:
			m.Metadata.Title = strings.Join(strings.Fields(m.Metadata.Title), " ")
			return
		case html.TextToken:
			if heading != 0 {
				m.Metadata.Title += string(z.Text())
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == heading {
				heading = 0
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if m.Metadata.Title == "" && (t.DataAtom == atom.Title || t.DataAtom == atom.H1) {
				heading, m.Metadata.TitleAt = t.DataAtom, at
			}
			m.noteHTML(t, at)
		}
	}
}

// noteHTML keeps what a start tag says: ids, references and metadata.
func (m *Module) noteHTML(t html.Token, at Position) {
	attrs := make(map[string]string, len(t.Attr))
	for _, a := range t.Attr {
		if _, twice := attrs[a.Key]; !twice {
			attrs[a.Key] = strings.TrimSpace(a.Val)
		}
	}
	m.anchor(attrs["id"], at)
	refer := func(kind RefKind, urls ...string) {
		for _, u := range urls {
			m.refer(Reference{Kind: kind, Element: t.Data, At: at, URL: u})
		}
	}
	switch t.DataAtom {
	case atom.Html:
		m.Metadata.Language = firstOf(attrs["lang"], attrs["xml:lang"], m.Metadata.Language)
	case atom.Meta:
		m.noteMeta(strings.ToLower(firstOf(attrs["name"], attrs["property"])), attrs["content"], at)
	case atom.A, atom.Area:
		m.anchor(attrs["name"], at)
		refer(Link, attrs["href"])
		m.noteLicence(attrs, at)
	case atom.Link:
		m.noteLicence(attrs, at)
		switch strings.ToLower(attrs["rel"]) {
		case "stylesheet", "icon", "shortcut icon", "manifest":
			refer(Object, attrs["href"])
		}
	case atom.Img:
		refer(Picture, append(sources(attrs["srcset"]), attrs["src"])...)
	case atom.Image: // of SVG
		refer(Picture, firstOf(attrs["href"], attrs["xlink:href"]))
	case atom.Source:
		refer(Object, append(sources(attrs["srcset"]), attrs["src"])...)
	case atom.Iframe, atom.Embed, atom.Audio, atom.Track, atom.Script, atom.Input:
		refer(Object, attrs["src"])
	case atom.Video:
		refer(Object, attrs["src"], attrs["poster"])
	case atom.Object:
		refer(Object, attrs["data"])
	}
}

func (m *Module) noteMeta(name, value string, at Position) {
	switch {
	case value == "":
	case name == "author", name == "dc.creator", name == "dcterms.creator":
		m.Metadata.Credits = append(m.Metadata.Credits, Credit{Author, Person{Name: value}, at})
	case name == "description", name == "dcterms.abstract":
		m.Metadata.Abstract = value
	case name == "keywords":
		for word := range strings.SplitSeq(value, ",") {
			m.Metadata.Keywords = append(m.Metadata.Keywords, Term{strings.TrimSpace(word), at})
		}
	case name == "dcterms.license", name == "dcterms.rights":
		m.Metadata.Licence = Licence{URL: value, At: at}
	}
}

func (m *Module) noteLicence(attrs map[string]string, at Position) {
	for _, rel := range strings.Fields(strings.ToLower(attrs["rel"])) {
		if rel == "license" && attrs["href"] != "" {
			m.Metadata.Licence = Licence{URL: attrs["href"], At: at}
		}
	}
}

// sources are the URLs of a srcset: "a.png 1x, b.png 2x".
func sources(set string) []string {
	var urls []string
	for candidate := range strings.SplitSeq(set, ",") {
		if words := strings.Fields(candidate); len(words) > 0 {
			urls = append(urls, words[0])
		}
	}
	return urls
}
