package flow

import "strings"

// The pieces that fields are made of (5.6).

// trim takes optional whitespace off.
func trim(s string) string { return strings.Trim(s, " \t") }

// isToken says whether s is a token.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}

// cutUnquoted cuts s at the first sep that is not within a quoted string.
func cutUnquoted(s string, sep byte) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == sep && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// unquote reads a quoted string.
func unquote(s string) (string, bool) {
	if len(s) < 2 || s[0] != '"' {
		return "", false
	}
	var text []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return string(text), i == len(s)-1
		case c == '\\' && i+1 < len(s):
			i++
			text = append(text, s[i])
		case c < ' ' && c != '\t' || c == 0x7f:
			return "", false
		default:
			text = append(text, c)
		}
	}
	return "", false
}
