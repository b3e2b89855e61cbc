package gitfmt

import (
	"bytes"

	"rhapsode/content"
)

// Unlike calls visit with every entry of t that old does not hold as it is, and
// with what old holds under its name; zero: nothing. It costs what reading both
// once costs, so that the same large directory in many commits is cheap.
func (t *Tree) Unlike(old *Tree, visit func(now, was content.Entry) error) error {
	for i, j := 0, 0; i < t.Len(); i++ {
		for j < old.Len() && !bytes.Equal(t.raw(i), old.raw(j)) && compareAt(old, j, t, i) < 0 {
			j++
		}
		if j < old.Len() && bytes.Equal(t.raw(i), old.raw(j)) {
			j++
			continue
		}
		now := t.At(i)
		was, _ := old.Lookup(now.Name)
		if err := visit(now, was); err != nil {
			return err
		}
	}
	return nil
}
