package book

import (
	"bytes"
	"html"
	"regexp"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"

	"rhapsode/internal/fault"
)

// declaration is the beginning of a document that says its own encoding.
var declaration = regexp.MustCompile(`^<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']`)

// inUTF8 returns a document in UTF-8 and without a byte order mark. A mark tells
// the encoding, then the declaration does; without either it is UTF-8 already.
func inUTF8(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return text[3:], nil
	case bytes.HasPrefix(text, []byte("\xfe\xff")), bytes.HasPrefix(text, []byte("\xff\xfe")):
		return decode(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), text)
	}
	said := declaration.FindSubmatch(text)
	if said == nil {
		return text, nil
	}
	enc, err := htmlindex.Get(string(said[1]))
	if err != nil {
		return nil, fault.Newf(fault.Invalid, "encoding", "none that is called %q is known", said[1])
	}
	if name, err := htmlindex.Name(enc); err == nil && name == "utf-8" {
		return text, nil // as it is, so that bytes which are not are found where they stand
	}
	return decode(enc, text)
}

func decode(enc encoding.Encoding, text []byte) ([]byte, error) {
	text, err := enc.NewDecoder().Bytes(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "encoding", "", err)
	}
	return text, nil
}

var (
	entityUsed     = regexp.MustCompile(`&([A-Za-z][A-Za-z0-9]{0,40});`)
	entityDeclared = regexp.MustCompile(`<!ENTITY\s+([A-Za-z_][\w.-]{0,40})\s+(?:"([^"<&%]*)"|'([^'<&%]*)')\s*>`)
	outsideType    = regexp.MustCompile(`^DOCTYPE\s+[^\s\[>]+\s+(PUBLIC|SYSTEM)\s`)
)

// entities are those that a document with this document type may use: plain ones
// that it declares itself and, where it names a type elsewhere, those that HTML
// and MathML know by name. Nothing is fetched, and an entity holds no other, so
// that a small document stays small.
func entities(doctype, text []byte) map[string]string {
	known := make(map[string]string)
	if outsideType.Match(doctype) {
		for _, m := range entityUsed.FindAllSubmatch(text, -1) {
			if s := html.UnescapeString(string(m[0])); s != string(m[0]) {
				known[string(m[1])] = s
			}
		}
	}
	grown := 0
	for _, m := range entityDeclared.FindAllSubmatch(doctype, -1) {
		name, value := string(m[1]), string(m[2])+string(m[3])
		if grown += len(value) * bytes.Count(text, []byte("&"+name+";")); grown > MaxDocument {
			break // then it is not known, and the document is refused where it is used
		}
		known[name] = value
	}
	return known
}
