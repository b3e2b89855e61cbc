package xhtml

import (
	"strconv"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// list writes a list of any dialect: list-type of late CNXML, type of early.
func (r *renderer) list(e *book.Element, p place) {
	if p.phrase || !isBlock(e) {
		r.listInLine(e, p)
		return
	}
	under := p
	if child(e, "title", "name") != nil {
		r.Element("div", Attrs{"class", "list"}, func() {
			under = r.heading(e, "", p.cell())
			r.items(e, under)
		})
		return
	}
	r.items(e, under)
}

func (r *renderer) items(e *book.Element, p place) {
	tag, as := listTag(e)
	r.Element(tag, append(as, "id", r.anchor(identity(e))), func() {
		for _, c := range rest(e) {
			switch {
			case isBlank(c):
			case c.Name().Local == "item":
				r.item(c, p)
			default:
				r.Element("li", nil, func() { r.flow([]*book.Element{c}, p, "") })
			}
		}
	})
}

// listTag returns the element for a list, and how its items are marked.
func listTag(e *book.Element) (string, Attrs) {
	kind := first(e.Attr("list-type"), e.Attr("type"))
	if kind != "enumerated" {
		marks := ""
		if style := e.Attr("bullet-style"); style == "none" || style == "open-circle" {
			marks = "bullet-" + style
		}
		if kind == "labeled-item" || kind == "named-item" {
			marks = "labeled"
		}
		return "ul", Attrs{"class", classes(e.Attr("class"), marks)}
	}
	as := Attrs{"class", e.Attr("class")}
	switch e.Attr("number-style") {
	case "lower-alpha":
		as = append(as, "type", "a")
	case "upper-alpha":
		as = append(as, "type", "A")
	case "lower-roman":
		as = append(as, "type", "i")
	case "upper-roman":
		as = append(as, "type", "I")
	}
	if n, err := strconv.Atoi(e.Attr("start-value")); err == nil && n != 1 {
		as = append(as, "start", strconv.Itoa(n))
	}
	return "ol", as
}

func (r *renderer) item(e *book.Element, p place) {
	r.Element("li", r.names(e, e.Attr("class")), func() {
		r.itemTitle(e, p)
		r.flow(rest(e), p, "")
	})
}

func (r *renderer) itemTitle(e *book.Element, p place) {
	for _, name := range [...]string{"label", "title", "name"} {
		if t := child(e, name); t != nil {
			r.Element("strong", Attrs{"class", "label"}, func() { r.children(t, p.running()) })
			r.Text(" ")
		}
	}
}

// listInLine writes a list as a part of a sentence.
func (r *renderer) listInLine(e *book.Element, p place) {
	separator := first(e.Attr("item-sep"), ";")
	p = p.running()
	r.Element("span", r.names(e, "list", e.Attr("class")), func() {
		r.heading(e, "", p)
		n := 0
		for _, c := range rest(e) {
			if c.Name().Local != "item" {
				r.node(c, p)
				continue
			}
			if n++; n > 1 {
				r.Text(strings.TrimRight(separator, " ") + " ")
			}
			r.Element("span", r.names(c, "item", c.Attr("class")), func() {
				r.itemTitle(c, p)
				r.flow(rest(c), p, "")
			})
		}
	})
}
