package faulty

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strconv"
	"strings"
)

// span is some bytes of a representation: from the first up to before the end.
type span struct{ from, end int }

func (p span) says(size int) string { return fmt.Sprintf("bytes %d-%d/%d", p.from, p.end-1, size) }

const maxSpans = 16

// part answers a range of a 200, or returns it whole (RFC 9110 14.2).
func (s *Server) part(r *request, whole *reply) *reply {
	if !r.has("Range") || r.method != "GET" && !(s.rules.rangeOnHead && r.method == "HEAD") {
		return whole
	}
	if r.has("If-Range") && r.get("If-Range") != whole.header.Get("ETag") {
		return whole // a date is not known to be strong
	}
	size := len(whole.body)
	unit, set, ok := strings.Cut(r.get("Range"), "=")
	if !ok || !strings.EqualFold(unit, "bytes") {
		if s.rules.unknownRange {
			return problem(416, "only bytes", "Content-Range", fmt.Sprintf("bytes */%d", size))
		}
		return whole
	}
	spans, ok := spansOf(set, size)
	if !ok || len(spans) > maxSpans && !s.rules.manySpans {
		return whole
	}
	if len(spans) == 0 {
		return problem(416, "no byte of it is here", "Content-Range", fmt.Sprintf("bytes */%d", size))
	}
	a := &reply{status: 206, header: whole.header.Clone()}
	if len(spans) == 1 {
		a.body = whole.body[spans[0].from:spans[0].end]
		return a.set("Content-Range", spans[0].says(size))
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range spans {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Type": whole.header["Content-Type"], "Content-Range": {p.says(size)},
		})
		if err != nil {
			return whole
		}
		part.Write(whole.body[p.from:p.end]) // to memory
	}
	w.Close()
	a.body = b.Bytes()
	return a.set("Content-Type", "multipart/byteranges; boundary="+w.Boundary())
}

// spansOf reads a set of ranges; those that no byte satisfies are left out.
func spansOf(set string, size int) (spans []span, ok bool) {
	for item := range strings.SplitSeq(set, ",") {
		first, last, dash := strings.Cut(strings.Trim(item, " \t"), "-")
		from, end := 0, size
		switch {
		case !dash || first == "" && last == "" || !number(first) || !number(last):
			return nil, false
		case first == "":
			from = max(0, size-atMost(last, size))
		default:
			from = atMost(first, size)
			if last != "" {
				if end = min(size, atMost(last, size)+1); longer(first, last) {
					return nil, false
				}
			}
		}
		if from < end {
			spans = append(spans, span{from, end})
		}
	}
	return spans, true
}

func number(s string) bool { return strings.Trim(s, "0123456789") == "" }

// atMost reads a number of any length, and stops at most.
func atMost(s string, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return most
	}
	return min(n, most)
}

// longer reports whether the number a is greater than b.
func longer(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return len(a) > len(b) || len(a) == len(b) && a > b
}
