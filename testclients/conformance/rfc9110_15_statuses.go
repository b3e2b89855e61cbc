package conformance

import "strings"

// successes are RFC 9110 15.3: what an answer of each kind must carry.
func successes() []charge {
	return []charge{
		{"9110/15.3.5/no-content", Must, "204 has no content and no Content-Length", func(t *trial) {
			d := t.document("one")
			got := t.put(d, "two", "If-Match", d.tag)
			if got.Status != 204 {
				got = t.ask("DELETE", d.path, "If-Match", "*")
			}
			if got.Status != 204 {
				t.notApplicable("neither PUT nor DELETE answers 204")
			}
			got.lacks("Content-Length")
		}},
		{"9110/15.3.5/nothing-after", Must, "nothing follows the header section of 204 and 304", func(t *trial) {
			d := t.tagged("one")
			read := t.request("GET", d.path, nil, "If-None-Match", d.tag, "Connection", "close")
			got, rest, _ := t.raw("GET", read.Bytes(t.client.Host()))
			t.check(got != nil, "an answer", "none")
			got.status(304)
			t.check(len(rest) == 0, "nothing after the header section of 304", "%d bytes", len(rest))
			remove := t.request("DELETE", d.path, nil, "If-Match", d.tag, "Connection", "close")
			got, rest, _ = t.raw("DELETE", remove.Bytes(t.client.Host()))
			t.check(got != nil, "an answer", "none")
			if got.Status == 204 {
				t.check(len(rest) == 0, "nothing after the header section of 204", "%d bytes", len(rest))
			}
		}},
	}
}

// redirections are RFC 9110 15.4.
func redirections() []charge {
	return []charge{
		{"9110/15.4.5/required", Must, "304 has the fields that 200 would have had to guide a cache", func(t *trial) {
			d := t.tagged("one")
			t.alone(func() {
				full, short := t.get(d.path).status(200), t.get(d.path, "If-None-Match", d.tag).status(304)
				for _, name := range []string{"ETag", "Cache-Control", "Content-Location", "Expires", "Vary"} {
					short.same(name, full)
				}
				short.has("Date")
			})
		}},
		{"9110/15.4.5/metadata", Should, "304 has no other fields about the content", func(t *trial) {
			d := t.tagged("one")
			got := t.get(d.path, "If-None-Match", d.tag).status(304)
			for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Range"} {
				got.lacks(name)
			}
			if got.get("Content-Length") != "" {
				got.field("Content-Length", "3") // RFC 9110 8.6: that of the 200, or none
			}
		}},
		{"9110/15.4.9/location", Should, "301 and 308 tell in Location where to go", func(t *trial) {
			got := t.get(t.place(t.target.Places.Moved, "moved")).status(301, 308).has("Location")
			t.get(t.local(got.get("Location"))).status(200)
		}},
	}
}

// refusals are RFC 9110 15.5 and 15.6.
func refusals() []charge {
	return []charge{
		{"9110/15.5.5/missing", Must, "what does not exist is 404", func(t *trial) {
			t.get(t.free(".txt", "").path).status(404)
			t.get("/there/is/nothing/of/this/name").status(404)
		}},
		{"9110/15.5.6/allow", Must, "405 carries Allow", func(t *trial) {
			got := t.refusedMethod(t.document("{}"))
			t.check(got.Header.Values("Allow") != nil, "Allow", "405 without it")
		}},
		{"9110/15.5.11/gone", Should, "what was taken away for good is 410", func(t *trial) {
			t.get(t.place(t.target.Places.Gone, "gone")).status(410)
		}},
		{"9110/15.5.15/uri", Should, "a target too long is 414, or at least refused", func(t *trial) {
			t.get(t.free(".txt", "").path+"?"+strings.Repeat("a=b&", 16<<10)).status(414, 431, 400)
		}},
		{"9110/15.5.16/coding", Should, "PUT in a coding that the server does not know is 415 and tells in Accept-Encoding what would do", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.put(d, "???", "If-None-Match", "*", "Content-Encoding", "x-nothing").status(415).has("Accept-Encoding")
			t.absent(d)
		}},
		{"9110/15.6.6/version", Should, "a major version that the server does not speak is 505", func(t *trial) {
			head := strings.Replace(t.line("GET", t.document("one").path), "HTTP/1.1", "HTTP/3.0", 1)
			got, _, closed := t.raw("GET", []byte(head+"\r\n"))
			if got == nil {
				t.check(closed, "505", "silence")
				t.fail("505", "the connection closed without an answer")
			}
			got.status(505, 400)
		}},
	}
}
