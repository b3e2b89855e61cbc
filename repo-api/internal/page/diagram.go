package page

import (
	"fmt"
	"strconv"
	"strings"

	"rhapsode/repo-api/flow"
)

// The diagram's measures, in its own units. A node's name says where it stands:
// its letter is the column and its number the row, counted upwards.
const (
	columnWidth, rowHeight = 148, 72
	boxWidth, boxHeight    = 122, 54
	padding                = 4
	lineHeight             = 9
	endWidth, endHeight    = 33, 14
	topRow, bottomRow      = 24, 2
	lastColumn             = 'P'
	lineLength             = 24 // of a box's text, in letters
)

// Diagram is the flow, drawn.
type Diagram struct {
	Width, Height int
	Boxes         []Box
	Arrows        []Arrow
	BoxWidth      int
	BoxHeight     int
	EndWidth      int
	EndHeight     int
}

// Box is a node.
type Box struct {
	flow.Question
	Left, Top   int // of its edges
	NameX, Head int // where its name stands, and its first line
	RuleX       int
	Lines       []Line
	Ends        []End
	Lit         bool
}

// Line is a line of a box's text.
type Line struct {
	Text string
	Y    int
}

// End is where a node's answer ends the walk.
type End struct {
	Answer string // yes, no
	Status string
	X, Y   int // of the middle of its text
	Left   int
	Top    int
	Lit    bool
}

// Arrow leads from a box to the next.
type Arrow struct {
	Path, Answer   string
	LabelX, LabelY int
	Lit            bool
}

// DiagramOf draws the table with a path through it lit, as far as it is one: names
// of nodes, and the status at its end or 0.
func DiagramOf(table []flow.Question, path []string, status int) Diagram {
	d := Diagram{
		Width: (lastColumn - 'A' + 1) * columnWidth, Height: (topRow - bottomRow + 1) * rowHeight,
		BoxWidth: boxWidth, BoxHeight: boxHeight, EndWidth: endWidth, EndHeight: endHeight,
	}
	lit := map[string]string{} // node → the one after it
	for i, name := range path {
		lit[name] = ""
		if i+1 < len(path) {
			lit[name] = path[i+1]
		}
	}
	taken := map[[2]int]bool{}
	for _, q := range table {
		x, y := placeOf(q.Name)
		taken[[2]int{x, y}] = true
	}
	for _, q := range table {
		after, isLit := lit[q.Name]
		box := boxOf(q)
		box.Lit = isLit
		for _, answer := range []struct {
			name string
			next flow.Next
		}{{"yes", q.Yes}, {"no", q.No}} {
			if answer.next.Status != 0 {
				lit := isLit && after == "" && answer.next.Status == status
				box.Ends = append(box.Ends, box.end(answer.name, answer.next.Status, lit))
				continue
			}
			to := table[answer.next.Node].Name
			d.Arrows = append(d.Arrows, arrow(q.Name, to, answer.name, taken, isLit && after == to))
		}
		d.Boxes = append(d.Boxes, box)
	}
	return d
}

// boxOf draws a node.
func boxOf(q flow.Question) Box {
	x, y := placeOf(q.Name)
	box := Box{Question: q, Left: x - boxWidth/2, Top: y - boxHeight/2}
	box.NameX, box.RuleX, box.Head = box.Left+padding, box.Left+boxWidth-padding, box.Top+lineHeight+padding/2
	for i, text := range wrap(q.Asks) {
		box.Lines = append(box.Lines, Line{text, box.Head + 1 + lineHeight*(i+1)})
	}
	return box
}

// end draws a status at the foot of the box, to the left of those that are there.
func (b *Box) end(answer string, status int, lit bool) End {
	left := b.Left + boxWidth - (endWidth+1)*(len(b.Ends)+1) + padding
	top := b.Top + boxHeight - endHeight/2
	return End{
		Answer: answer, Status: statusText(status), Left: left, Top: top, Lit: lit,
		X: left + endWidth/2, Y: top + endHeight - padding,
	}
}

// placeOf is the middle of the box of a node.
func placeOf(name string) (x, y int) {
	row, _ := strconv.Atoi(name[1:])
	return int(name[0]-'A')*columnWidth + columnWidth/2, (topRow-row)*rowHeight + rowHeight/2
}

// arrow is straight, or bends around a box that stands in its column or row.
func arrow(from, to, answer string, taken map[[2]int]bool, lit bool) Arrow {
	x, y := placeOf(from)
	tx, ty := placeOf(to)
	bendX, bendY := 0, 0
	switch {
	case x == tx && between(x, y, 0, sign(ty-y)*rowHeight, tx, ty, taken):
		bendX = -columnWidth
	case y == ty && between(x, y, sign(tx-x)*columnWidth, 0, tx, ty, taken):
		bendY = rowHeight + rowHeight/2
	}
	ex, ey := edge(x+(tx-x)/2+bendX, y+(ty-y)/2+bendY, tx, ty)
	return Arrow{
		Path:   fmt.Sprintf("M%d %d Q%d %d %d %d", x, y, x+(tx-x)/2+bendX, y+(ty-y)/2+bendY, ex, ey),
		Answer: answer, LabelX: x + (tx-x)*45/100 + bendX/2, LabelY: y + (ty-y)*45/100 + bendY/2 - 3,
		Lit: lit,
	}
}

// between says whether a box stands on the way from one place to another.
func between(x, y, dx, dy, tx, ty int, taken map[[2]int]bool) bool {
	for x, y = x+dx, y+dy; x != tx || y != ty; x, y = x+dx, y+dy {
		if taken[[2]int{x, y}] {
			return true
		}
	}
	return false
}

// edge is where a line from x, y meets the box in whose middle it ends.
func edge(x, y, tx, ty int) (int, int) {
	const halfWidth, halfHeight = boxWidth/2 + 4, boxHeight/2 + 4
	dx, dy := x-tx, y-ty
	switch {
	case dx == 0 && dy == 0:
		return tx, ty
	case abs(dx)*halfHeight > abs(dy)*halfWidth:
		return tx + sign(dx)*halfWidth, ty + dy*halfWidth/abs(dx)
	}
	return tx + dx*halfHeight/abs(dy), ty + sign(dy)*halfHeight
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func abs(n int) int { return n * sign(n) }

// wrap breaks a question into the lines of a box.
func wrap(text string) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > lineLength {
			lines = append(lines, line)
			line = word
			continue
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// ruleURL is where a rule can be read: "15.5.5" of RFC 9110, or "RFC 6585, 3".
func ruleURL(rule string) string {
	number, section := "9110", rule
	if rest, ok := strings.CutPrefix(rule, "RFC "); ok {
		number, section, _ = strings.Cut(rest, ", ")
	}
	return "https://www.rfc-editor.org/rfc/rfc" + number + ".html#section-" + section
}

// statusText is a status as it is drawn.
func statusText(status int) string {
	if status == flow.Recorded {
		return "as then"
	}
	return strconv.Itoa(status)
}

// answerOf says in words where an answer leads.
func answerOf(table []flow.Question, next flow.Next) string {
	if next.Status != 0 {
		return statusText(next.Status)
	}
	return table[next.Node].Name
}
