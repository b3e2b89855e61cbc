package xhtml_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/xhtml"
)

// TestNoTextIsLost renders every module of the real book and finds every word of
// it on the page.
func TestNoTextIsLost(t *testing.T) {
	dir := filepath.Join(booktest.Corpus(t), "book")
	modules, err := filepath.Glob(filepath.Join(dir, "modules", "*", "index.cnxml"))
	if err != nil || len(modules) != 116 {
		t.Fatalf("%d modules, not 116 (%v)", len(modules), err)
	}
	for _, file := range modules {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(dir, file)
		path := booktest.Path(t, filepath.ToSlash(rel))
		for _, medium := range []xhtml.Medium{xhtml.EPUB, xhtml.Site} {
			page := render(t, path, data, xhtml.Setting{Medium: medium, Language: "en"})
			missingText(t, path, data, page)
		}
	}
}

func render(t *testing.T, path content.Path, data []byte, s xhtml.Setting) xhtml.Page {
	t.Helper()
	page, err := xhtml.Render(path, data, s)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page.Body)
	return page
}

// wellFormed checks what holds of every page: XML, ids once, headings in order.
func wellFormed(t *testing.T, body []byte) {
	t.Helper()
	ids, level := make(map[string]bool), 0
	dec := xml.NewDecoder(io.MultiReader(strings.NewReader(`<main xmlns:epub="http://www.idpf.org/2007/ops">`), bytes.NewReader(body), strings.NewReader("</main>")))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, body)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local == "id" {
				if ids[a.Value] {
					t.Fatalf("the id %q is there twice", a.Value)
				}
				ids[a.Value] = true
			}
		}
		if name := start.Name.Local; len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
			if at := int(name[1] - '0'); at > level+1 {
				t.Fatalf("a heading of level %d after one of level %d", at, level)
			} else {
				level = at
			}
		}
	}
}

// missingText reports the text of a CNXML document that is not on its page.
func missingText(t *testing.T, path content.Path, data []byte, page xhtml.Page) {
	t.Helper()
	root, err := book.ReadTree(path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	shown, seen := textOf(t, page.Body), make(map[string]bool)
	var visit func(*book.Element)
	visit = func(e *book.Element) {
		if e.Name().Local == "metadata" {
			return
		}
		if e.IsText() {
			for word := range strings.FieldsSeq(e.Text()) {
				if !seen[word] && !strings.Contains(shown, word) {
					t.Errorf("%s: %q is not on the page", path, word)
				}
				seen[word] = true
			}
		}
		for _, c := range e.Children() {
			visit(c)
		}
	}
	visit(root)
}

func textOf(t *testing.T, body []byte) string {
	t.Helper()
	var b strings.Builder
	dec := xml.NewDecoder(io.MultiReader(strings.NewReader("<main>"), bytes.NewReader(body), strings.NewReader("</main>")))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			b.Write(c)
		}
	}
}
