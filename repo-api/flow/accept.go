package flow

import (
	"errors"
	"strings"
)

// Wish is a member of an Accept, Accept-Encoding or Accept-Language field: what
// it names and how much that is wanted.
type Wish struct {
	Value  string   // a media range, a coding or a language range, in lower case
	Params []string // of a media range: name=value, in lower case
	Q      int      // in thousandths; 0: not at all
}

// Wishes is such a field (12.4.2). The zero Wishes is one that was not sent, and
// takes anything.
type Wishes []Wish

// maxWishes is the largest number of members that is read. Whoever sends more is
// taken to wish for nothing in particular.
const maxWishes = 64

var errAccept = errors.New("it is a list of names, each with parameters behind semicolons and a weight q from 0 to 1")

// ParseAccept reads all lines of such a field. A parameter named q is the weight
// wherever it stands.
func ParseAccept(lines []string) (Wishes, error) {
	var ws Wishes
	for _, line := range lines {
		for more := true; more; {
			var member string
			member, line, more = cutUnquoted(line, ',')
			member = trim(member)
			if member == "" {
				continue
			}
			if len(ws) == maxWishes {
				return nil, nil
			}
			w, ok := parseWish(member)
			if !ok {
				return nil, errAccept
			}
			ws = append(ws, w)
		}
	}
	return ws, nil
}

func parseWish(member string) (Wish, bool) {
	value, params, more := cutUnquoted(member, ';')
	w := Wish{Value: strings.ToLower(trim(value)), Q: 1000}
	kind, sub, slashed := strings.Cut(w.Value, "/")
	if !isToken(kind) || slashed && !isToken(sub) {
		return Wish{}, false
	}
	for more {
		var param string
		param, params, more = cutUnquoted(params, ';')
		name, value, ok := parseParam(param)
		switch {
		case !ok:
			return Wish{}, false
		case name == "":
		case name == "q":
			if w.Q, ok = parseWeight(value); !ok {
				return Wish{}, false
			}
		case name != "charset": // there is one for everything, so nobody is refused for it
			w.Params = append(w.Params, name+"="+strings.ToLower(value))
		}
	}
	return w, true
}

// parseParam reads name=value, where value may be quoted, or nothing at all (5.6.6).
func parseParam(s string) (name, value string, ok bool) {
	s = trim(s)
	if s == "" {
		return "", "", true
	}
	name, value, ok = strings.Cut(s, "=")
	if !ok || !isToken(name) {
		return "", "", false
	}
	if !strings.HasPrefix(value, `"`) {
		return strings.ToLower(name), value, isToken(value)
	}
	value, ok = unquote(value)
	return strings.ToLower(name), value, ok
}

// parseWeight reads a qvalue: at most three digits behind the point.
func parseWeight(s string) (q int, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole != "0" && whole != "1" || len(fraction) > 3 {
		return 0, false
	}
	q = int(whole[0]-'0') * 1000
	for i, unit := 0, 100; i < len(fraction); i, unit = i+1, unit/10 {
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0, false
		}
		q += int(fraction[i]-'0') * unit
	}
	return q, q <= 1000
}

// Type says how much a media type is wanted: the most special range that it lies in decides.
func (ws Wishes) Type(mediaType string) int {
	if len(ws) == 0 {
		return 1000
	}
	full, params, _ := strings.Cut(strings.ToLower(mediaType), ";")
	full = trim(full)
	kind, _, _ := strings.Cut(full, "/")
	best, q := -1, 0
	for _, w := range ws {
		rank := -1
		switch {
		case w.Value == full && hasParams(params, w.Params):
			rank = 2 + len(w.Params)
		case len(w.Params) > 0:
		case w.Value == kind+"/*":
			rank = 1
		case w.Value == "*/*":
			rank = 0
		}
		if rank > best || rank == best && rank >= 0 && w.Q > q {
			best, q = rank, w.Q
		}
	}
	return q
}

func hasParams(params string, wanted []string) bool {
	for _, want := range wanted {
		found := false
		for rest, more := params, true; more && !found; {
			var param string
			param, rest, more = cutUnquoted(rest, ';')
			name, value, _ := parseParam(param)
			found = name+"="+value == want
		}
		if !found {
			return false
		}
	}
	return true
}

// Identity is the coding of what is not coded.
const Identity = "identity"

// Coding says how much a content coding is wanted (12.5.3). What isn't coded is
// wanted least unless it is named, and refused only by name or by *;q=0.
func (ws Wishes) Coding(coding string) int {
	if len(ws) == 0 {
		if coding == Identity {
			return 1000
		}
		return 0
	}
	others := 0
	if coding == Identity {
		others = 1
	}
	for _, w := range ws {
		switch {
		case w.Value == coding, w.Value == "x-"+coding:
			return w.Q
		case w.Value == "*" && (coding != Identity || w.Q == 0):
			others = w.Q
		}
	}
	return others
}

// Language says how much a language is wanted: the longest range that is the tag,
// or that the tag begins with, or that begins with the tag decides (RFC 4647, 3.3 and 3.4).
func (ws Wishes) Language(tag string) int {
	if len(ws) == 0 {
		return 1000
	}
	tag = strings.ToLower(tag)
	longest, q := -1, 0
	for _, w := range ws {
		length := -1
		switch {
		case w.Value == "*":
			length = 0
		case within(tag, w.Value), within(w.Value, tag):
			length = len(w.Value)
		}
		if length > longest {
			longest, q = length, w.Q
		}
	}
	return q
}

// within says whether the language tag is rang or a kind of it.
func within(tag, rang string) bool {
	rest, ok := strings.CutPrefix(tag, rang)
	return ok && (rest == "" || rest[0] == '-')
}
