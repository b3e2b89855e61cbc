package check_test

import (
	"context"
	"io"
	"maps"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/check"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// good is a book in which nothing is wrong.
func good() map[string]string {
	return map[string]string{
		"collections/one.collection.xml": `<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml">
<col:metadata>
<md:title>One</md:title>
<md:slug>one</md:slug>
<md:language>en</md:language>
<md:license url="http://creativecommons.org/licenses/by/4.0/"/>
<md:roles><md:role type="author">ann</md:role></md:roles>
<md:subjectlist><md:subject>Arts</md:subject></md:subjectlist>
</col:metadata>
<col:content>
<col:subcollection><md:title>First</md:title><col:content>
<col:module document="m1"/>
</col:content></col:subcollection>
<col:module document="m2"/>
</col:content>
</col:collection>`,
		"modules/m1/index.cnxml": `<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml">
<title>M1</title>
<metadata><md:version>1.2</md:version>
<md:license url="https://creativecommons.org/licenses/by-sa/3.0"/></metadata>
<content>
<para id="p">
<link document="m2" target-id="q">there</link>
<link document="m2" version="latest"/>
<link target-id="p"/>
<link url="#p"/>
<link url="../../media//notes.pdf"/>
<link url="https://example.org/"/>
</para>
<media id="md" alt="a cat"><image src="../../media/a%20cat.png" mime-type="image/png"/></media>
</content>
</document>`,
		"modules/m2/index.cnxml": `<document xmlns="http://cnx.rice.edu/cnxml">
<title>M2</title>
<content><para id="q"><link document="m1" version="1.2"/></para></content>
</document>`,
		"media/a cat.png": "png", "media/notes.pdf": "pdf",
	}
}

func run(t *testing.T, files map[string]string, o check.Options) *check.Report {
	t.Helper()
	r, err := check.Run(t.Context(), booktest.Files(t, files), book.NewReadings(1<<20), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// documented are the codes that the documentation lists.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/architecture/publication.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// TestOneThingBroken breaks one thing at a time, and expects that it is found by
// its name, at its place, and nothing else is.
func TestOneThingBroken(t *testing.T) {
	const collection, m1, m2 = "collections/one.collection.xml", "modules/m1/index.cnxml", "modules/m2/index.cnxml"
	tests := []struct {
		path, old, new string // new replaces old in the document; without old the document is taken away
		code           check.Code
		at             string // path:line, or the path
		says           string
	}{
		{"media/a cat.png", "", "", check.MissingFile, m1 + ":14", "a%20cat.png"},
		{"media/notes.pdf", "", "", check.MissingFile, m1 + ":11", "notes.pdf"},
		{m2, `id="q"`, `id="r"`, check.MissingTarget, m1 + ":7", `"q"`},
		{m1, `target-id="p"`, `target-id="x"`, check.MissingTarget, m1 + ":9", `"x"`},
		{m1, `<link url="#p"/>`, `<link document="m9"/>`, check.MissingLinkModule, m1 + ":10", `"m9"`},
		{m1, `version="latest"`, `version="7"`, check.MissingVersion, m1 + ":8", `"7"`},
		{collection, `document="m2"`, `document="m2"/><col:module document="m3"`, check.MissingModule, collection + ":14", `"m3"`},
		{collection, `document="m2"`, `document="m2"/><col:module document="m9" repository="other@3"`, check.MissingModule, collection + ":14", "edition 3"},
		{collection, "<md:title>One</md:title>", "", check.NoTitle, collection + ":2", "title"},
		{m2, "<title>M2</title>", "", check.NoTitle, m2 + ":1", "title"},
		{collection, `<md:license url="http://creativecommons.org/licenses/by/4.0/"/>`, "", check.NoLicence, collection + ":2", "licence"},
		{collection, "licenses/by/4.0", "licenses/devnations/2.0", check.ForbiddenLicence, collection + ":6", "devnations"},
		{m1, "https://creativecommons.org/licenses/by-sa/3.0", "https://example.org/all-rights-reserved", check.ForbiddenLicence, m1 + ":4", "all-rights-reserved"},
		{collection, `type="author"`, `type="maintainer"`, check.NoAuthor, collection + ":2", "author"},
		{m1, "<md:version>", `<md:roles><md:role type="licensor">ann</md:role></md:roles><md:version>`, check.NoAuthor, m1 + ":3", "author"},
		{m1, "</para>", "", check.Malformed, m1 + ":15", "para"},
		{collection, "</col:metadata>", "", check.Malformed, collection + ":16", "metadata"},
		{m1, "a%20cat.png", "A%20Cat.png", check.InexactPath, m1 + ":14", "a cat.png"},
		{m1, "https://example.org/", "/somewhere", check.LinkOutside, m1 + ":12", "/somewhere"},
		{m1, `url="#p"`, `url="#nothing"`, check.MissingFragment, m1 + ":10", "nothing"},
		{collection, `<col:module document="m2"/>`, "", check.UnusedModule, m2 + ":1", "no collection"},
		{collection, `<col:module document="m2"/>`, `<col:module document="m2"/><col:module document="m2"/>`, check.RepeatedModule, collection + ":14", `"m2"`},
		{collection, `<col:module document="m2"/>`, `<col:module document="m2"/><col:subcollection><md:title>E</md:title></col:subcollection>`, check.EmptyChapter, collection + ":14", `"E"`},
		{collection, "<md:title>First</md:title>", "", check.UntitledChapter, collection + ":11", "title"},
		{collection, ">Arts<", ">Alchemy<", check.UnknownSubject, collection + ":8", "Alchemy"},
		{collection, "<md:language>en</md:language>", "", check.NoLanguage, collection + ":2", "language"},
		{m1, ` alt="a cat"`, "", check.Format, m1 + ":14", "alt"},
	}
	listed := documented(t)
	if r := run(t, good(), check.Options{}); len(r.Findings) != 0 || r.Documents != 3 {
		t.Fatalf("in a good book: %v of %d documents", r.Findings, r.Documents)
	}
	for _, tt := range tests {
		t.Run(string(tt.code)+" "+tt.at, func(t *testing.T) {
			files := good()
			if tt.old == "" {
				delete(files, tt.path)
			} else if files[tt.path] = strings.Replace(files[tt.path], tt.old, tt.new, 1); files[tt.path] == good()[tt.path] {
				t.Fatal("nothing was broken")
			}
			r := run(t, files, check.Options{})
			if len(r.Findings) != 1 {
				t.Fatalf("found %v", r.Findings)
			}
			f := r.Findings[0]
			if f.Code != tt.code || !strings.HasPrefix(f.String(), tt.at+":") || !strings.Contains(f.Message, tt.says) || f.Mend == "" {
				t.Errorf("found %v, mended by %q", f, f.Mend)
			}
			if forbids := f.Severity == check.Error; forbids != (r.Errors() == 1) {
				t.Errorf("%v, and %d errors", f, r.Errors())
			}
			if !strings.Contains(listed, "`"+string(tt.code)+"`") {
				t.Errorf("publication.md does not list %s", tt.code)
			}
		})
	}
}

func TestWhatIsChecked(t *testing.T) {
	broken := good()
	broken["collections/two.collection.xml"] = strings.NewReplacer("m1", "m3", ">One<", ">Two<", ">one<", ">two<").Replace(broken["collections/one.collection.xml"])
	broken["modules/m3/index.cnxml"] = `<document xmlns="http://cnx.rice.edu/cnxml"><content><para id="a"/></content></document>`
	tests := []struct {
		name        string
		collections []string
		want        []check.Code
	}{
		{"all collections", nil, []check.Code{check.NoTitle}},
		{"one without fault", []string{"one"}, nil},
		{"the other", []string{"two"}, []check.Code{check.NoTitle}},
		{"one that is not there", []string{"one", "three"}, []check.Code{check.MissingCollection}},
	}
	for _, tt := range tests {
		r := run(t, broken, check.Options{Collections: tt.collections})
		if len(r.Findings) != len(tt.want) || len(tt.want) > 0 && r.Findings[0].Code != tt.want[0] {
			t.Errorf("%s: %v", tt.name, r.Findings)
		}
	}
}

// TestWhatIsKnownElsewhere lets the caller answer for what documents don't say.
func TestWhatIsKnownElsewhere(t *testing.T) {
	files := good()
	files["collections/one.collection.xml"] = strings.NewReplacer(
		`type="author"`, `type="editor"`, `<md:license url="http://creativecommons.org/licenses/by/4.0/"/>`, "",
		`document="m2"`, `document="m9" repository="other@3"`,
	).Replace(files["collections/one.collection.xml"])
	files["modules/m1/index.cnxml"] = strings.Replace(files["modules/m1/index.cnxml"], `version="latest"`, `version="7"`, 1)
	delete(files, "collections/two.collection.xml")
	r := run(t, files, check.Options{
		Collections: []string{"one"},
		Known: book.Metadata{
			Credits: []book.Credit{{Role: book.Author, Person: book.Person{Name: "Ann"}}},
			Licence: book.Licence{URL: "https://creativecommons.org/licenses/by/4.0/"},
		},
		Elsewhere: func(_ context.Context, ref book.ModuleRef) (bool, error) {
			return ref.Repo.String() == "other" && ref.ID == "m9" && ref.Version == "3", nil
		},
		Published: func(module, number string) bool { return module == "m2" && number == "7" },
	})
	if len(r.Findings) != 0 {
		t.Errorf("found %v", r.Findings)
	}
}

func TestAWorkWithoutCollections(t *testing.T) {
	files := map[string]string{
		"LICENSE":   "MIT",
		"README.md": "# Hello\n\n[all](docs/), [one](docs/one.html#x) ![](docs/a.png)\n",
		"docs/one.html": `<title>One</title>
<a id=x href="../README.md">up</a> <a href="#y">y</a>
<img src=a.png>`,
		"docs/a.png": "png",
	}
	known := book.Metadata{Credits: []book.Credit{{Role: book.Author, Person: book.Person{Name: "Ann"}}}}
	want := func(name string, want ...string) {
		t.Helper()
		r := run(t, files, check.Options{Known: known})
		if len(r.Findings) != len(want) {
			t.Errorf("%s: %v", name, r.Findings)
			return
		}
		for i, f := range r.Findings {
			if !strings.HasPrefix(f.String(), want[i]) || !strings.Contains(documented(t), "`"+string(f.Code)+"`") {
				t.Errorf("%s: %v, not %s", name, f, want[i])
			}
		}
	}
	const fragment = `docs/one.html:2:36: warning: "#y" leads`
	want("all there", fragment)
	delete(files, "docs/a.png")
	want("no picture", "README.md:3:38: error: the picture", fragment, "docs/one.html:3:1: error: the picture")
	delete(files, "LICENSE")
	files["docs/a.png"] = "png"
	want("no licence", "(the work): error: nothing says under which licence", fragment)
	files["LICENCE.txt"] = "MIT"
	known = book.Metadata{}
	want("no author", "(the work): error: nothing says who", fragment)
}

func TestLicences(t *testing.T) {
	for url, open := range map[string]bool{
		"http://creativecommons.org/licenses/by/4.0/":             true,
		"HTTPS://www.CreativeCommons.org/licenses/by/4.0/deed.de": true,
		" https://creativecommons.org/licenses/by-nc-sa/4.0 ":     true,
		"https://creativecommons.org/publicdomain/zero/1.0/":      true,
		"CC-BY-4.0": true,
		"https://creativecommons.org/licenses/sampling/1.0/":       false,
		"https://creativecommons.org.example.org/licenses/by/4.0/": false,
		"https://example.org/creativecommons.org/licenses/by/4.0/": false,
		"mit license but not really":                               false,
		"":                                                         false,
	} {
		if got := check.OpenLicences.Allow(url); got != open {
			t.Errorf("%q: %v", url, got)
		}
	}
}

// counted counts what is opened.
type counted struct {
	book.Source
	opened atomic.Int32
}

func (c *counted) Open(ctx context.Context, f book.File) (io.ReadCloser, error) {
	c.opened.Add(1)
	return c.Source.Open(ctx, f)
}

func TestWhatDidNotChangeIsNotReadAgain(t *testing.T) {
	readings := book.NewReadings(1 << 20)
	opened := func(files map[string]string) int32 {
		src := &counted{Source: booktest.Files(t, files)}
		if _, err := check.Run(t.Context(), src, readings, check.Options{}); err != nil {
			t.Fatal(err)
		}
		return src.opened.Load()
	}
	files := good()
	if n := opened(files); n != 3 {
		t.Errorf("first %d documents were opened, not 3", n)
	}
	if n := opened(maps.Clone(files)); n != 0 {
		t.Errorf("then %d, not 0", n)
	}
	files["modules/m2/index.cnxml"] = strings.Replace(files["modules/m2/index.cnxml"], "M2", "M two", 1)
	if n := opened(files); n != 1 {
		t.Errorf("after one changed %d, not 1", n)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	files := good()
	files["modules/m2/index.cnxml"] = strings.Replace(files["modules/m2/index.cnxml"], "<para",
		strings.Repeat(`<para id="a"><link url="/x"/><link url="x"/></para>`+"\n", check.MaxFindings)+"<para", 1)
	r := run(t, files, check.Options{})
	if len(r.Findings) != check.MaxFindings || !r.Truncated || r.Errors() != check.MaxFindings {
		t.Errorf("%d findings, %d errors, truncated: %v", len(r.Findings), r.Errors(), r.Truncated)
	}
}
