package flow_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

func TestParseTags(t *testing.T) {
	tests := []struct {
		lines string // separated by |
		want  flow.Tags
		bad   bool
	}{
		{lines: ``},
		{lines: ` , ,`},
		{lines: `*`, want: flow.Tags{Any: true}},
		{lines: `"a"`, want: flow.Tags{List: []flow.Tag{`"a"`}}},
		{lines: `W/"a"`, want: flow.Tags{List: []flow.Tag{`W/"a"`}}},
		{lines: `""`, want: flow.Tags{List: []flow.Tag{`""`}}},
		{lines: `"a","b" ,	, W/"c"`, want: flow.Tags{List: []flow.Tag{`"a"`, `"b"`, `W/"c"`}}},
		{lines: `"a, b"`, bad: true}, // a space is no etagc
		{lines: `"a,b"`, want: flow.Tags{List: []flow.Tag{`"a,b"`}}},
		{lines: `"a"|"b", "c"`, want: flow.Tags{List: []flow.Tag{`"a"`, `"b"`, `"c"`}}},
		{lines: "\"\xc3\xa9\"", want: flow.Tags{List: []flow.Tag{"\"\xc3\xa9\""}}},
		{lines: `a`, bad: true},
		{lines: `"a`, bad: true},
		{lines: `"a""b"`, bad: true},
		{lines: `w/"a"`, bad: true},
		{lines: `W/a`, bad: true},
		{lines: `*, "a"`, bad: true},
		{lines: `"a"|*`, bad: true},
	}
	for _, tt := range tests {
		got, err := flow.ParseTags(strings.Split(tt.lines, "|"))
		if (err != nil) != tt.bad {
			t.Errorf("%s: error %v", tt.lines, err)
		}
		if !tt.bad && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.lines, got, tt.want)
		}
	}
}

func TestTagsCompare(t *testing.T) { // the table of RFC 9110 8.8.3.2
	tests := []struct {
		a, b         flow.Tag
		strong, weak bool
	}{
		{`W/"1"`, `W/"1"`, false, true},
		{`W/"1"`, `W/"2"`, false, false},
		{`W/"1"`, `"1"`, false, true},
		{`"1"`, `"1"`, true, true},
		{``, ``, false, false},
	}
	for _, tt := range tests {
		if got := tt.a.StrongMatch(tt.b); got != tt.strong {
			t.Errorf("strong %s %s: %v", tt.a, tt.b, got)
		}
		if got := tt.a.WeakMatch(tt.b); got != tt.weak {
			t.Errorf("weak %s %s: %v", tt.a, tt.b, got)
		}
	}
}

func TestParseDate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	tests := []struct {
		s    string
		want time.Time
	}{
		{"Sun, 06 Nov 1994 08:49:37 GMT", at},
		{"Sunday, 06-Nov-94 08:49:37 GMT", at},
		{"Sun Nov  6 08:49:37 1994", at},
		{"Wednesday, 01-Jan-76 00:00:00 GMT", time.Date(2076, 1, 1, 0, 0, 0, 0, time.UTC)}, // fifty years from now
		{"Saturday, 01-Jan-77 00:00:00 GMT", time.Date(1977, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"Mon, 06 Nov 1994 08:49:37 GMT", time.Time{}}, // it was a Sunday
		{"Sun, 06 Nov 1994 08:49:37 UTC", time.Time{}},
		{"Sun, 06 Nov 1994 08:49:37 +0000", time.Time{}},
		{"sun, 06 nov 1994 08:49:37 GMT", time.Time{}},
		{"Sun, 6 Nov 1994 08:49:37 GMT", time.Time{}},
		{"1994-11-06T08:49:37Z", time.Time{}},
		{"", time.Time{}},
	}
	for _, tt := range tests {
		got, ok := flow.ParseDate(tt.s, now)
		if ok == tt.want.IsZero() {
			t.Errorf("%q: ok %v", tt.s, ok)
		}
		if ok && !got.Equal(tt.want) {
			t.Errorf("%q: %v, want %v", tt.s, got, tt.want)
		}
	}
}

func TestParseRange(t *testing.T) {
	const ignored = "ignored"
	tests := []struct {
		field string
		size  int64
		want  any // []flow.Span, or ignored
	}{
		{"bytes=0-0", 10, []flow.Span{{0, 1}}},
		{"bytes=2-", 10, []flow.Span{{2, 8}}},
		{"bytes=2-99", 10, []flow.Span{{2, 8}}},
		{"bytes=-3", 10, []flow.Span{{7, 3}}},
		{"bytes=-30", 10, []flow.Span{{0, 10}}},
		{"BYTES=0-1", 10, []flow.Span{{0, 2}}},
		{"bytes=0-1, 4-5 ,,	-1", 10, []flow.Span{{0, 2}, {4, 2}, {9, 1}}},
		{"bytes=8-9,0-1", 10, []flow.Span{{8, 2}, {0, 2}}},
		{"bytes=0-1,20-30", 10, []flow.Span{{0, 2}}},
		{"bytes=2-99999999999999999999999", 10, []flow.Span{{2, 8}}},
		{"bytes=10-", 10, []flow.Span(nil)},
		{"bytes=-0", 10, []flow.Span(nil)},
		{"bytes=99999999999999999999-", 10, []flow.Span(nil)},
		{"bytes=0-0", 0, ignored},
		{"bytes=-5", 0, ignored},
		{"items=0-1", 10, ignored},
		{"bytes", 10, ignored},
		{"bytes=", 10, ignored},
		{"bytes=,", 10, ignored},
		{"bytes=-", 10, ignored},
		{"bytes=abc", 10, ignored},
		{"bytes=1-0", 10, ignored},
		{"bytes=0-1,3-2", 10, ignored},
		{"bytes=+1-2", 10, ignored},
		{"bytes=1 -2", 10, ignored},
		{"bytes=0x1-2", 10, ignored},
		{"bytes=0-9,0-9", 10, ignored},                      // longer than the whole
		{"bytes=0-5,1-5,2-5", 100, ignored},                 // two overlap others
		{"bytes=0-5,4-8", 100, []flow.Span{{0, 6}, {4, 5}}}, // one may
		{"bytes=" + strings.Repeat("0-0,", 17), 1000, ignored},
	}
	for _, tt := range tests {
		spans, ok := flow.ParseRange(tt.field, tt.size)
		if want, some := tt.want.([]flow.Span); ok != some || some && !slices.Equal(spans, want) {
			t.Errorf("%q of %d: %v %v, want %v", tt.field, tt.size, spans, ok, tt.want)
		}
	}
}

func FuzzParseTags(f *testing.F) {
	for _, s := range []string{`"a", W/"b"`, `*`, `"a`, `,,"x,y"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tags, err := flow.ParseTags([]string{s})
		if err != nil {
			return
		}
		var again []string
		for _, tag := range tags.List {
			if !strings.Contains(s, string(tag)) {
				t.Fatalf("%q holds no %q", s, tag)
			}
			again = append(again, string(tag))
		}
		if tags.Any {
			again = []string{"*"}
		}
		same, err := flow.ParseTags([]string{strings.Join(again, ",")})
		if err != nil || !reflect.DeepEqual(tags, same) {
			t.Fatalf("%q: %v, then %v %v", s, tags, same, err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		f.Add(s)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := flow.ParseDate(s, now)
		if !ok || got.Year() < 1 {
			return
		}
		same, ok := flow.ParseDate(got.Format(http.TimeFormat), now)
		if !ok || !same.Equal(got) {
			t.Fatalf("%q: %v, then %v %v", s, got, same, ok)
		}
	})
}

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes=0-1", "bytes=-5,3-", "bytes=9-99999999999999999999"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, s string, size int64) {
		if size < 0 {
			return
		}
		spans, ok := flow.ParseRange(s, size)
		if !ok && spans != nil {
			t.Fatal("spans of a field that is to be ignored")
		}
		for _, span := range spans {
			if span.Start < 0 || span.Length < 1 || span.Start+span.Length > size {
				t.Fatalf("%q of %d: %v", s, size, span)
			}
		}
	})
}
