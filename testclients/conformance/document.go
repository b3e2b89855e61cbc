package conformance

import (
	"net/http"
	"regexp"
	"time"
)

// document is a document that a case made for itself.
type document struct {
	path     string
	kind     string // media type
	body     string
	tag      string // as sent; "" if it has none
	modified string // as sent; "" if it has none
	version  string // where its present state can always be read; "" if the target does not say
}

// free returns a document that does not exist.
func (t *trial) free(suffix, kind string) *document {
	return &document{path: t.fill(t.target.Documents, t.name(suffix), ""), kind: kind}
}

// document makes a text document.
func (t *trial) document(body string) *document { return t.make(t.free(".txt", "text/plain"), body) }

// tagged makes a text document and ends the case if it has no strong tag.
func (t *trial) tagged(body string) *document {
	t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
	return t.document(body)
}

// dated makes a text document and ends the case if it has no Last-Modified.
func (t *trial) dated(body string) *document {
	t.needs(Dates, t.offers.dated, "documents have no Last-Modified")
	return t.document(body)
}

// ranged makes a text document and ends the case if it has no ranges.
func (t *trial) ranged(body string) *document {
	t.needs(Ranges, t.offers.ranges, "a Range is ignored")
	return t.document(body)
}

// object makes a JSON document.
func (t *trial) object(body string) *document {
	return t.make(t.free(".json", "application/json"), body)
}

func (t *trial) make(d *document, body string) *document {
	made := t.put(d, body, "If-None-Match", "*").done()
	d.body, d.version = body, made.get("Content-Location")
	t.look(d)
	return d
}

// look takes the document's validators from the server.
func (t *trial) look(d *document) {
	now := t.head(d.path).status(200)
	d.tag, d.modified = now.get("ETag"), now.get("Last-Modified")
}

func (t *trial) put(d *document, body string, fields ...string) *answer {
	return t.with("PUT", d.path, body, append(fields, "Content-Type", d.kind)...)
}

// unchanged means that the server still has the document as the case knows it.
func (t *trial) unchanged(d *document) {
	now := t.get(d.path).status(200).content(d.body)
	if d.tag != "" {
		now.field("ETag", d.tag)
	}
}

// absent means that the server has no such document.
func (t *trial) absent(d *document) { t.get(d.path).status(404, 410) }

// at returns the document's date, moved by d.
func (t *trial) at(doc *document, d time.Duration) string {
	m, err := time.Parse(http.TimeFormat, doc.modified)
	t.check(err == nil, "Last-Modified as an IMF-fixdate", "%q", doc.modified)
	return m.Add(d).Format(http.TimeFormat)
}

// old waits until the document's date is more than a second past, by the server's
// clock. A date after it is then no date of the future.
func (t *trial) old(d *document) {
	modified, _ := http.ParseTime(t.at(d, 0))
	for range patience / step {
		now, err := http.ParseTime(t.head(d.path).get("Date"))
		t.check(err == nil, "Date as an IMF-fixdate", "%v", err)
		if now.Sub(modified) > time.Second {
			return
		}
		t.rest()
	}
	t.fail("a Date that goes on from Last-Modified "+d.modified, "not after %v", patience)
}

var etag = regexp.MustCompile(`^(W/)?"[\x21\x23-\x7e\x80-\xff]*"$`)

// strongTag reports whether a field's value is a strong entity tag.
func strongTag(s string) bool { return etag.MatchString(s) && s[0] == '"' }

// otherTag is one that no document has.
const otherTag = `"no-document-has-this-tag"`
