package conformance

import "strings"

// jsonPatches are RFC 6902.
func jsonPatches() []charge {
	var all []charge
	for _, tt := range []struct{ name, text, before, patch, after string }{
		{"4.1/add", "add puts in a member", `{"a":1}`, `[{"op":"add","path":"/b","value":2}]`, `{"a":1,"b":2}`},
		{"4.1/add-replaces", "add replaces a member", `{"a":1}`, `[{"op":"add","path":"/a","value":2}]`, `{"a":2}`},
		{"4.1/add-in-array", "add moves the elements up", `{"a":[1,3]}`, `[{"op":"add","path":"/a/1","value":2}]`, `{"a":[1,2,3]}`},
		{"4.1/add-at-end", "- is the element after the last", `{"a":[1]}`, `[{"op":"add","path":"/a/-","value":2}]`, `{"a":[1,2]}`},
		{"4.1/add-whole", "an empty pointer is the document", `{"a":1}`, `[{"op":"add","path":"","value":[1]}]`, `[1]`},
		{"4.2/remove", "remove takes out a member", `{"a":1,"b":2}`, `[{"op":"remove","path":"/a"}]`, `{"b":2}`},
		{"4.2/remove-in-array", "remove moves the elements down", `{"a":[1,2,3]}`, `[{"op":"remove","path":"/a/1"}]`, `{"a":[1,3]}`},
		{"4.3/replace", "replace puts another value", `{"a":1}`, `[{"op":"replace","path":"/a","value":null}]`, `{"a":null}`},
		{"4.4/move", "move takes a value elsewhere", `{"a":{"b":1},"c":{}}`, `[{"op":"move","from":"/a/b","path":"/c/d"}]`, `{"a":{},"c":{"d":1}}`},
		{"4.4/move-in-array", "move within an array", `{"a":[1,2,3]}`, `[{"op":"move","from":"/a/0","path":"/a/2"}]`, `{"a":[2,3,1]}`},
		{"4.5/copy", "copy leaves the first where it was", `{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]`, `{"a":{"b":1},"c":{"b":2}}`},
		{"4.6/test-holds", "a test that holds lets the rest happen", `{"a":{"b":[1,null,"x"]}}`, `[{"op":"test","path":"/a","value":{"b":[1.0,null,"x"]}},{"op":"add","path":"/c","value":1}]`, `{"a":{"b":[1,null,"x"]},"c":1}`},
		{"3/order", "operations are applied one after the other", `{}`, `[{"op":"add","path":"/a","value":{}},{"op":"add","path":"/a/b","value":1},{"op":"move","from":"/a/b","path":"/b"}]`, `{"a":{},"b":1}`},
		{"A.14/escapes", "~1 is a slash and ~0 a tilde, in that order", `{"~1":10,"/":9}`, `[{"op":"replace","path":"/~01","value":1},{"op":"remove","path":"/~1"}]`, `{"~1":1}`},
		{"A.11/unknown-member", "members that an operation does not know are ignored", `{"a":1}`, `[{"op":"add","path":"/b","value":2,"xyz":3}]`, `{"a":1,"b":2}`},
	} {
		all = append(all, charge{"6902/" + tt.name, Must, tt.text, func(t *trial) {
			d := t.listed(tt.before)
			t.patch(d, jsonPatch, tt.patch).status(200, 204)
			t.holds(d, tt.after)
		}})
	}
	for _, tt := range []struct{ name, text, before, patch string }{
		{"4.6/test", "a test that fails refuses the whole patch", `{"a":1}`, `[{"op":"test","path":"/a","value":2},{"op":"replace","path":"/a","value":3}]`},
		{"5/all-or-nothing", "if one operation fails, none is applied", `{"a":1}`, `[{"op":"replace","path":"/a","value":2},{"op":"remove","path":"/nothing"}]`},
		{"4.2/remove-missing", "what is to be removed must be there", `{"a":1}`, `[{"op":"remove","path":"/b"}]`},
		{"4.3/replace-missing", "what is to be replaced must be there", `{"a":1}`, `[{"op":"replace","path":"/b","value":1}]`},
		{"4.1/add-nowhere", "the place of an addition must be there", `{"a":1}`, `[{"op":"add","path":"/b/c","value":1}]`},
		{"4.1/add-beyond", "an index is not beyond the end", `{"a":[1]}`, `[{"op":"add","path":"/a/3","value":1}]`},
		{"4.4/into-itself", "a value does not move into itself", `{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`},
		{"A.13/leading-zero", "an index has no leading zero", `{"a":[1,2]}`, `[{"op":"replace","path":"/a/01","value":3}]`},
	} {
		all = append(all, charge{"6902/" + tt.name, Must, tt.text, func(t *trial) {
			d := t.listed(tt.before)
			t.patch(d, jsonPatch, tt.patch).status(400, 409, 422)
			t.unchanged(d)
		}})
	}
	return append(all, charge{"6902/4/unknown", Must, "an operation that there is not refuses the patch", func(t *trial) {
		d := t.listed(`{"a":1}`)
		t.patch(d, jsonPatch, `[{"op":"spam","path":"/a"}]`).status(400, 422)
		t.unchanged(d)
	}})
}

// listed makes a document and ends the case if it takes no JSON patches.
func (t *trial) listed(body string) *document {
	t.needs(JSONPatch, strings.Contains(t.offers.acceptPatch, jsonPatch), "OPTIONS does not tell of it in Accept-Patch")
	return t.object(body)
}
