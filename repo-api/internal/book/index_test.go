package book_test

import (
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

func TestFind(t *testing.T) {
	src := booktest.Files(t, map[string]string{
		"modules/m1/index.cnxml": "", "modules/m1/own.png": "", "modules/m2/index.cnxml": "",
		"media/a.png": "", "media/a b(1).png": "", "media/50%.png": "", "media/c#1?x&y;z+.png": "", "media/Äpfel.png": "",
		"media/deep/x.html": "", "media/noext": "", "media/café.png": "", "media/dir/index.html": "",
	})
	files, err := src.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	index := book.NewIndex(files)
	from := booktest.Path(t, "modules/m1/index.cnxml")
	tests := []struct {
		url   string
		place book.Place
		want  string // the path
		exact bool
	}{
		{"../../media/a.png", book.Inside, "media/a.png", true},
		{" ../../media//a.png ", book.Inside, "media/a.png", true},
		{"../..//media/./a.png", book.Inside, "media/a.png", true},
		{`..\..\media\a.png`, book.Inside, "media/a.png", true},
		{"/media/a.png", book.Inside, "media/a.png", true},
		{"../../../../media/a.png", book.Inside, "media/a.png", true}, // as a browser reads it
		{"../../media/a%20b(1).png", book.Inside, "media/a b(1).png", true},
		{"../../media/a b(1).png", book.Inside, "media/a b(1).png", true},
		{"../../media/50%.png", book.Inside, "media/50%.png", true},
		{"../../media/50%25.png", book.Inside, "media/50%.png", true},
		{"../../media/c#1?x&y;z+.png", book.Inside, "media/c#1?x&y;z+.png", true},
		{"../../media/c%231%3Fx%26y%3Bz%2B.png", book.Inside, "media/c#1?x&y;z+.png", true},
		{"../../media/%C3%84pfel.png", book.Inside, "media/Äpfel.png", true},
		{"../../media/A.PNG", book.Inside, "media/a.png", false},
		{"../../media/cafe\u0301.png", book.Inside, "media/café.png", false},
		{"../../media/deep/x.html?a=1#b", book.Inside, "media/deep/x.html", true},
		{"../../media/dir/", book.Inside, "media/dir/index.html", true},
		{"../../media/noext", book.Inside, "media/noext", true},
		{"../m2", book.Folder, "", true},
		{"own.png", book.Inside, "modules/m1/own.png", true},
		{"a.png", book.Inside, "media/a.png", true}, // exported books keep files there
		{"b.png", book.Missing, "modules/m1/b.png", false},
		{"../../media/b%20c.png", book.Missing, "media/b c.png", false},
		{"http://example.org/a.png", book.Outside, "", false},
		{"mailto:a@b", book.Outside, "", false},
		{"//example.org/a.png", book.Outside, "", false},
		{"www.example.org", book.Outside, "", false},
		{"#here", book.Itself, "", false},
		{"", book.Itself, "", false},
	}
	for _, tt := range tests {
		got := index.Find(from, tt.url)
		where := got.File.Path.String()
		if got.Place == book.Missing {
			where = got.Wanted
		}
		if got.Place != tt.place || where != tt.want || got.Exact != tt.exact {
			t.Errorf("%q: %+v", tt.url, got)
		}
	}
}

func TestTheNearestModuleOfAnIDIsMeant(t *testing.T) {
	src := booktest.Files(t, map[string]string{
		"a/col1_1.1_complete/m1/index.cnxml": "", "b/col2_1.1_complete/m1/index_auto_generated.cnxml": "", "m2.cnxml": "",
	})
	files, err := src.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	index := book.NewIndex(files)
	for from, want := range map[string]string{
		"a/col1_1.1_complete/collection.xml": "a/col1_1.1_complete/m1/index.cnxml",
		"b/col2_1.1_complete/collection.xml": "b/col2_1.1_complete/m1/index_auto_generated.cnxml",
		"collection.xml":                     "a/col1_1.1_complete/m1/index.cnxml",
	} {
		if f, ok := index.Module(booktest.Path(t, from), "m1"); !ok || f.Path.String() != want {
			t.Errorf("%s means %s", from, f.Path)
		}
	}
	if f, ok := index.Module(files[0].Path, "m2"); !ok || f.Path.String() != "m2.cnxml" {
		t.Errorf("m2 is %s", f.Path)
	}
}

func TestModulesKnowTheirCollections(t *testing.T) {
	const one = `<collection xmlns="http://cnx.rice.edu/collxml"><metadata xmlns:md="http://cnx.rice.edu/mdml">
		<md:title>One</md:title><md:slug>one</md:slug><md:uuid>u-1</md:uuid></metadata>
		<content><module document="m1"/><module document="m2"/><module document="m1"/><module document="far" repository="physics@3"/></content></collection>`
	const two = `<c:collection xmlns:c="http://cnx.rice.edu/collxml"><c:content><c:subcollection><c:content><c:module document="m1"/></c:content></c:subcollection></c:content></c:collection>`
	src := booktest.Files(t, map[string]string{
		"collections/one.collection.xml": one, "collections/two.collection.xml": two, "collections/bad.collection.xml": "<",
		"games/collection.xml": "<games/>", "more/foreign.collection.xml": "<games/>", "torn/collection.xml": "<games>",
		"modules/m1/index.cnxml": "", "modules/m2/index.cnxml": "", "modules/m3/index.cnxml": "", "old/m1/index.cnxml": "",
	})
	readings := book.NewReadings(1 << 20)
	l, err := readings.Library(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]string{
		"modules/m1/index.cnxml": {"one", "two"}, "modules/m2/index.cnxml": {"one"}, "modules/m3/index.cnxml": nil, "old/m1/index.cnxml": nil,
	} {
		var got []string
		for _, c := range l.Holders(booktest.Path(t, path)) {
			got = append(got, c.ID)
		}
		if len(got) != len(want) || len(got) > 0 && (got[0] != want[0] || got[len(got)-1] != want[len(want)-1]) {
			t.Errorf("%s is in %v, not %v", path, got, want)
		}
	}
	if len(l.Malformed) != 3 || l.Malformed[2].Foreign || l.Malformed[0].Path.String() != "collections/bad.collection.xml" ||
		l.Malformed[1].Path.String() != "more/foreign.collection.xml" || !l.Malformed[1].Foreign {
		t.Errorf("malformed: %v", l.Malformed)
	}
	c, ok := l.Collection("u-1")
	if !ok || c.ID != "one" {
		t.Fatalf("by uuid: %v %v", c, ok)
	}
	far := c.Items[3].Module
	if far.Repo.String() != "physics" || far.Version != "3" {
		t.Errorf("the module of another repository is %+v", far)
	}
}

// TestReadingsKeepDocumentsApart holds a memory by digest to paths, which are
// not in the bytes.
func TestReadingsKeepDocumentsApart(t *testing.T) {
	src := booktest.Files(t, map[string]string{
		"m1/index.cnxml": legacy, "m2/index.cnxml": legacy, "m3/index.cnxml": "<", "m4/index.cnxml": "<",
	})
	files, err := src.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	readings := book.NewReadings(1 << 20)
	for range 2 {
		for i, id := range []string{"m1", "m2"} {
			m, err := readings.Module(t.Context(), src, files[i])
			if err != nil || m.ID != id || m.Path != files[i].Path {
				t.Errorf("%s is %s at %s, %v", id, m.ID, m.Path, err)
			}
		}
		for _, f := range files[2:] {
			_, err := readings.Module(t.Context(), src, f)
			if why := malformed(t, err); why.Path != f.Path {
				t.Errorf("%s is malformed as %s", f.Path, why.Path)
			}
		}
	}
}
