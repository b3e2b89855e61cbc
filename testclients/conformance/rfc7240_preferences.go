package conformance

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
	}
}
