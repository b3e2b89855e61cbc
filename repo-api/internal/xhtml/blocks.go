package xhtml

import (
	"strings"

	"rhapsode/repo-api/internal/book"
)

// para writes a paragraph. HTML's can't hold blocks: one that does becomes a
// div of paragraphs and blocks.
func (r *renderer) para(e *book.Element, p place) {
	nodes := rest(e)
	title := child(e, "title", "name")
	runIn := func() {
		if title != nil {
			r.Element("strong", Attrs{"class", "title"}, func() { r.children(title, p.running()) })
			r.Text(" ")
		}
	}
	blocks := false
	for _, n := range nodes {
		blocks = blocks || isBlock(n)
	}
	switch {
	case p.phrase:
		r.Element("span", r.names(e, "para", e.Attr("class")), func() {
			runIn()
			r.flow(nodes, p, "")
		})
	case blocks:
		r.Element("div", r.names(e, "para", e.Attr("class")), func() {
			if title != nil {
				r.Element("p", nil, runIn)
			}
			r.flow(nodes, p, "p")
		})
	default:
		r.Element("p", r.names(e, e.Attr("class")), func() {
			runIn()
			r.flow(nodes, p.running(), "")
		})
	}
}

func (r *renderer) equation(e *book.Element, p place) {
	tag := "div"
	if p.phrase {
		tag = "span"
	}
	r.Element(tag, r.names(e, "equation", e.Attr("class")), func() {
		under := r.heading(e, "", p)
		r.flow(rest(e), under.running(), "")
		if n := r.census.ordinals[e]; n > 0 {
			r.Text(" ")
			r.Element("span", Attrs{"class", "number"}, func() { r.Text("(" + r.set.numberOf(Equation, n) + ")") })
		}
	})
}

func (r *renderer) figure(e *book.Element, p place) {
	if p.phrase {
		r.box(e, p, r.label(e, Figure))
		return
	}
	r.Element("figure", r.names(e, e.Attr("class"), e.Attr("orient")), func() {
		r.flow(rest(e, "caption"), p, "p")
		r.figcaption(e, r.label(e, Figure), p)
	})
}

func (r *renderer) figcaption(e *book.Element, label string, p place) {
	title, caption := child(e, "title", "name"), child(e, "caption")
	if label == "" && title == nil && caption == nil {
		return
	}
	r.Element("figcaption", nil, func() { r.describe(label, title, caption, p) })
}

// describe writes what goes by a figure or a table: label, title and caption.
func (r *renderer) describe(label string, title, caption *book.Element, p place) {
	if label != "" || title != nil {
		r.Element("strong", Attrs{"class", "title"}, func() { r.caption(label, title, p) })
		r.Text(" ")
	}
	if caption != nil {
		if id := r.anchor(identity(caption)); id != "" {
			r.Element("span", Attrs{"id", id}, nil)
		}
		r.flow(caption.Children(), p.cell(), "")
	}
}

// definition stands alone; in a glossary several are one list.
func (r *renderer) definition(e *book.Element, p place) {
	if p.phrase {
		r.box(e, p, "")
		return
	}
	r.Element("dl", Attrs{"class", "definition"}, func() { r.entry(e, p) })
}

func (r *renderer) glossary(e *book.Element, p place) {
	if p.phrase || p.bare {
		r.box(e, p, "")
		return
	}
	r.Element("section", append(r.names(e, "glossary", e.Attr("class")), "role", "doc-glossary"), func() {
		label := r.words.glossary
		if child(e, "title", "name") != nil {
			label = ""
		}
		under := r.heading(e, label, p)
		entries := rest(e)
		for len(entries) > 0 {
			n := 0
			for n < len(entries) && (isBlank(entries[n]) || entries[n].Name().Local == "definition") {
				n++
			}
			if n > 0 {
				r.entries(entries[:n], under)
				entries = entries[n:]
				continue
			}
			r.flow(entries[:1], under, "p")
			entries = entries[1:]
		}
	})
}

func (r *renderer) entries(definitions []*book.Element, p place) {
	any := false
	for _, d := range definitions {
		any = any || !d.IsText()
	}
	if !any {
		return
	}
	r.Element("dl", nil, func() {
		for _, d := range definitions {
			if !d.IsText() {
				r.entry(d, p)
			}
		}
	})
}

// entry writes a term and its meanings.
func (r *renderer) entry(e *book.Element, p place) {
	term := child(e, "term")
	r.Element("dt", r.names(e, e.Attr("class")), func() {
		if title := child(e, "title", "name", "label"); title != nil {
			r.children(title, p.running().cell())
			r.Text(" ")
		}
		if term != nil {
			r.node(term, p.running().cell())
		}
	})
	said := false
	for _, c := range rest(e) {
		if c == term || isBlank(c) {
			continue
		}
		said = true
		r.Element("dd", r.names(c, c.Name().Local), func() {
			switch {
			case c.IsText():
				r.Text(c.Text())
			case c.Name().Local == "seealso":
				r.Element("span", Attrs{"class", "label"}, func() { r.Text(r.words.seeAlso) })
				r.Text(" ")
				r.flow(c.Children(), p.cell(), "")
			case c.Name().Local == "meaning":
				r.flow(c.Children(), p.cell(), "")
			default:
				r.node(c, p.cell())
			}
		})
	}
	if !said {
		r.Element("dd", nil, nil)
	}
}

func (r *renderer) quote(e *book.Element, p place) {
	inline := p.phrase || !isBlock(e)
	if inline {
		r.linking(e, p, "q", nil)
		return
	}
	r.Element("blockquote", r.names(e, e.Attr("class")), func() {
		under := r.heading(e, r.label(e, ""), p.cell())
		r.flow(rest(e), under, "p")
		d := r.destination(linkOf(e))
		if url := r.set.leads(d); url != "" {
			r.Element("p", Attrs{"class", "source"}, func() {
				r.Element("a", Attrs{"href", url}, func() { r.Text(first(d.Label, url)) })
			})
		}
	})
}

// code writes code and other text whose lines matter: as a block, or within a line.
func (r *renderer) code(e *book.Element, p place) {
	titled := child(e, "title", "name", "label") != nil
	block := !p.phrase && e.Attr("display") != "inline" && e.Attr("type") != "inline"
	switch {
	case block:
		if titled {
			r.heading(e, r.label(e, ""), p.cell())
		}
		r.Element("pre", r.names(e, e.Attr("class")), func() {
			if e.Name().Local == "preformat" {
				r.lines(rest(e), p.running())
				return
			}
			r.Element("code", Attrs{"class", languageClass(e)}, func() { r.lines(rest(e), p.running()) })
		})
	case titled:
		r.Element("span", nil, func() {
			r.heading(e, r.label(e, ""), p.running())
			r.Text(" ")
			r.codeInLine(e, p)
		})
	default:
		r.codeInLine(e, p)
	}
}

func (r *renderer) codeInLine(e *book.Element, p place) {
	tag := "code"
	if e.Name().Local == "preformat" {
		tag = "span"
	}
	r.Element(tag, r.names(e, e.Attr("class"), languageClass(e)), func() { r.lines(rest(e), p.running()) })
}

func languageClass(e *book.Element) string {
	if lang := e.Attr("lang"); lang != "" {
		return "language-" + strings.Join(strings.Fields(lang), "-")
	}
	return ""
}

// lines writes code without the line ends around it and without the indentation
// that all its lines share: both come from how the document was laid out.
func (r *renderer) lines(nodes []*book.Element, p place) {
	if len(nodes) != 1 || !nodes[0].IsText() {
		for _, n := range nodes {
			r.node(n, p)
		}
		return
	}
	lines := strings.Split(strings.TrimRight(nodes[0].Text(), " \t\r\n"), "\n")
	if len(lines) > 1 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	shared := sharedIndent(lines)
	for i, l := range lines {
		if i > 0 {
			r.Text("\n")
		}
		r.Text(strings.TrimPrefix(l, shared))
	}
}

// sharedIndent is the white space that every line begins with, blank ones aside.
func sharedIndent(lines []string) string {
	shared, seen := "", false
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		indent := l[:len(l)-len(strings.TrimLeft(l, " \t"))]
		if !seen {
			shared, seen = indent, true
			continue
		}
		for !strings.HasPrefix(indent, shared) {
			shared = shared[:len(shared)-1]
		}
	}
	return shared
}
