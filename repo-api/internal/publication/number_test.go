package publication

import (
	"fmt"
	"slices"
	"testing"

	"rhapsode/repo-api/internal/book"
)

func module(id, contents string) Work { return Work{Kind: kindModule, ID: id, Contents: contents} }

func collection(id, structure, contents string, holds ...string) Work {
	return Work{Kind: kindCollection, ID: id, Structure: structure, Contents: contents, holds: holds}
}

// at gives works the numbers that they had.
func at(numbers []string, works ...Work) []Work {
	for i := range works {
		works[i].Number, _ = book.ParseNumber(numbers[i])
	}
	return works
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		name   string
		before []Work
		now    []Work
		wanted []string
		want   []string // the number of each work; with a star: it changed
		major  bool
	}{
		{"a first edition", nil,
			[]Work{module("m1", "a"), collection("c", "s", "a", "m1")}, nil, []string{"1*", "1.1*"}, true},
		{"nothing changed",
			at([]string{"3", "2.4"}, module("m1", "a"), collection("c", "s", "a", "m1")),
			[]Work{module("m1", "a"), collection("c", "s", "a", "m1")}, nil, []string{"3", "2.4"}, false},
		{"a module changed: a minor edition of what holds it",
			at([]string{"3", "1", "2.4"}, module("m1", "a"), module("m2", "a"), collection("c", "s", "a", "m1", "m2")),
			[]Work{module("m1", "b"), module("m2", "a"), collection("c", "s", "b", "m1", "m2")}, nil, []string{"4*", "1", "2.5*"}, false},
		{"the structure changed: a major edition",
			at([]string{"3", "2.4"}, module("m1", "a"), collection("c", "s", "a", "m1")),
			[]Work{module("m1", "a"), collection("c", "t", "a", "m1")}, nil, []string{"3", "3.1*"}, true},
		{"a second collection is a major edition of the repository, and none of the first",
			at([]string{"2.4"}, collection("c", "s", "a")),
			[]Work{collection("c", "s", "a"), collection("d", "s", "a")}, nil, []string{"2.4", "1.1*"}, true},
		{"a collection went",
			at([]string{"2.4", "1.1"}, collection("c", "s", "a"), collection("d", "s", "a")),
			[]Work{collection("c", "s", "a")}, nil, []string{"2.4"}, true},
		{"only what is wanted is published",
			at([]string{"1", "1", "1.1", "1.1"}, module("m1", "a"), module("m2", "a"), collection("c", "s", "a", "m1"), collection("d", "s", "a", "m2")),
			[]Work{module("m1", "b"), module("m2", "b"), collection("c", "s", "b", "m1"), collection("d", "t", "b", "m2")},
			[]string{"c"}, []string{"2*", "1", "1.2*", "1.1"}, false},
		{"a module that another collection shares gives that an edition too",
			at([]string{"1", "1.1", "1.1"}, module("m1", "a"), collection("c", "s", "a", "m1"), collection("d", "s", "a", "m1")),
			[]Work{module("m1", "b"), collection("c", "s", "b", "m1"), collection("d", "s", "b", "m1")},
			[]string{"c"}, []string{"2*", "1.2*", "1.2*"}, false},
		{"what was not wanted yet has no number",
			nil, []Work{module("m1", "a"), collection("c", "s", "a", "m1"), collection("d", "s", "a")},
			[]string{"c"}, []string{"1*", "1.1*"}, true},
		{"modules without collections: one that came is a major edition",
			at([]string{"1"}, module("m1", "a")),
			[]Work{module("m1", "a"), module("m2", "a")}, nil, []string{"1", "1*"}, true},
		{"modules without collections: one that changed is a minor edition",
			at([]string{"1"}, module("m1", "a")), []Work{module("m1", "b")}, nil, []string{"2*"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			works, major := numbered(tt.now, tt.before, tt.wanted)
			var got []string
			for _, w := range works {
				s := w.Number.String()
				if w.Changed {
					s += "*"
				}
				got = append(got, s)
			}
			if !slices.Equal(got, tt.want) || major != tt.major {
				t.Errorf("%v, major %v; not %v, %v", got, major, tt.want, tt.major)
			}
		})
	}
}

func TestIndexCountsWithoutGaps(t *testing.T) {
	var x Index
	var all []book.Number
	for _, major := range []bool{false, false, true, false, true} {
		var n book.Number
		x, n = x.with(major)
		all = append(all, n)
	}
	if got := fmt.Sprint(all); got != "[1.1 1.2 2.1 2.2 3.1]" {
		t.Errorf("numbers %s", got)
	}
	for i, n := range all {
		var want book.Number
		if i > 0 {
			want = all[i-1]
		}
		if got := x.Before(n); got != want || !x.Has(n) {
			t.Errorf("before %v comes %v, not %v", n, got, want)
		}
	}
	for _, n := range []book.Number{{}, {Major: 1, Minor: 3}, {Major: 4, Minor: 1}, {Major: 1}} {
		if x.Has(n) {
			t.Errorf("%v was never given", n)
		}
	}
}
