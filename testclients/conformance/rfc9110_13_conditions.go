package conformance

import (
	"net/http"
	"strings"
	"time"
)

// conditions are RFC 9110 13.1, each field for itself.
func conditions() []charge {
	return []charge{
		{"9110/13.1.1/hit", Must, "If-Match with the tag lets the change happen", func(t *trial) {
			d := t.tagged("one")
			t.put(d, "two", "If-Match", d.tag).done()
		}},
		{"9110/13.1.1/miss", Must, "If-Match with another tag is 412 and changes nothing", func(t *trial) {
			d := t.tagged("one")
			t.put(d, "two", "If-Match", otherTag).status(412)
			t.ask("DELETE", d.path, "If-Match", otherTag).status(412)
			t.unchanged(d)
		}},
		{"9110/13.1.1/weak", Must, "If-Match compares strongly: a weak tag never matches", func(t *trial) {
			d := t.tagged("one")
			t.put(d, "two", "If-Match", "W/"+d.tag).status(412)
			t.unchanged(d)
		}},
		{"9110/13.1.1/star", Must, "If-Match: * holds of whatever is there, and of nothing else", func(t *trial) {
			d := t.tagged("one")
			t.put(d, "two", "If-Match", "*").done()
			nothing := t.free(".txt", "text/plain")
			t.put(nothing, "new", "If-Match", "*").status(412)
			t.absent(nothing)
		}},
		{"9110/13.1.1/list", Must, "one tag of a list is enough, with any spacing", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-Match", otherTag+","+d.tag).status(200)
			t.get(d.path, "If-Match", "  , "+otherTag+" ,, \t"+d.tag+" , ").status(200)
			t.put(d, "two", "If-Match", `"a", W/`+d.tag+`, "b"`).status(412)
		}},
		{"9110/13.1.1/lines", Must, "a list may come in several lines", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-Match", otherTag, "If-Match", d.tag).status(200)
			t.put(d, "two", "If-Match", otherTag, "If-Match", d.tag).done()
		}},
		{"9110/13.1.1/quoted-comma", Must, "a comma within quotes does not part two tags", func(t *trial) {
			d := t.tagged("one")
			inner := strings.Trim(d.tag, `"`)
			t.get(d.path, "If-Match", `"a,b", `+d.tag).status(200)
			t.put(d, "two", "If-Match", `"x,`+inner+`,y"`).status(412)
			t.put(d, "two", "If-Match", `"x,`+d.tag[1:]).status(412)
		}},
		{"9110/13.1.1/junk", Must, "an If-Match that can't be read does not hold", func(t *trial) {
			d := t.tagged("one")
			for _, junk := range []string{strings.Trim(d.tag, `"`), `"unfinished`, "* , " + otherTag} {
				t.put(d, "two", "If-Match", junk).status(400, 412)
			}
			t.unchanged(d)
		}},
		{"9110/13.1.1/get", Must, "If-Match is judged for GET and HEAD too", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-Match", otherTag).status(412)
			t.head(d.path, "If-Match", otherTag).status(412)
		}},
		{"9110/13.1.1/applied", Choice, "the very change again, with the old tag, is 412, or success if it is seen to be done", func(t *trial) {
			d := t.tagged("one")
			t.put(d, "two", "If-Match", d.tag).done()
			t.put(d, "two", "If-Match", d.tag).status(200, 204, 412)
			t.get(d.path).status(200).content("two")
		}},
		{"9110/13.1.2/hit", Must, "If-None-Match with the tag is 304 for GET and HEAD, 412 for others", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-None-Match", d.tag).status(304)
			t.head(d.path, "If-None-Match", d.tag).status(304)
			t.put(d, "two", "If-None-Match", d.tag).status(412)
			t.ask("DELETE", d.path, "If-None-Match", d.tag).status(412)
			t.unchanged(d)
		}},
		{"9110/13.1.2/weak", Must, "If-None-Match compares weakly", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-None-Match", "W/"+d.tag).status(304)
			t.put(d, "two", "If-None-Match", "W/"+d.tag).status(412)
		}},
		{"9110/13.1.2/star", Must, "If-None-Match: * fails of whatever is there", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-None-Match", "*").status(304)
			t.put(d, "two", "If-None-Match", "*").status(412)
			t.unchanged(d)
		}},
		{"9110/13.1.2/list", Must, "one tag of a list is enough", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-None-Match", otherTag+" , W/"+d.tag).status(304)
			t.get(d.path, "If-None-Match", `"a,b" ,,`+d.tag).status(304)
			t.get(d.path, "If-None-Match", `"x,`+d.tag[1:]).status(200)
		}},
		{"9110/13.1.2/lines", Must, "a list may come in several lines", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-None-Match", otherTag, "If-None-Match", d.tag).status(304)
		}},
		{"9110/13.1.3/order", Must, "If-Modified-Since: 304 if it was not modified later", func(t *trial) {
			d := t.dated("one")
			t.old(d)
			t.get(d.path, "If-Modified-Since", t.at(d, -time.Hour)).status(200)
			t.get(d.path, "If-Modified-Since", d.modified).status(304)
			t.get(d.path, "If-Modified-Since", t.at(d, time.Second)).status(304)
			t.head(d.path, "If-Modified-Since", d.modified).status(304)
		}},
		{"9110/13.1.3/junk", Must, "an If-Modified-Since that is no date, or two, is ignored", func(t *trial) {
			d := t.dated("one")
			modified, _ := http.ParseTime(t.at(d, 0))
			for _, junk := range []string{
				"yesterday", "", "2034-01-01T00:00:00Z", d.modified + ", " + d.modified,
				strings.Replace(d.modified, "GMT", "CET", 1), modified.Format("Mon, 2 January 2006 15:04:05 GMT"),
				modified.Format("Mon, 02 Jan 2006 15:04:05 ") + "+0000",
			} {
				t.get(d.path, "If-Modified-Since", junk).status(200)
			}
		}},
		{"9110/13.1.3/methods", Must, "If-Modified-Since is ignored unless the method is GET or HEAD", func(t *trial) {
			d := t.dated("one")
			t.put(d, "two", "If-Match", d.tag, "If-Modified-Since", d.modified).done()
			t.ask("DELETE", d.path, "If-Match", "*", "If-Modified-Since", d.modified).done()
		}},
		{"9110/5.6.7/obsolete", Must, "the two obsolete forms of a date are read", func(t *trial) {
			d := t.dated("one")
			modified, _ := http.ParseTime(t.at(d, 0))
			t.get(d.path, "If-Modified-Since", modified.Format(time.ANSIC)).status(304)
			t.get(d.path, "If-Modified-Since", modified.Format("Monday, 02-Jan-06 15:04:05 GMT")).status(304)
		}},
		{"9110/13.1.4/order", Must, "If-Unmodified-Since: 412 if it was modified later", func(t *trial) {
			d := t.dated("one")
			t.put(d, "two", "If-Unmodified-Since", t.at(d, -time.Hour)).status(412)
			t.get(d.path, "If-Unmodified-Since", t.at(d, -time.Hour)).status(412)
			t.unchanged(d)
			t.get(d.path, "If-Unmodified-Since", d.modified).status(200)
		}},
		{"9110/13.1.4/junk", Must, "an If-Unmodified-Since that is no date, or two, is ignored", func(t *trial) {
			d := t.dated("one")
			for _, junk := range []string{"yesterday", "0", t.at(d, -time.Hour) + ", " + t.at(d, -time.Hour)} {
				t.get(d.path, "If-Unmodified-Since", junk).status(200)
			}
		}},
		{"9110/13.1.5/tag", Must, "If-Range with the tag brings the part, with another the whole", func(t *trial) {
			d := t.ranged("0123456789")
			t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
			t.get(d.path, "Range", "bytes=2-3", "If-Range", d.tag).status(206).content("23")
			t.get(d.path, "Range", "bytes=2-3", "If-Range", otherTag).status(200).content(d.body)
		}},
		{"9110/13.1.5/weak", Must, "If-Range compares strongly: with a weak tag the whole comes", func(t *trial) {
			d := t.ranged("0123456789")
			t.get(d.path, "Range", "bytes=2-3", "If-Range", "W/"+d.tag).status(200).content(d.body)
		}},
		{"9110/13.1.5/date", Must, "If-Range with any date but exactly Last-Modified brings the whole", func(t *trial) {
			d := t.ranged("0123456789")
			t.needs(Dates, t.offers.dated, "documents have no Last-Modified")
			for _, by := range []time.Duration{-time.Hour, -time.Second, time.Second, time.Hour} {
				t.get(d.path, "Range", "bytes=2-3", "If-Range", t.at(d, by)).status(200).content(d.body)
			}
			t.get(d.path, "Range", "bytes=2-3", "If-Range", d.modified).status(200, 206) // 206 only if the date is strong
		}},
		{"9110/13.1.5/alone", Must, "If-Range without Range is ignored", func(t *trial) {
			d := t.ranged("0123456789")
			t.get(d.path, "If-Range", d.tag).status(200).content(d.body)
			t.get(d.path, "If-Range", otherTag).status(200).content(d.body)
		}},
	}
}

// precedence is RFC 9110 13.2: when conditions count, and in which order.
func precedence() []charge {
	return []charge{
		{"9110/13.2.1/missing", Must, "conditions do not count if the answer is 404 anyway", func(t *trial) {
			d := t.free(".txt", "")
			for _, method := range []string{"GET", "HEAD", "DELETE"} {
				t.ask(method, d.path, "If-Match", otherTag).status(404, 410)
				t.ask(method, d.path, "If-None-Match", "*").status(404, 410)
			}
		}},
		{"9110/13.2.1/gone", Must, "conditions do not count if the answer is 410 anyway", func(t *trial) {
			t.get(t.place(t.target.Places.Gone, "gone"), "If-Match", otherTag).status(410)
		}},
		{"9110/13.2.1/moved", Must, "conditions do not count if the answer is a redirection anyway", func(t *trial) {
			t.get(t.place(t.target.Places.Moved, "moved"), "If-Match", otherTag).status(301, 308)
		}},
		{"9110/13.2.1/method", Must, "conditions do not count if the answer is 405 anyway", func(t *trial) {
			d := t.tagged("one")
			status := t.refusedMethod(d).Status
			for _, method := range []string{"POST", "PATCH"} {
				if !t.offers.can(method) {
					t.with(method, d.path, "{}", "If-Match", otherTag, "Content-Type", "application/json").status(status)
				}
			}
		}},
		{"9110/13.2.1/options", Must, "OPTIONS ignores conditions", func(t *trial) {
			d := t.tagged("one")
			t.allowed(d)
			t.ask("OPTIONS", d.path, "If-Match", otherTag).status(200, 204)
			t.ask("OPTIONS", d.path, "If-None-Match", d.tag).status(200, 204)
		}},
		{"9110/13.2.2/match-over-unmodified", Must, "with If-Match, If-Unmodified-Since is not looked at", func(t *trial) {
			d := t.dated("one")
			t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
			t.put(d, "two", "If-Match", d.tag, "If-Unmodified-Since", t.at(d, -time.Hour)).done()
		}},
		{"9110/13.2.2/none-over-modified", Must, "with If-None-Match, If-Modified-Since is not looked at", func(t *trial) {
			d := t.dated("one")
			t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
			t.get(d.path, "If-None-Match", otherTag, "If-Modified-Since", d.modified).status(200)
			t.get(d.path, "If-None-Match", d.tag, "If-Modified-Since", t.at(d, -time.Hour)).status(304)
		}},
		{"9110/13.2.2/match-before-none", Must, "If-Match is judged before If-None-Match", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "If-Match", otherTag, "If-None-Match", d.tag).status(412)
			t.get(d.path, "If-Match", d.tag, "If-None-Match", d.tag).status(304)
		}},
		{"9110/13.2.2/before-range", Must, "a range is looked at only after the conditions", func(t *trial) {
			d := t.ranged("0123456789")
			t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
			t.get(d.path, "Range", "bytes=100-", "If-None-Match", d.tag).status(304)
			t.get(d.path, "Range", "bytes=100-", "If-Match", otherTag).status(412)
			t.get(d.path, "Range", "bytes=0-1", "If-None-Match", d.tag).status(304)
		}},
	}
}
