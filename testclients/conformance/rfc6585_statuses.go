package conformance

import (
	"net/http"
	"strconv"
	"strings"
)

// moreStatuses are RFC 6585.
func moreStatuses() []charge {
	return []charge{
		{"6585/3/required", Choice, "a change without a condition is 428, if the server says that it wants one, and changes nothing", func(t *trial) {
			t.claimed(Conditional)
			d := t.object(`{"a":1}`)
			t.put(d, "two").status(428)
			t.ask("DELETE", d.path).status(428)
			for _, kind := range []string{mergePatch, jsonPatch} {
				if t.offers.can("PATCH") && strings.Contains(t.offers.acceptPatch, kind) {
					t.with("PATCH", d.path, changes[kind], "Content-Type", kind).status(428)
				}
			}
			t.unchanged(d)
		}},
		{"6585/3/how", Should, "428 says how to ask again, and is not kept by caches", func(t *trial) {
			t.claimed(Conditional)
			got := t.put(t.document("one"), "two").status(428)
			got.notKept()
			t.check(strings.Contains(string(got.Body), "If-Match"), "content that speaks of If-Match", "%q", clip(got.Body))
		}},
		{"6585/3/met", Choice, "If-None-Match: * is condition enough to create, If-Match: * to overwrite", func(t *trial) {
			t.claimed(Conditional)
			d := t.free(".txt", "text/plain")
			t.put(d, "new", "If-None-Match", "*").status(201)
			t.put(d, "newer", "If-Match", "*").done()
		}},
		{"6585/4/limited", Should, "429 says when to come again, and is not kept by caches", func(t *trial) {
			got := t.get(t.place(t.target.Places.Limited, "limited")).status(429)
			got.notKept()
			after := got.has("Retry-After").get("Retry-After")
			_, notNumber := strconv.ParseUint(after, 10, 31)
			_, notDate := http.ParseTime(after)
			t.check(notNumber == nil || notDate == nil, "Retry-After as seconds or a date", "%q", after)
		}},
		{"6585/5/fields", Should, "a header section beyond all bounds is 431, and the connection survives or ends cleanly", func(t *trial) {
			d := t.document("one")
			message := t.line("GET", d.path, "Connection", "close") + "X-Large: " + strings.Repeat("x", 2<<20) + "\r\n\r\n"
			got, _, closed := t.raw("GET", []byte(message))
			if got == nil {
				t.check(closed, "431", "silence")
				t.notApplicable("the connection ended before an answer to 2 MiB of fields could be read")
			}
			got.status(431)
			t.get(d.path).status(200)
		}},
	}
}
