package gitfmt

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rhapsode/content"
)

// latest is the last second of the year 9999. Later times can't be written as
// RFC 3339 dates; git takes what it can't read as the beginning of 1970, and so do we.
const latest = 253402300799

// parseSignature reads "name <email> seconds zone" and makes the best of what
// is missing: an unreadable time is the beginning of 1970, an unreadable zone UTC.
func parseSignature(b []byte) content.Signature {
	name, rest, found := bytes.Cut(b, []byte{'<'})
	if !found {
		return content.Signature{Name: string(bytes.TrimSpace(b)), When: time.Unix(0, 0).UTC()}
	}
	email, _, _ := bytes.Cut(rest, []byte{'>'})
	// The date is behind the last ">": broken e-mail addresses hold more than one.
	date := strings.Fields(string(rest[bytes.LastIndexByte(rest, '>')+1:]))
	return content.Signature{
		Name:  string(bytes.TrimSpace(name)),
		Email: string(bytes.TrimSpace(email)),
		When:  parseDate(date),
	}
}

func parseDate(fields []string) time.Time {
	var seconds int64
	if len(fields) > 0 {
		if s, err := strconv.ParseInt(fields[0], 10, 64); err == nil && s >= 0 && s <= latest {
			seconds = s
		}
	}
	zone := time.UTC
	if len(fields) > 1 {
		zone = parseZone(fields[1])
	}
	return time.Unix(seconds, 0).In(zone)
}

// parseZone reads "+hhmm". Some histories hold "-7", "+051800" or minutes
// beyond 59; a zone of a day or more is not one.
func parseZone(s string) *time.Location {
	n, err := strconv.Atoi(s)
	if err != nil {
		return time.UTC
	}
	offset := (n/100*60 + n%100) * 60
	if offset == 0 || offset <= -24*60*60 || offset >= 24*60*60 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}

func formatSignature(s content.Signature) string {
	_, offset := s.When.Zone()
	sign, minutes := '+', offset/60
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%s <%s> %d %c%02d%02d", s.Name, s.Email, max(0, s.When.Unix()), sign, minutes/60, minutes%60)
}
