package conformance

import (
	"encoding/json"
	"reflect"
	"strings"
)

// mergePatches are RFC 7396: the examples of its appendix A, and what they mean.
func mergePatches() []charge {
	const text = "a merge patch does what the RFC's own example shows"
	var all []charge
	for _, tt := range []struct{ name, before, patch, after string }{
		{"replace", `{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{"add", `{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{"null-deletes", `{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{"null-deletes-all", `{"a":"b"}`, `{"a":null}`, `{}`},
		{"array-becomes-text", `{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{"text-becomes-array", `{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{"deep", `{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{"array-replaces", `{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{"whole-array", `["a","b"]`, `["c","d"]`, `["c","d"]`},
		{"object-to-array", `{"a":"b"}`, `["c"]`, `["c"]`},
		{"whole-text", `{"a":"foo"}`, `"bar"`, `"bar"`},
		{"null-stays-in-what-was", `{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{"array-to-object", `[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{"null-deep-in-new", `{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		all = append(all, charge{"7396/A/" + tt.name, Must, text, func(t *trial) {
			d := t.merged(tt.before)
			t.patch(d, mergePatch, tt.patch).status(200, 204)
			t.holds(d, tt.after)
		}})
	}
	return append(all, charge{"7396/4/no-json", Should, "a patch of what is no JSON is a refusal that changes nothing", func(t *trial) {
		t.merged(`{}`)
		d := t.make(t.free(".json", "application/json"), "this is no JSON")
		t.patch(d, mergePatch, `{"a":1}`).status(409, 415, 422)
		t.unchanged(d)
	}})
}

// merged makes a document and ends the case if it takes no merge patches.
func (t *trial) merged(body string) *document {
	t.needs(MergePatch, strings.Contains(t.offers.acceptPatch, mergePatch), "OPTIONS does not tell of it in Accept-Patch")
	return t.object(body)
}

// holds means that the document is now the same JSON as due.
func (t *trial) holds(d *document, due string) {
	got := t.get(d.path).status(200)
	var is, ought any
	err := json.Unmarshal(got.Body, &is)
	if json.Unmarshal([]byte(due), &ought) != nil {
		panic("a case with bad JSON: " + due)
	}
	t.check(err == nil && reflect.DeepEqual(is, ought), due, "%s", clip(got.Body))
}
