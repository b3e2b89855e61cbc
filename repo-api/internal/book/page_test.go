package book_test

import (
	"reflect"
	"testing"

	"rhapsode/repo-api/internal/book"
)

func at(line, column int) book.Position { return book.Position{Line: line, Column: column} }

func TestAPageInHTML(t *testing.T) {
	m := read(t, "a/page.html", `<!doctype html>
<html lang="de"><head><title> A
page </title><meta name="author" content="Ann"><link rel="license" href="https://x.org/l"><link rel=stylesheet href=s.css></head>
<body><h1 id="top">No title</h1>
<a href="b.html#c">b</a> <a name="old"></a>
<img src="a.png" srcset="a2.png 2x, a3.png 3x"><!-- <img src="no.png"> -->
<script src="s.js">"<img src='no.png'>"</script></body></html>`)
	if got := m.Metadata; got.Title != "A page" || got.TitleAt != at(2, 23) || got.Language != "de" ||
		got.Licence.URL != "https://x.org/l" || len(got.Who(book.Author)) != 1 {
		t.Errorf("the metadata are %+v", got)
	}
	want := []book.Reference{
		{Kind: book.Object, Element: "link", At: at(3, 91), URL: "s.css"},
		{Kind: book.Link, Element: "a", At: at(5, 1), URL: "b.html#c"},
		{Kind: book.Picture, Element: "img", At: at(6, 1), URL: "a2.png"},
		{Kind: book.Picture, Element: "img", At: at(6, 1), URL: "a3.png"},
		{Kind: book.Picture, Element: "img", At: at(6, 1), URL: "a.png"},
		{Kind: book.Object, Element: "script", At: at(7, 1), URL: "s.js"},
	}
	if !reflect.DeepEqual(m.References, want) {
		t.Errorf("the references are\n%+v, not\n%+v", m.References, want)
	}
	if want := map[string]book.Position{"top": at(4, 7), "old": at(5, 26)}; !reflect.DeepEqual(m.Anchors, want) {
		t.Errorf("the anchors are %v, not %v", m.Anchors, want)
	}
}

func TestAPageInMarkdown(t *testing.T) {
	m := read(t, "README.md", `---
title: Read me
authors:
  - Ann
  - name: Bea
license: CC-BY-4.0
---
# Other title

See [this](a%20b.md) and ![a picture](pic.png).

<p align=center><img src="logo.svg">
</p>

`+"```\n[not](a-link.md)\n```\n\n[ref]\n\n[ref]: there.md\n")
	if got := m.Metadata; got.Title != "Read me" || got.TitleAt != at(2, 8) || got.Licence.URL != "CC-BY-4.0" ||
		len(got.Who(book.Author)) != 2 || got.Who(book.Author)[1].Name != "Bea" {
		t.Errorf("the metadata are %+v", got)
	}
	want := []book.Reference{
		{Kind: book.Link, Element: "link", At: at(10, 5), URL: "a%20b.md"},
		{Kind: book.Picture, Element: "image", At: at(10, 26), URL: "pic.png"},
		{Kind: book.Picture, Element: "img", At: at(12, 17), URL: "logo.svg"},
		{Kind: book.Link, Element: "link", At: at(19, 1), URL: "there.md"},
	}
	if !reflect.DeepEqual(m.References, want) {
		t.Errorf("the references are\n%+v, not\n%+v", m.References, want)
	}
	if _, ok := m.Anchors["other-title"]; !ok {
		t.Errorf("the anchors are %v", m.Anchors)
	}
	if m := read(t, "b.md", "# A *title*\n"); m.Metadata.Title != "A title" {
		t.Errorf("the title is %q", m.Metadata.Title)
	}
	if m := read(t, "c.md", "---\nno: [yaml\n---\n# T\n"); m.Metadata.Title != "T" {
		t.Errorf("the title is %q", m.Metadata.Title)
	}
}
