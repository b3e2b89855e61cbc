package xhtml

import (
	"regexp"
	"strconv"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// inline writes an element of running text.
func (r *renderer) inline(e *book.Element, p place, tag string, as Attrs) {
	if as == nil {
		as = Attrs{"class", e.Attr("class")}
	}
	r.Element(tag, append(as, "id", r.anchor(identity(e))), func() { r.children(e, p.running()) })
}

// linking writes an element of running text that may be a link besides.
func (r *renderer) linking(e *book.Element, p place, tag string, as Attrs) {
	url := r.set.leads(r.destination(linkOf(e)))
	if p.linked || url == "" {
		r.inline(e, p, tag, as)
		return
	}
	r.Element("a", Attrs{"href", url}, func() {
		p.linked = true
		r.inline(e, p, tag, as)
	})
}

func (r *renderer) link(e *book.Element, p place) {
	ref := linkOf(e)
	d := r.destination(ref)
	url := r.set.leads(d)
	words := func() {
		if strings.TrimSpace(e.AllText()) != "" || child(e, "media", "image", "math") != nil {
			q := p.running()
			q.linked = q.linked || url != ""
			r.children(e, q)
			return
		}
		r.Text(first(d.Label, url, nameOf(ref)))
	}
	as := r.names(e, e.Attr("class"))
	if url == "" || p.linked {
		if url == "" && !isEmbedded(ref) {
			r.find(e, "the link to %q leads nowhere from here", nameOf(ref))
		}
		r.Element("span", as, words)
		return
	}
	r.Element("a", append(as, "href", url), words)
}

// isEmbedded says whether a link stands for an exercise that is kept in a bank
// of exercises, not in the book.
func isEmbedded(r Reference) bool {
	return strings.HasPrefix(r.URL, "#exercise/") || strings.HasPrefix(r.URL, "#ost/")
}

// nameOf is what a reference to nowhere reads.
func nameOf(r Reference) string {
	if isEmbedded(r) {
		return r.URL[strings.LastIndexByte(r.URL, '/')+1:]
	}
	return first(r.URL, strings.TrimSuffix(r.Document+"#"+r.Target, "#"))
}

func (r *renderer) term(e *book.Element, p place) {
	if p.defined {
		r.linking(e, p, "span", Attrs{"class", "term"})
		return
	}
	p.defined = true
	r.linking(e, p, "dfn", nil)
}

func (r *renderer) emphasis(e *book.Element, p place) {
	switch e.Attr("effect") {
	case "", "bold":
		r.inline(e, p, "strong", nil)
	case "italics", "italic":
		r.inline(e, p, "em", nil)
	default:
		r.inline(e, p, "span", Attrs{"class", classes(e.Attr("effect"), e.Attr("class"))})
	}
}

func (r *renderer) footnote(e *book.Element) {
	r.footnotes = append(r.footnotes, e)
	n := strconv.Itoa(len(r.footnotes))
	if id := r.anchor(identity(e)); id != "" {
		r.Element("span", Attrs{"id", id}, nil)
	}
	r.Element("sup", Attrs{"id", "footnote-ref-" + n}, func() {
		as := Attrs{"href", "#footnote-" + n, "role", "doc-noteref", "epub:type", r.epub("noteref")}
		r.Element("a", as, func() { r.Text(n) })
	})
}

// mostRepeats bounds how many lines or spaces an element may ask for.
const mostRepeats = 100

func (r *renderer) newline(e *book.Element, p place) {
	if e.Attr("effect") == "underline" && !p.phrase {
		r.Void("hr", nil)
		return
	}
	for range repeats(e) {
		r.Void("br", nil)
	}
}

func (r *renderer) space(e *book.Element) {
	if e.Attr("effect") == "underline" {
		r.Element("span", Attrs{"class", "blank"}, func() { r.Text(strings.Repeat("_", repeats(e))) })
		return
	}
	r.Text(strings.Repeat("\u00a0", repeats(e)))
}

func repeats(e *book.Element) int {
	n, err := strconv.Atoi(e.Attr("count"))
	if err != nil {
		return 1
	}
	return max(1, min(n, mostRepeats))
}

var tagForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// LanguageTag is a language as HTML takes it, "" if it is none.
func LanguageTag(s string) string {
	if s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-"); tagForm.MatchString(s) {
		return s
	}
	return ""
}
