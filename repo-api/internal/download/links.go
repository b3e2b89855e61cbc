package download

import (
	"net/url"
	"regexp"
	"strings"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// setting is all that the page p depends on in a medium, beside its document.
func (b *Book) setting(p *page, m xhtml.Medium) xhtml.Setting {
	s := b.numbers(p)
	s.Medium = m
	if p.title != p.outline.Title {
		s.Title = p.title
	}
	s.Destinations = make(map[string]xhtml.Destination)
	for _, ref := range p.outline.References {
		if d := b.destination(p, ref, m); d != (xhtml.Destination{}) {
			s.Destinations[ref.Key()] = d
		}
	}
	return s
}

// numbers is the part of a Setting that labels need.
func (b *Book) numbers(p *page) xhtml.Setting {
	return xhtml.Setting{Language: b.language, Number: p.number, Chapter: p.chapter, Before: p.before}
}

// legacy is how books of old link to a module of their repository.
var legacy = regexp.MustCompile(`^/content/(m\d+)(?:/[^#]*)?(?:#(.*))?$`)

// destination is where a reference on p leads; zero for nowhere.
func (b *Book) destination(p *page, ref xhtml.Reference, m xhtml.Medium) xhtml.Destination {
	if ref.URL == "" {
		return b.toModule(p, ref.Document, ref.Target, m)
	}
	if old := legacy.FindStringSubmatch(ref.URL); old != nil {
		return b.toModule(p, old[1], old[2], m)
	}
	switch t := p.work.index.Find(p.file.Path, ref.URL); t.Place {
	case book.Outside:
		if u, ok := outside(ref.URL); ok {
			return xhtml.Destination{URL: u, Remote: true}
		}
	case book.Itself:
		return b.toPage(p, p, t.Fragment, m)
	case book.Inside:
		if to := p.work.pages[t.File.Path]; to != nil {
			return b.toPage(p, to, t.Fragment, m)
		}
		a := p.work.assets[t.File.Path]
		return xhtml.Destination{URL: a.name, Type: a.mediaType, Away: b.away(p.work, t.File)}
	}
	return xhtml.Destination{}
}

// toModule leads to a module, and to a place in it. One that is not in the book
// is led to where the edition's files are.
func (b *Book) toModule(from *page, id, target string, m xhtml.Medium) xhtml.Destination {
	if id == "" {
		return b.toPage(from, from, target, m)
	}
	f, ok := from.work.index.Module(from.file.Path, id)
	if !ok {
		return xhtml.Destination{}
	}
	if to := from.work.pages[f.Path]; to != nil {
		return b.toPage(from, to, target, m)
	}
	if u := b.away(from.work, f); u != "" {
		return xhtml.Destination{URL: u, Remote: true}
	}
	return xhtml.Destination{}
}

// toPage leads to a page of the book. A target that is not on it leads to its top.
func (b *Book) toPage(from, to *page, target string, m xhtml.Medium) xhtml.Destination {
	d := xhtml.Destination{Label: to.title}
	if from != to || target == "" {
		d.URL = to.name + extension(m)
	}
	if a, there := to.outline.Anchors[target]; target != "" && there {
		d.URL += "#" + xhtml.AnchorID(target)
		if label := b.numbers(to).Label(a); label != "" {
			d.Label = label
		}
	}
	if d.URL == "" {
		return xhtml.Destination{}
	}
	return d
}

// extension is how the names of pages end.
func extension(m xhtml.Medium) string {
	if m == xhtml.EPUB {
		return ".xhtml"
	}
	return ".html"
}

// away is where a file of the edition is in the world, "" if nowhere.
func (b *Book) away(w *work, f book.File) string {
	if w != b.own || b.edition.Address == "" {
		return ""
	}
	return b.edition.Address + (&url.URL{Path: f.Path.String()}).EscapedPath()
}

// outside returns the URL of something in the world as it may be written, and
// whether a reader may be led there.
func outside(raw string) (string, bool) {
	raw = strings.TrimSpace(raw)
	switch {
	case strings.HasPrefix(raw, "www."):
		raw = "https://" + raw
	case strings.HasPrefix(raw, "//"):
		raw = "https:" + raw
	}
	u, err := url.Parse(escapeIllegal(raw))
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https", "ftp":
		return u.String(), u.Hostname() != ""
	case "mailto", "tel", "doi", "urn":
		return u.String(), u.Opaque != ""
	}
	return "", false
}

// escapeIllegal escapes what no URL may hold, and leaves escapes as they are.
func escapeIllegal(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	hash := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		escape := c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}[]", c) >= 0
		switch c {
		case '%':
			escape = i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])
		case '#':
			escape, hash = hash, true
		}
		if !escape {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
