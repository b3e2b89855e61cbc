package download

import (
	"cmp"
	"context"
	_ "embed"
	"io"
	"strings"

	"rhapsode/repo-api/internal/xhtml"
)

// Site is the recipe for pages to read in a browser, from a disk, without scripts.
type Site struct{}

var _ Recipe = Site{}

//go:embed site.css
var siteStyle []byte

// Name is "site".
func (Site) Name() string { return "site" }

// MediaType is that of a zip.
func (Site) MediaType() string { return "application/zip" }

// FileName ends in "-site.zip".
func (Site) FileName(b *Book) string { return b.fileName() + "-site.zip" }

// Make writes the site, in a folder of its own.
func (s Site) Make(ctx context.Context, b *Book, w io.Writer) ([]xhtml.Finding, error) {
	a := newArchive(w, b.edition.Time, b.packer)
	top := strings.TrimSuffix(s.FileName(b), ".zip") + "/"
	err := cmp.Or(
		a.addPacked(top+"index.html", b.siteIndex()),
		a.addPacked(top+"style.css", append(siteStyle[:len(siteStyle):len(siteStyle)], epubStyle...)),
	)
	if err != nil {
		return nil, err
	}
	at := make(map[*page]int, len(b.pages))
	for i, p := range b.pages {
		at[p] = i
	}
	create := func(ctx context.Context, p *page) (leaf, error) {
		return b.leaf(ctx, p, xhtml.Site, b.siteFrame(at[p]))
	}
	var findings []xhtml.Finding
	err = inOrder(ctx, b.pages, create, func(p *page, l leaf) error {
		findings = append(findings, l.Findings...)
		return a.add(top+p.name+".html", l.packed)
	})
	if err != nil {
		return nil, err
	}
	if err := b.addFiles(ctx, a, top, b.sortedAssets(), func(*asset) {}); err != nil {
		return nil, err
	}
	return findings, a.close()
}

// siteFrame is what is around a page.
type siteFrame struct {
	Language string
	Book     string
	Previous siteLink
	Next     siteLink
}

type siteLink struct{ Href, Title string }

func (b *Book) siteFrame(n int) siteFrame {
	f := siteFrame{Language: b.language, Book: b.title}
	if n > 0 {
		f.Previous = b.siteLink(n - 1)
	}
	if n+1 < len(b.pages) {
		f.Next = b.siteLink(n + 1)
	}
	return f
}

func (b *Book) siteLink(n int) siteLink {
	p := b.pages[n]
	return siteLink{p.name + ".html", strings.TrimSpace(p.number + " " + p.title)}
}

func (f siteFrame) write(p xhtml.Page) []byte {
	words := wordsOf(f.Language)
	return document(cmp.Or(p.Language, f.Language), p.Title+" · "+f.Book, f.head, func(w *xhtml.Writer) {
		w.Element("header", xhtml.Attrs{"class", "top"}, func() {
			w.Element("a", xhtml.Attrs{"href", "index.html"}, func() { w.Text(f.Book) })
		})
		w.Element("main", nil, func() { w.Raw(p.Body) })
		w.Element("nav", xhtml.Attrs{"class", "turn", "aria-label", words.previous + ", " + words.next}, func() {
			f.turn(w, "prev", words.previous, f.Previous)
			w.Element("a", xhtml.Attrs{"class", "up", "href", "index.html"}, func() { w.Text(words.contents) })
			f.turn(w, "next", words.next, f.Next)
		})
	})
}

func (f siteFrame) head(w *xhtml.Writer) {
	siteHead(w)
	if f.Previous.Href != "" {
		w.Void("link", xhtml.Attrs{"rel", "prev", "href", f.Previous.Href})
	}
	if f.Next.Href != "" {
		w.Void("link", xhtml.Attrs{"rel", "next", "href", f.Next.Href})
	}
}

func (f siteFrame) turn(w *xhtml.Writer, rel, word string, to siteLink) {
	if to.Href == "" {
		w.Element("span", xhtml.Attrs{"class", rel}, nil)
		return
	}
	w.Element("a", xhtml.Attrs{"class", rel, "rel", rel, "href", to.Href}, func() {
		w.Element("span", xhtml.Attrs{"class", "way"}, func() { w.Text(word) })
		w.Text(" ")
		w.Text(to.Title)
	})
}

// siteHead lets a page be as wide as the screen, and as dark as its reader likes.
func siteHead(w *xhtml.Writer) {
	w.Void("meta", xhtml.Attrs{"name", "viewport", "content", "width=device-width, initial-scale=1"})
	w.Void("meta", xhtml.Attrs{"name", "color-scheme", "content", "light dark"})
}

func (b *Book) siteIndex() []byte {
	words, cover := wordsOf(b.language), ""
	if b.cover != nil && xhtml.Shown(xhtml.Site, b.cover.mediaType) {
		cover = b.cover.name
	}
	return document(b.language, b.title, siteHead, func(w *xhtml.Writer) {
		w.Element("main", nil, func() {
			b.front(w, cover)
			w.Element("nav", xhtml.Attrs{"class", "contents", "aria-label", words.contents}, func() {
				w.Element("h2", nil, func() { w.Text(words.contents) })
				contents(w, b.toc, ".html")
			})
		})
	})
}
