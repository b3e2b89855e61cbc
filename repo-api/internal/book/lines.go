package book

import (
	"bytes"
	"sort"
)

// lines tells the position of an offset in a text.
type lines []int // where each begins

func newLines(text []byte) lines {
	ls := lines{0}
	for from := 0; ; {
		i := bytes.IndexByte(text[from:], '\n')
		if i < 0 {
			return ls
		}
		from += i + 1
		ls = append(ls, from)
	}
}

func (ls lines) at(offset int) Position {
	i := sort.SearchInts(ls, offset+1) - 1
	return Position{Line: i + 1, Column: offset - ls[i] + 1}
}
