package flow

import (
	"errors"
	"slices"
	"strings"
)

// Tag is an entity tag as it is sent, quotes and weakness included: "x" or
// W/"x". The zero Tag is no tag and matches nothing.
type Tag string

// Weak says whether t is only good for weak comparison.
func (t Tag) Weak() bool { return strings.HasPrefix(string(t), "W/") }

// Opaque returns what is between the quotes.
func (t Tag) Opaque() string {
	return strings.Trim(strings.TrimPrefix(string(t), "W/"), `"`)
}

// StrongMatch is the strong comparison of 8.8.3.2: a weak tag matches nothing,
// not even itself.
func (t Tag) StrongMatch(u Tag) bool { return t != "" && t == u && !t.Weak() }

// WeakMatch is the weak comparison of 8.8.3.2.
func (t Tag) WeakMatch(u Tag) bool {
	return t != "" && strings.TrimPrefix(string(t), "W/") == strings.TrimPrefix(string(u), "W/")
}

// Tags is the value of If-Match or If-None-Match. The zero Tags is a field that
// was not sent.
type Tags struct {
	Any  bool  // *
	List []Tag // otherwise
}

// Sent says whether the field was there. A field that lists nothing is none.
func (ts Tags) Sent() bool { return ts.Any || len(ts.List) > 0 }

func (ts Tags) strongMatch(t Tag) bool { return slices.ContainsFunc(ts.List, t.StrongMatch) }
func (ts Tags) weakMatch(t Tag) bool   { return slices.ContainsFunc(ts.List, t.WeakMatch) }

var (
	errTag     = errors.New(`an entity tag is text in double quotes, with W/ before it if it is weak; several are separated by commas`)
	errTagStar = errors.New(`* stands alone, not beside entity tags`)
)

// ParseTags reads all lines of an If-Match or If-None-Match field: * alone, or
// a list of tags in which members may be empty and commas may be quoted.
func ParseTags(lines []string) (Tags, error) {
	var ts Tags
	for _, line := range lines {
		rest := line
		for {
			rest = strings.TrimLeft(rest, " \t,")
			if rest == "" {
				break
			}
			if rest[0] == '*' {
				ts.Any = true
				rest = rest[1:]
			} else {
				tag, after, ok := cutTag(rest)
				if !ok {
					return Tags{}, errTag
				}
				ts.List = append(ts.List, tag)
				rest = after
			}
			rest = strings.TrimLeft(rest, " \t")
			if rest != "" && rest[0] != ',' {
				return Tags{}, errTag
			}
		}
	}
	if ts.Any && len(ts.List) > 0 {
		return Tags{}, errTagStar
	}
	return ts, nil
}

// cutTag cuts the tag at the beginning of s off: 8.8.3's entity-tag.
func cutTag(s string) (tag Tag, rest string, ok bool) {
	i := 0
	if strings.HasPrefix(s, "W/") {
		i = 2
	}
	if i >= len(s) || s[i] != '"' {
		return "", s, false
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return Tag(s[:i+1]), s[i+1:], true
		case c < '!' || c == 0x7f: // etagc is VCHAR but the quote, and obs-text
			return "", s, false
		}
	}
	return "", s, false
}
