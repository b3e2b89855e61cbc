package download

import (
	"cmp"
	"regexp"
	"strings"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// identifier is what the book is known by: never empty.
func (b *Book) identifier() string {
	meta := b.edition.Collection.Metadata
	if b.edition.Identifier != "" {
		return b.edition.Identifier
	}
	if uuidForm.MatchString(meta.UUID) {
		return "urn:uuid:" + strings.ToLower(meta.UUID)
	}
	return cmp.Or(b.edition.Address, meta.ContentID, meta.Slug, b.edition.Collection.Path.String())
}

// fileName is what a download is called, without what says its type.
func (b *Book) fileName() string {
	meta := b.edition.Collection.Metadata
	name := strings.Trim(unsafeInNames.ReplaceAllString(cmp.Or(meta.Slug, b.edition.Collection.ID, b.title), "-"), "-.")
	if b.edition.Number != "" {
		name += "-" + unsafeInNames.ReplaceAllString(b.edition.Number, "-")
	}
	return cmp.Or(name, "book")
}

// authors are the names on the front, each once.
func (b *Book) authors() []string {
	meta := b.edition.Collection.Metadata
	return namesOf(meta.Who(book.Author))
}

func namesOf(people []book.Person) []string {
	var names []string
	seen := make(map[string]bool)
	for _, p := range people {
		if name := cmp.Or(p.Name, p.ID); name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// front writes what stands on the title page.
func (b *Book) front(w *xhtml.Writer, coverURL string) {
	meta, words := b.edition.Collection.Metadata, wordsOf(b.language)
	w.Element("header", xhtml.Attrs{"class", "front"}, func() {
		if coverURL != "" {
			w.Void("img", xhtml.Attrs{"class", "cover", "src", coverURL, "alt", words.cover})
		}
		w.Element("h1", nil, func() { w.Text(b.title) })
		if names := b.authors(); len(names) > 0 {
			w.Element("p", xhtml.Attrs{"class", "authors"}, func() { w.Text(strings.Join(names, ", ")) })
		}
		w.Element("p", xhtml.Attrs{"class", "imprint"}, func() {
			if b.edition.Number != "" {
				w.Text(words.edition + " " + b.edition.Number + " · ")
			}
			w.Text(b.edition.Time.UTC().Format("2006-01-02"))
			if b.edition.Publisher != "" {
				w.Text(" · " + b.edition.Publisher)
			}
		})
		if l := meta.Licence; l.URL != "" {
			w.Element("p", xhtml.Attrs{"class", "licence"}, func() {
				w.Text(words.licence + ": ")
				if u, ok := outside(l.URL); ok {
					w.Element("a", xhtml.Attrs{"rel", "license", "href", u}, func() { w.Text(cmp.Or(l.Name, l.URL)) })
				} else {
					w.Text(cmp.Or(l.Name, l.URL))
				}
			})
		}
		if meta.Abstract != "" {
			w.Element("p", xhtml.Attrs{"class", "abstract"}, func() { w.Text(meta.Abstract) })
		}
	})
}

// contents writes the table of contents as nested lists.
func contents(w *xhtml.Writer, toc []entry, ext string) {
	w.Element("ol", nil, func() {
		for _, e := range toc {
			w.Element("li", nil, func() {
				line := func() {
					if e.number != "" {
						w.Element("span", xhtml.Attrs{"class", "number"}, func() { w.Text(e.number) })
						w.Text(" ")
					}
					w.Text(cmp.Or(e.title, "…"))
				}
				if e.page != nil {
					w.Element("a", xhtml.Attrs{"href", e.page.name + ext}, line)
					return
				}
				w.Element("span", nil, line)
				contents(w, e.within, ext)
			})
		}
	})
}

// document writes a whole page.
func document(lang, title string, head, body func(w *xhtml.Writer)) []byte {
	var w xhtml.Writer
	w.Raw([]byte("<!DOCTYPE html>\n"))
	w.Element("html", xhtml.Attrs{
		"xmlns", "http://www.w3.org/1999/xhtml", "xmlns:epub", "http://www.idpf.org/2007/ops", "lang", lang, "xml:lang", lang,
	}, func() {
		w.Element("head", nil, func() {
			w.Void("meta", xhtml.Attrs{"charset", "utf-8"})
			w.Element("title", nil, func() { w.Text(title) })
			w.Void("link", xhtml.Attrs{"rel", "stylesheet", "type", "text/css", "href", "style.css"})
			if head != nil {
				head(&w)
			}
		})
		w.Element("body", nil, func() { body(&w) })
	})
	w.Raw([]byte("\n"))
	return w.Bytes()
}
