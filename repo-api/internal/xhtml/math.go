package xhtml

import (
	"regexp"
	"slices"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// math writes MathML as readers understand it: its presentation, without
// attributes that no reader accepts, and with as many arguments as each element
// must have. What says only what is meant is put into signs first (meaning.go).
func (r *renderer) math(e *book.Element) {
	if e.Name().Local != "math" {
		r.Element("math", Attrs{"xmlns", nsMath}, func() { r.mathNode(e) })
		r.page.Math = true
		return
	}
	display := e.Attr("display")
	if e.Attr("mode") == "display" {
		display = "block"
	}
	if display != "block" {
		display = ""
	}
	r.page.Math = true
	as := Attrs{"xmlns", nsMath, "display", display, "alttext", e.Attr("alttext"), "id", r.anchor(identity(e))}
	r.Element("math", as, func() { r.mathRow(e.Children()) })
}

// mathRow writes what stands side by side.
func (r *renderer) mathRow(nodes []*book.Element) {
	for _, n := range nodes {
		if !isBlank(n) {
			r.mathNode(n)
		}
	}
}

func (r *renderer) mathNode(e *book.Element) {
	if e.IsText() {
		r.Element("mtext", nil, func() { r.Text(strings.TrimSpace(e.Text())) })
		return
	}
	switch name := e.Name().Local; {
	case !isMath(e):
		r.Element("mtext", nil, func() { r.Text(e.AllText()) })
	case isToken(name):
		r.Element(name, r.mathAttrs(e), func() { r.Text(e.AllText()) })
	case name == "mspace":
		r.Element("mspace", r.mathAttrs(e), nil)
	case arity(name) > 0:
		r.mathArguments(e, arity(name))
	case isRow(name):
		r.Element(name, r.mathAttrs(e), func() { r.mathRow(e.Children()) })
	case name == "mmultiscripts":
		r.Element(name, r.mathAttrs(e), func() { r.mathRow(e.Children()) })
	case name == "mprescripts", name == "none":
		r.Element(name, nil, nil)
	case name == "mfenced":
		r.fenced(e)
	case name == "mtable":
		r.Element(name, r.mathAttrs(e), func() { r.mathRows(e) })
	case name == "semantics", name == "maction":
		if kids := elements(e); len(kids) > 0 {
			r.mathNode(kids[0])
		}
	case name == "annotation", name == "annotation-xml", name == "maligngroup", name == "malignmark":
	default:
		r.meaning(e)
	}
}

func isToken(name string) bool {
	switch name {
	case "mi", "mn", "mo", "mtext", "ms":
		return true
	}
	return false
}

func isRow(name string) bool {
	switch name {
	case "mrow", "mstyle", "mpadded", "mphantom", "menclose", "msqrt", "merror":
		return true
	}
	return false
}

// arity is how many arguments an element must have, 0 if any number will do.
func arity(name string) int {
	switch name {
	case "mfrac", "mroot", "msub", "msup", "munder", "mover":
		return 2
	case "msubsup", "munderover":
		return 3
	}
	return 0
}

// mathArguments writes exactly n arguments: what is missing is empty, and what
// is too much goes with the last.
func (r *renderer) mathArguments(e *book.Element, n int) {
	args := slices.DeleteFunc(slices.Clone(e.Children()), isBlank)
	r.Element(e.Name().Local, r.mathAttrs(e), func() {
		for i := range n {
			switch {
			case i >= len(args):
				r.Element("mrow", nil, nil)
			case i == n-1 && len(args) > n:
				r.Element("mrow", nil, func() { r.mathRow(args[i:]) })
			default:
				r.mathArgument(args[i])
			}
		}
	})
}

// mathArgument writes one node as one node, also where only what is in it shows.
func (r *renderer) mathArgument(e *book.Element) {
	switch e.Name().Local {
	case "semantics", "maction", "annotation", "annotation-xml", "maligngroup", "malignmark":
		r.Element("mrow", nil, func() { r.mathNode(e) })
	default:
		r.mathNode(e)
	}
}

// fenced writes <mfenced>, which newer readers have given up, as what it stands for.
func (r *renderer) fenced(e *book.Element) {
	fence := func(name, usual string) {
		sign := usual
		for _, a := range e.Attrs() {
			if a.Name.Local == name {
				sign = strings.TrimSpace(a.Value)
			}
		}
		if sign != "" {
			r.Element("mo", Attrs{"fence", "true"}, func() { r.Text(sign) })
		}
	}
	separators := []rune{','}
	for _, a := range e.Attrs() {
		if a.Name.Local == "separators" {
			separators = []rune(strings.Join(strings.Fields(a.Value), ""))
		}
	}
	r.Element("mrow", nil, func() {
		fence("open", "(")
		n := 0
		for _, c := range e.Children() {
			if isBlank(c) {
				continue
			}
			if n > 0 && len(separators) > 0 {
				r.Element("mo", Attrs{"separator", "true"}, func() { r.Text(string(separators[min(n, len(separators))-1])) })
			}
			n++
			r.mathNode(c)
		}
		fence("close", ")")
	})
}

// mathRows writes the rows of a table, and makes rows and cells of what is neither.
func (r *renderer) mathRows(table *book.Element) {
	for _, row := range table.Children() {
		switch {
		case isBlank(row):
		case row.Name().Local == "mtr", row.Name().Local == "mlabeledtr":
			r.Element("mtr", r.mathAttrs(row), func() {
				for _, cell := range row.Children() {
					r.mathCell(cell)
				}
			})
		default:
			r.Element("mtr", nil, func() { r.mathCell(row) })
		}
	}
}

func (r *renderer) mathCell(e *book.Element) {
	switch {
	case isBlank(e):
	case e.Name().Local == "mtd":
		r.Element("mtd", r.mathAttrs(e), func() { r.mathRow(e.Children()) })
	default:
		r.Element("mtd", nil, func() { r.mathNode(e) })
	}
}

func elements(e *book.Element) []*book.Element {
	var es []*book.Element
	for _, c := range e.Children() {
		if !c.IsText() {
			es = append(es, c)
		}
	}
	return es
}

// The forms of the values that attributes of MathML take.
var (
	mathLength  = regexp.MustCompile(`^-?(\d+(\.\d*)?|\.\d+)(em|ex|px|in|cm|mm|pt|pc|%)$|^0$`)
	mathColour  = regexp.MustCompile(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$|^[a-z]+$`)
	mathAlign   = regexp.MustCompile(`^(left|center|right)( (left|center|right))*$`)
	mathTruth   = regexp.MustCompile(`^(true|false)$`)
	mathVariant = regexp.MustCompile(`^(normal|bold|italic|bold-italic|double-struck|bold-fraktur|script|bold-script|fraktur|sans-serif|bold-sans-serif|sans-serif-italic|sans-serif-bold-italic|monospace)$`)
	mathForm    = regexp.MustCompile(`^(prefix|infix|postfix)$`)
	mathCount   = regexp.MustCompile(`^[1-9]\d{0,2}$`)
	mathLines   = regexp.MustCompile(`^(none|solid|dashed)( (none|solid|dashed))*$`)
	mathFrame   = regexp.MustCompile(`^(none|solid|dashed)$`)
	mathRowSide = regexp.MustCompile(`^(top|bottom|center|baseline|axis)( (top|bottom|center|baseline|axis))*$`)
	mathNotes   = regexp.MustCompile(`^(longdiv|actuarial|radical|box|roundedbox|circle|left|right|top|bottom|updiagonalstrike|downdiagonalstrike|verticalstrike|horizontalstrike|madruwb)( (longdiv|actuarial|radical|box|roundedbox|circle|left|right|top|bottom|updiagonalstrike|downdiagonalstrike|verticalstrike|horizontalstrike|madruwb))*$`)
	mathLevel   = regexp.MustCompile(`^[+-]?\d$`)
)

// mathForms returns the attributes that an element may have, by the form of their values.
func mathForms(name, attr string) *regexp.Regexp {
	switch attr {
	case "mathvariant":
		if isToken(name) {
			return mathVariant
		}
	case "mathcolor", "mathbackground":
		if isToken(name) || name == "mstyle" {
			return mathColour
		}
	case "stretchy", "fence", "separator", "symmetric", "largeop", "movablelimits":
		if name == "mo" {
			return mathTruth
		}
	case "form":
		if name == "mo" {
			return mathForm
		}
	case "lspace", "rspace", "minsize", "maxsize":
		if name == "mo" {
			return mathLength
		}
	case "accent", "accentunder":
		if name == "mover" && attr == "accent" || name == "munder" && attr == "accentunder" || name == "munderover" {
			return mathTruth
		}
	case "width", "height", "depth":
		if name == "mspace" {
			return mathLength
		}
	case "linethickness":
		if name == "mfrac" {
			return mathLength
		}
	case "displaystyle":
		if name == "mstyle" || name == "mtable" {
			return mathTruth
		}
	case "scriptlevel":
		if name == "mstyle" {
			return mathLevel
		}
	case "columnalign":
		if name == "mtable" || name == "mtr" {
			return mathAlign
		}
	case "rowalign":
		if name == "mtable" {
			return mathRowSide
		}
	case "columnlines", "rowlines":
		if name == "mtable" {
			return mathLines
		}
	case "frame":
		if name == "mtable" {
			return mathFrame
		}
	case "columnspan", "rowspan":
		if name == "mtd" {
			return mathCount
		}
	case "notation":
		if name == "menclose" {
			return mathNotes
		}
	}
	return nil
}

func (r *renderer) mathAttrs(e *book.Element) Attrs {
	as := Attrs{"id", r.anchor(identity(e))}
	for _, a := range e.Attrs() {
		value := strings.TrimSpace(a.Value)
		if form := mathForms(e.Name().Local, a.Name.Local); a.Name.Space == "" && form != nil && form.MatchString(value) {
			as = append(as, a.Name.Local, value)
		}
	}
	return as
}
