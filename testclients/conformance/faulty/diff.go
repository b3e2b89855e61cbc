package faulty

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hunk is one place that a diff changes: these lines become those.
type hunk struct{ was, is []string }

var hunkHead = regexp.MustCompile(`^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@`)

// hunksOf reads a unified diff of one document; ok is false if it is none.
func hunksOf(text string) (hunks []hunk, ok bool) {
	lines := strings.SplitAfter(text, "\n")
	for len(lines) > 0 && !strings.HasPrefix(lines[0], "@@") {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[0] != "" {
		head := hunkHead.FindStringSubmatch(lines[0])
		if head == nil {
			return nil, false
		}
		was, is := count(head[1]), count(head[2])
		var h hunk
		for lines = lines[1:]; len(h.was) < was || len(h.is) < is; lines = lines[1:] {
			if len(lines) == 0 || lines[0] == "" || !strings.Contains(" -+", lines[0][:1]) {
				return nil, false
			}
			if lines[0][0] != '+' {
				h.was = append(h.was, lines[0][1:])
			}
			if lines[0][0] != '-' {
				h.is = append(h.is, lines[0][1:])
			}
		}
		hunks = append(hunks, h)
	}
	return hunks, len(hunks) > 0
}

// count is a number of lines; left out, it is one.
func count(digits string) int {
	if n, err := strconv.Atoi(digits); err == nil {
		return n
	}
	return 1
}

// diffed returns the content after a diff, each of whose hunks may lie anywhere after the one before it.
func (s *Server) diffed(body []byte, diff string) ([]byte, *reply) {
	hunks, _ := hunksOf(diff) // readable saw that it is one
	rest, done := strings.SplitAfter(string(body), "\n"), ""
	for _, h := range hunks {
		at := 0
		for at+len(h.was) <= len(rest) && !slices.Equal(rest[at:at+len(h.was)], h.was) {
			at++
		}
		if at+len(h.was) > len(rest) {
			refused := problem(409, "a hunk does not fit")
			if s.rules.halfDiffed {
				return []byte(done + strings.Join(rest, "")), refused
			}
			return nil, refused
		}
		done += strings.Join(rest[:at], "") + strings.Join(h.is, "")
		rest = rest[at+len(h.was):]
	}
	return []byte(done + strings.Join(rest, "")), nil
}
