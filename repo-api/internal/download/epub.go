package download

import (
	"cmp"
	"context"
	_ "embed"
	"io"
	"strconv"
	"strings"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// EPUB is the recipe for a book of EPUB 3, with a table of contents that readers
// of EPUB 2 understand too.
type EPUB struct{}

var _ Recipe = EPUB{}

//go:embed epub.css
var epubStyle []byte

// Name is "epub".
func (EPUB) Name() string { return "epub" }

// MediaType is that of EPUB.
func (EPUB) MediaType() string { return "application/epub+zip" }

// FileName ends in ".epub".
func (EPUB) FileName(b *Book) string { return b.fileName() + ".epub" }

const container = `<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
`

// Make writes the book.
func (EPUB) Make(ctx context.Context, b *Book, w io.Writer) ([]xhtml.Finding, error) {
	e := &epub{Book: b, archive: newArchive(w, b.edition.Time, b.packer)}
	err := cmp.Or(
		e.add("mimetype", stored([]byte("application/epub+zip"))), // first, and as it is: OCF 4.3
		e.addPacked("META-INF/container.xml", []byte(container)),
		e.addItem("style.css", "text/css", "", epubStyle),
		e.addItem("title.xhtml", pageType, "", e.titlePage()),
		e.addItem("nav.xhtml", pageType, "nav", e.nav()),
	)
	if err != nil {
		return nil, err
	}
	if err := e.addPages(ctx); err != nil {
		return nil, err
	}
	if err := e.addAssets(ctx); err != nil {
		return nil, err
	}
	err = cmp.Or(
		e.addItem("toc.ncx", "application/x-dtbncx+xml", "", e.ncx()),
		e.addPacked("EPUB/package.opf", e.opf()),
		e.close(),
	)
	return e.findings, err
}

const pageType = "application/xhtml+xml"

// epub is one EPUB that is being made.
type epub struct {
	*Book
	*archive
	manifest []manifestItem
	findings []xhtml.Finding
}

type manifestItem struct{ href, mediaType, properties string }

// id is that of the nth item.
func itemID(n int) string { return "i" + strconv.Itoa(n) }

func (e *epub) addItem(href, mediaType, properties string, data []byte) error {
	e.manifest = append(e.manifest, manifestItem{href, mediaType, properties})
	return e.addPacked("EPUB/"+href, data)
}

// epubFrame is what is around a page.
type epubFrame struct{ Language string }

func (f epubFrame) write(p xhtml.Page) []byte {
	return document(cmp.Or(p.Language, f.Language), p.Title, nil, func(w *xhtml.Writer) {
		w.Element("main", nil, func() { w.Raw(p.Body) })
	})
}

func (e *epub) addPages(ctx context.Context) error {
	create := func(ctx context.Context, p *page) (leaf, error) {
		return e.leaf(ctx, p, xhtml.EPUB, epubFrame{e.language})
	}
	return inOrder(ctx, e.pages, create, func(p *page, l leaf) error {
		properties := ""
		if l.Math {
			properties = "mathml"
		}
		e.findings = append(e.findings, l.Findings...)
		e.manifest = append(e.manifest, manifestItem{p.name + ".xhtml", pageType, properties})
		return e.add("EPUB/"+p.name+".xhtml", l.packed)
	})
}

// addAssets adds what pages show; what they only lead to is not part of a book.
func (e *epub) addAssets(ctx context.Context) error {
	var shown []*asset
	for _, a := range e.sortedAssets() {
		if xhtml.Shown(xhtml.EPUB, a.mediaType) || xhtml.Played(a.mediaType) {
			shown = append(shown, a)
		}
	}
	return e.addFiles(ctx, e.archive, "EPUB/", shown, func(a *asset) {
		properties := ""
		if a == e.cover {
			properties = "cover-image"
		}
		e.manifest = append(e.manifest, manifestItem{a.name, a.mediaType, properties})
	})
}

// coverURL is that of the cover, if it can be shown.
func (e *epub) coverURL() string {
	if e.cover != nil && xhtml.Shown(xhtml.EPUB, e.cover.mediaType) {
		return e.cover.name
	}
	return ""
}

func (e *epub) titlePage() []byte {
	return document(e.language, e.title, nil, func(w *xhtml.Writer) {
		w.Element("section", xhtml.Attrs{"epub:type", "titlepage"}, func() { e.front(w, e.coverURL()) })
	})
}

func (e *epub) nav() []byte {
	words := wordsOf(e.language)
	return document(e.language, words.contents, nil, func(w *xhtml.Writer) {
		w.Element("nav", xhtml.Attrs{"epub:type", "toc", "role", "doc-toc", "id", "toc"}, func() {
			w.Element("h1", nil, func() { w.Text(words.contents) })
			contents(w, e.toc, ".xhtml")
		})
		w.Element("nav", xhtml.Attrs{"epub:type", "landmarks", "hidden", "hidden"}, func() {
			w.Element("ol", nil, func() {
				landmark := func(kind, href, text string) {
					w.Element("li", nil, func() {
						w.Element("a", xhtml.Attrs{"epub:type", kind, "href", href}, func() { w.Text(text) })
					})
				}
				landmark("titlepage", "title.xhtml", words.titlePage)
				landmark("toc", "nav.xhtml", words.contents)
				landmark("bodymatter", e.pages[0].name+".xhtml", e.pages[0].title)
			})
		})
	})
}

// ncx writes the table of contents for readers of EPUB 2. A section leads to its
// first page.
func (e *epub) ncx() []byte {
	var w xhtml.Writer
	w.Raw([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
	text := func(tag, s string) {
		w.Element(tag, nil, func() { w.Element("text", nil, func() { w.Text(s) }) })
	}
	n := 0
	order := make(map[string]int) // the same place has the same number
	var points func(toc []entry)
	points = func(toc []entry) {
		for _, t := range toc {
			n++
			href := firstPage(t).name + ".xhtml"
			if order[href] == 0 {
				order[href] = len(order) + 1
			}
			w.Element("navPoint", xhtml.Attrs{"id", "n" + strconv.Itoa(n), "playOrder", strconv.Itoa(order[href])}, func() {
				text("navLabel", strings.TrimSpace(t.number+" "+cmp.Or(t.title, "…")))
				w.Void("content", xhtml.Attrs{"src", href})
				points(t.within)
			})
		}
	}
	w.Element("ncx", xhtml.Attrs{"xmlns", "http://www.daisy.org/z3986/2005/ncx/", "version", "2005-1", "xml:lang", e.language}, func() {
		w.Element("head", nil, func() {
			w.Void("meta", xhtml.Attrs{"name", "dtb:uid", "content", e.identifier()})
		})
		text("docTitle", e.title)
		w.Element("navMap", nil, func() { points(e.toc) })
	})
	return w.Bytes()
}

// firstPage is the page where an entry begins; a section without one is not in
// the table of contents.
func firstPage(t entry) *page {
	for t.page == nil {
		t = t.within[0]
	}
	return t.page
}

// opf writes the package document.
func (e *epub) opf() []byte {
	var w xhtml.Writer
	w.Raw([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
	w.Element("package", xhtml.Attrs{
		"xmlns", "http://www.idpf.org/2007/opf", "version", "3.0", "unique-identifier", "uid", "xml:lang", e.language,
	}, func() {
		w.Element("metadata", xhtml.Attrs{"xmlns:dc", "http://purl.org/dc/elements/1.1/"}, func() { e.opfMetadata(&w) })
		ids := make(map[string]string)
		w.Element("manifest", nil, func() {
			for i, m := range e.manifest {
				ids[m.href] = itemID(i)
				w.Void("item", xhtml.Attrs{"id", itemID(i), "href", m.href, "media-type", m.mediaType, "properties", m.properties})
			}
		})
		w.Element("spine", xhtml.Attrs{"toc", ids["toc.ncx"]}, func() {
			w.Void("itemref", xhtml.Attrs{"idref", ids["title.xhtml"]})
			w.Void("itemref", xhtml.Attrs{"idref", ids["nav.xhtml"]})
			for _, p := range e.pages {
				w.Void("itemref", xhtml.Attrs{"idref", ids[p.name+".xhtml"]})
			}
		})
	})
	return w.Bytes()
}

func (e *epub) opfMetadata(w *xhtml.Writer) {
	meta := e.edition.Collection.Metadata
	dc := func(name, id, value string) {
		if value = strings.TrimSpace(value); value != "" {
			w.Element("dc:"+name, xhtml.Attrs{"id", id}, func() { w.Text(value) })
		}
	}
	property := func(name, refines, value string) {
		as := xhtml.Attrs{"property", name, "refines", refines}
		if name == "role" {
			as = append(as, "scheme", "marc:relators")
		}
		w.Element("meta", as, func() { w.Text(value) })
	}

	dc("identifier", "uid", e.identifier())
	dc("title", "", e.title)
	dc("language", "", e.language)
	n := 0
	credit := func(element string, role book.Role, relator string) {
		for _, name := range namesOf(meta.Who(role)) {
			n++
			id := "p" + strconv.Itoa(n)
			dc(element, id, name)
			property("role", "#"+id, relator)
		}
	}
	credit("creator", book.Author, "aut")
	credit("contributor", book.Translator, "trl")
	credit("contributor", book.Editor, "edt")
	credit("contributor", book.Illustrator, "ill")
	dc("publisher", "", e.edition.Publisher)
	dc("date", "", e.edition.Time.UTC().Format("2006-01-02"))
	dc("rights", "", strings.TrimSpace(meta.Licence.Name+" "+meta.Licence.URL))
	dc("description", "", meta.Abstract)
	dc("source", "", e.edition.Address)
	for _, s := range meta.Subjects {
		dc("subject", "", s.Text)
	}
	property("dcterms:modified", "", e.edition.Time.UTC().Format("2006-01-02T15:04:05Z"))
	for _, mode := range [...]string{"textual", "visual"} {
		property("schema:accessMode", "", mode)
	}
	for _, feature := range [...]string{"alternativeText", "MathML", "readingOrder", "structuralNavigation", "tableOfContents"} {
		property("schema:accessibilityFeature", "", feature)
	}
	property("schema:accessibilityHazard", "", "none")
	if e.coverURL() != "" {
		for i, m := range e.manifest {
			if m.properties == "cover-image" {
				w.Void("meta", xhtml.Attrs{"name", "cover", "content", itemID(i)})
			}
		}
	}
}
