package patch

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"rhapsode/internal/fault"
)

// operation is one of a JSON patch. Members that it does not know are ignored (RFC 6902, 4).
type operation struct {
	Op    string          `json:"op"`
	Path  *string         `json:"path"`
	From  *string         `json:"from"`
	Value json.RawMessage `json:"value"`

	path, from []string // parsed
	value      *node
}

// parseOperations reads a JSON patch.
func parseOperations(text []byte) ([]operation, error) {
	var all []operation
	if text[0] != '[' {
		return nil, fault.Newf(fault.Invalid, "JSON patch", "it is no array of operations")
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fault.New(fault.Invalid, "JSON patch", "", err)
	}
	for i := range all {
		if err := all[i].parse(); err != nil {
			return nil, fault.New(fault.Invalid, "JSON patch", "operation "+strconv.Itoa(i), err)
		}
	}
	return all, nil
}

func (o *operation) parse() (err error) {
	switch o.Op {
	case "add", "replace", "test":
		if o.Value == nil {
			return fault.Newf(fault.Invalid, o.Op, "value is missing")
		}
		if o.value, err = parse(o.Value); err != nil {
			return err
		}
	case "move", "copy":
		if o.from, err = parsePointer(o.From); err != nil {
			return err
		}
	case "remove":
	default:
		return fault.Newf(fault.Invalid, "op", "%.20q is none of add, remove, replace, move, copy and test", o.Op)
	}
	o.path, err = parsePointer(o.Path)
	return err
}

// parsePointer reads a JSON pointer (RFC 6901).
func parsePointer(pointer *string) ([]string, error) {
	if pointer == nil {
		return nil, fault.Newf(fault.Invalid, "pointer", "it is missing")
	}
	if *pointer == "" {
		return nil, nil
	}
	tokens := strings.Split(*pointer, "/")
	if tokens[0] != "" {
		return nil, fault.Newf(fault.Invalid, "pointer", "%.100q does not begin with a slash", *pointer)
	}
	for i, token := range tokens {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(token), "~") {
			return nil, fault.Newf(fault.Invalid, "pointer", "%.100q has a ~ that is neither ~0 nor ~1", *pointer)
		}
		tokens[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
	}
	return tokens[1:], nil
}

// document is what operations are carried out on.
type document struct {
	root   *node
	copied int // bytes that copying has added
}

func (d *document) do(o operation) error {
	switch o.Op {
	case "add":
		return d.add(o.path, o.value)
	case "remove":
		_, err := d.remove(o.path)
		return err
	case "replace":
		return d.replace(o.path, o.value)
	case "move":
		return d.move(o.from, o.path)
	case "copy":
		return d.copy(o.from, o.path)
	}
	return d.test(o.path, o.value)
}

func (d *document) find(path []string) (*node, error) {
	n := d.root
	for i, token := range path {
		if n = n.child(token); n == nil {
			return nil, nothing(path[:i+1])
		}
	}
	return n, nil
}

func nothing(path []string) error {
	return fault.Newf(fault.Conflict, "JSON patch", "there is nothing at %.200q", "/"+strings.Join(path, "/"))
}

// child is what is under token, or nil.
func (n *node) child(token string) *node {
	switch n.kind {
	case object:
		return n.get(token)
	case array:
		if i, ok := index(token, len(n.items)); ok {
			return n.items[i]
		}
	}
	return nil
}

// index reads a place among n: digits without a zero in front (RFC 6901, 4).
func index(token string, n int) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0 && i < n && strconv.Itoa(i) == token
}

func (d *document) add(path []string, v *node) error {
	if len(path) == 0 {
		d.root = v
		return nil
	}
	last := len(path) - 1
	parent, err := d.find(path[:last])
	if err != nil {
		return err
	}
	switch parent.kind {
	case object:
		parent.set(path[last], v)
		return nil
	case array:
		i, ok := index(path[last], len(parent.items)+1)
		if path[last] == "-" {
			i, ok = len(parent.items), true
		}
		if ok {
			parent.items = slices.Insert(parent.items, i, v)
			return nil
		}
	}
	return nothing(path)
}

func (d *document) remove(path []string) (*node, error) {
	if len(path) == 0 {
		return nil, fault.Newf(fault.Conflict, "JSON patch", "the whole can't be removed")
	}
	last := len(path) - 1
	parent, err := d.find(path[:last])
	if err != nil {
		return nil, err
	}
	removed := parent.child(path[last])
	if removed == nil {
		return nil, nothing(path)
	}
	if parent.kind == object {
		parent.unset(path[last])
	} else {
		i, _ := index(path[last], len(parent.items))
		parent.items = slices.Delete(parent.items, i, i+1)
	}
	return removed, nil
}

// replace keeps the place of what it replaces.
func (d *document) replace(path []string, v *node) error {
	old, err := d.find(path)
	if err == nil {
		*old = *v
	}
	return err
}

func (d *document) move(from, to []string) error {
	if len(to) > len(from) && slices.Equal(from, to[:len(from)]) {
		return fault.Newf(fault.Conflict, "JSON patch", "nothing can be moved into itself")
	}
	if slices.Equal(from, to) {
		_, err := d.find(from)
		return err
	}
	v, err := d.remove(from)
	if err != nil {
		return err
	}
	return d.add(to, v)
}

func (d *document) copy(from, to []string) error {
	v, err := d.find(from)
	if err != nil {
		return err
	}
	if d.copied += v.size(); d.copied > MaxSize {
		return tooLarge()
	}
	return d.add(to, v.clone())
}

func (d *document) test(path []string, want *node) error {
	v, err := d.find(path)
	if err == nil && !equal(v, want) {
		err = fault.Newf(fault.Conflict, "JSON patch", "a test failed: %.200q holds something else", "/"+strings.Join(path, "/"))
	}
	return err
}
