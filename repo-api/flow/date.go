package flow

import (
	"errors"
	"net/http"
	"time"
)

// asctimeFormat and rfc850Format are the obsolete forms that must be understood.
const (
	rfc850Format  = "Monday, 02-Jan-06 15:04:05 GMT"
	asctimeFormat = "Mon Jan _2 15:04:05 2006"
)

var errDate = errors.New("it is not one HTTP-date")

// ParseDate reads an HTTP-date (5.6.7) in any of its three forms. A date whose
// weekday is not its own is none. Now decides the century of a two-digit year.
func ParseDate(s string, now time.Time) (time.Time, bool) {
	for _, layout := range [...]string{http.TimeFormat, asctimeFormat} {
		if t, err := time.Parse(layout, s); err == nil && t.Format(layout) == s {
			return t, true
		}
	}
	t, err := time.Parse(rfc850Format, s)
	if err != nil {
		return time.Time{}, false
	}
	century := now.UTC().Year() / 100 * 100
	t = time.Date(century+t.Year()%100, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
	if t.After(now.AddDate(50, 0, 0)) {
		t = t.AddDate(-100, 0, 0)
	}
	return t, t.Format(rfc850Format) == s
}

// dateIn returns the date of a field that has one line with one valid date; any
// other field is as good as not sent (13.1.3, 13.1.4).
func dateIn(lines []string, now func() time.Time) time.Time {
	if len(lines) != 1 {
		return time.Time{}
	}
	t, _ := ParseDate(lines[0], now())
	return t
}
