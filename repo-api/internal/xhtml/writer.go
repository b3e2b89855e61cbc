package xhtml

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Writer writes elements that are balanced by construction: what is within one
// is written by a function that it calls.
type Writer struct{ buf bytes.Buffer }

// Attrs are names and values by turns. An empty value is left out, but of alt.
type Attrs []string

// Element writes an element; nil is for one with nothing in it.
func (w *Writer) Element(tag string, as Attrs, within func()) {
	w.start(tag, as)
	w.buf.WriteByte('>')
	if within != nil {
		within()
	}
	w.buf.WriteString("</")
	w.buf.WriteString(tag)
	w.buf.WriteByte('>')
}

// Void writes one of the elements that HTML knows to be empty.
func (w *Writer) Void(tag string, as Attrs) {
	w.start(tag, as)
	w.buf.WriteString("/>")
}

func (w *Writer) start(tag string, as Attrs) {
	w.buf.WriteByte('<')
	w.buf.WriteString(tag)
	for i := 0; i+1 < len(as); i += 2 {
		if as[i+1] == "" && as[i] != "alt" {
			continue
		}
		w.buf.WriteByte(' ')
		w.buf.WriteString(as[i])
		w.buf.WriteString(`="`)
		w.Text(as[i+1])
		w.buf.WriteByte('"')
	}
}

// Raw writes what is XML already.
func (w *Writer) Raw(b []byte) { w.buf.Write(b) }

// Bytes returns what was written. They are the Writer's until it writes again.
func (w *Writer) Bytes() []byte { return w.buf.Bytes() }

// Text writes characters, without those that XML has no way to write.
func (w *Writer) Text(s string) {
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		esc, plain := escape(r, size)
		if !plain {
			w.buf.WriteString(s[start:i])
			w.buf.WriteString(esc)
			start = i + size
		}
		i += size
	}
	w.buf.WriteString(s[start:])
}

func escape(r rune, size int) (string, bool) {
	switch {
	case r == '&':
		return "&amp;", false
	case r == '<':
		return "&lt;", false
	case r == '>':
		return "&gt;", false
	case r == '"':
		return "&quot;", false
	case r == utf8.RuneError && size == 1:
		return "\ufffd", false
	case r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0xfffe, r == 0xffff, r >= 0x7f && r < 0xa0:
		return "", false
	}
	return "", true
}

// classes joins class names, leaving out what could not be one.
func classes(names ...string) string {
	var cs []string
	for _, n := range names {
		for f := range strings.FieldsSeq(n) {
			cs = append(cs, f)
		}
	}
	return strings.Join(cs, " ")
}
