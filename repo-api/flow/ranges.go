package flow

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Span is a part of a representation: Length bytes from Start. Length is never 0.
type Span struct{ Start, Length int64 }

func (s Span) end() int64 { return s.Start + s.Length }

// contentRange is the value of the field of that name in an answer with s.
func (s Span) contentRange(size int64) string {
	b := strconv.AppendInt([]byte("bytes "), s.Start, 10)
	b = strconv.AppendInt(append(b, '-'), s.end()-1, 10)
	return string(strconv.AppendInt(append(b, '/'), size, 10))
}

// maxSpans is the largest number of parts that is sent. Whoever asks for more
// gets everything.
const maxSpans = 16

// ParseRange reads a Range field (14.2) against a representation of size bytes.
//
// Not ok: the field is to be ignored, because its unit is unknown, it is not well
// formed, it asks for so many parts, or so many that overlap, that it can only
// be meant to do harm, or nothing has parts. Ok without spans: no part of it can be had.
func ParseRange(field string, size int64) (spans []Span, ok bool) {
	unit, set, found := strings.Cut(field, "=")
	if size == 0 || !found || !strings.EqualFold(unit, "bytes") {
		return nil, false
	}
	members := 0
	for spec := range strings.SplitSeq(set, ",") {
		spec = strings.Trim(spec, " \t")
		if spec == "" {
			continue
		}
		if members++; members > maxSpans {
			return nil, false
		}
		span, wellFormed := parseSpec(spec, size)
		if !wellFormed {
			return nil, false
		}
		if span.Length > 0 {
			spans = append(spans, span)
		}
	}
	if members == 0 || abusive(spans, size) {
		return nil, false
	}
	return spans, true
}

// parseSpec reads "first-last", "first-" or "-suffix". A span of length 0 can't be satisfied.
func parseSpec(spec string, size int64) (Span, bool) {
	first, last, found := strings.Cut(spec, "-")
	if !found || first == "" && last == "" {
		return Span{}, false
	}
	if first == "" {
		n, ok := parseBytes(last)
		n = min(n, size)
		return Span{Start: size - n, Length: n}, ok
	}
	from, ok := parseBytes(first)
	if !ok {
		return Span{}, false
	}
	upTo := int64(math.MaxInt64)
	if last != "" {
		if upTo, ok = parseBytes(last); !ok || upTo < from {
			return Span{}, false
		}
	}
	if from >= size {
		return Span{}, true
	}
	return Span{Start: from, Length: min(upTo, size-1) - from + 1}, true
}

// parseBytes reads a number of digits alone. One that is too large to be held
// stands for the largest that can be.
func parseBytes(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	var n int64
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		d := int64(c - '0')
		if n > (math.MaxInt64-d)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + d
	}
	return n, true
}

// abusive says whether serving the spans would cost more than serving all:
// together they are longer than the whole, or more than two of them overlap (14.2).
func abusive(spans []Span, size int64) bool {
	if len(spans) < 2 {
		return false
	}
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	var total, reached int64
	overlaps := 0
	for _, s := range sorted {
		if s.Start < reached {
			overlaps++
		}
		reached = max(reached, s.end())
		total += s.Length
	}
	return total > size || overlaps > 1
}
