package conformance

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// mementos are RFC 7089, where a document is its own TimeGate (4.1).
func mementos() []charge {
	return []charge{
		{"7089/4.1/gate", Must, "a TimeGate answers Accept-Datetime with 302 to a version, and that is no Memento itself", func(t *trial) {
			d := t.travelled("first")
			got := t.travel(d.path, t.at(d, 0)).status(302).has("Location").lacks("Memento-Datetime")
			t.get(t.local(got.get("Location"))).status(200).content("first")
		}},
		{"7089/2.1.2/vary", Must, "the answer of a TimeGate varies by Accept-Datetime", func(t *trial) {
			d := t.travelled("first")
			t.travel(d.path, t.at(d, 0)).status(302).lists("Vary", "Accept-Datetime")
			t.get(d.path).status(200).lists("Vary", "Accept-Datetime")
		}},
		{"7089/2.1.4/gate-links", Must, "the answer of a TimeGate leads to the original", func(t *trial) {
			d := t.travelled("first")
			got := t.leads(t.travel(d.path, t.at(d, 0)).status(302), "original")
			t.check(got == d.path, `rel="original" to `+d.path, "%q", got)
		}},
		{"7089/2.1.1/memento", Must, "a Memento has Memento-Datetime, a date no later than was asked for", func(t *trial) {
			d := t.travelled("first")
			at := t.at(d, 0)
			was := t.get(t.local(t.travel(d.path, at).status(302).get("Location"))).status(200).has("Memento-Datetime").date("Memento-Datetime")
			asked, _ := http.ParseTime(at)
			t.check(!was.After(asked), "no later than "+at, "%v", was)
		}},
		{"7089/2.2.1/original", Must, "a Memento leads to its original", func(t *trial) {
			d := t.travelled("first")
			memento := t.local(t.travel(d.path, t.at(d, 0)).status(302).get("Location"))
			got := t.relation(memento, "original")
			t.check(got == d.path, `rel="original" to `+d.path, "%q", got)
		}},
		{"7089/4.1/between", Must, "a TimeGate leads to the version that was there at the time", func(t *trial) {
			d := t.travelled("first")
			then := t.at(d, 0)
			t.old(d)
			t.put(d, "second", "If-Match", d.tag).done()
			t.look(d)
			for at, due := range map[string]string{then: "first", t.at(d, 0): "second"} {
				t.get(t.local(t.travel(d.path, at).status(302).get("Location"))).status(200).content(due)
			}
		}},
		{"7089/4.5.3/before", Should, "a time before the first version is answered with the first", func(t *trial) {
			d := t.travelled("first")
			t.put(d, "second", "If-Match", d.tag).done()
			got := t.travel(d.path, "Thu, 31 May 1990 20:35:00 GMT").status(302)
			t.get(t.local(got.get("Location"))).status(200).content("first")
		}},
		{"7089/4.5.3/after", Should, "a time after the last version is answered with the last", func(t *trial) {
			d := t.travelled("first")
			t.put(d, "second", "If-Match", d.tag).done()
			got := t.travel(d.path, t.at(d, 100*365*24*time.Hour)).status(302)
			t.get(t.local(got.get("Location"))).status(200).content("second")
		}},
		{"7089/4.5.3/unreadable", Must, "an Accept-Datetime that is no date is 400", func(t *trial) {
			d := t.travelled("first")
			for _, junk := range []string{"yesterday", "2026-11-21T04:00:00Z", "Thu, 32 May 1990 20:35:00 GMT"} {
				t.travel(d.path, junk).status(400)
			}
		}},
		{"7089/2.2.2/timegate", Should, "an original leads to its TimeGate", func(t *trial) {
			d := t.travelled("first")
			gate := t.relation(d.path, "timegate")
			t.check(gate != "", `a Link with rel="timegate"`, "there is none")
			t.travel(gate, t.at(d, 0)).status(302)
		}},
		{"7089/5/timemap", Must, "a TimeMap is application/link-format and lists the original and every Memento with its time", func(t *trial) {
			d := t.travelled("first")
			t.put(d, "second", "If-Match", d.tag).done()
			at := t.relation(d.path, "timemap")
			t.check(at != "", `a Link with rel="timemap"`, "there is none")
			got := t.get(at).status(200)
			t.check(got.mediaType() == "application/link-format", "application/link-format", "%q", got.get("Content-Type"))
			t.check(originalRel.Match(got.Body), `a link with rel="original"`, "%q", clip(got.Body))
			listed := mementoRel.FindAllString(string(got.Body), -1)
			t.check(len(listed) == 2, "two Mementos", "%d in %q", len(listed), clip(got.Body))
			for _, l := range listed {
				_, date, _ := strings.Cut(l, `datetime="`)
				_, err := time.Parse(http.TimeFormat, strings.TrimSuffix(date, `"`))
				t.check(err == nil, "the time of each Memento", "%q", l)
			}
		}},
	}
}

// Links of a TimeMap.
var (
	originalRel = regexp.MustCompile(`<[^>]*>\s*;[^<]*rel="[^"]*\boriginal\b[^"]*"`)
	mementoRel  = regexp.MustCompile(`<[^>]*>\s*;\s*rel="[^"]*\bmemento\b[^"]*"(?:\s*;\s*datetime="[^"]*")?`)
)

// travelled makes a document and ends the case if it is no TimeGate.
func (t *trial) travelled(body string) *document {
	d := t.dated(body)
	gate := t.relation(d.path, "timegate") != "" || t.travel(d.path, t.at(d, 0)).Status == 302
	t.needs(Memento, gate, "Accept-Datetime is ignored")
	return d
}

func (t *trial) travel(path, when string) *answer { return t.get(path, "Accept-Datetime", when) }
