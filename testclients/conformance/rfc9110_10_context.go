package conformance

import "fmt"

// context9110 is RFC 9110 chapter 10 but for Allow, which is with the methods.
func context9110() []charge {
	return []charge{
		{"9110/10.1.1/continue", Must, "Expect: 100-continue is answered by 100 or by the final status, and the content is then taken", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.expect(d, "awaited", 7, "If-None-Match", "*").status(201)
			t.get(d.path).status(200).content("awaited")
		}},
		{"9110/10.1.1/refused", Must, "what the header section decides is not turned into success by waiting", func(t *trial) {
			d := t.tagged("as it was")
			t.expect(d, "unwanted", 8, "If-Match", otherTag).status(412)
			t.unchanged(d)
		}},
		{"9110/10.1.1/unknown", Choice, "an unknown expectation is 417 or ignored", func(t *trial) {
			t.get(t.document("tea").path, "Expect", "tea").status(200, 417)
		}},
		{"9110/10.2.2/location", Must, "Location is a reference that leads to what was made", func(t *trial) {
			d := t.free(".txt", "text/plain")
			made := t.put(d, "located", "If-None-Match", "*").status(201)
			if made.get("Location") == "" {
				t.notApplicable("a PUT that made something tells no Location, and need not")
			}
			t.get(t.local(made.get("Location"))).status(200).content("located")
		}},
		{"9110/15.5.14/before-the-content", Should, "a length beyond all bounds is refused before the content is sent", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.expect(d, "", 1<<50, "If-None-Match", "*").status(413)
			t.absent(d)
		}},
	}
}

// expect sends PUT with Expect: 100-continue and a declared length, and the
// content once the server asks for it. It returns the final answer.
func (t *trial) expect(d *document, body string, length int64, fields ...string) *answer {
	conn, err := t.client.Dial(t.ctx)
	if err != nil {
		t.fail("a connection", "%v", err)
	}
	defer conn.Close()
	head := t.line("PUT", d.path, append(fields, "Content-Type", d.kind, "Expect", "100-continue")...) +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", length)
	if err := conn.Send([]byte(head)); err != nil {
		t.fail("a connection", "%v", err)
	}
	got, err := conn.Next("PUT")
	t.keep(head, got, err)
	t.check(err == nil, "100 or a final status", "%v", err)
	if got.Status == 100 {
		if length != int64(len(body)) {
			t.fail("a refusal", "100: the server waits for %d bytes", length)
		}
		if err := conn.Send([]byte(body)); err != nil {
			t.fail("a connection", "%v", err)
		}
		got, err = conn.Receive("PUT")
		t.keep(body, got, err)
		t.check(err == nil, "a final status", "%v", err)
	}
	return &answer{Response: got, trial: t}
}
