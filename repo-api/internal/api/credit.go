package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// The fields that say who makes a change and why:
//
//	Rhapsode-Author: Zo%C3%AB Author <zoe@example.org>
//	Rhapsode-Message: Correct the third chapter%0A%0AIt was wrong.
//
// Both are UTF-8 in which a byte may be written as % and two hexadecimal digits
// (RFC 3986 2.1), as every byte must be that a field can't hold; % itself is %25.
const (
	authorField  = "Rhapsode-Author"
	messageField = "Rhapsode-Message"
)

// credit is who makes a change and why.
type credit struct {
	author  content.Signature
	message string // "": made from the change
}

// creditOf reads the fields; without them the author is anonymous.
func creditOf(h http.Header) (credit, error) {
	author, err := decoded(h, authorField)
	if err != nil {
		return credit{}, err
	}
	message, err := decoded(h, messageField)
	if err != nil {
		return credit{}, err
	}
	name, email := "anonymous", "anonymous@invalid"
	if author != "" {
		name, email, _ = strings.Cut(author, "<")
		email = strings.TrimSuffix(strings.TrimSpace(email), ">")
	}
	signature, err := content.NewSignature(name, email, time.Time{})
	return credit{signature, message}, err
}

func decoded(h http.Header, field string) (string, error) {
	s, err := url.PathUnescape(h.Get(field))
	switch {
	case err != nil:
		return "", fault.New(fault.Invalid, "field", field, err)
	case !utf8.ValidString(s) || strings.Contains(s, "\x00"):
		return "", fault.Newf(fault.Invalid, "field", "%s is not UTF-8, or holds a NUL", field)
	}
	return s, nil
}
