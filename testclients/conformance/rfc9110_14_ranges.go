package conformance

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// alphabet is a document in which every byte tells where it stands.
const alphabet = "abcdefghijklmnopqrstuvwxyz"

// ranges are RFC 9110 chapter 14, and 416.
func ranges() []charge {
	return []charge{
		{"9110/14.1.2/forms", Must, "first-last, first- and -length bring just those bytes", func(t *trial) {
			d := t.ranged(alphabet)
			for _, tt := range []struct{ ask, got, says string }{
				{"bytes=0-4", "abcde", "bytes 0-4/26"},
				{"bytes=10-10", "k", "bytes 10-10/26"},
				{"bytes=20-", "uvwxyz", "bytes 20-25/26"},
				{"bytes=-3", "xyz", "bytes 23-25/26"},
				{"bytes=24-1000", "yz", "bytes 24-25/26"},
				{"bytes=-1000", alphabet, "bytes 0-25/26"},
				{"bytes=0-", alphabet, "bytes 0-25/26"},
			} {
				got := t.get(d.path, "Range", tt.ask)
				if got.Status == 200 && tt.got == alphabet {
					got.content(alphabet) // the whole may be told as such
					continue
				}
				got.status(206).content(tt.got).field("Content-Range", tt.says)
			}
		}},
		{"9110/14.2/unit-case", Must, "range units are compared without regard to case", func(t *trial) {
			d := t.ranged(alphabet)
			t.get(d.path, "Range", "Bytes=0-1").status(206).content("ab")
		}},
		{"9110/14.2/methods", Must, "Range is ignored unless the method is GET", func(t *trial) {
			d := t.ranged(alphabet)
			t.head(d.path, "Range", "bytes=0-1").status(200).lacks("Content-Range")
			t.head(d.path, "Range", "bytes=100-").status(200)
			t.put(d, "changed", "If-Match", d.tag, "Range", "bytes=0-1").done()
			t.get(d.path).status(200).content("changed")
		}},
		{"9110/14.2/unit", Must, "an unknown range unit is ignored", func(t *trial) {
			d := t.ranged(alphabet)
			t.get(d.path, "Range", "items=0-1").status(200).content(alphabet)
		}},
		{"9110/14.2/junk", Choice, "a range that can't be read is ignored or refused, not guessed", func(t *trial) {
			d := t.ranged(alphabet)
			for _, junk := range []string{"bytes=abc", "bytes=", "bytes=5-2", "bytes=1", "bytes=--1", "bytes=0x1-3", "bytes 0-1", "bytes=0-1;2-3"} {
				got := t.get(d.path, "Range", junk).status(200, 400, 416)
				if got.Status == 200 {
					got.content(alphabet)
				}
			}
		}},
		{"9110/14.2/overflow", Must, "a range of numbers beyond all bounds is read as numbers, or refused", func(t *trial) {
			d := t.ranged(alphabet)
			huge := strings.Repeat("9", 40)
			got := t.get(d.path, "Range", "bytes=20-"+huge).status(200, 206, 400, 416)
			if got.Status == 206 {
				got.content("uvwxyz")
			}
			t.get(d.path, "Range", "bytes="+huge+"-").status(200, 400, 416)
		}},
		{"9110/14.3/accept-ranges", Should, "a document that serves ranges says so", func(t *trial) {
			t.get(t.ranged(alphabet).path).status(200).lists("Accept-Ranges", "bytes")
		}},
		{"9110/14.5/put", Should, "PUT with Content-Range is 400: it would be taken for the whole", func(t *trial) {
			d := t.tagged(alphabet)
			t.put(d, "xyz", "If-Match", d.tag, "Content-Range", "bytes 0-2/26").status(400)
			t.unchanged(d)
		}},
		{"9110/14.6/several", Must, "several ranges come as multipart/byteranges, each part with its Content-Range, or the whole comes", func(t *trial) {
			d := t.ranged(alphabet)
			got := t.get(d.path, "Range", "bytes=0-1, 10-12 ,-2").status(200, 206)
			if got.Status == 200 {
				got.content(alphabet)
				return
			}
			t.parts(got, d, "ab", "klm", "yz")
		}},
		{"9110/14.6/one-left", Must, "if one of several ranges can be satisfied, just that comes", func(t *trial) {
			d := t.ranged(alphabet)
			got := t.get(d.path, "Range", "bytes=100-200,3-4").status(200, 206)
			if got.Status == 206 && got.mediaType() == "multipart/byteranges" {
				t.parts(got, d, "de")
			} else if got.Status == 206 {
				got.content("de").field("Content-Range", "bytes 3-4/26")
			}
		}},
		{"9110/14.2/many", Should, "ranges that overlap many times do not bring more than the document", func(t *trial) {
			d := t.ranged(strings.Repeat(alphabet, 100))
			got := t.get(d.path, "Range", "bytes="+strings.TrimSuffix(strings.Repeat("0-,", 200), ",")).status(200, 206, 400, 416)
			t.check(len(got.Body) < 2*len(d.body), "less than twice the document", "%d bytes of %d", len(got.Body), len(d.body))
		}},
		{"9110/15.3.7/fields", Must, "206 has the fields that 200 would have had", func(t *trial) {
			d := t.ranged(alphabet)
			t.alone(func() {
				whole, part := t.get(d.path).status(200), t.get(d.path, "Range", "bytes=0-1").status(206)
				for _, name := range []string{"ETag", "Cache-Control", "Expires", "Content-Location", "Vary"} {
					part.same(name, whole)
				}
				part.has("Date").field("Content-Length", "2")
			})
		}},
		{"9110/15.5.17/unsatisfiable", Should, "416 tells the length in Content-Range", func(t *trial) {
			d := t.ranged(alphabet)
			for _, beyond := range []string{"bytes=26-", "bytes=100-200", "bytes=26-26,30-"} {
				if got := t.get(d.path, "Range", beyond).status(200, 416); got.Status == 416 {
					got.field("Content-Range", "bytes */26")
				}
			}
		}},
		{"9110/15.5.17/no-bytes", Must, "the last 0 bytes, and any of an empty document, are no 206", func(t *trial) {
			t.get(t.ranged(alphabet).path, "Range", "bytes=-0").status(200, 400, 416)
			t.get(t.document("").path, "Range", "bytes=0-0").status(200, 416)
		}},
	}
}

// parts means that the answer is multipart/byteranges of just these pieces of d.
func (t *trial) parts(got *answer, d *document, due ...string) {
	kind, parameters, err := mime.ParseMediaType(got.get("Content-Type"))
	t.check(err == nil && kind == "multipart/byteranges", "multipart/byteranges", "%q", got.get("Content-Type"))
	got.lacks("Content-Range")
	parts := multipart.NewReader(bytes.NewReader(got.Body), parameters["boundary"])
	for _, piece := range due {
		part, err := parts.NextRawPart()
		t.check(err == nil, "a part "+piece, "%v", err)
		b, err := io.ReadAll(part)
		t.check(err == nil && string(b) == piece, "a part "+piece, "%q %v", b, err)
		at := strings.Index(d.body, piece)
		says := fmt.Sprintf("bytes %d-%d/%d", at, at+len(piece)-1, len(d.body))
		t.check(part.Header.Get("Content-Range") == says, "a part with Content-Range: "+says, "%q", part.Header.Get("Content-Range"))
		t.check(strings.HasPrefix(part.Header.Get("Content-Type"), d.kind), "a part of type "+d.kind, "%q", part.Header.Get("Content-Type"))
	}
	_, err = parts.NextRawPart()
	t.check(err == io.EOF, fmt.Sprintf("%d parts", len(due)), "another, or %v", err)
}
