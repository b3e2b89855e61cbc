package download

import (
	"cmp"
	"maps"
	"strconv"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// numbering is the place of a page in the count.
type numbering struct {
	number  string         // "2.3"
	chapter string         // "2", "A": before the numbers of its figures
	before  map[string]int // figures and the like in the chapter before it
	placed  bool
}

// number counts chapters, modules and what is in them, and returns the table of
// contents.
//
// A chapter is the outermost section that holds a module itself; what is above
// it is a part, and has no number. Chapters count through the whole book, modules
// through their chapter, an introduction aside. Before and after the chapters are
// pages without numbers, but for appendices, which have letters. In a book without
// sections each module is a chapter, a preface aside. A module that is in several
// places has the number of the first.
func number(items []book.Item, pageOf func(*book.ModuleRef) *page) []entry {
	n := numberer{pageOf: pageOf, flat: true}
	for _, it := range items {
		n.flat = n.flat && it.Module != nil
	}
	return n.entries(items, nil)
}

type numberer struct {
	pageOf     func(*book.ModuleRef) *page
	flat       bool
	chapters   int
	appendices int
}

// chapter is the one that is being counted.
type chapter struct {
	number  string
	modules int
	before  map[string]int
}

func (n *numberer) entries(items []book.Item, in *chapter) []entry {
	var es []entry
	for _, it := range items {
		if it.Module != nil {
			p := n.pageOf(it.Module)
			n.place(p, it.Title, in)
			es = append(es, entry{title: cmp.Or(it.Title, p.title), number: p.number, page: p})
			continue
		}
		e, within := entry{title: it.Title}, in
		if in == nil && holdsModule(it) {
			n.chapters++
			e.number = strconv.Itoa(n.chapters)
			within = &chapter{number: e.number, before: make(map[string]int)}
		}
		if e.within = n.entries(it.Items, within); len(e.within) > 0 {
			es = append(es, e)
		}
	}
	return es
}

func holdsModule(section book.Item) bool {
	for _, it := range section.Items {
		if it.Module != nil {
			return true
		}
	}
	return false
}

func (n *numberer) place(p *page, title string, in *chapter) {
	if p.placed {
		return
	}
	p.placed = true
	p.title = cmp.Or(title, p.outline.Title, stem(p.file.Path.Base()))
	switch {
	case in != nil:
		p.chapter, p.before = in.number, maps.Clone(in.before)
		if p.outline.Class != "introduction" {
			in.modules++
			p.number = in.number + "." + strconv.Itoa(in.modules)
		}
		for kind, count := range p.outline.Counts {
			if kind != xhtml.Exercise {
				in.before[kind] += count
			}
		}
	case p.outline.Class == "appendix" && n.appendices < 26:
		p.number = string(rune('A' + n.appendices))
		p.chapter = p.number
		n.appendices++
	case n.flat && p.outline.Class != "preface":
		n.chapters++
		p.number = strconv.Itoa(n.chapters)
		p.chapter = p.number
	}
}
