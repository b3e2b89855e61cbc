package conformance

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// digests are RFC 9530.
func digests() []charge {
	return []charge{
		{"9530/3/representation", Must, "Repr-Digest is of the whole representation, in 200, 206 and HEAD", func(t *trial) {
			d := t.digested(alphabet)
			due := sha(d.body)
			t.get(d.path, "Want-Repr-Digest", "sha-256=10").status(200).digest("Repr-Digest", due)
			t.head(d.path, "Want-Repr-Digest", "sha-256=10").status(200).digest("Repr-Digest", due)
			if t.offers.ranges {
				got := t.get(d.path, "Want-Repr-Digest", "sha-256=10", "Range", "bytes=0-3").status(206)
				if got.get("Repr-Digest") != "" {
					got.digest("Repr-Digest", due)
				}
			}
		}},
		{"9530/2/content", Must, "Content-Digest is of the bytes that are sent", func(t *trial) {
			d := t.digested(alphabet)
			got := t.get(d.path, "Want-Content-Digest", "sha-256=10").status(200)
			if got.get("Content-Digest") == "" {
				t.notApplicable("Want-Content-Digest brings no Content-Digest")
			}
			got.digest("Content-Digest", sha(d.body))
			if t.offers.ranges {
				part := t.get(d.path, "Want-Content-Digest", "sha-256=10", "Range", "bytes=0-3").status(206)
				if part.get("Content-Digest") != "" {
					part.digest("Content-Digest", sha("abcd"))
				}
			}
		}},
		{"9530/3/coding", Must, "Repr-Digest is of the representation after its coding", func(t *trial) {
			t.digested(alphabet)
			_, packed := t.codings()
			got := t.get(packed.path, "Accept-Encoding", "gzip", "Want-Repr-Digest", "sha-256=10").status(200)
			got.digest("Repr-Digest", sha(string(got.Body)))
		}},
		{"9530/2/right", Must, "content with its right digest is taken, whatever other digests there are", func(t *trial) {
			t.digested(alphabet)
			d := t.free(".txt", "text/plain")
			t.put(d, "right", "If-None-Match", "*", "Content-Digest", "x-nothing=:AAAA:, "+sha("right")).status(201)
			t.put(d, "also right", "If-Match", "*", "Repr-Digest", sha("also right")).done()
		}},
		{"9530/2/wrong", Should, "content with a wrong digest is 400 and changes nothing", func(t *trial) {
			d := t.digested("one")
			t.put(d, "two", "If-Match", d.tag, "Content-Digest", sha("three")).status(400)
			t.put(d, "two", "If-Match", d.tag, "Repr-Digest", sha("three")).status(400)
			t.unchanged(d)
		}},
	}
}

// digested makes a document and ends the case if its digest can't be had.
func (t *trial) digested(body string) *document {
	d := t.document(body)
	got := t.get(d.path, "Want-Repr-Digest", "sha-256=10").status(200)
	t.needs(Digests, got.get("Repr-Digest") != "", "Want-Repr-Digest brings no Repr-Digest")
	return d
}

// digest means that the field, a dictionary, has this member.
func (a *answer) digest(name, due string) *answer {
	for _, member := range list(a.Header.Values(name)) {
		if member == due {
			return a
		}
	}
	a.trial.fail(name+": "+due, "%d with %q", a.Status, strings.Join(a.Header.Values(name), ", "))
	return a
}

// sha is a digest as the fields of RFC 9530 write it.
func sha(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
