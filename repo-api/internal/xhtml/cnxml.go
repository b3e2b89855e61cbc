package xhtml

import (
	"strings"

	"rhapsode/repo-api/internal/book"
)

// node writes one child of something.
func (r *renderer) node(e *book.Element, p place) {
	switch {
	case e.IsText():
		r.Text(e.Text())
	case isMath(e):
		r.math(e)
	case isHTML(e):
		r.html(e, p)
	case isCNXML(e):
		r.cnxml(e, p)
	default:
		r.unknown(e, p)
	}
}

func (r *renderer) children(e *book.Element, p place) {
	for _, c := range e.Children() {
		r.node(c, p)
	}
}

// cnxml writes an element of CNXML 0.5 to 0.8.
func (r *renderer) cnxml(e *book.Element, p place) {
	switch name := e.Name().Local; name {
	// The frame.
	case "content":
		r.flow(e.Children(), p, "p")
	case "section":
		r.section(e, p)
	case "glossary":
		r.glossary(e, p)
	case "div":
		r.box(e, p, "")

	// Blocks.
	case "para":
		r.para(e, p)
	case "note", "important", "aside":
		r.box(e, p, "")
	case "example":
		r.box(e, p, r.label(e, Example))
	case "exercise":
		r.box(e, p.cell(), r.label(e, Exercise))
	case "problem", "commentary", "statement", "hint":
		r.box(e, p.cell(), r.label(e, ""))
	case "solution":
		r.box(e, p.cell(), r.label(e, r.words.solution))
	case "rule":
		r.box(e, p, r.label(e, r.census.kindOf(e)))
	case "proof":
		r.box(e, p, r.label(e, r.words.proof))
	case "equation":
		r.equation(e, p)
	case "figure", "subfigure":
		r.figure(e, p)
	case "table":
		r.table(e, p)
	case "list":
		r.list(e, p)
	case "definition":
		r.definition(e, p)
	case "quote":
		r.quote(e, p)
	case "code", "codeline", "codeblock", "preformat":
		r.code(e, p)
	case "media":
		r.media(e, p)
	case "image", "audio", "video", "iframe", "flash", "java-applet", "labview", "object", "download":
		r.show(e, e.Attr("alt"), p)

	// Running text.
	case "link", "cnxn":
		r.link(e, p)
	case "term":
		r.term(e, p)
	case "emphasis":
		r.emphasis(e, p)
	case "foreign":
		r.linking(e, p, "i", Attrs{"class", "foreign", "lang", LanguageTag(e.AttrNS(nsXML, "lang"))})
	case "cite":
		r.linking(e, p, "cite", nil)
	case "cite-title":
		r.inline(e, p, "cite", Attrs{"class", "title"})
	case "sub", "sup":
		r.inline(e, p, name, nil)
	case "span":
		r.inline(e, p, "span", nil)
	case "footnote":
		r.footnote(e)
	case "newline":
		r.newline(e, p)
	case "space":
		r.space(e)

	// What belongs to something and stands alone.
	case "title", "name":
		r.heading(e, "", p)
	case "label":
		r.inline(e, p, "span", Attrs{"class", "label"})
	case "caption", "meaning", "seealso", "item", "text":
		r.box(e, p, "")
	case "param":
	default:
		r.unknown(e, p)
	}
}

// unknown writes what stands in an element that has no form of its own: tests of
// QML, entries of bibliographies, and what nobody here knows.
func (r *renderer) unknown(e *book.Element, p place) {
	if !inSpace(e, nsQML) && !inSpace(e, nsBib) {
		r.find(e, "<%s> is not known here: only what it holds is shown", e.Name().Local)
	}
	if p.phrase || isRunning(e) {
		r.inline(e, p, "span", Attrs{"class", e.Name().Local})
		return
	}
	r.Element("div", Attrs{"class", classes(e.Name().Local, e.Attr("class")), "id", r.anchor(identity(e))}, func() {
		r.flow(e.Children(), p, "p")
	})
}

// isRunning says whether e is part of running text, as far as that shows.
func isRunning(e *book.Element) bool {
	for _, c := range e.Children() {
		if c.IsText() && !isBlank(c) {
			return true
		}
	}
	return len(e.Children()) == 0
}

// flow writes nodes where blocks may come; what runs between them is wrapped
// into elements called wrap, if that is not empty.
func (r *renderer) flow(nodes []*book.Element, p place, wrap string) {
	if p.phrase {
		wrap = ""
	}
	for len(nodes) > 0 {
		n := 0
		for n < len(nodes) && !isBlock(nodes[n]) {
			n++
		}
		r.run(nodes[:n], p, wrap)
		nodes = nodes[n:]
		if len(nodes) > 0 {
			r.node(nodes[0], p)
			nodes = nodes[1:]
		}
	}
}

// run writes nodes that are no blocks.
func (r *renderer) run(nodes []*book.Element, p place, wrap string) {
	blank, alone := true, wrap != "" // nothing, or nothing but code
	for _, n := range nodes {
		blank = blank && isBlank(n)
		alone = alone && (isBlank(n) || isCNXML(n) && n.Name().Local == "code")
	}
	in := p.running()
	if alone {
		wrap, in = "", p
	}
	write := func() {
		for _, n := range nodes {
			r.node(n, in)
		}
	}
	if wrap == "" || blank {
		write()
		return
	}
	r.Element(wrap, nil, write)
}

// isBlock says whether e can't stand in running text.
func isBlock(e *book.Element) bool {
	if e.IsText() || isMath(e) || isHTML(e) {
		return false
	}
	inline := e.Attr("display") == "inline" || e.Attr("type") == "inline"
	if !isCNXML(e) {
		return !isRunning(e)
	}
	switch e.Name().Local {
	case "content", "section", "glossary", "div", "para", "example", "exercise", "problem", "commentary",
		"statement", "solution", "hint", "rule", "proof", "equation", "figure", "subfigure", "table",
		"definition", "codeblock", "title", "name", "caption", "meaning", "seealso", "item", "important", "aside":
		return true
	case "note", "list", "quote", "preformat":
		return !inline
	case "code":
		return e.Attr("display") == "block" || e.Attr("type") == "block" ||
			!inline && strings.Contains(strings.TrimSpace(textIn(e)), "\n")
	case "media":
		return e.Attr("display") != "inline"
	case "link", "cnxn", "term", "emphasis", "foreign", "cite", "cite-title", "sub", "sup", "span", "footnote",
		"newline", "space", "label", "text", "param", "codeline",
		"image", "audio", "video", "iframe", "flash", "java-applet", "labview", "object", "download":
		return false
	}
	return !isRunning(e)
}

// rest are the children of e without those that its heading shows.
func rest(e *book.Element, but ...string) []*book.Element {
	but = append(but, "title", "name", "label")
	var nodes []*book.Element
	for _, c := range e.Children() {
		shown := false
		for _, name := range but {
			shown = shown || c.Name().Local == name && isCNXML(c)
		}
		if !shown {
			nodes = append(nodes, c)
		}
	}
	return nodes
}

func (r *renderer) section(e *book.Element, p place) {
	if p.phrase || p.bare {
		r.box(e, p, "")
		return
	}
	r.Element("section", r.names(e, e.Attr("class")), func() {
		r.flow(rest(e), r.heading(e, r.label(e, ""), p), "p")
	})
}

// box writes an element that is set apart, under its title.
func (r *renderer) box(e *book.Element, p place, label string) {
	as := r.names(e, e.Name().Local, e.Attr("class"), boxType(e))
	if e.Name().Local == "note" {
		as = append(as, "role", "note")
	}
	tag := "div"
	if p.phrase {
		tag = "span"
	}
	r.Element(tag, as, func() {
		r.flow(rest(e), r.heading(e, first(label, r.label(e, "")), p), "p")
	})
}

// boxType is what kind of note or rule it is: a warning, a tip, a theorem.
func boxType(e *book.Element) string {
	if t := e.Attr("type"); t != "inline" && t != "block" {
		return t
	}
	return ""
}

// names are the attributes by which an element is found.
func (r *renderer) names(e *book.Element, class ...string) Attrs {
	return Attrs{"class", classes(class...), "id", r.anchor(identity(e))}
}

// heading writes the title of e, behind a label, and returns the place under it.
func (r *renderer) heading(e *book.Element, label string, p place) place {
	title := child(e, "title", "name")
	if e.Name().Local == "title" || e.Name().Local == "name" {
		title = e
	}
	if title != nil && strings.TrimSpace(title.AllText()) == "" && len(rest(title)) < 2 {
		title = nil
	}
	if title == nil && label == "" {
		return p
	}
	tag, under := "p", p
	switch {
	case p.phrase:
		tag = "strong"
	case !p.bare:
		under = p.deeper()
		tag = "h" + string("0123456"[min(under.level, 6)])
	}
	as := Attrs{"class", "title"}
	if title != nil {
		as = append(as, "id", r.anchor(identity(title)))
	}
	r.Element(tag, as, func() { r.caption(label, title, p) })
	return under
}

// caption writes a label and a title beside each other.
func (r *renderer) caption(label string, title *book.Element, p place) {
	if label != "" {
		r.Element("span", Attrs{"class", "label"}, func() { r.Text(label) })
	}
	if title != nil {
		if label != "" {
			r.Text(" ")
		}
		r.children(title, p.running())
	}
}

// label is what e goes by: its own label, or the word for what it is, and its number.
func (r *renderer) label(e *book.Element, kind string) string {
	word := ""
	if kind != "" {
		word = r.words.kind(kind)
	}
	if own := child(e, "label"); own != nil && isCNXML(own) {
		word = own.AllText()
	}
	n := r.census.ordinals[e]
	if n == 0 {
		if _, numbered := r.words.kinds[kind]; numbered && child(e, "label") == nil {
			return ""
		}
		return word
	}
	return strings.TrimSpace(word + " " + r.set.numberOf(r.census.kindOf(e), n))
}

// kindOf is what e was counted as.
func (c *census) kindOf(e *book.Element) string {
	if kind := countedAs(e, nil); kind != "" {
		return kind
	}
	return e.Name().Local
}
