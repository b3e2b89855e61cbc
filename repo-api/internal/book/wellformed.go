package book

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"unicode/utf16"
)

// What follows is not well formed (or breaks Namespaces in XML), and encoding/xml lets it pass.

// misdeclared says whether a declaration is none that a name space allows
// (Namespaces in XML 1.0, 2.2 and 3).
func misdeclared(a xml.Attr) bool {
	prefixed := a.Name.Space == "xmlns"
	switch {
	case prefixed && (a.Value == "" || a.Name.Local == "xmlns"):
		return true
	case prefixed && a.Name.Local == "xml":
		return a.Value != nsXML
	}
	return a.Value == nsXML
}

// halfCharacter says whether raw refers to a surrogate, which the decoder lets pass.
func halfCharacter(raw []byte) bool {
	for {
		i := bytes.Index(raw, []byte("&#"))
		if i < 0 {
			return false
		}
		raw = raw[i+2:]
		number, _, _ := bytes.Cut(raw[:min(len(raw), 16)], []byte(";"))
		if hex, ok := bytes.CutPrefix(number, []byte("x")); ok {
			number = append([]byte("0x"), hex...)
		} else {
			number = bytes.TrimLeft(number, "0")
		}
		if n, err := strconv.ParseUint(string(number), 0, 32); err == nil && utf16.IsSurrogate(rune(n)) {
			return true
		}
	}
}

// crowded says whether two attributes of a start tag touch.
func crowded(tag []byte) bool {
	var quote byte
	for i, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
			if i+1 < len(tag) && !bytes.ContainsRune([]byte(" \t\r\n/>"), rune(tag[i+1])) {
				return true
			}
		}
	}
	return false
}
