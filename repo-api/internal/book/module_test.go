package book_test

import (
	"reflect"
	"strings"
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

func read(t *testing.T, path, text string) *book.Module {
	t.Helper()
	m, err := book.ReadModule(booktest.Path(t, path), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// legacy is a module as the first repository wrote it.
const legacy = `<?xml version="1.0" encoding="utf-8"?>
<document xmlns="http://cnx.rice.edu/cnxml" xmlns:m="http://www.w3.org/1998/Math/MathML"
  xmlns:md="http://cnx.rice.edu/mdml" id="root" cnxml-version="0.7" module-id="m42119">
<title>Motion &amp; rest</title>
<metadata mdml-version="0.5">
  <md:content-id>m42119</md:content-id>
  <md:title>Motion &amp; rest</md:title>
  <md:version>1.3</md:version>
  <md:created>2012/06/12 16:12:05.303 GMT-5</md:created>
  <md:actors>
    <md:organization userid="OpenStax"><md:shortname>OpenStax</md:shortname><md:fullname>OpenStax College</md:fullname></md:organization>
    <md:person userid="ann"><md:firstname>Ann</md:firstname><md:surname>Lee</md:surname><md:fullname>Ann Lee</md:fullname><md:email>ann@example.org</md:email></md:person>
  </md:actors>
  <md:roles>
    <md:role type="author">OpenStax ann</md:role>
    <md:role type="licensor">nobody</md:role>
  </md:roles>
  <md:license url="http://creativecommons.org/licenses/by/3.0/"/>
  <md:derived-from url="http://cnx.org/content/m1/1.2"><md:title>Of Motion</md:title><md:license url="x"/></md:derived-from>
  <md:keywordlist><md:keyword>speed</md:keyword><md:keyword/></md:keywordlist>
  <md:subjectlist><md:subject>Science and Technology</md:subject></md:subjectlist>
  <md:abstract>What <m:math><m:mi>v</m:mi></m:math>
 is.</md:abstract>
  <md:language>en</md:language>
</metadata>
<content>
  <para id="p1">See <link document="m2" version="1.4" target-id="fig">there</link>, <link target-id="p1"/>, <link url="http://x.org/">x</link>.</para>
  <media id="md" alt="a"><image src="a b.png" mime-type="image/png"/><iframe src="../../media/x.html"/></media>
  <link resource="notes.pdf"/>
</content>
</document>`

func TestALegacyModule(t *testing.T) {
	m := read(t, "modules/m42119/index.cnxml", legacy)
	want := book.Metadata{
		At: book.Position{Line: 5, Column: 1}, Title: "Motion & rest", TitleAt: book.Position{Line: 7, Column: 3},
		Language: "en", ContentID: "m42119", Version: "1.3", Created: "2012/06/12 16:12:05.303 GMT-5",
		Licence: book.Licence{URL: "http://creativecommons.org/licenses/by/3.0/", At: book.Position{Line: 18, Column: 3}},
		Credits: []book.Credit{
			{Role: book.Author, At: book.Position{Line: 15, Column: 5}, Person: book.Person{ID: "OpenStax", Name: "OpenStax College", Organisation: true}},
			{Role: book.Author, At: book.Position{Line: 15, Column: 5}, Person: book.Person{ID: "ann", Name: "Ann Lee", FirstName: "Ann", Surname: "Lee", Email: "ann@example.org"}},
			{Role: book.Licensor, At: book.Position{Line: 16, Column: 5}, Person: book.Person{ID: "nobody", Name: "nobody"}},
		},
		Subjects:    []book.Term{{Text: "Science and Technology", At: book.Position{Line: 21, Column: 19}}},
		Keywords:    []book.Term{{Text: "speed", At: book.Position{Line: 20, Column: 19}}},
		Abstract:    "What v is.",
		DerivedFrom: []book.Origin{{URL: "http://cnx.org/content/m1/1.2", Title: "Of Motion", At: book.Position{Line: 19, Column: 3}}},
	}
	if !reflect.DeepEqual(m.Metadata, want) {
		t.Errorf("the metadata are\n%+v, not\n%+v", m.Metadata, want)
	}
	refs := []book.Reference{
		{Kind: book.Link, Element: "link", At: book.Position{Line: 27, Column: 21}, Document: "m2", Version: "1.4", Target: "fig"},
		{Kind: book.Link, Element: "link", At: book.Position{Line: 27, Column: 85}, Target: "p1"},
		{Kind: book.Link, Element: "link", At: book.Position{Line: 27, Column: 109}, URL: "http://x.org/"},
		{Kind: book.Picture, Element: "image", At: book.Position{Line: 28, Column: 26}, URL: "a b.png"},
		{Kind: book.Object, Element: "iframe", At: book.Position{Line: 28, Column: 70}, URL: "../../media/x.html"},
		{Kind: book.Link, Element: "link", At: book.Position{Line: 29, Column: 3}, URL: "notes.pdf"},
	}
	if !reflect.DeepEqual(m.References, refs) {
		t.Errorf("the references are\n%+v, not\n%+v", m.References, refs)
	}
	if m.ID != "m42119" || m.Anchors["p1"] != (book.Position{Line: 27, Column: 3}) || len(m.Anchors) != 3 {
		t.Errorf("id %q, anchors %v", m.ID, m.Anchors)
	}
}

func TestAModuleOfTheFirstDialects(t *testing.T) {
	m := read(t, "m9000/index.cnxml", `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE document PUBLIC "-//CNX//DTD CNXML 0.5 plus MathML//EN" "http://cnx.rice.edu/cnxml/0.5/DTD/cnxml_mathml.dtd" [
  <!ENTITY who "the Laplacians">
]>
<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml/0.4" id="m9000">
  <name>Caf`+"\xe9"+` &alpha; &who;</name>
  <metadata>
    <md:version>2.1</md:version>
    <md:authorlist><md:author id="rb"><md:firstname>R</md:firstname><md:surname>B</md:surname></md:author></md:authorlist>
    <md:license href="http://creativecommons.org/licenses/by/1.0"/>
  </metadata>
  <content><para id="a"><cnxn document="m1" target="eq1">x</cnxn> <media type="image/png" src="x.png"/></para></content>
</document>`)
	if got := m.Metadata; got.Title != "Café α the Laplacians" || got.Licence.URL != "http://creativecommons.org/licenses/by/1.0" ||
		got.Version != "2.1" || len(got.Who(book.Author)) != 1 || got.Who(book.Author)[0].Name != "R B" {
		t.Errorf("the metadata are %+v", got)
	}
	if len(m.References) != 2 || m.References[0].Document != "m1" || m.References[0].Target != "eq1" || m.References[1].URL != "x.png" {
		t.Errorf("the references are %+v", m.References)
	}
}

func TestWhatIsMalformedIsRefusedWithItsPlace(t *testing.T) {
	const ns = `xmlns="http://cnx.rice.edu/cnxml"`
	tests := []struct {
		name, text   string
		line, column int
		why          string
	}{
		{"nothing", "", 1, 1, "no element"},
		{"only text", "hello", 1, 1, "outside of the root"},
		{"not closed", "<document " + ns + ">\n<content>\n</document>", 3, 12, "closed by"},
		{"the end is missing", "<document " + ns + ">\n<content>", 2, 10, "EOF"},
		{"a conflict left in", "<document " + ns + ">\n<<<<<<< HEAD\n</document>", 2, 2, "element name"},
		{"an ampersand", "<document " + ns + ">\n a & b</document>", 2, 5, "entity"},
		{"an entity of no type", "<document " + ns + ">&nbsp;</document>", 1, 51, "entity"},
		{"an entity of entities", `<!DOCTYPE d [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><document ` + ns + `>&b;</document>`, 1, 99, "entity"},
		{"an attribute twice", "<document " + ns + ">\n<para id='a' id='b'/></document>", 2, 1, "twice"},
		{"attributes that touch", "<document " + ns + ">\n<para id='a'x='b'/></document>", 2, 1, "no space"},
		{"a prefix of nothing", "<document " + ns + ">\n<m:math/></document>", 2, 1, "prefix"},
		{"a prefix of nothing, at an attribute", "<document " + ns + ">\n<para x:y='1'/></document>", 2, 1, "prefix"},
		{"a prefix of a neighbour", "<document " + ns + "><para xmlns:m='u'/>\n<m:math/></document>", 2, 1, "prefix"},
		{"a prefix for nothing", "<document " + ns + ">\n<para xmlns:m=''/></document>", 2, 1, "nobody may"},
		{"xml for something else", "<document " + ns + ">\n<para xmlns:xml='u'/></document>", 2, 1, "nobody may"},
		{"half a character", "<document " + ns + ">\n&#xD800;</document>", 1, 45, "half"},
		{"half a character, in a value", "<document " + ns + ">\n<para id='&#55296;'/></document>", 2, 1, "half"},
		{"two roots", "<document " + ns + "/>\n<document " + ns + "/>", 2, 1, "second root"},
		{"text behind", "<document " + ns + "/>\nx", 2, 1, "outside of the root"},
		{"a late declaration", "<document " + ns + ">\n<?xml version='1.0'?></document>", 2, 1, "beginning"},
		{"another root", "<html/>", 1, 1, "<document>"},
		{"another root, and not closed", "<html>\n<br></html>", 2, 12, "closed by"},
		{"another name space", `<document xmlns="http://example.org"/>`, 1, 1, "name space"},
		{"no UTF-8", "<document " + ns + ">\n\xff</document>", 2, 2, "UTF-8"},
		{"an encoding of nobody", `<?xml version="1.0" encoding="klingon"?><document ` + ns + "/>", 1, 1, "klingon"},
		{"too deep", strings.Repeat("<document "+ns+">\n", 300), 257, 1, "deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := book.ReadModule(booktest.Path(t, "m1/index.cnxml"), strings.NewReader(tt.text))
			why := malformed(t, err)
			if why.At != (book.Position{Line: tt.line, Column: tt.column}) || !strings.Contains(why.Reason, tt.why) || why.Path.String() != "m1/index.cnxml" {
				t.Errorf("%v, not %d:%d: …%s…", why, tt.line, tt.column, tt.why)
			}
		})
	}
}

// TestASmallDocumentStaysSmall holds entities to a bound: what would grow beyond
// it is not known.
func TestASmallDocumentStaysSmall(t *testing.T) {
	declared := `<!DOCTYPE document [<!ENTITY a "` + strings.Repeat("x", 1<<20) + `">]>`
	document := func(uses int) string {
		return declared + "\n" + `<document xmlns="http://cnx.rice.edu/cnxml"><title>` + strings.Repeat("&a;", uses) + "</title><content/></document>"
	}
	if m := read(t, "m1/index.cnxml", document(2)); len(m.Metadata.Title) != 2<<20 {
		t.Errorf("the title has %d bytes", len(m.Metadata.Title))
	}
	_, err := book.ReadModule(booktest.Path(t, "m1/index.cnxml"), strings.NewReader(document(40)))
	if why := malformed(t, err); why.At.Line != 2 || !strings.Contains(why.Reason, "entity") {
		t.Errorf("refused as %v", why)
	}
}

// TestHostilePagesAreRead holds readers of text to time that grows with its length.
func TestHostilePagesAreRead(t *testing.T) {
	const many = 50_000
	for name, text := range map[string]string{
		"brackets.md": strings.Repeat("[", many), "quotes.md": strings.Repeat("> ", 2000) + "x", "images.md": strings.Repeat("![", many),
		"stars.md": strings.Repeat("*a ", many), "tags.html": strings.Repeat("<a href=x ", many), "comments.html": strings.Repeat("<!--", many),
		"aliases.md": "---\na: &a [x,x]\nb: &b [*a,*a]\ntags: [*b,*b]\n---\n",
	} {
		read(t, name, text)
	}
}

func TestRemarksOnTheFormat(t *testing.T) {
	m := read(t, "m1/index.cnxml", `<document xmlns="http://cnx.rice.edu/cnxml">
<content>
<para/><para/>
<kbd/>
<media id="x" alt=""><image src="a.png" mime-type="image/png"/></media>
<item id="x"/>
<exercise id="e"><solution id="s"/></exercise>
</content></document>`)
	at := func(line, column int) book.Position { return book.Position{Line: line, Column: column} }
	want := []book.Remark{
		{Rule: book.MissingAttribute, Element: "para", Detail: "id", At: at(3, 1), Count: 2},
		{Rule: book.UnknownElement, Element: "kbd", At: at(4, 1), Count: 1},
		{Rule: book.RepeatedID, Element: "item", Detail: "x", At: at(6, 1), Count: 1},
		{Rule: book.MisplacedElement, Element: "item", Detail: "content", At: at(6, 1), Count: 1},
		{Rule: book.MissingElement, Element: "exercise", Detail: "problem", At: at(7, 1), Count: 1},
	}
	if !reflect.DeepEqual(m.Remarks, want) {
		t.Errorf("the remarks are\n%+v, not\n%+v", m.Remarks, want)
	}
}
