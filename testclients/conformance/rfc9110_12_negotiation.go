package conformance

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
)

// negotiation is RFC 9110 chapter 12.
func negotiation() []charge {
	return []charge{
		{"9110/12.5.1/each", Must, "each type that is offered comes when it alone is asked for", func(t *trial) {
			path, types := t.negotiated()
			for _, kind := range types {
				t.get(path, "Accept", kind).status(200).typed(kind)
			}
		}},
		{"9110/12.5.1/none", Must, "without Accept, or with */*, something comes", func(t *trial) {
			path, _ := t.negotiated()
			t.get(path).status(200)
			t.get(path, "Accept", "*/*").status(200)
		}},
		{"9110/12.5.1/weight", Must, "the greater weight wins, wherever q stands", func(t *trial) {
			path, types := t.negotiated()
			for i, kind := range types {
				other := types[(i+1)%len(types)]
				t.get(path, "Accept", other+";q=0.1, "+kind+";q=0.9").status(200).typed(kind)
				t.get(path, "Accept", kind+", "+other+" ; Q=0.5").status(200).typed(kind)
			}
		}},
		{"9110/12.5.1/specific", Must, "the more specific range goes before the less specific one", func(t *trial) {
			path, types := t.negotiated()
			for i, kind := range types {
				other := types[(i+1)%len(types)]
				t.get(path, "Accept", "*/*;q=0.1, "+other+";q=0.05, "+kind+";q=0.2").status(200).typed(kind)
			}
		}},
		{"9110/12.5.1/q0", Must, "q=0 means: not this one", func(t *trial) {
			path, types := t.negotiated()
			for _, kind := range types {
				got := t.get(path, "Accept", kind+";q=0, */*").status(200, 406)
				t.check(got.Status == 406 || got.mediaType() != kind, "anything but "+kind, "%s", got.get("Content-Type"))
			}
		}},
		{"9110/12.5.1/unacceptable", Choice, "if nothing is acceptable the answer is 406 or the default", func(t *trial) {
			path, _ := t.negotiated()
			t.get(path, "Accept", "image/x-nothing").status(200, 406)
		}},
		{"9110/12.5.1/validators", Must, "two variants have two strong tags", func(t *trial) {
			path, types := t.negotiated()
			one, other := t.get(path, "Accept", types[0]).status(200), t.get(path, "Accept", types[1]).status(200)
			t.check(one.get("ETag") != other.get("ETag") || !strongTag(one.get("ETag")), "a tag of its own for each variant", "%s for both", one.get("ETag"))
		}},
		{"9110/12.5.2/charset", Should, "Accept-Charset decides nothing", func(t *trial) {
			t.get(t.document("plain").path, "Accept-Charset", "x-nothing").status(200).content("plain")
		}},
		{"9110/12.5.3/gzip", Must, "a document in gzip is the same document", func(t *trial) {
			plain, packed := t.codings()
			t.check(bytes.Equal(plain.Body, t.unpack(packed)), "the same bytes after decoding", "others")
		}},
		{"9110/12.5.3/q0", Must, "gzip;q=0 means: no gzip", func(t *trial) {
			_, packed := t.codings()
			for _, refusal := range []string{"gzip;q=0", "gzip;q=0, identity", "*;q=0, identity;q=1", "gzip ; q=0.000"} {
				t.get(packed.path, "Accept-Encoding", refusal).status(200).lacks("Content-Encoding")
			}
		}},
		{"9110/12.5.3/unknown", Should, "if no coding is acceptable but identity is not refused, it comes as it is", func(t *trial) {
			t.get(t.document("plain").path, "Accept-Encoding", "x-nothing").status(200).lacks("Content-Encoding").content("plain")
		}},
		{"9110/12.5.4/language", Should, "a language that is not there does not hide what is", func(t *trial) {
			t.get(t.document("plain").path, "Accept-Language", "tlh").status(200).content("plain")
		}},
		{"9110/12.5.5/variants", Must, "Vary names Accept on every variant, 304 included", func(t *trial) {
			path, types := t.negotiated()
			t.get(path).status(200).lists("Vary", "Accept")
			for _, kind := range types {
				got := t.get(path, "Accept", kind).status(200).lists("Vary", "Accept")
				if got.get("ETag") != "" {
					t.get(path, "Accept", kind, "If-None-Match", got.get("ETag")).status(304).lists("Vary", "Accept")
				}
			}
		}},
		{"9110/12.5.5/refusals", Should, "Vary names Accept on 406 and 404 of a negotiated resource too", func(t *trial) {
			path, _ := t.negotiated()
			if got := t.get(path, "Accept", "image/x-nothing"); got.Status == 406 {
				got.lists("Vary", "Accept")
			}
			if missing := t.target.Places.Negotiated.Missing; missing != "" {
				t.get(t.place(missing, "missing negotiated")).status(404).lists("Vary", "Accept")
			}
		}},
		{"9110/12.5.5/codings", Must, "Vary names Accept-Encoding on every coding, identity and 304 included", func(t *trial) {
			plain, packed := t.codings()
			plain.lists("Vary", "Accept-Encoding")
			packed.lists("Vary", "Accept-Encoding")
			if tag := packed.get("ETag"); tag != "" {
				t.get(packed.path, "Accept-Encoding", "gzip", "If-None-Match", tag).status(304).lists("Vary", "Accept-Encoding")
			}
		}},
	}
}

// negotiated returns a resource with several media types, or ends the case.
func (t *trial) negotiated() (path string, types []string) {
	n := t.target.Places.Negotiated
	return t.place(n.Path, "negotiated"), n.Types
}

// typed means that the content is of this type.
func (a *answer) typed(kind string) *answer {
	a.trial.check(a.mediaType() == kind, "Content-Type: "+kind, "%q", a.get("Content-Type"))
	return a
}

// coded is an answer and where it can be had again.
type coded struct {
	*answer
	path string
}

// codings returns one document as it is and in gzip, or ends the case.
func (t *trial) codings() (plain, packed coded) {
	d := t.document(strings.Repeat("sing, goddess, of the anger of Achilles; ", 400))
	plain = coded{t.get(d.path, "Accept-Encoding", "identity").status(200).content(d.body), d.path}
	packed = coded{t.get(d.path, "Accept-Encoding", "gzip").status(200), d.path}
	t.needs(Codings, packed.get("Content-Encoding") == "gzip", "Accept-Encoding: gzip brings the document as it is")
	return plain, packed
}

// unpack undoes gzip.
func (t *trial) unpack(a coded) []byte {
	r, err := gzip.NewReader(bytes.NewReader(a.Body))
	t.check(err == nil, "gzip", "%v", err)
	b, err := io.ReadAll(io.LimitReader(r, 1<<24))
	t.check(err == nil, "gzip", "%v", err)
	return b
}
