package patch

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// node is a JSON value that can be changed. Members keep their order and scalars
// their spelling.
type node struct {
	kind    kind
	raw     []byte         // of a scalar, as it was written
	members []member       // of an object, in their order
	at      map[string]int // of an object: where in members a name is
	items   []*node        // of an array
}

// member is what an object holds under a name; nil: it was taken out.
type member struct {
	name  string
	value *node
}

type kind uint8

const (
	scalar kind = iota
	object
	array
)

func newObject() *node { return &node{kind: object, at: map[string]int{}} }

func (n *node) isNull() bool { return n.kind == scalar && string(n.raw) == "null" }

// get returns what an object holds under name, or nil.
func (n *node) get(name string) *node {
	if i, there := n.at[name]; there {
		return n.members[i].value
	}
	return nil
}

// set has an object hold v under name.
func (n *node) set(name string, v *node) {
	if i, there := n.at[name]; there {
		n.members[i].value = v
		return
	}
	n.at[name] = len(n.members)
	n.members = append(n.members, member{name, v})
}

// unset takes what an object holds under name out of it.
func (n *node) unset(name string) {
	if i, there := n.at[name]; there {
		n.members[i].value = nil
		delete(n.at, name)
	}
}

// clone copies all that n holds.
func (n *node) clone() *node {
	c := &node{kind: n.kind, raw: n.raw}
	for _, item := range n.items {
		c.items = append(c.items, item.clone())
	}
	if n.kind == object {
		c.at = make(map[string]int, len(n.at))
	}
	for _, m := range n.members {
		if m.value != nil {
			c.set(m.name, m.value.clone())
		}
	}
	return c
}

// size is about the number of bytes that n takes when it is written.
func (n *node) size() int {
	size := len(n.raw) + 2
	for _, item := range n.items {
		size += item.size() + 1
	}
	for _, m := range n.members {
		if m.value != nil {
			size += len(m.name) + 4 + m.value.size()
		}
	}
	return size
}

// parse reads valid JSON. A name that is there twice counts with its last value.
func parse(text []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return parseNext(d, text)
}

func parseNext(d *json.Decoder, text []byte) (*node, error) {
	token, raw, err := nextToken(d, text)
	if err != nil {
		return nil, err
	}
	n := &node{raw: raw}
	switch token {
	case json.Delim('{'):
		n = newObject()
	case json.Delim('['):
		n = &node{kind: array}
	default:
		return n, nil
	}
	for d.More() {
		var name string
		if n.kind == object {
			token, _, err := nextToken(d, text)
			if err != nil {
				return nil, err
			}
			name, _ = token.(string) // of an object, every other token is one
		}
		v, err := parseNext(d, text)
		if err != nil {
			return nil, err
		}
		if n.kind == object {
			n.set(name, v)
		} else {
			n.items = append(n.items, v)
		}
	}
	_, _, err = nextToken(d, text) // the end
	return n, err
}

// nextToken returns a token and how it is written.
func nextToken(d *json.Decoder, text []byte) (json.Token, []byte, error) {
	begin := d.InputOffset()
	token, err := d.Token()
	return token, bytes.TrimLeft(text[begin:d.InputOffset()], " \t\r\n,:"), err
}

// writer writes nodes, a value a line if it has an indent, until it has written
// more than anybody wants.
type writer struct {
	bytes.Buffer
	indent string
	lines  bool
}

func (w *writer) write(n *node, depth int) {
	switch {
	case w.Len() > MaxSize:
	case n.kind == object:
		w.list('{', '}', depth, len(n.at), func(separate func()) {
			for _, m := range n.members {
				if m.value == nil {
					continue
				}
				separate()
				w.Write(quote(m.name))
				w.WriteByte(':')
				if w.lines {
					w.WriteByte(' ')
				}
				w.write(m.value, depth+1)
			}
		})
	case n.kind == array:
		w.list('[', ']', depth, len(n.items), func(separate func()) {
			for _, item := range n.items {
				separate()
				w.write(item, depth+1)
			}
		})
	default:
		w.Write(n.raw)
	}
}

// list writes n values between two brackets. Each calls separate before every value.
func (w *writer) list(open, shut byte, depth, n int, each func(separate func())) {
	w.WriteByte(open)
	first := true
	each(func() {
		if !first {
			w.WriteByte(',')
		}
		first = false
		w.line(depth + 1)
	})
	if n > 0 {
		w.line(depth)
	}
	w.WriteByte(shut)
}

// line begins a new one.
func (w *writer) line(depth int) {
	if w.lines && w.Len() <= MaxSize {
		w.WriteByte('\n')
		w.WriteString(strings.Repeat(w.indent, depth))
	}
}

// quote writes a string, and <, > and & as they are.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(s) // a string in memory can be written
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// equal says whether a and b are the same as RFC 6902 4.6 has it: numbers by their
// value, objects in any order.
func equal(a, b *node) bool {
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case array:
		return slices.EqualFunc(a.items, b.items, equal)
	case object:
		if len(a.at) != len(b.at) {
			return false
		}
		for name := range a.at {
			if v := b.get(name); v == nil || !equal(a.get(name), v) {
				return false
			}
		}
		return true
	}
	return valueOf(a.raw) == valueOf(b.raw)
}

// valueOf returns a scalar in the one spelling of its value.
func valueOf(raw []byte) string {
	switch {
	case raw[0] == '"':
		var s string
		json.Unmarshal(raw, &s) // it has been parsed before
		return `"` + s
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return number(string(raw))
	}
	return string(raw)
}

// number writes a number as its digits, without zeros at either end, and the
// power of ten that they are to be multiplied by.
func number(s string) string {
	digits, power, _ := strings.Cut(strings.ToLower(s), "e")
	sign := ""
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = strings.TrimLeft(whole+fraction, "0")
	trimmed := strings.TrimRight(digits, "0")
	if trimmed == "" {
		return "0"
	}
	return sign + trimmed + "e" + shift(power, len(digits)-len(trimmed)-len(fraction))
}

// shift adds to a power of ten, however long it is.
func shift(power string, by int) string {
	n := new(big.Int)
	n.SetString(power, 10) // "": it stays 0
	return n.Add(n, big.NewInt(int64(by))).String()
}
