package download_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

const collection = `<collection xmlns="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml">
<metadata><md:title>All of it</md:title><md:slug>all-of-it</md:slug><md:language>en</md:language>
<md:license url="http://creativecommons.org/licenses/by/4.0/">CC BY</md:license>
<md:actors><md:person userid="ann"><md:fullname>Ann &amp; Co</md:fullname></md:person></md:actors>
<md:roles><md:role type="author">ann</md:role><md:role type="translator">bob</md:role></md:roles></metadata>
<content>
<module document="m0"/>
<subcollection><md:title>Part</md:title><content>
<subcollection><md:title>Chapter</md:title><content><module document="m1"/><module document="m2"><md:title>Called otherwise</md:title></module><module document="m1"/></content></subcollection>
</content></subcollection>
<subcollection><md:title>Empty</md:title><content/></subcollection>
<module document="docs/page one.md"/>
<module document="docs/page.html"/>
<module document="docs/plain.txt"/>
</content></collection>`

func module(title, body string) string {
	return `<document xmlns="http://cnx.rice.edu/cnxml"><title>` + title + `</title><content>` + body + `</content></document>`
}

// everything is a book in which every element of CNXML occurs, and every way to
// refer to something.
func everything(t testing.TB) map[string]string {
	t.Helper()
	all, err := os.ReadFile("../xhtml/testdata/everything.cnxml")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"collections/all.collection.xml": collection,
		"modules/m0/index.cnxml":         module("Preface", `<para id="a">Before.</para>`),
		"modules/m1/index.cnxml":         string(all),
		"modules/m2/index.cnxml":         module("Second", `<figure id="there"><media alt="cat"><image src="../m1/cat.png" mime-type="image/png"/></media></figure>`),
		"modules/m9/index.cnxml":         module("In no book", ``),
		"modules/m1/cat.png":             picture(t, "png"),
		"modules/m1/cat two.jpg":         picture(t, "jpeg"),
		"modules/m1/cat.eps":             "%!PS-Adobe-3.0 EPSF-3.0",
		"modules/m1/a.mp3":               "ID3\x03\x00\x00\x00\x00\x00\x00",
		"modules/m1/v.mp4":               "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
		"modules/m1/x.swf":               "FWS",
		"modules/m1/sim.html":            "<p>Simulation</p>",
		"modules/m1/d.zip":               "PK\x05\x06",
		"docs/page one.md":               "---\ntitle: Marked\nlang: en\n---\n\n## Down\n\nSee [page](page.html#h), [itself](#down), [cat](../modules/m1/cat.png), <b onclick='x()'>bold</b><script>alert(1)</script>\n\n![cat](../modules/m1/cat.png) ![gone](gone.png)\n\n| a | b |\n|---|--:|\n| 1 | ~~2~~ |\n\n- [x] task\n\n```go\nfunc main() {}\n```\n\nFoot[^1]\n\n[^1]: Note.\n\n###### Deep\n",
		"docs/page.html":                 "<!doctype html><html lang=de><title>Page</title><body><h1 id=h>Head <i>line</i></h1><h4>Four</h4><p>See <a href='page%20one.md'>other</a><br><img src=../modules/m1/cat.png><center>mid</center><form><input name=x></form><table><tr><td colspan=2>x</table><details><summary>Sum</summary>More</details>",
		"docs/plain.txt":                 "As it\n  stands & <is>.\n",
		"LICENSE":                        "CC BY",
	}
}

func picture(t testing.TB, kind string) string {
	t.Helper()
	var out bytes.Buffer
	img, err := image.NewGray(image.Rect(0, 0, 4, 4)), error(nil)
	if kind == "png" {
		err = png.Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func everythingSource(t testing.TB) book.Source {
	t.Helper()
	return booktest.Files(t, everything(t))
}
