package conformance

import "time"

// preferences are RFC 7240.
func preferences() []charge {
	return []charge{
		{"7240/2/unknown", Must, "an unknown preference is ignored", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "Prefer", `x-nothing="to do"; with=this, and-that`).status(200).content("one")
			t.put(d, "two", "If-Match", d.tag, "Prefer", "x-nothing").done()
		}},
		{"7240/4.2/representation", Should, "return=representation brings the new state, and says where it is", func(t *trial) {
			d := t.tagged("one")
			got := t.put(d, "two", "If-Match", d.tag, "Prefer", "return=representation").done()
			t.needs(Preferences, got.get("Preference-Applied") != "", "return=representation brings no Preference-Applied")
			got.status(200).content("two").has("Content-Location").lists("Preference-Applied", "return=representation")
			t.look(d)
			got.field("ETag", d.tag)
		}},
		{"7240/4.2/minimal", Should, "return=minimal brings no content", func(t *trial) {
			d := t.tagged("one")
			got := t.put(d, "two", "If-Match", d.tag, "Prefer", "return=minimal").done()
			t.needs(Preferences, got.Status == 204 || got.get("Preference-Applied") != "", "return=minimal brings content")
			t.check(len(got.Body) == 0, "no content", "%d bytes", len(got.Body))
		}},
		{"7240/3/applied", Must, "Preference-Applied names nothing that was not asked for", func(t *trial) {
			d := t.tagged("one")
			t.get(d.path, "Prefer", "x-nothing").lacks("Preference-Applied")
			t.put(d, "two", "If-Match", d.tag, "Prefer", "x-nothing").done().lacks("Preference-Applied")
		}},
		{"7240/4.1/accepted", Choice, "respond-async may be answered 202, which says so and tells where to ask", func(t *trial) {
			got := t.hurried()
			got.lists("Preference-Applied", "respond-async").has("Location").notKept()
			t.get(t.local(got.get("Location"))).status(200, 303)
		}},
		{"9110/15.3.3/status", Should, "where 202 leads tells of the end, and to whom it leads on is there", func(t *trial) {
			at := t.local(t.hurried().has("Location").get("Location"))
			for range patience / step {
				got := t.get(at).status(200, 303)
				if got.Status == 303 {
					t.get(t.local(got.has("Location").get("Location"))).status(200)
					return
				}
				got.notKept()
				t.rest()
			}
			t.fail("303 to what was made", "not within %v", patience)
		}},
	}
}

// How long the judge waits for what takes its time, and between two looks at it.
const (
	patience = 5 * time.Second
	step     = 100 * time.Millisecond
)

// rest waits for a step.
func (t *trial) rest() {
	select {
	case <-time.After(step):
	case <-t.ctx.Done():
		t.fail("time to go on", "%v", t.ctx.Err())
	}
}

// hurried is the answer to a POST that was not waited for. What is done at once needs no 202, so
// it is tried some times.
func (t *trial) hurried() *answer {
	const tries = 10
	for range tries {
		if got := t.post(t.name(""), "Prefer", "respond-async, wait=0").done(); got.Status == 202 {
			return got
		}
	}
	t.needs(Async, false, "a POST with respond-async is waited for")
	return nil
}

// post has the target's collection make something of that name.
func (t *trial) post(name string, fields ...string) *answer {
	c := t.target.Places.Collection
	path := t.place(c.Path, "collection")
	return t.with("POST", path, t.fill(c.Body, name, ""), append(fields, "Content-Type", c.Type)...)
}
