package history

import (
	"testing"
	"time"
)

// TestLinearizable states what a document's operations may look like. Each
// line is an operation: times are milliseconds.
func TestLinearizable(t *testing.T) {
	op := func(call, end int, k Kind, o Outcome, from, to Value) Op {
		return Op{Doc: "d", Kind: k, Outcome: o, Old: from, New: to,
			Call: time.Duration(call) * time.Millisecond, Return: time.Duration(end) * time.Millisecond}
	}
	read := func(call, end int, v Value) Op { return op(call, end, Read, OK, "", v) }
	tests := []struct {
		name string
		ops  []Op
		want bool
	}{
		{"a read sees the write before it", []Op{op(0, 1, Write, OK, "", "a"), read(2, 3, "a")}, true},
		{"a read misses the write before it", []Op{op(0, 1, Write, OK, "", "a"), read(2, 3, "")}, false},
		{"a read beside a write may miss it", []Op{op(0, 3, Write, OK, "", "a"), read(1, 2, "")}, true},
		{"what was seen is not unseen", []Op{op(0, 9, Write, OK, "", "a"), read(1, 2, "a"), read(3, 4, "")}, false},
		{"two replace the same", []Op{op(0, 1, Write, OK, "", "a"), op(2, 5, Write, OK, "a", "b"), op(2, 5, Write, OK, "a", "c")}, false},
		{"one of two is refused", []Op{op(0, 1, Write, OK, "", "a"), op(2, 5, Write, OK, "a", "b"), op(2, 5, Write, Refused, "a", "c")}, true},
		{"refused though it held", []Op{op(0, 1, Write, OK, "", "a"), op(2, 3, Write, Refused, "a", "b"), read(4, 5, "a")}, false},
		{"unknown and not done", []Op{op(0, 1, Write, Unknown, "", "a"), read(2, 3, "")}, true},
		{"unknown and done late", []Op{op(0, 1, Write, Unknown, "", "a"), read(2, 3, ""), read(4, 5, "a")}, true},
		{"unknown and undone again", []Op{op(0, 1, Write, Unknown, "", "a"), read(2, 3, "a"), read(4, 5, "")}, false},
		{"an unknown delete explains absence", []Op{op(0, 1, Write, OK, "", "a"), op(2, 3, Delete, Unknown, "a", ""), read(4, 5, "")}, true},
		{"nothing explains absence", []Op{op(0, 1, Write, OK, "", "a"), op(2, 3, Delete, Refused, "a", ""), read(4, 5, "")}, false},
		{"a refused write was done", []Op{op(0, 1, Write, OK, "", "a"), op(2, 3, Write, Refused, "b", "c"), read(4, 5, "c")}, false},
		{"absent again after a delete", []Op{op(0, 1, Write, OK, "", "a"), op(2, 3, Delete, OK, "a", ""), op(4, 5, Write, OK, "", "b"), read(6, 7, "b")}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, decided := linearizable(tt.ops, time.Second)
			if got != tt.want || !decided {
				t.Errorf("linearizable: %v (decided: %v), not %v", got, decided, tt.want)
			}
		})
	}
}

func TestNoTimeIsNoAnswer(t *testing.T) {
	var ops []Op
	for i := range 400 { // all at once, and none of them possible: a search without end
		ops = append(ops, Op{Doc: "d", Kind: Delete, Outcome: Unknown, Old: Value(rune('a' + i)), Return: time.Second})
	}
	ops = append(ops, Op{Doc: "d", Kind: Read, Outcome: OK, New: "never written", Return: time.Second})
	log := &Log{Ops: ops}
	if v := log.Judge(50 * time.Millisecond); len(v.Undecided) != 1 || v.OK() {
		t.Errorf("a search without end gave %v", v)
	}
}

func TestLongestGap(t *testing.T) {
	at := func(s int) Op { return Op{Kind: Write, Outcome: OK, Return: time.Duration(s) * time.Second} }
	log := &Log{Length: 20 * time.Second, Ops: []Op{at(3), at(11), {Kind: Write, Outcome: Unknown, Return: 7 * time.Second}, at(12)}}
	if got := longestGap(log); got != 8*time.Second {
		t.Errorf("the longest gap was %v, not 8s", got)
	}
}
