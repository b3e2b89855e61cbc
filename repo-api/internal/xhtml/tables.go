package xhtml

import (
	"strconv"

	"rhapsode/repo-api/internal/book"
)

// table writes a CALS table. One of several groups becomes as many tables, for
// each may have columns and a head of its own.
func (r *renderer) table(e *book.Element, p place) {
	if p.phrase {
		r.box(e, p, r.label(e, Table))
		return
	}
	r.Element("div", r.names(e, "table", e.Attr("class")), func() {
		described := false
		for _, c := range rest(e, "caption") {
			if c.Name().Local == "tgroup" {
				r.group(e, c, p, !described)
				described = true
				continue
			}
			r.flow([]*book.Element{c}, p, "p")
		}
		if !described {
			r.Element("p", nil, func() { r.tableCaption(e, p.running()) })
		}
	})
}

// tableCaption writes what goes by a table, and says whether there is anything.
func (r *renderer) tableCaption(e *book.Element, p place) {
	r.describe(r.label(e, Table), child(e, "title", "name"), child(e, "caption"), p)
}

func (r *renderer) group(table, e *book.Element, p place, describe bool) {
	as := Attrs{"class", classes(e.Attr("class")), "id", r.anchor(identity(e))}
	if describe {
		as = append(as, "aria-label", table.Attr("summary"))
	}
	r.Element("table", as, func() {
		if describe && (r.label(table, Table) != "" || child(table, "title", "name", "caption") != nil) {
			r.Element("caption", nil, func() { r.tableCaption(table, p) })
		}
		firstHead := table.Attr("rowheader") == "firstcol"
		cols := columnsOf(e, columns{})
		var stray []*book.Element
		// HTML wants the foot last; CALS has it before the body.
		for _, part := range [...]string{"thead", "tbody", "tfoot"} {
			for _, c := range e.Children() {
				if c.Name().Local == part {
					r.Element(part, r.names(c, c.Attr("class")), func() { r.rows(c, cols, p, firstHead) })
				}
			}
		}
		for _, c := range e.Children() {
			switch c.Name().Local {
			case "thead", "tbody", "tfoot", "colspec", "spanspec":
			default:
				if !isBlank(c) {
					stray = append(stray, c)
				}
			}
		}
		r.stray(stray, p)
	})
}

// stray keeps what stands in a table without being a part of one.
func (r *renderer) stray(nodes []*book.Element, p place) {
	for _, n := range nodes {
		r.find(n, "<%s> has no place in a table", n.Name().Local)
		r.Element("tbody", nil, func() {
			r.Element("tr", nil, func() {
				r.Element("td", nil, func() { r.flow([]*book.Element{n}, p.cell(), "") })
			})
		})
	}
}

func (r *renderer) rows(e *book.Element, above columns, p place, firstHead bool) {
	cols := columnsOf(e, above)
	head := e.Name().Local == "thead"
	for _, c := range e.Children() {
		switch {
		case isBlank(c), c.Name().Local == "colspec":
		case c.Name().Local == "row":
			r.Element("tr", r.names(c, c.Attr("class")), func() { r.cells(c, cols, p, head, firstHead) })
		default:
			r.find(c, "<%s> has no place between rows", c.Name().Local)
			r.Element("tr", nil, func() {
				r.Element("td", nil, func() { r.flow([]*book.Element{c}, p.cell(), "") })
			})
		}
	}
}

func (r *renderer) cells(row *book.Element, cols columns, p place, head, firstHead bool) {
	n := 0
	for _, c := range row.Children() {
		if isBlank(c) {
			continue
		}
		tag, scope := "td", ""
		switch {
		case head:
			tag, scope = "th", "col"
		case firstHead && n == 0:
			tag, scope = "th", "row"
		}
		n++
		if c.Name().Local != "entry" && c.Name().Local != "entrytbl" {
			r.find(c, "<%s> has no place between the cells of a row", c.Name().Local)
			r.Element(tag, nil, func() { r.flow([]*book.Element{c}, p.cell(), "") })
			continue
		}
		across, down := cols.span(c), spanDown(c)
		as := Attrs{"class", classes(c.Attr("class"), alignment(c)), "id", r.anchor(identity(c)),
			"scope", scope, "colspan", several(across), "rowspan", several(down)}
		r.Element(tag, as, func() {
			if c.Name().Local == "entrytbl" {
				r.group(c, c, p.cell(), false)
				return
			}
			r.flow(c.Children(), p.cell(), "")
		})
	}
	if n == 0 {
		r.Element("td", nil, nil)
	}
}

// mostSpan is as far as HTML lets a cell reach.
const mostSpan = 1000

func spanDown(entry *book.Element) int {
	n, err := strconv.Atoi(entry.Attr("morerows"))
	if err != nil {
		return 1
	}
	return max(1, min(n+1, mostSpan))
}

func several(n int) string {
	if n <= 1 {
		return ""
	}
	return strconv.Itoa(n)
}

func alignment(entry *book.Element) string {
	switch a := entry.Attr("align"); a {
	case "left", "center", "right", "justify":
		return "align-" + a
	}
	return ""
}

// columns are the numbers of named columns, and spans from one to another.
type columns struct {
	number map[string]int
	spans  map[string][2]string
}

// columnsOf reads what a group, or a part of one, says of its columns.
func columnsOf(e *book.Element, above columns) columns {
	c := columns{make(map[string]int), make(map[string][2]string)}
	last := 0
	for _, s := range e.Children() {
		switch s.Name().Local {
		case "colspec":
			last++
			if n, err := strconv.Atoi(s.Attr("colnum")); err == nil {
				last = n
			}
			c.number[s.Attr("colname")] = last
		case "spanspec":
			c.spans[s.Attr("spanname")] = [2]string{s.Attr("namest"), s.Attr("nameend")}
		}
	}
	if last == 0 && len(c.spans) == 0 {
		return above
	}
	return c
}

// span is over how many columns an entry reaches. Columns without a colspec are
// named c1, c2, … by habit.
func (c columns) span(entry *book.Element) int {
	from, to := entry.Attr("namest"), entry.Attr("nameend")
	if s, ok := c.spans[entry.Attr("spanname")]; ok {
		from, to = s[0], s[1]
	}
	a, okA := c.at(from)
	b, okB := c.at(to)
	if !okA || !okB {
		return 1
	}
	return max(1, min(b-a+1, mostSpan))
}

func (c columns) at(name string) (int, bool) {
	if n, ok := c.number[name]; ok {
		return n, true
	}
	if len(name) > 1 && name[0] == 'c' {
		n, err := strconv.Atoi(name[1:])
		return n, err == nil
	}
	return 0, false
}
