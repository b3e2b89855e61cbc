package xhtml

import (
	"strings"

	"rhapsode/repo-api/internal/book"
)

// htmlDocument writes a page that was HTML before. Its first heading, if it
// gives the title, is the page's; those after it follow without a gap.
func (r *renderer) htmlDocument(root *book.Element, p place) {
	title := firstHeading(root)
	if title != nil && (title.Name().Local != "h1" || r.set.Title != "") {
		title = nil
	}
	id := ""
	if title != nil {
		id = identity(title)
	}
	r.Element("h1", Attrs{"id", r.anchor(id)}, func() {
		if r.set.Number != "" {
			r.Element("span", Attrs{"class", "number"}, func() { r.Text(r.set.Number) })
			r.Text(" ")
		}
		r.Text(r.page.Title)
	})
	h := &headings{last: 1, shown: title}
	if title == nil {
		h.shift = 1
	}
	for _, c := range root.Children() {
		if !isMetadata(c) {
			r.htmlNode(c, p, h)
		}
	}
	r.notes(p)
}

// headings keeps the levels of a page without gaps.
type headings struct {
	shown *book.Element // is the page's title already
	shift int
	last  int
}

func (h *headings) level(of int) int {
	h.last = max(2, min(of+h.shift, h.last+1, 6))
	return h.last
}

// html writes an element of HTML that stands in another document.
func (r *renderer) html(e *book.Element, p place) {
	r.htmlNode(e, p, &headings{last: p.level, shift: p.level})
}

func (r *renderer) htmlNode(e *book.Element, p place, h *headings) {
	if e.IsText() {
		r.Text(e.Text())
		return
	}
	if e == h.shown {
		return
	}
	within := func() {
		for _, c := range e.Children() {
			r.htmlNode(c, p, h)
		}
	}
	switch name := e.Name().Local; {
	case !isHTML(e):
		r.node(e, p)
	case name == "img":
		r.htmlImage(e)
	case name == "a":
		r.htmlLink(e, within)
	case headingLevel(e) > 0:
		r.Element("h"+string("0123456"[h.level(headingLevel(e))]), r.htmlAttrs(e), within)
	case name == "br", name == "hr", name == "wbr", name == "col":
		r.Void(name, r.htmlAttrs(e))
	case isKept(name):
		r.Element(name, r.htmlAttrs(e), within)
	case p.phrase:
		r.Element("span", Attrs{"class", name}, within)
	default:
		r.Element(htmlStandIn(name), Attrs{"class", name}, within)
	}
}

// htmlStandIn is written for elements that books have no use for.
func htmlStandIn(name string) string {
	switch name {
	case "main", "center", "article", "header", "footer", "nav", "details", "summary", "hgroup", "address":
		return "div"
	}
	return "span"
}

func isKept(name string) bool {
	switch name {
	case "p", "div", "section", "aside", "blockquote", "pre", "figure", "figcaption", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "th", "td",
		"em", "strong", "b", "i", "u", "s", "small", "sub", "sup", "code", "kbd", "samp", "var", "q", "cite", "dfn", "abbr",
		"mark", "del", "ins", "span", "ruby", "rt", "rp", "bdi":
		return true
	}
	return false
}

func (r *renderer) htmlAttrs(e *book.Element) Attrs {
	as := Attrs{"id", r.anchor(identity(e)), "class", e.Attr("class"), "title", e.Attr("title"), "lang", LanguageTag(e.Attr("lang"))}
	switch e.Name().Local {
	case "td", "th":
		as = append(as, "colspan", several(positive(e.Attr("colspan"))), "rowspan", several(positive(e.Attr("rowspan"))))
	case "ol":
		as = append(as, "start", pixels(e.Attr("start")))
	}
	return as
}

func positive(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > mostSpan {
			return 1
		}
		n = 10*n + int(c-'0')
	}
	return n
}

func (r *renderer) htmlImage(e *book.Element) {
	d, alt := r.destination(Reference{URL: e.Attr("src")}), e.Attr("alt")
	if d.URL == "" || d.Remote || !Shown(r.set.Medium, d.Type) {
		r.find(e, "the picture %q can't be shown", e.Attr("src"))
		r.Element("span", Attrs{"class", "led image"}, func() { r.Text(first(alt, e.Attr("src"))) })
		return
	}
	r.Void("img", Attrs{"src", d.URL, "alt", alt, "id", r.anchor(identity(e)),
		"width", pixels(e.Attr("width")), "height", pixels(e.Attr("height"))})
}

func (r *renderer) htmlLink(e *book.Element, within func()) {
	href := e.Attr("href")
	url := r.set.leads(r.destination(Reference{URL: href}))
	as := append(r.names(e, e.Attr("class")), "title", e.Attr("title"))
	if url == "" {
		if href != "" && strings.TrimPrefix(href, "#") != "" {
			r.find(e, "the link to %q leads nowhere from here", href)
		}
		r.Element("span", as, within)
		return
	}
	r.Element("a", append(as, "href", url), within)
}
