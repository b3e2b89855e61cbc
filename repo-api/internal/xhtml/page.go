package xhtml

import (
	"fmt"
	"strconv"
	"strings"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// Page is a document as it is read.
type Page struct {
	Title    string    `json:"title"`
	Language string    `json:"language,omitempty"` // "" is the book's
	Math     bool      `json:"math,omitempty"`     // it holds MathML
	Findings []Finding `json:"findings,omitempty"`
	Body     []byte    `json:"-"` // what goes into <main>
}

// Finding is something in a document that could not be shown as it was meant.
type Finding struct {
	Path    string        `json:"path"`
	At      book.Position `json:"at"`
	Message string        `json:"message"`
}

func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.Path, f.At.Line, f.At.Column, f.Message)
}

// mostFindings bounds what is said of one page.
const mostFindings = 100

// Render makes the page of the document at path. Why it can't be read is a
// fault.Invalid that holds a book.Malformed.
func Render(path content.Path, data []byte, s Setting) (Page, error) {
	root, err := parse(path, data)
	if err != nil {
		return Page{}, err
	}
	r := &renderer{path: path, set: s, words: wordsOf(s.Language), census: survey(root), ids: make(map[string]bool)}
	r.page.Title = first(s.Title, r.census.Title, path.Base())
	r.page.Language = r.census.Language
	r.document(root)
	r.page.Body = r.Bytes()
	return r.page, nil
}

// renderer makes one page.
type renderer struct {
	Writer
	path      content.Path
	set       Setting
	words     words
	census    *census
	page      Page
	ids       map[string]bool // that are taken
	footnotes []*book.Element
}

// place is where on the page something is written: what HTML allows there.
type place struct {
	level   int  // of the heading above
	phrase  bool // in running text: no block may come
	linked  bool // in a link: no other may come
	defined bool // in a term: no other may come
	bare    bool // no heading may come
}

// deeper is the place under one more heading.
func (p place) deeper() place {
	p.level++
	return p
}

// running is the place in running text.
func (p place) running() place {
	p.phrase = true
	return p
}

// cell is the place in a cell or a term of a list.
func (p place) cell() place {
	p.bare = true
	return p
}

func (r *renderer) document(root *book.Element) {
	top := place{level: 1}
	if isHTML(root) {
		r.htmlDocument(root, top)
		return
	}
	r.Element("h1", Attrs{"id", r.anchor(identity(root))}, func() {
		if r.set.Number != "" {
			r.Element("span", Attrs{"class", "number"}, func() { r.Text(r.set.Number) })
			r.Text(" ")
		}
		if t := child(root, "title", "name"); t != nil && r.set.Title == "" {
			r.children(t, top.running())
		} else {
			r.Text(r.page.Title)
		}
	})
	for _, c := range root.Children() {
		switch c.Name().Local {
		case "title", "name":
		case "metadata":
			r.abstract(c, top)
		default:
			r.node(c, top)
		}
	}
	r.notes(top)
}

// abstract shows what a document says of itself before it begins.
func (r *renderer) abstract(metadata *book.Element, p place) {
	a := child(metadata, "abstract")
	if a == nil || strings.TrimSpace(a.AllText()) == "" {
		return
	}
	r.Element("section", Attrs{"class", "abstract"}, func() {
		r.Element("h2", nil, func() { r.Text(r.words.abstract) })
		r.flow(a.Children(), p.deeper(), "p")
	})
}

// notes writes the footnotes, which wait for the end of the page.
func (r *renderer) notes(p place) {
	if len(r.footnotes) == 0 {
		return
	}
	r.Element("section", Attrs{"class", "footnotes", "role", "doc-endnotes"}, func() {
		r.Element("h2", nil, func() { r.Text(r.words.notes) })
		r.Element("ol", nil, func() {
			for i := 0; i < len(r.footnotes); i++ { // a note may bring another
				f, n := r.footnotes[i], strconv.Itoa(i+1)
				r.Element("li", Attrs{"id", "footnote-" + n, "class", "footnote", "epub:type", r.epub("footnote")}, func() {
					r.flow(f.Children(), p.deeper(), "")
					r.Text(" ")
					r.Element("a", Attrs{"href", "#footnote-ref-" + n, "role", "doc-backlink", "aria-label", n}, func() { r.Text("↩") })
				})
			}
		})
	})
}

// epub is the value of an attribute that only EPUB has.
func (r *renderer) epub(value string) string {
	if r.set.Medium == EPUB {
		return value
	}
	return ""
}

// find adds a finding about e.
func (r *renderer) find(e *book.Element, format string, args ...any) {
	if len(r.page.Findings) < mostFindings {
		r.page.Findings = append(r.page.Findings, Finding{r.path.String(), e.At(), fmt.Sprintf(format, args...)})
	}
}

// anchor returns the id to write for one in the document: "" if it is taken.
func (r *renderer) anchor(id string) string {
	if id == "" {
		return ""
	}
	id = AnchorID(id)
	if r.ids[id] {
		return ""
	}
	r.ids[id] = true
	return id
}

// AnchorID is the id on a page of what has the id in its document: the same
// where XML allows it.
func AnchorID(id string) string {
	var b strings.Builder
	for i, c := range id {
		switch {
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c == '-' || c == '.' || c >= '0' && c <= '9'):
		default:
			fmt.Fprintf(&b, "_%x", c)
			continue
		}
		b.WriteRune(c)
	}
	// These are the page's own.
	if s := b.String(); !strings.HasPrefix(s, "footnote-") {
		return s
	}
	return "_" + b.String()
}

// destination is where a reference leads.
func (r *renderer) destination(ref Reference) Destination {
	return r.set.Destinations[ref.Key()]
}
