package xhtml

import (
	"strings"

	"rhapsode/repo-api/internal/book"
)

// meaning writes content MathML, which says what is meant and not how it looks,
// in the usual signs. An operator without a sign of its own is written as a
// function by its name. It writes one node, so that it can be an argument.
func (r *renderer) meaning(e *book.Element) {
	kids := elements(e)
	switch name := e.Name().Local; name {
	case "ci":
		r.identifier(e)
	case "cn":
		r.number(e)
	case "csymbol":
		r.Element("mi", nil, func() { r.Text(e.AllText()) })
	case "apply", "reln":
		r.apply(kids)
	case "vector", "list", "set", "interval":
		open, shut := brackets(name, e.Attr("closure"))
		r.bracketed(open, shut, func() { r.joined(kids, ",") })
	case "matrix":
		r.bracketed("(", ")", func() { r.matrix(kids) })
	case "piecewise":
		r.piecewise(kids)
	case "bvar", "condition", "domainofapplication", "lowlimit", "uplimit", "degree", "logbase", "fn", "declare", "lambda", "otherwise":
		r.Element("mrow", nil, func() { r.mathRow(e.Children()) })
	default:
		sign, _ := operator(name)
		switch {
		case len(kids) > 0 || strings.TrimSpace(e.AllText()) != "":
			r.find(e, "<%s> is not known in formulas: only what it holds is shown", name)
			r.Element("mrow", nil, func() { r.mathRow(e.Children()) })
		case sign != "":
			r.Element("mo", nil, func() { r.Text(sign) })
		default:
			r.Element("mi", nil, func() { r.Text(constant(name)) })
		}
	}
}

func (r *renderer) identifier(e *book.Element) {
	if kids := elements(e); len(kids) > 0 {
		r.Element("mrow", nil, func() { r.mathRow(e.Children()) })
		return
	}
	r.Element("mi", nil, func() { r.Text(e.AllText()) })
}

// number writes <cn>, whose parts <sep/> holds apart: 3<sep/>4 is a fraction.
func (r *renderer) number(e *book.Element) {
	var parts []string
	for _, c := range e.Children() {
		if c.IsText() {
			parts = append(parts, strings.TrimSpace(c.Text()))
		}
	}
	digit := func(s string) { r.Element("mn", nil, func() { r.Text(s) }) }
	switch {
	case len(parts) == 2 && e.Attr("type") == "rational":
		r.Element("mfrac", nil, func() { digit(parts[0]); digit(parts[1]) })
	case len(parts) == 2 && e.Attr("type") == "e-notation":
		r.Element("mrow", nil, func() {
			digit(parts[0])
			r.sign("×")
			r.Element("msup", nil, func() { digit("10"); digit(parts[1]) })
		})
	default:
		digit(e.AllText())
	}
}

func (r *renderer) sign(s string) { r.Element("mo", nil, func() { r.Text(s) }) }

func (r *renderer) bracketed(open, shut string, within func()) {
	r.Element("mrow", nil, func() {
		r.sign(open)
		within()
		r.sign(shut)
	})
}

func (r *renderer) joined(nodes []*book.Element, sign string) {
	for i, n := range nodes {
		if i > 0 {
			r.sign(sign)
		}
		r.mathNode(n)
	}
}

func (r *renderer) matrix(rows []*book.Element) {
	r.Element("mtable", nil, func() {
		for _, row := range rows {
			r.Element("mtr", nil, func() {
				for _, cell := range elements(row) {
					r.mathCell(cell)
				}
			})
		}
	})
}

func (r *renderer) piecewise(pieces []*book.Element) {
	r.Element("mrow", nil, func() {
		r.sign("{")
		r.matrix(pieces)
	})
}

func brackets(name, closure string) (open, shut string) {
	switch {
	case name == "set":
		return "{", "}"
	case name == "vector", name == "list":
		return "(", ")"
	}
	open, shut = "[", "]"
	if closure == "open" || closure == "open-closed" {
		open = "("
	}
	if closure == "open" || closure == "closed-open" {
		shut = ")"
	}
	return open, shut
}

// operator returns the sign of an operator, and how strongly it binds; 0 if it
// goes between no operands.
func operator(name string) (sign string, binds int) {
	switch name {
	case "eq":
		return "=", 1
	case "neq":
		return "≠", 1
	case "lt":
		return "<", 1
	case "gt":
		return ">", 1
	case "leq":
		return "≤", 1
	case "geq":
		return "≥", 1
	case "equivalent":
		return "≡", 1
	case "approx":
		return "≈", 1
	case "implies":
		return "⇒", 1
	case "in":
		return "∈", 1
	case "notin":
		return "∉", 1
	case "subset":
		return "⊆", 1
	case "prsubset":
		return "⊂", 1
	case "tendsto":
		return "→", 1
	case "and":
		return "∧", 2
	case "or":
		return "∨", 2
	case "xor":
		return "⊕", 2
	case "union":
		return "∪", 2
	case "intersect":
		return "∩", 2
	case "setdiff":
		return "∖", 2
	case "plus":
		return "+", 3
	case "minus":
		return "−", 3
	case "times":
		return "\u2062", 4 // invisible
	case "vectorproduct", "cartesianproduct":
		return "×", 4
	case "scalarproduct":
		return "⋅", 4
	case "compose":
		return "∘", 4
	case "sum":
		return "∑", 0
	case "product":
		return "∏", 0
	case "int":
		return "∫", 0
	case "not":
		return "¬", 0
	case "forall":
		return "∀", 0
	case "exists":
		return "∃", 0
	case "partialdiff":
		return "∂", 0
	}
	return "", 0
}

// constant is the sign of a number that has a name, or a function's name.
func constant(name string) string {
	switch name {
	case "pi":
		return "π"
	case "infinity":
		return "∞"
	case "exponentiale":
		return "e"
	case "imaginaryi":
		return "i"
	case "emptyset":
		return "∅"
	case "reals":
		return "ℝ"
	case "integers":
		return "ℤ"
	case "naturalnumbers":
		return "ℕ"
	case "rationals":
		return "ℚ"
	case "complexes":
		return "ℂ"
	}
	return name
}

// apply writes an operator and what it is applied to.
func (r *renderer) apply(nodes []*book.Element) {
	if len(nodes) == 0 {
		r.Element("mrow", nil, nil)
		return
	}
	op, args := nodes[0], nodes[1:]
	name := op.Name().Local
	qualifiers := make(map[string]*book.Element)
	var operands []*book.Element
	for _, a := range args {
		switch q := a.Name().Local; q {
		case "bvar", "lowlimit", "uplimit", "degree", "logbase", "condition", "domainofapplication":
			qualifiers[q] = a
		default:
			operands = append(operands, a)
		}
	}
	sign, binds := operator(name)
	r.Element("mrow", nil, func() {
		switch {
		case name == "divide" && len(operands) == 2:
			r.Element("mfrac", nil, func() { r.mathArgument(operands[0]); r.mathArgument(operands[1]) })
		case name == "power" && len(operands) == 2:
			r.Element("msup", nil, func() { r.operand(operands[0], 5); r.mathArgument(operands[1]) })
		case name == "root" && len(operands) == 1:
			r.root(operands[0], qualifiers["degree"])
		case name == "selector" && len(operands) > 1:
			r.Element("msub", nil, func() {
				r.mathArgument(operands[0])
				r.Element("mrow", nil, func() { r.joined(operands[1:], ",") })
			})
		case name == "abs" && len(operands) == 1:
			r.bracketed("|", "|", func() { r.mathNode(operands[0]) })
		case name == "factorial" && len(operands) == 1:
			r.operand(operands[0], 5)
			r.sign("!")
		case name == "diff" && len(operands) == 1:
			r.derivative(operands[0], qualifiers["bvar"])
		case binds > 0 && len(operands) == 1:
			r.sign(sign)
			r.operand(operands[0], binds)
		case binds > 0:
			for i, o := range operands {
				if i > 0 {
					r.sign(sign)
				}
				r.operand(o, binds)
			}
		case sign != "":
			r.big(sign, qualifiers)
			r.mathRow(operands)
			if v := qualifiers["bvar"]; name == "int" && v != nil {
				r.Element("mi", nil, func() { r.Text("d") })
				r.mathNode(v)
			}
		default:
			r.function(op, operands, qualifiers)
		}
	})
}

// operand writes o as one node, in brackets if it binds less than what is around it.
func (r *renderer) operand(o *book.Element, around int) {
	kids := elements(o)
	if o.Name().Local == "apply" && len(kids) > 2 {
		if _, binds := operator(kids[0].Name().Local); binds > 0 && binds < around {
			r.bracketed("(", ")", func() { r.mathNode(o) })
			return
		}
	}
	r.mathArgument(o)
}

func (r *renderer) root(of, degree *book.Element) {
	if degree == nil {
		r.Element("msqrt", nil, func() { r.mathNode(of) })
		return
	}
	r.Element("mroot", nil, func() { r.mathArgument(of); r.mathArgument(degree) })
}

func (r *renderer) derivative(of, by *book.Element) {
	d := func() { r.Element("mi", nil, func() { r.Text("d") }) }
	if by != nil {
		r.Element("mfrac", nil, func() {
			d()
			r.Element("mrow", nil, func() { d(); r.mathNode(by) })
		})
		r.operand(of, 4)
		return
	}
	r.Element("msup", nil, func() { r.operand(of, 5); r.sign("′") })
}

// big writes the sign of a sum or an integral with its limits.
func (r *renderer) big(sign string, q map[string]*book.Element) {
	low, high := firstElement(q["lowlimit"], q["condition"], q["domainofapplication"]), q["uplimit"]
	if low == nil && high == nil {
		r.sign(sign)
		return
	}
	r.Element("munderover", nil, func() {
		r.sign(sign)
		r.Element("mrow", nil, func() {
			if v := q["bvar"]; v != nil && q["lowlimit"] != nil && sign != "∫" {
				r.mathNode(v)
				r.sign("=")
			}
			if low != nil {
				r.mathNode(low)
			}
		})
		r.Element("mrow", nil, func() {
			if high != nil {
				r.mathNode(high)
			}
		})
	})
}

func firstElement(es ...*book.Element) *book.Element {
	for _, e := range es {
		if e != nil {
			return e
		}
	}
	return nil
}

// function writes f(x, y), with what qualifies it below.
func (r *renderer) function(f *book.Element, operands []*book.Element, q map[string]*book.Element) {
	if base := firstElement(q["logbase"], q["degree"], q["condition"], q["lowlimit"], q["bvar"]); base != nil {
		r.Element("msub", nil, func() { r.mathArgument(f); r.mathArgument(base) })
	} else {
		r.mathNode(f)
	}
	if len(operands) > 0 {
		r.sign("\u2061") // function application
		r.bracketed("(", ")", func() { r.joined(operands, ",") })
	}
}
