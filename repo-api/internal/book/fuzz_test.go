package book_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

// malformed returns why err refuses a document.
func malformed(t *testing.T, err error) *book.Malformed {
	t.Helper()
	var why *book.Malformed
	if !errors.As(err, &why) || !fault.Is(err, fault.Invalid) {
		t.Fatalf("the error is %v, not a Malformed of kind invalid", err)
	}
	return why
}

// FuzzRead holds that every document is read or refused with a place in it.
func FuzzRead(f *testing.F) {
	names := []string{"a/index.cnxml", "a.collection.xml", "a.html", "a.md"}
	for i, text := range []string{
		legacy, `<collection xmlns="http://cnx.rice.edu/collxml"><content><module document="m1"/></content></collection>`,
		"<title>a<a href=b", "---\ntitle: [a\n---\n# b [c](d) <img src=e>",
		`<?xml version="0"?><document/>`, "&\n",
	} {
		f.Add(uint8(i), []byte(text))
	}
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		path := booktest.Path(t, names[int(kind)%len(names)])
		var places []book.Position
		if book.KindOf(path) == book.KindCollection {
			c, err := book.ReadCollection(path, bytes.NewReader(text))
			if err != nil {
				places = append(places, malformed(t, err).At)
			} else {
				places = append(places, c.Metadata.At)
			}
		} else {
			m, err := book.ReadModule(path, bytes.NewReader(text))
			if err != nil {
				places = append(places, malformed(t, err).At)
			} else {
				for _, r := range m.References {
					places = append(places, r.At)
				}
				for _, at := range m.Anchors {
					places = append(places, at)
				}
			}
		}
		for _, at := range places {
			if at.Line < 1 || at.Column < 1 || at.Line > strings.Count(string(text), "\n")+1 {
				t.Errorf("%v is no place in a text of %d lines", at, strings.Count(string(text), "\n")+1)
			}
		}
	})
}
