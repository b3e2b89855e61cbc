package examples

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// replay returns the tree that each commit leaves.
func replay(t *testing.T, commits []Commit) []map[string][]byte {
	t.Helper()
	tree := map[string][]byte{}
	var states []map[string][]byte
	for _, c := range commits {
		tree = maps.Clone(tree)
		for _, file := range c.Delete {
			if _, there := tree[file]; !there {
				t.Errorf("%q deletes %s, which is not there", c.Message, file)
			}
			delete(tree, file)
		}
		for file, data := range c.Put {
			if old, there := tree[file]; there && bytes.Equal(old, data) {
				t.Errorf("%q puts %s as it already is", c.Message, file)
			}
			tree[file] = data
		}
		states = append(states, tree)
	}
	return states
}

func guideHistory(t *testing.T) ([]Commit, []map[string][]byte) {
	t.Helper()
	commits, err := Guide()
	if err != nil {
		t.Fatal(err)
	}
	return commits, replay(t, commits)
}

func TestTheGuideHasAHistory(t *testing.T) {
	commits, states := guideHistory(t)
	authors := map[string]bool{}
	deletions := 0
	for i, c := range commits {
		authors[c.Email] = true
		deletions += len(c.Delete)
		if len(c.Put)+len(c.Delete) == 0 {
			t.Errorf("%q changes nothing", c.Message)
		}
		if i > 0 && !c.When.After(commits[i-1].When) {
			t.Errorf("%q is not later than the commit before it", c.Message)
		}
		if !strings.HasSuffix(c.Email, "@example.org") {
			t.Errorf("%s is no address for an example", c.Email)
		}
	}
	modules := 0
	for file := range states[len(states)-1] {
		if path.Base(file) == "index.cnxml" {
			modules++
		}
	}
	if len(commits) < 8 || len(authors) < 2 || deletions < 2 || modules < 12 {
		t.Errorf("%d commits by %d authors with %d deletions and %d modules: too little to try things on",
			len(commits), len(authors), deletions, modules)
	}
}

func TestEveryStateOfTheGuideIsWhole(t *testing.T) {
	commits, states := guideHistory(t)
	for i, state := range states {
		t.Run(commits[i].Message[:strings.IndexAny(commits[i].Message+"\n", "\n")], func(t *testing.T) {
			book := newBook(t, state)
			for _, file := range slices.Sorted(maps.Keys(state)) {
				book.check(file)
			}
			for module := range book.modules {
				if !book.collected[module] {
					t.Errorf("module %s is in no collection", module)
				}
			}
			for file := range state {
				if strings.HasPrefix(file, "media/") && !book.shown[file] {
					t.Errorf("%s is shown nowhere", file)
				}
			}
		})
	}
}

// book is one state of a book and what has been seen of it.
type book struct {
	t         *testing.T
	files     map[string][]byte
	modules   map[string]map[string]bool // folder name → ids within
	uuids     map[string]string          // → the file that has it
	collected map[string]bool
	shown     map[string]bool
}

func newBook(t *testing.T, files map[string][]byte) *book {
	b := &book{t: t, files: files, modules: map[string]map[string]bool{},
		uuids: map[string]string{}, collected: map[string]bool{}, shown: map[string]bool{}}
	for file := range files {
		if path.Base(file) != "index.cnxml" {
			continue
		}
		module := path.Base(path.Dir(file))
		b.modules[module] = map[string]bool{}
		b.each(file, func(e xml.StartElement, _ string) {
			if id := attr(e, "id"); id != "" {
				if b.modules[module][id] {
					t.Errorf("%s: the id %s is given twice", file, id)
				}
				b.modules[module][id] = true
			}
		})
	}
	return b
}

const (
	cnxml   = "http://cnx.rice.edu/cnxml"
	collxml = "http://cnx.rice.edu/collxml"
	mdml    = "http://cnx.rice.edu/mdml"
	books   = "https://openstax.org/namespaces/book-container"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// check judges one file, and everything that it refers to.
func (b *book) check(file string) {
	b.t.Helper()
	switch path.Ext(file) {
	case ".cnxml", ".xml", ".svg":
		b.each(file, func(e xml.StartElement, text string) { b.checkElement(file, e, text) })
	case ".png":
		if _, err := png.Decode(bytes.NewReader(b.files[file])); err != nil {
			b.t.Errorf("%s: %v", file, err)
		}
	}
}

func (b *book) checkElement(file string, e xml.StartElement, text string) {
	b.t.Helper()
	switch e.Name {
	case xml.Name{Space: books, Local: "book"}:
		target := path.Join("META-INF", attr(e, "href"))
		b.want(file, target, b.files[target] != nil)
		b.want(file, "slug of "+target, path.Base(target) == attr(e, "slug")+".collection.xml")
	case xml.Name{Space: collxml, Local: "module"}:
		module := attr(e, "document")
		b.want(file, "module "+module, b.modules[module] != nil && !b.collected[module])
		b.collected[module] = true
	case xml.Name{Space: mdml, Local: "content-id"}:
		b.want(file, "content-id "+text, text == path.Base(path.Dir(file)))
	case xml.Name{Space: mdml, Local: "uuid"}:
		b.want(file, "uuid "+text, uuid.MatchString(text) && b.uuids[text] == "")
		b.uuids[text] = file
	case xml.Name{Space: cnxml, Local: "image"}:
		target := path.Join(path.Dir(file), attr(e, "src"))
		types := map[string]string{".svg": "image/svg+xml", ".png": "image/png"}
		b.want(file, target, b.files[target] != nil && types[path.Ext(target)] == attr(e, "mime-type"))
		b.shown[target] = true
	case xml.Name{Space: cnxml, Local: "link"}:
		module := attr(e, "document")
		if attr(e, "url") != "" {
			return
		}
		if module == "" {
			module = path.Base(path.Dir(file))
		}
		target := attr(e, "target-id")
		b.want(file, "module "+module, b.modules[module] != nil)
		b.want(file, module+"#"+target, target == "" || b.modules[module][target])
	}
}

func (b *book) want(file, what string, ok bool) {
	b.t.Helper()
	if !ok {
		b.t.Errorf("%s: %s is missing, wrong or there twice", file, what)
	}
}

// each visits the elements of a file with the text that follows the start tag.
func (b *book) each(file string, visit func(xml.StartElement, string)) {
	b.t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(b.files[file]))
	var open *xml.StartElement
	for {
		token, err := decoder.Token()
		if text, isText := token.(xml.CharData); isText && open != nil {
			visit(*open, string(text))
			open = nil
			continue
		}
		if open != nil {
			visit(*open, "")
			open = nil
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			b.t.Errorf("%s: %v", file, err)
			return
		}
		if start, ok := token.(xml.StartElement); ok {
			start = start.Copy()
			open = &start
		}
	}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func TestABadOverlayIsNamed(t *testing.T) {
	const good = `{"author": "A <a@example.org>", "date": "2026-01-02T03:04:05Z", "message": "m"}`
	tests := []struct {
		name, header, why string
	}{
		{"no header", "", "commit.json: file does not exist"},
		{"an unknown key", `{"autor": "A"}`, `unknown field "autor"`},
		{"an author without address", `{"author": "A"}`, "author"},
		{"no message", strings.Replace(good, `"m"`, `""`, 1), "message"},
		{"no date", strings.Replace(good, `"date": "2026-01-02T03:04:05Z",`, "", 1), "date"},
		{"a good one", good, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{"book/01-first/a/b.txt": {Data: []byte("b")}}
			if tt.header != "" {
				tree["book/01-first/commit.json"] = &fstest.MapFile{Data: []byte(tt.header)}
			}
			commits, err := read(tree, "book")
			switch {
			case tt.why == "" && (err != nil || len(commits) != 1 || string(commits[0].Put["a/b.txt"]) != "b" || len(commits[0].Put) != 1):
				t.Errorf("got %v, %v", commits, err)
			case tt.why != "" && (err == nil || !strings.Contains(err.Error(), tt.why) || !strings.Contains(err.Error(), "01-first")):
				t.Errorf("got %v, want %s", err, tt.why)
			}
		})
	}
}
