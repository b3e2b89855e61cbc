package xhtml_test

import (
	"os"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/xhtml"
)

func document(body string) []byte {
	return []byte(`<document xmlns="http://cnx.rice.edu/cnxml" xmlns:m="http://www.w3.org/1998/Math/MathML"><title>T</title><content>` + body + `</content></document>`)
}

// destinations lead to what the tests refer to.
func destinations() map[string]xhtml.Destination {
	return map[string]xhtml.Destination{
		xhtml.Reference{Document: "m2"}.Key():                 {URL: "m2.html", Label: "Second"},
		xhtml.Reference{Document: "m2", Target: "f"}.Key():    {URL: "m2.html#f", Label: "Figure 1.2"},
		xhtml.Reference{URL: "http://example.org/"}.Key():     {URL: "http://example.org/", Remote: true},
		xhtml.Reference{URL: "a.png"}.Key():                   {URL: "files/a.png", Type: "image/png", Away: "https://x.example/a.png"},
		xhtml.Reference{URL: "a.mp3"}.Key():                   {URL: "files/a.mp3", Type: "audio/mpeg"},
		xhtml.Reference{URL: "sim.html"}.Key():                {URL: "files/sim.html", Type: "text/html"},
		xhtml.Reference{URL: "https://sim.example/"}.Key():    {URL: "https://sim.example/", Remote: true},
		xhtml.Reference{URL: "https://x.example/a.png"}.Key(): {URL: "https://x.example/a.png", Remote: true},
	}
}

// TestElements says what becomes of each element of CNXML.
func TestElements(t *testing.T) {
	tests := []struct{ name, cnxml, want string }{
		{"paragraph", `<para id="a">x</para>`, `<p id="a">x</p>`},
		{"paragraph with a block", `<para id="a">x<list><item>i</item></list>y</para>`,
			`<div class="para" id="a"><p>x</p><ul><li>i</li></ul><p>y</p></div>`},
		{"title of a paragraph", `<para><title>T</title>x</para>`, `<p><strong class="title">T</strong> x</p>`},
		{"loose text", `x`, `<p>x</p>`},
		{"section", `<section id="s"><title>S</title><section><title>U</title></section></section>`,
			`<section id="s"><h2 class="title">S</h2><section><h3 class="title">U</h3></section></section>`},
		{"headings skip no level", `<section><section><title>U</title></section></section>`, `<h2 class="title">U</h2>`},
		{"emphasis", `<para><emphasis>a</emphasis><emphasis effect="italics">b</emphasis><emphasis effect="underline">c</emphasis></para>`,
			`<strong>a</strong><em>b</em><span class="underline">c</span>`},
		{"letters", `<list list-type="enumerated" number-style="upper-roman" start-value="4"><item>a</item></list>`,
			`<ol type="I" start="4"><li>a</li></ol>`},
		{"early list", `<list type="enumerated"><item>a</item></list>`, `<ol><li>a</li></ol>`},
		{"list in a line", `<para>x <list display="inline"><item>a</item><item>b</item></list></para>`,
			`x <span class="list"><span class="item">a</span>; <span class="item">b</span></span>`},
		{"labels of items", `<list list-type="labeled-item"><item><label>L</label>a</item></list>`,
			`<ul class="labeled"><li><strong class="label">L</strong> a</li></ul>`},
		{"code in a line", `<para><code lang="c">x</code></para>`, `<code class="language-c">x</code>`},
		{"code by itself", "<code lang=\"c\">\n    a\n      b\n    </code>", "<pre><code class=\"language-c\">a\n  b</code></pre>"},
		{"code of several lines", "<para>x <code>a\nb</code></para>", "<pre><code>a\nb</code></pre>"},
		{"term in a term", `<para><term>a<term>b</term></term></para>`, `<dfn>a<span class="term">b</span></dfn>`},
		{"link with words", `<para><link document="m2">w</link></para>`, `<a href="m2.html">w</a>`},
		{"link without words", `<para><link document="m2" target-id="f"/></para>`, `<a href="m2.html#f">Figure 1.2</a>`},
		{"link in a link", `<para><link document="m2">a <link url="http://example.org/">b</link></link></para>`,
			`<a href="m2.html">a <span>b</span></a>`},
		{"link to nowhere", `<para><link document="m3">w</link></para>`, `<span>w</span>`},
		{"early link", `<para><cnxn document="m2" target="f"/></para>`, `<a href="m2.html#f">Figure 1.2</a>`},
		{"exercise from a bank", `<para><link class="os-embed" url="#exercise/ch1-q2"/></para>`, `<span class="os-embed">ch1-q2</span>`},
		{"numbered figure", `<figure id="f"><media alt="A"><image src="a.png"/></media><caption>C</caption></figure>`,
			`<figcaption><strong class="title"><span class="label">Figure 4.8</span></strong> C</figcaption>`},
		{"unnumbered figure", `<figure class="unnumbered"><media alt="A"><image src="a.png"/></media></figure>`,
			`<figure class="unnumbered"><div class="media"><img src="files/a.png" alt="A"/></div></figure>`},
		{"parts of a figure have no number", `<figure><subfigure><title>a</title></subfigure><subfigure><title>b</title></subfigure></figure>`,
			`<figcaption><strong class="title">b</strong> </figcaption>`},
		{"picture with no words for it", `<media><image src="a.png"/></media>`, `<img src="files/a.png" alt=""/>`},
		{"early picture", `<media type="image/png" src="a.png"><param name="alt" value="A"/></media>`, `<img src="files/a.png" alt="A"/>`},
		{"the screen's picture before the paper's", `<media alt="A"><image for="pdf" src="a.eps"/><image src="a.png"/></media>`, `<img src="files/a.png" alt="A"/>`},
		{"the paper's picture before what can't be shown", `<media alt="A"><flash src="a.swf"/><image for="pdf" src="a.png"/></media>`, `<img src="files/a.png" alt="A"/>`},
		{"sound", `<media alt="A"><audio src="a.mp3"/></media>`, `<audio controls="controls" src="files/a.mp3" aria-label="A"></audio>`},
		{"frame", `<media alt="A"><iframe src="https://sim.example/"/></media>`, `<a class="led iframe" href="https://sim.example/">Open: A</a>`},
		{"spans of columns", `<table summary="S"><tgroup cols="2"><colspec colname="a"/><colspec colname="b"/><tbody><row><entry namest="a" nameend="b" morerows="1">x</entry></row></tbody></tgroup></table>`,
			`<td colspan="2" rowspan="2">x</td>`},
		{"summary of a table", `<table class="unnumbered" summary="S"><tgroup cols="1"><tbody><row><entry>x</entry></row></tbody></tgroup></table>`,
			`<div class="table unnumbered"><table aria-label="S"><tbody><tr><td>x</td></tr></tbody></table></div>`},
		{"the foot comes last", `<table class="unnumbered"><tgroup cols="1"><tfoot><row><entry>f</entry></row></tfoot><tbody><row><entry>b</entry></row></tbody></tgroup></table>`,
			`<tbody><tr><td>b</td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot>`},
		{"exercise", `<exercise><problem><para>p</para></problem><solution><para>s</para></solution></exercise>`,
			`<div class="exercise"><p class="title"><span class="label">Exercise 1</span></p><div class="problem"><p>p</p></div><div class="solution"><p class="title"><span class="label">Solution</span></p><p>s</p></div></div>`},
		{"theorem", `<rule type="theorem"><statement><para>x</para></statement></rule>`, `<span class="label">Theorem 4.1</span>`},
		{"own label", `<note><label>Beware</label>x</note>`, `<h2 class="title"><span class="label">Beware</span></h2>`},
		{"equation", `<equation id="e"><m:math><m:mi>x</m:mi></m:math></equation>`,
			`<div class="equation" id="e"><math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math> <span class="number">(4.1)</span></div>`},
		{"footnote", `<para>x<footnote>n</footnote></para>`,
			`<sup id="footnote-ref-1"><a href="#footnote-1" role="doc-noteref">1</a></sup>`},
		{"id that XML forbids", `<para id="1 a">x</para>`, `<p id="_31_20a">x</p>`},
		{"unknown block", `<thing><para>x</para></thing>`, `<div class="thing"><p>x</p></div>`},
		{"unknown words", `<para><thing>x</thing></para>`, `<span class="thing">x</span>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := render(t, booktest.Path(t, "modules/m1/index.cnxml"), document(tt.cnxml), xhtml.Setting{
				Medium: xhtml.Site, Language: "en", Chapter: "4", Before: map[string]int{xhtml.Figure: 7}, Destinations: destinations(),
			})
			if !strings.Contains(string(page.Body), tt.want) {
				t.Errorf("the page is\n%s\nand lacks\n%s", page.Body, tt.want)
			}
		})
	}
}

// TestFormulas says how MathML is written.
func TestFormulas(t *testing.T) {
	tests := []struct{ name, math, want string }{
		{"fences", `<m:mfenced open="["><m:mi>a</m:mi><m:mi>b</m:mi></m:mfenced>`,
			`<mrow><mo fence="true">[</mo><mi>a</mi><mo separator="true">,</mo><mi>b</mi><mo fence="true">)</mo></mrow>`},
		{"missing argument", `<m:mfrac><m:mi>a</m:mi></m:mfrac>`, `<mfrac><mi>a</mi><mrow></mrow></mfrac>`},
		{"an argument too many", `<m:msup><m:mi>a</m:mi><m:mi>b</m:mi><m:mi>c</m:mi></m:msup>`, `<msup><mi>a</mi><mrow><mi>b</mi><mi>c</mi></mrow></msup>`},
		{"attributes that nobody accepts", `<m:mi foo="x" mathvariant="bold">a</m:mi>`, `<mi mathvariant="bold">a</mi>`},
		{"sum", `<m:apply><m:plus/><m:ci>a</m:ci><m:cn>1</m:cn></m:apply>`, `<mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow>`},
		{"brackets", `<m:apply><m:times/><m:cn>2</m:cn><m:apply><m:plus/><m:ci>a</m:ci><m:ci>b</m:ci></m:apply></m:apply>`,
			`<mo>(</mo><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>)</mo>`},
		{"fraction", `<m:apply><m:divide/><m:ci>a</m:ci><m:ci>b</m:ci></m:apply>`, `<mfrac><mi>a</mi><mi>b</mi></mfrac>`},
		{"function", `<m:apply><m:sin/><m:ci>x</m:ci></m:apply>`, "<mi>sin</mi><mo>\u2061</mo><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>"},
		{"negative", `<m:apply><m:minus/><m:ci>x</m:ci></m:apply>`, `<mo>−</mo><mi>x</mi>`},
		{"half open", `<m:interval closure="closed-open"><m:cn>0</m:cn><m:cn>1</m:cn></m:interval>`, `<mo>[</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>)</mo>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := render(t, booktest.Path(t, "m.cnxml"), document("<para><m:math>"+tt.math+"</m:math></para>"), xhtml.Setting{Medium: xhtml.EPUB})
			if !page.Math || !strings.Contains(string(page.Body), tt.want) {
				t.Errorf("the page is\n%s\nand lacks\n%s", page.Body, tt.want)
			}
		})
	}
}

// TestOtherPages says what becomes of HTML, Markdown and plain text.
func TestOtherPages(t *testing.T) {
	tests := []struct{ name, path, text, title, want, never string }{
		{"markdown", "a.md", "# Top\n\nx *y*\n\n## Sub", "Top", `<p>x <em>y</em></p>`, "<h3"},
		{"the title is there once", "a.md", "# Top\n", "Top", `<h1 id="top">Top</h1>`, `Top</h1>` + "\n" + `<h1`},
		{"front matter", "a.md", "---\ntitle: Front\n---\nx", "Front", `<h1>Front</h1><p>x</p>`, "---"},
		{"a script in markdown", "a.md", "<script>alert(1)</script>\n\n<b onclick=\"x()\">b</b>", "a.md", `<b>b</b>`, "alert"},
		{"html", "a.html", "<title>Head</title><p>x<br>y", "Head", `<p>x<br/>y</p>`, "<title>"},
		{"levels of headings", "a.html", "<h1>A</h1><h4>B</h4><h2>C</h2>", "A", `<h2>B</h2><h2>C</h2>`, "<h4"},
		{"script", "a.html", "<h1>A</h1><script>alert(1)</script><a href='javascript:x()'>l</a>", "A", `</h1>l`, "alert"},
		{"picture", "a.html", "<img src=a.png alt=A>", "a.html", `<img src="files/a.png" alt="A"/>`, ""},
		{"plain", "a.txt", "a <b>\n  c", "a.txt", "<pre>a &lt;b&gt;\n  c</pre>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := render(t, booktest.Path(t, tt.path), []byte(tt.text), xhtml.Setting{Medium: xhtml.Site, Destinations: destinations()})
			if page.Title != tt.title {
				t.Errorf("the title is %q, not %q", page.Title, tt.title)
			}
			if !strings.Contains(string(page.Body), tt.want) || tt.never != "" && strings.Contains(string(page.Body), tt.never) {
				t.Errorf("the page is\n%s\nit should hold\n%s\nand not\n%s", page.Body, tt.want, tt.never)
			}
		})
	}
}

// TestBooksLeadToNoFile: a book of EPUB shows its files, and leads to them
// outside only.
func TestBooksLeadToNoFile(t *testing.T) {
	data := document(`<para><link url="a.png">w</link> <media alt="A"><image src="a.png"/></media> <link resource="sim.html">s</link></para>`)
	page := render(t, booktest.Path(t, "m.cnxml"), data, xhtml.Setting{Medium: xhtml.EPUB, Destinations: destinations()})
	for _, want := range []string{`<a href="https://x.example/a.png">w</a>`, `<img src="files/a.png" alt="A"/>`, `<span>s</span>`} {
		if !strings.Contains(string(page.Body), want) {
			t.Errorf("the page is\n%s\nand lacks\n%s", page.Body, want)
		}
	}
}

func TestNoTextOfAnyElementIsLost(t *testing.T) {
	data := everything(t)
	path := booktest.Path(t, "modules/m1/index.cnxml")
	for _, medium := range []xhtml.Medium{xhtml.EPUB, xhtml.Site} {
		missingText(t, path, data, render(t, path, data, xhtml.Setting{Medium: medium, Language: "en"}))
	}
}

// everything is a module in which every element of CNXML occurs.
func everything(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/everything.cnxml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func FuzzRender(f *testing.F) {
	f.Add("modules/m1/index.cnxml", everything(f))
	f.Add("a.md", []byte("# A\n\n<b>b</b> [l](a.png)\n\n- x\n\n| a |\n|---|\n| 1 |\n"))
	f.Add("a.html", []byte("<h1>A</h1><table><td><svg><script>x</script><p id=a id=b>\x00"))
	f.Add("a.cnxml", document(`<table><row><entry>x</entry></row></table><list><para><list/></para></list><m:math><m:apply/></m:math>`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		path, err := content.ParsePath(name)
		if err != nil {
			return
		}
		for _, medium := range []xhtml.Medium{xhtml.EPUB, xhtml.Site} {
			page, err := xhtml.Render(path, data, xhtml.Setting{Medium: medium, Chapter: "1", Destinations: destinations()})
			if err == nil {
				wellFormed(t, page.Body)
			}
		}
	})
}
