package conformance

import "strings"

// The media types of patches.
const (
	mergePatch = "application/merge-patch+json"
	jsonPatch  = "application/json-patch+json"
)

// changes are patches of {"a":1} that make 2 of it.
var changes = map[string]string{mergePatch: `{"a":2}`, jsonPatch: `[{"op":"replace","path":"/a","value":2}]`}

// patching is RFC 5789, whatever the format of the patch.
func patching() []charge {
	return []charge{
		{"5789/2.2/unsupported", Should, "a patch of an unsupported type is 415 and tells in Accept-Patch what would do", func(t *trial) {
			d := t.patchable(`{"a":1}`)
			t.patch(d, "text/x-nothing", "hello").status(415).has("Accept-Patch")
			t.unchanged(d)
		}},
		{"5789/2.2/malformed", Should, "a patch that can't be read is 400 and changes nothing", func(t *trial) {
			d := t.patchable(`{"a":1}`)
			for _, kind := range t.patches() {
				for _, broken := range []string{`{"a":`, ``, `[{"op":`} {
					t.patch(d, kind, broken).status(400)
				}
			}
			t.unchanged(d)
		}},
		{"5789/2.2/missing", Should, "a patch of nothing is 404", func(t *trial) {
			t.patchable(`{}`)
			d := t.free(".json", "")
			t.with("PATCH", d.path, "{}", "Content-Type", t.patches()[0]).status(404)
			t.absent(d)
		}},
		{"5789/2.2/stale", Must, "a patch of an older state is 412 and changes nothing", func(t *trial) {
			d := t.patchable(`{"a":1}`)
			for _, kind := range t.patches() { // a change that is there already might be 2xx (RFC 9110 13.1.1)
				t.with("PATCH", d.path, changes[kind], "Content-Type", kind, "If-Match", otherTag).status(412)
			}
			t.unchanged(d)
		}},
		{"5789/3.1/accept-patch", Should, "OPTIONS tells in Accept-Patch which patches are taken", func(t *trial) {
			d := t.patchable(`{}`)
			got := t.ask("OPTIONS", d.path).status(200, 204).has("Accept-Patch")
			for _, kind := range t.patches() {
				got.lists("Accept-Patch", kind)
			}
		}},
		{"5789/2/validator", Must, "a patched document has another tag, and the answer tells no other", func(t *trial) {
			d := t.patchable(`{"a":1}`)
			kind := t.patches()[0]
			told := t.patch(d, kind, changes[kind]).status(200, 204).get("ETag")
			before := d.tag
			t.look(d)
			t.check(d.tag != before, "another tag than "+before, "the same")
			t.check(told == "" || told == d.tag, "the tag "+d.tag+", or none", "%q", told)
		}},
	}
}

// patchable makes a JSON document and ends the case if no kind of patch is taken.
func (t *trial) patchable(body string) *document {
	claim := MergePatch
	if t.has(JSONPatch) {
		claim = JSONPatch
	}
	t.needs(claim, t.offers.can("PATCH") && t.offers.acceptPatch != "", "OPTIONS does not tell of PATCH")
	return t.object(body)
}

// patches returns the kinds of patches that documents take, of those known here.
func (t *trial) patches() (kinds []string) {
	for _, kind := range []string{mergePatch, jsonPatch} {
		if strings.Contains(t.offers.acceptPatch, kind) {
			kinds = append(kinds, kind)
		}
	}
	if kinds == nil {
		t.notApplicable("Accept-Patch names neither %s nor %s", mergePatch, jsonPatch)
	}
	return kinds
}

// patch changes a document as the case knows it.
func (t *trial) patch(d *document, kind, patch string) *answer {
	return t.with("PATCH", d.path, patch, "Content-Type", kind, "If-Match", d.tag)
}
