package patch_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/problem"
)

func same(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return reflect.DeepEqual(x, y)
}

// TestMergePatch is the table of RFC 7396, appendix A, and what it leaves open.
func TestMergePatch(t *testing.T) {
	tests := []struct{ doc, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
		{`{"a":1}`, `{"b":[null,{"c":null}]}`, `{"a":1,"b":[null,{"c":null}]}`}, // arrays replace, whole
		{`"text"`, `{"a":1}`, `{"a":1}`},
		{`null`, `[null]`, `[null]`},
		{`{"a":1,"b":{"c":[2]}}`, `{"b":{"c":null,"d":{}},"a":null}`, `{"b":{"d":{}}}`},
		{`{"a":1,"a":2}`, `{"a":3}`, `{"a":3}`}, // said twice: the last counts
		{` {"a":1}`, ` {"b":2} `, `{"a":1,"b":2}`},
	}
	for _, tt := range tests {
		got, err := patch.Apply(patch.Merge, []byte(tt.doc), []byte(tt.patch))
		if err != nil || !same(t, string(got), tt.want) {
			t.Errorf("%s with %s: %s, %v, want %s", tt.doc, tt.patch, got, err, tt.want)
		}
	}
}

// TestJSONPatch is RFC 6902, appendix A, and the ways to fail.
func TestJSONPatch(t *testing.T) {
	const malformed, conflict, senseless = "malformed", "conflict", "senseless"
	tests := []struct{ doc, patch, want string }{
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"baz":"qux","foo":"bar"}`},
		{`{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`},
		{`{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`},
		{`{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`},
		{`{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`, `[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`,
			`{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`},
		{`{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`},
		{`{"baz":"qux","foo":["a",2,"c"]}`, `[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2,"c"]}`},
		{`{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, conflict},
		{`{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"foo":"bar","child":{"grandchild":{}}}`},
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","xyz":123}]`, `{"foo":"bar","baz":"qux"}`},
		{`{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, conflict},
		{`{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`},
		{`{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":"10"}]`, conflict},
		{`{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`},
		{`[1,2]`, `[{"op":"remove","path":"/-1"}]`, conflict},
		{`[1,2]`, `[{"op":"remove","path":"/2"}]`, conflict},
		{`{"a":1}`, `[{"op":"remove","path":"/a"},{"op":"test","path":"/b","value":1}]`, conflict}, // all or nothing
		{`{"a":1}`, `[]`, `{"a":1}`},
		{`{"a":1}`, `{"op":"remove","path":"/a"}`, malformed},
		{`{"a":1}`, `null`, malformed},
		{`{"a":1}`, `[null]`, malformed},
		{`{"a":1,"b":2}`, ` [{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3}]`, `{"b":2,"a":3}`},
		{`{"a":1}`, `[{"op":"tea","path":"/a"}]`, malformed},
		{`{"a":1}`, `[{"op":"remove"}]`, malformed},
		{`{"a":1}`, `[{"op":"move","path":"/a"}]`, malformed},
		{`{"a":1}`, `[{`, malformed},
		{`<a/>`, `[]`, senseless},
		{`"text"`, `[{"op":"test","path":"","value":"te\u0078t"},{"op":"replace","path":"","value":5}]`, `5`},
		{`[1,2]`, `[{"op":"test","path":"/01","value":2}]`, conflict},      // RFC 6901: no zero in front …
		{`{"01":2}`, `[{"op":"test","path":"/01","value":2}]`, `{"01":2}`}, // … of an index
		{`{"a":[1,null,"x"]}`, `[{"op":"test","path":"/a","value":[1.0,null,"x"]}]`, `{"a":[1,null,"x"]}`},
		{`{"a":10,"b":{"c":1,"d":2}}`, `[{"op":"test","path":"/a","value":1.0E+1},{"op":"test","path":"/b","value":{"d":2,"c":1}}]`, `{"a":10,"b":{"c":1,"d":2}}`},
		{`{"a":-0.0}`, `[{"op":"test","path":"/a","value":0},{"op":"test","path":"/a","value":0e5}]`, `{"a":-0.0}`},
		{`{"a":1e400}`, `[{"op":"test","path":"/a","value":10e399},{"op":"remove","path":"/a"}]`, `{}`},
		{`{"a":9007199254740993}`, `[{"op":"test","path":"/a","value":9007199254740992}]`, conflict},
		{`{"a":null}`, `[{"op":"test","path":"/a","value":null},{"op":"add","path":"/b","value":null}]`, `{"a":null,"b":null}`},
		{`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b"}]`, conflict},
		{`{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a"}]`, `{"a":{"b":1}}`},
		{`{"a":{"b":1}}`, `[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]`, `{"a":{"b":1},"c":{"b":2}}`},
		{`{"a":1}`, `[{"op":"replace","path":"/b","value":2}]`, conflict},
		{`{"a":1}`, `[{"op":"remove","path":""}]`, conflict},
		{`{"a":1}`, `[{"op":"add","path":"","value":[]}]`, `[]`},
		{`{"a":1}`, `[{"op":"add","path":"b","value":1}]`, malformed},
		{`{"a":1}`, `[{"op":"add","path":"/~2","value":1}]`, malformed},
		{`{"a":1}`, `[{"op":"add","path":"/b"}]`, malformed},
	}
	for _, tt := range tests {
		got, err := patch.Apply(patch.JSON, []byte(tt.doc), []byte(tt.patch))
		status := map[string]int{malformed: 400, conflict: 409, senseless: 422}[tt.want]
		switch {
		case status != 0:
			if err == nil || problem.Status(err) != status {
				t.Errorf("%s with %s: %s, %v, want %d", tt.doc, tt.patch, got, err, status)
			}
		case err != nil || !same(t, string(got), tt.want):
			t.Errorf("%s with %s: %s, %v, want %s", tt.doc, tt.patch, got, err, tt.want)
		}
	}
}

func TestWhatIsPatchedKeepsItsLook(t *testing.T) {
	tests := []struct{ doc, want string }{
		{`{"b":"<&>","a":1.50}`, `{"b":"<&>","a":1.50,"c":"<"}`},
		{"{\"b\":1}\n", "{\"b\":1,\"c\":\"<\"}\n"},
		{"{\n\t\"b\": 1\n}\n", "{\n\t\"b\": 1,\n\t\"c\": \"<\"\n}\n"},
		{"{\n  \"a\": {},\n  \"b\": []\n}", "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": \"<\"\n}"},
		{"{\n  \"b\": [\n    1\n  ]\n}", "{\n  \"b\": [\n    1\n  ],\n  \"c\": \"<\"\n}"},
	}
	for _, tt := range tests {
		for media, text := range map[string]string{patch.JSON: `[{"op":"add","path":"/c","value":"<"}]`, patch.Merge: `{"c":"<"}`} {
			got, err := patch.Apply(media, []byte(tt.doc), []byte(text))
			if err != nil || string(got) != tt.want {
				t.Errorf("%s: %q, %v, want %q", media, got, err, tt.want)
			}
		}
	}
}

func TestNoPatchGrowsADocumentWithoutBound(t *testing.T) {
	var operations []string
	for range 64 {
		operations = append(operations, `{"op":"copy","from":"/a","path":"/a/-"}`)
	}
	_, err := patch.Apply(patch.JSON, []byte(`{"a":["0123456789"]}`), []byte("["+strings.Join(operations, ",")+"]"))
	if problem.Status(err) != 422 {
		t.Errorf("%v", err)
	}
	deep := strings.Repeat("[\n        ", 5000) + strings.Repeat("]", 5000)
	if _, err := patch.Apply(patch.JSON, []byte(deep), []byte("[]")); problem.Status(err) != 422 {
		t.Errorf("a deep one: %v", err)
	}
	if err := patch.TooLarge(patch.MaxSize + 1); problem.Status(err) != 422 {
		t.Errorf("%v", err)
	}
}

func FuzzApply(f *testing.F) {
	f.Add(true, `{"a":{"b":[1,null]}}`, `{"a":{"b":null}}`)
	f.Add(false, `{"a":[1]}`, `[{"op":"copy","from":"/a","path":"/a/-"}]`)
	f.Fuzz(func(t *testing.T, merge bool, doc, text string) {
		media := patch.JSON
		if merge {
			media = patch.Merge
		}
		got, err := patch.Apply(media, []byte(doc), []byte(text))
		if err == nil && !json.Valid(got) {
			t.Fatalf("%s is not JSON", got)
		}
		if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
			t.Fatalf("%v", err)
		}
	})
}
