package conformance

import "strings"

// messages are RFC 9110 chapters 6 and 8 up to 8.6: what every message says of itself.
func messages() []charge {
	return []charge{
		{"9110/6.6.1/date", Must, "an origin server with a clock sends Date in 2xx, 3xx and 4xx answers", func(t *trial) {
			d := t.tagged("dated")
			t.get(d.path).status(200).date("Date")
			t.get(d.path, "If-None-Match", d.tag).status(304).date("Date")
			t.get(t.free(".txt", "").path).status(404).date("Date")
		}},
		{"9110/8.3/content-type", Should, "an answer with content says of which type it is", func(t *trial) {
			t.get(t.document("typed").path).status(200).has("Content-Type")
		}},
		{"9110/8.4/as-stored", Must, "without Accept-Encoding a document comes with a coding only if the field says so", func(t *trial) {
			d := t.document(strings.Repeat("the same words again; ", 200))
			if got := t.get(d.path).status(200); got.get("Content-Encoding") == "" {
				got.content(d.body)
			}
		}},
		{"9110/8.6/length", Must, "Content-Length is the number of bytes, for an empty document too", func(t *trial) {
			for _, body := range []string{"", "x", strings.Repeat("0123456789", 10_000)} {
				t.get(t.document(body).path).status(200).content(body)
			}
		}},
	}
}

// validators are RFC 9110 8.8.
func validators() []charge {
	return []charge{
		{"9110/8.8.2/not-in-the-future", Must, "Last-Modified is never later than Date", func(t *trial) {
			got := t.get(t.dated("now").path).status(200)
			modified, date := got.date("Last-Modified"), got.date("Date")
			t.check(!modified.After(date), "Last-Modified no later than Date", "%v after %v", modified, date)
		}},
		{"9110/8.8.2/changes", Should, "Last-Modified does not go back when a document changes", func(t *trial) {
			d := t.dated("first")
			before := t.get(d.path).date("Last-Modified")
			t.put(d, "second", "If-Match", d.tag).done()
			after := t.get(d.path).date("Last-Modified")
			t.check(!after.Before(before), "a later Last-Modified", "%v after %v", after, before)
		}},
		{"9110/8.8.3/syntax", Must, "ETag is an entity tag", func(t *trial) {
			d := t.document("tagged")
			t.needs(Tags, d.tag != "", "documents have no ETag")
			t.check(etag.MatchString(d.tag), `"…" or W/"…"`, "%q", d.tag)
		}},
		{"9110/8.8.3/other-bytes", Must, "other bytes have another strong tag", func(t *trial) {
			d := t.tagged("the first bytes")
			t.put(d, "the other bytes", "If-Match", d.tag).done()
			first := d.tag
			t.look(d)
			t.check(d.tag != first, "another tag than "+first, "the same")
		}},
		{"9110/8.8.3/same-bytes", Must, "a strong tag stands as long as the bytes do", func(t *trial) {
			d := t.tagged("the bytes")
			for range 3 {
				t.get(d.path).status(200).field("ETag", d.tag)
			}
		}},
		{"9110/8.8.3/everywhere", Must, "GET, HEAD, 206 and 304 tell the same tag of the same state", func(t *trial) {
			d := t.tagged("0123456789")
			t.get(d.path).status(200).field("ETag", d.tag)
			t.head(d.path).status(200).field("ETag", d.tag)
			t.get(d.path, "If-None-Match", d.tag).status(304).field("ETag", d.tag)
			if t.offers.ranges {
				t.get(d.path, "Range", "bytes=0-1").status(206).field("ETag", d.tag)
			}
		}},
		{"9110/8.8.3.3/codings", Must, "two codings of a document have two strong tags", func(t *trial) {
			plain, packed := t.codings()
			t.check(plain.get("ETag") != packed.get("ETag") || !strongTag(plain.get("ETag")),
				"a tag of its own for each coding", "%s for both", plain.get("ETag"))
		}},
	}
}
