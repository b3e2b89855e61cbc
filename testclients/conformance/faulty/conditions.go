package faulty

import (
	"net/http"
	"strings"
	"time"
)

// judge is RFC 9110 13.2.2 up to the range: nil to go on, or the answer.
func (s *Server) judge(r *request, d document, tag string) *reply {
	there := d.body != nil
	dated := there && !d.modified.IsZero()
	switch {
	case r.has("If-Match"):
		if !s.matches(r.all("If-Match"), tag, there, !s.rules.weakMatches) {
			return problem(412, "If-Match does not hold")
		}
	case dated && (valid(r, "If-Unmodified-Since") || r.has("If-Unmodified-Since") && s.rules.junkIsDate):
		if d.modified.After(date(r, "If-Unmodified-Since")) {
			return problem(412, "If-Unmodified-Since does not hold")
		}
	}
	since := valid(r, "If-Modified-Since") || r.has("If-Modified-Since") && s.rules.junkIsDate
	switch {
	case r.has("If-None-Match"):
		if !s.matches(r.all("If-None-Match"), tag, there, false) {
			return nil
		}
	case dated && since && (r.reads() || s.rules.datesForAll):
		if at := date(r, "If-Modified-Since"); d.modified.After(at) && !at.IsZero() {
			return nil
		}
	default:
		return nil
	}
	if r.reads() {
		return answer(304)
	}
	return problem(412, "there is something that should not be there")
}

// matches reports whether a list of tags, or *, names what is there.
func (s *Server) matches(lines []string, tag string, there, strongly bool) bool {
	for _, item := range items(lines, s.rules.commasSplit) {
		if item == "*" && len(items(lines, false)) == 1 {
			return there
		}
		if s.rules.commasSplit {
			item = `"` + strings.Trim(item, `"`) + `"`
		}
		if !strongly {
			item = strings.TrimPrefix(item, "W/")
		}
		if there && item == tag {
			return true
		}
	}
	return false
}

// valid reports whether a field is there and is one date.
func valid(r *request, name string) bool { return r.has(name) && !date(r, name).IsZero() }

// date reads a date in any of the three forms of RFC 9110 5.6.7; the zero time is none.
func date(r *request, name string) time.Time {
	if len(r.all(name)) != 1 {
		return time.Time{}
	}
	text := r.get(name)
	for _, form := range []string{http.TimeFormat, time.ANSIC, "Monday, 02-Jan-06 15:04:05 GMT"} {
		if at, err := time.Parse(form, text); err == nil && len(text) > len("yesterday") {
			return at
		}
	}
	return time.Time{}
}
