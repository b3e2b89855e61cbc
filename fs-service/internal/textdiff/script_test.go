package textdiff

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// apply makes new of old by a script.
func apply(a, b Text, script []Change) []byte {
	var out []byte
	at := 0
	for _, c := range script {
		out = append(out, a.Bytes(Span{at, c.Old.Begin})...)
		out = append(out, b.Bytes(c.New)...)
		at = c.Old.End
	}
	return append(out, a.Bytes(Span{at, a.Len()})...)
}

// judgeScript checks what holds of every script.
func judgeScript(t *testing.T, a, b Text, script []Change) {
	t.Helper()
	if got, want := apply(a, b, script), b.Bytes(Span{0, b.Len()}); !bytes.Equal(got, want) {
		t.Fatalf("the script makes %d bytes, not the %d of the new text", len(got), len(want))
	}
	atA, atB := -1, -1
	for _, c := range script {
		if c.Old.IsEmpty() && c.New.IsEmpty() {
			t.Errorf("%v changes nothing", c)
		}
		if c.Old.Begin <= atA || c.New.Begin <= atB {
			t.Errorf("%v touches the change before it", c)
		}
		if c.Old.Begin-atA != c.New.Begin-atB {
			t.Errorf("before %v the texts have %d and %d lines in common", c, c.Old.Begin-atA, c.New.Begin-atB)
		}
		atA, atB = c.Old.End, c.New.End
		if atA == 0 && atB == 0 {
			t.Errorf("%v ends where it begins", c)
		}
	}
}

func TestScript(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
		script   []Change
	}{
		{"nothing", "", "", nil},
		{"alike", "a\nb\n", "a\nb\n", nil},
		{"all new", "", "a\nb\n", []Change{{Span{0, 0}, Span{0, 2}}}},
		{"all gone", "a\nb", "", []Change{{Span{0, 2}, Span{0, 0}}}},
		{"a line replaced", "a\nb\nc\n", "a\nX\nc\n", []Change{{Span{1, 2}, Span{1, 2}}}},
		{"a line end is part of its line", "a\nb\n", "a\nb", []Change{{Span{1, 2}, Span{1, 2}}}},
		{"what is ambiguous slides down", "a\nb\n", "a\nb\na\nb\n", []Change{{Span{2, 2}, Span{2, 4}}}},
		{"a removal slides down too", "a\na\na\nb\n", "a\na\nb\n", []Change{{Span{2, 3}, Span{2, 2}}}},
		{"but stays beside what it replaces", "x\na\n", "a\nb\na\n", []Change{{Span{0, 1}, Span{0, 2}}}},
		{"a shortest way", "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
			[]Change{{Span{0, 2}, Span{0, 0}}, {Span{3, 4}, Span{1, 1}}, {Span{5, 5}, Span{2, 3}}, {Span{7, 7}, Span{5, 6}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Comparison
			a, b := c.Text([]byte(tt.old)), c.Text([]byte(tt.new))
			script := c.Script(a, b)
			judgeScript(t, a, b, script)
			if len(script) != len(tt.script) {
				t.Fatalf("script %v, want %v", script, tt.script)
			}
			for i := range script {
				if script[i] != tt.script[i] {
					t.Errorf("script %v, want %v", script, tt.script)
				}
			}
		})
	}
}

// TestWorkIsBounded compares long texts, of lines as short as can be, with next to
// nothing in common.
func TestWorkIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	text := func() []byte {
		b := make([]byte, MaxText/4)
		for i := range b {
			b[i] = "ab\n\n"[r.IntN(4)]
		}
		return b
	}
	var c Comparison
	a, b := c.Text(text()), c.Text(text())
	for range 2 { // the second time there is nothing left to spend
		judgeScript(t, a, b, c.Script(a, b))
		if most := maxWork + 4*reach*reach + 2*MaxText; c.work > most {
			t.Errorf("%d lines and diagonals were looked at, more than %d", c.work, most)
		}
	}
}

func TestIsText(t *testing.T) {
	late := append(bytes.Repeat([]byte("a"), sniffed), 0)
	for _, tt := range []struct {
		name string
		data []byte
		want bool
	}{
		{"nothing", nil, true},
		{"text", []byte("a\n"), true},
		{"NUL", []byte("a\x00"), false},
		{"NUL where git does not look", late, true},
		{"as long as may be", bytes.Repeat([]byte("a"), MaxText), true},
		{"too long", bytes.Repeat([]byte("a"), MaxText+1), false},
	} {
		if got := IsText(tt.data); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func FuzzScript(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nc\nd"))
	f.Add([]byte("x\nx\nx\ny\n"), []byte("y\nx\nx\nz\ny\nx\n"))
	f.Fuzz(func(t *testing.T, old, new []byte) {
		var c Comparison
		a, b := c.Text(old), c.Text(new)
		judgeScript(t, a, b, c.Script(a, b))
		judgeScript(t, b, a, c.Script(b, a))
		if len(c.Script(a, a)) > 0 {
			t.Error("a text differs from itself")
		}
	})
}
