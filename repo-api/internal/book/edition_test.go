package book_test

import (
	"strings"
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

func TestNumbers(t *testing.T) {
	for _, s := range []string{"1", "12", "1.1", "3.20"} {
		if n, err := book.ParseNumber(s); err != nil || n.String() != s {
			t.Errorf("%s is %v, %v", s, n, err)
		}
	}
	for _, s := range []string{"", "0", "01", "1.", "1.0", ".1", "1.1.1", "-1", "+1", "a", "99999999999"} {
		if n, err := book.ParseNumber(s); err == nil {
			t.Errorf("%q is %v", s, n)
		}
	}
	if (book.Number{Major: 1, Minor: 9}).Compare(book.Number{Major: 1, Minor: 10}) >= 0 {
		t.Error("1.10 does not come after 1.9")
	}
	tests := []struct {
		from   book.Number
		change book.Change
		want   string
	}{
		{book.Number{}, book.Unchanged, "1.1"},
		{book.Number{}, book.MajorChange, "1.1"},
		{book.Number{Major: 1, Minor: 1}, book.MinorChange, "1.2"},
		{book.Number{Major: 1, Minor: 9}, book.MinorChange, "1.10"},
		{book.Number{Major: 1, Minor: 9}, book.MajorChange, "2.1"},
		{book.Number{Major: 2, Minor: 1}, book.Unchanged, "2.1"},
	}
	for _, tt := range tests {
		if got := book.NextOfCollection(tt.from, tt.change); got.String() != tt.want {
			t.Errorf("after %v: %v, not %s", tt.from, got, tt.want)
		}
	}
	for from, want := range map[book.Number]string{{}: "1", {Major: 1}: "2", {Major: 9}: "10"} {
		if got := book.NextOfModule(from); got.String() != want {
			t.Errorf("after %v: %v, not %s", from, got, want)
		}
	}
}

// TestHowMuchChanged holds what is a major change and what a minor one.
func TestHowMuchChanged(t *testing.T) {
	const collection = "collections/one.collection.xml"
	work := map[string]string{
		collection: `<collection xmlns="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><metadata><md:title>One</md:title><md:language>en</md:language></metadata>
<content><subcollection><md:title>Part</md:title><content><module document="m1"/><module document="m2"/></content></subcollection></content></collection>`,
		"modules/m1/index.cnxml": `<document xmlns="http://cnx.rice.edu/cnxml"><title>M1</title><content><image src="../../media/a.png"/></content></document>`,
		"modules/m2/index.cnxml": `<document xmlns="http://cnx.rice.edu/cnxml"><title>M2</title><content/></document>`,
		"modules/m3/index.cnxml": `<document xmlns="http://cnx.rice.edu/cnxml"><title>M3</title><content/></document>`,
		"media/a.png":            "a", "media/b.png": "b",
	}
	readings := book.NewReadings(1 << 20)
	fingerprint := func(files map[string]string) book.Fingerprint {
		src := booktest.Files(t, files)
		l, err := readings.Library(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		c, ok := l.Collection("one")
		if !ok {
			t.Fatal("no collection")
		}
		var members []book.File
		for _, it := range c.Modules {
			if f, ok := l.Module(c, it.Module); ok {
				members = append(members, f)
			}
		}
		modules, err := readings.Modules(t.Context(), src, members)
		if err != nil {
			t.Fatal(err)
		}
		return book.FingerprintOf(c, l.Shown(c, modules))
	}
	before := fingerprint(work)
	tests := []struct {
		name, path, old, new string
		want                 book.Change
	}{
		{"nothing", collection, "", "", book.Unchanged},
		{"the title", collection, ">One<", ">Two<", book.MajorChange},
		{"a section's title", collection, ">Part<", ">Chapter<", book.MajorChange},
		{"the order", collection, `"m1"/><module document="m2"`, `"m2"/><module document="m1"`, book.MajorChange},
		{"a module more", collection, `"m2"/>`, `"m2"/><module document="m3"/>`, book.MajorChange},
		{"a module less", collection, `<module document="m2"/>`, "", book.MajorChange},
		{"a module in another section", collection, `<module document="m2"/></content></subcollection>`, `</content></subcollection><module document="m2"/>`, book.MajorChange},
		{"a title that a module goes by", collection, `"m2"/>`, `"m2"><md:title>X</md:title></module>`, book.MajorChange},
		{"the language", collection, ">en<", ">de<", book.MinorChange},
		{"a module's text", "modules/m2/index.cnxml", "<content/>", "<content>x</content>", book.MinorChange},
		{"a module's title", "modules/m2/index.cnxml", "M2", "M two", book.MinorChange},
		{"a picture", "media/a.png", "a", "A", book.MinorChange},
		{"a picture that is not shown", "media/b.png", "b", "B", book.Unchanged},
		{"a module that is not in it", "modules/m3/index.cnxml", "M3", "M three", book.Unchanged},
	}
	for _, tt := range tests {
		after := make(map[string]string)
		for path, text := range work {
			after[path] = text
		}
		after[tt.path] = strings.Replace(after[tt.path], tt.old, tt.new, 1)
		if got := before.To(fingerprint(after)); got != tt.want {
			t.Errorf("%s changed: %d, not %d", tt.name, got, tt.want)
		}
	}
}
