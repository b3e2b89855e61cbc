package textdiff

import "bytes"

// MaxText is the size in bytes up to which a document is looked at line by line.
const MaxText = 2 << 20

// sniffed is how much of a document git looks at to tell whether it is text.
const sniffed = 8000

// IsText says whether b can be taken line by line: it is no longer than MaxText and, as git
// judges, there is no NUL near its beginning.
func IsText(b []byte) bool {
	return len(b) <= MaxText && bytes.IndexByte(b[:min(len(b), sniffed)], 0) < 0
}

// Text is a text cut into lines. A line has its end with it, so the text is its
// lines joined, and a last line without an end differs from one with an end.
type Text struct {
	data []byte
	at   []int32 // where each line begins in data, and where the last one ends
	ids  []int32 // of each line
}

// Len returns the number of lines.
func (t Text) Len() int { return len(t.ids) }

// Bytes returns the lines of s. They are shared with what the text was made of.
func (t Text) Bytes(s Span) []byte { return t.data[t.at[s.Begin]:t.at[s.End]] }

// Line returns the i-th line, from 0.
func (t Text) Line(i int) []byte { return t.Bytes(Span{i, i + 1}) }

// Part is the text of the lines of s.
func (t Text) Part(s Span) Text {
	return Text{data: t.data, at: t.at[s.Begin : s.End+1], ids: t.ids[s.Begin:s.End]}
}

// Span is the lines from Begin up to, and without, End; counted from 0.
type Span struct{ Begin, End int }

// Len returns the number of lines in s.
func (s Span) Len() int { return s.End - s.Begin }

// IsEmpty says whether s is a place between two lines.
func (s Span) IsEmpty() bool { return s.Begin == s.End }

// Plus is s moved down by n lines.
func (s Span) Plus(n int) Span { return Span{s.Begin + n, s.End + n} }

// Comparison knows lines by number, so that equal lines, in whatever text, are
// equal numbers. Only texts of one Comparison can be compared. The zero
// Comparison is ready for use.
type Comparison struct {
	ids    map[string]int32
	counts [2][]int32 // by number; all zero between two calls
	work   int        // done by searches; see maxWork
}

// Text cuts data, which nobody writes to any more.
func (c *Comparison) Text(data []byte) Text {
	if c.ids == nil {
		c.ids = make(map[string]int32)
	}
	n := bytes.Count(data, []byte{'\n'}) + 1
	t := Text{data: data, at: make([]int32, 1, n+1), ids: make([]int32, 0, n)}
	for begin := 0; begin < len(data); {
		end := len(data)
		if i := bytes.IndexByte(data[begin:], '\n'); i >= 0 {
			end = begin + i + 1
		}
		t.at = append(t.at, int32(end))
		t.ids = append(t.ids, c.number(data[begin:end]))
		begin = end
	}
	return t
}

func (c *Comparison) number(line []byte) int32 {
	id, ok := c.ids[string(line)]
	if !ok {
		id = int32(len(c.ids))
		c.ids[string(line)] = id
	}
	return id
}
