package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rhapsode/repo-api/internal/book/booktest"
)

const oneCollection = `<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml">
<col:metadata><md:title>One &lt;b&gt;</md:title><md:slug>one</md:slug><md:language>en</md:language><md:uuid>8d08a72f-5463-4856-b05c-58b0d65f5e61</md:uuid>
<md:license url="http://creativecommons.org/licenses/by/4.0/"/><md:roles><md:role type="author">ann</md:role></md:roles>
<md:subjectlist><md:subject>Arts</md:subject></md:subjectlist></col:metadata>
<col:content>
<col:module document="m1"/>
<col:subcollection><md:title>Part</md:title><col:content>
<col:module document="m2"><md:title>Called so here</md:title></col:module>
<col:module document="m9"/><col:module document="m5" repository="physics@3"/>
</col:content></col:subcollection>
</col:content></col:collection>`

// shelve writes a work with two collections, and one that can't be read.
func shelve(s *site) {
	for path, text := range map[string]string{
		"collections/one.collection.xml": oneCollection,
		"collections/two.collection.xml": `<collection xmlns="http://cnx.rice.edu/collxml"><content><module document="m1"/></content></collection>`,
		"collections/bad.collection.xml": "<collection>\n<a></b>",
		"modules/m1/index.cnxml":         `<document xmlns="http://cnx.rice.edu/cnxml"><title>First</title><content/></document>`,
		"modules/m2/index.cnxml":         `<document xmlns="http://cnx.rice.edu/cnxml"><title>Second</title><content/></document>`,
		"modules/m3/index.cnxml":         "<document",
	} {
		s.create("/content/book@main/"+path, text)
	}
}

func TestACollectionIsShownWithItsTree(t *testing.T) {
	s := newSite(t)
	shelve(s)
	list := s.want(200, "GET", "/repos/book/collections", "")
	var all struct {
		Items []struct {
			ID, Path, Href string
			Metadata       map[string]any
			Malformed      map[string]any
		}
	}
	if err := json.Unmarshal([]byte(list.body), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Items) != 3 || all.Items[0].Malformed["line"] != 2.0 || all.Items[1].Metadata["title"] != "One <b>" || all.Items[2].ID != "two" {
		t.Errorf("listed: %s", list.body)
	}

	a := s.want(200, "GET", all.Items[1].Href, "")
	var c struct {
		Path     string
		Metadata struct {
			Title, Language, License, UUID string
			Subjects                       []string
			Roles                          []map[string]string
		}
		Contents []struct {
			Kind, Title, Href string
			Contents          []struct {
				Kind, Title, Module, Repo, Version, Href string
				Missing                                  bool
			}
		}
		Document string `json:"document_url"`
	}
	if err := json.Unmarshal([]byte(a.body), &c); err != nil {
		t.Fatal(err)
	}
	if c.Metadata.Language != "en" || c.Metadata.License != "http://creativecommons.org/licenses/by/4.0/" ||
		!slices.Equal(c.Metadata.Subjects, []string{"Arts"}) || c.Metadata.Roles[0]["name"] != "ann" {
		t.Errorf("metadata: %s", a.body)
	}
	if got, want := fmt.Sprint(c.Contents), "[{module First /repos/book/modules/m1 []} {section Part  ["+
		"{module Called so here m2   /repos/book/modules/m2 false} {module  m9    true} {module  m5 physics 3 /repos/physics/modules/m5 false}]}]"; got != want {
		t.Errorf("the tree is %s, not %s", got, want)
	}
	if s.want(200, "GET", c.Document, "").body != oneCollection {
		t.Error("document_url leads elsewhere")
	}
	for _, name := range []string{"one", c.Metadata.UUID} {
		if s.want(200, "GET", "/repos/book/collections/"+name, "").body != a.body {
			t.Errorf("%s is another collection", name)
		}
	}
	s.want(304, "GET", "/repos/book/collections/one", "", "If-None-Match", a.etag())

	page := s.want(200, "GET", "/repos/book/collections/one", "", "Accept", browser).body
	for _, want := range []string{"<h1>One &lt;b&gt;</h1>", `<a href="/repos/book/modules/m2">Called so here</a>`, "m9 is missing", "Arts"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
	if page := s.want(200, "GET", "/repos/book/collections", "", "Accept", browser).body; !strings.Contains(page, "bad can’t be read: line 2") {
		t.Errorf("page: %s", page)
	}
}

func TestAModuleTellsItsCollections(t *testing.T) {
	s := newSite(t)
	shelve(s)
	holders := func(target string) string {
		var m struct {
			Collections []struct{ ID, Title, Href string }
		}
		if err := json.Unmarshal([]byte(s.want(200, "GET", target, "").body), &m); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(m.Collections)
	}
	for target, want := range map[string]string{
		"/repos/book/modules/m1": "[{one One <b> /repos/book/collections/one} {two  /repos/book/collections/two}]",
		"/repos/book/modules/m2": "[{one One <b> /repos/book/collections/one}]",
		"/repos/book/modules/m3": "[]",
	} {
		if got := holders(target); got != want {
			t.Errorf("%s is in %s, not %s", target, got, want)
		}
	}
	if got := s.want(200, "GET", "/repos/book/modules/m3", ""); !strings.Contains(got.body, `"malformed":{"line":1,"column":10`) {
		t.Errorf("malformed: %s", got.body)
	}
	for target, want := range map[string]string{"m1": `<a href="/repos/book/collections/one">One`, "m3": "can’t be read: line 1"} {
		if page := s.want(200, "GET", "/repos/book/modules/"+target, "", "Accept", browser).body; !strings.Contains(page, want) {
			t.Errorf("page of %s: %s", target, page)
		}
	}

	// A state is asked for by ref, and what it links to is of the same state.
	before := s.want(200, "GET", "/repos/book/modules/m1", "").member(t, "commit").(string)
	s.want(204, "PUT", "/content/book@main/collections/two.collection.xml", `<collection xmlns="http://cnx.rice.edu/collxml"/>`, "If-Match", "*")
	if got := holders("/repos/book/modules/m1"); strings.Contains(got, "two") {
		t.Errorf("afterwards it is in %s", got)
	}
	then := s.want(200, "GET", "/repos/book/modules/m1?ref="+before, "")
	if !strings.Contains(then.body, "/repos/book/collections/two?ref="+before) || !strings.Contains(then.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("then, with %v: %s", then.Header, then.body)
	}
}

func TestCollectionsComeInPages(t *testing.T) {
	s := newSite(t)
	shelve(s)
	var paths []string
	for target := "/repos/book/collections?limit=1"; target != ""; {
		a := s.want(200, "GET", target, "")
		for _, item := range a.member(t, "items").([]any) {
			paths = append(paths, item.(map[string]any)["path"].(string))
		}
		target = a.links()["next"]
	}
	if want := []string{"collections/bad.collection.xml", "collections/one.collection.xml", "collections/two.collection.xml"}; !slices.Equal(paths, want) {
		t.Errorf("listed %v, not %v", paths, want)
	}
}

func TestWhatIsNoCollection(t *testing.T) {
	s := newSite(t)
	shelve(s)
	for _, c := range []struct {
		status int
		method string
		target string
		says   string
	}{
		{404, "GET", "collections/none", `called \"none\"`},
		{404, "GET", "modules/none", `called \"none\"`},
		{409, "GET", "collections/bad", "collections/bad.collection.xml:2:"},
		{404, "GET", "collections?ref=none", ""},
		{400, "GET", "collections?ref=a..b", ""},
		{400, "GET", "collections?limit=0", ""},
		{405, "PUT", "collections/one", ""},
		{405, "DELETE", "modules/m1", ""},
	} {
		if a := s.want(c.status, c.method, "/repos/book/"+c.target, ""); !strings.Contains(a.body, c.says) {
			t.Errorf("%s: %s", c.target, a.body)
		}
	}
	s.want(404, "GET", "/repos/none/collections", "")
}

// TestTheRealBookIsShown writes the collection of a real book, and finds its tree.
func TestTheRealBookIsShown(t *testing.T) {
	dir := filepath.Join(booktest.Corpus(t), "book")
	s := newSite(t)
	const name = "introduction-python-programming"
	paths, err := filepath.Glob(filepath.Join(dir, "modules", "*", "index.cnxml"))
	if err != nil {
		t.Fatal(err)
	}
	paths = append(paths, filepath.Join(dir, "collections", name+".collection.xml"))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		within, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		s.create("/content/book@main/"+within, string(text))
	}
	a := s.want(200, "GET", "/repos/book/collections/"+name, "")
	if n := strings.Count(a.body, `"kind":"module"`); n != 115 || strings.Contains(a.body, `"missing"`) {
		t.Errorf("%d modules: %s", n, a.body)
	}
	if m := s.want(200, "GET", "/repos/book/modules/m00067", "").body; !strings.Contains(m, `"collections":[]`) {
		t.Errorf("the module in no collection: %s", m)
	}
}
