package flow_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"rhapsode/repo-api/flow"
)

func TestWishes(t *testing.T) {
	type quality func(flow.Wishes, string) int
	const typ, coding, language = "type", "coding", "language"
	kinds := map[string]quality{typ: flow.Wishes.Type, coding: flow.Wishes.Coding, language: flow.Wishes.Language}
	tests := []struct {
		kind  string
		lines string // separated by |
		of    string
		want  int
	}{
		{typ, "", "text/html", 1000},
		{typ, "*/*", "text/html", 1000},
		{typ, "text/*;q=0.5", "text/html; charset=utf-8", 500},
		{typ, "TEXT/HTML", "text/html", 1000},
		{typ, "image/png", "text/html", 0},
		{typ, "text/html;q=0, */*", "text/html", 0}, // the most special decides …
		{typ, "*/*, text/html;q=0", "text/html", 0}, // … in any order
		{typ, "text/html;level=1, text/html;q=0.3", "text/html", 300},
		{typ, "text/html;level=1, text/html;q=0.3", "text/html;level=1", 1000},
		{typ, `text/html;level="1";q=0.2`, "text/html; LEVEL=1", 200},
		{typ, "text/html;q=0.2;level=1", "text/html;level=1", 200}, // q stands anywhere
		{typ, "text/html;charset=utf-8", "text/html", 1000},        // a charset refuses nobody
		{typ, `a/b;p="x,text/html"`, "text/html", 0},               // a comma may be quoted
		{typ, "image/png | text/html;q=0.001", "text/html", 1},
		{typ, "text/html;;q=0.5;", "text/html", 500},
		{typ, ",, text/html ,", "text/html", 1000},
		{typ, "text/html;q=0.5, text/html;q=0.9", "text/html", 900},
		{coding, "", "gzip", 0},
		{coding, "", "identity", 1000},
		{coding, "gzip", "gzip", 1000},
		{coding, "X-GZIP", "gzip", 1000},
		{coding, "gzip", "identity", 1},
		{coding, "gzip", "br", 0},
		{coding, "*", "br", 1000},
		{coding, "*", "identity", 1},
		{coding, "*;q=0", "identity", 0},
		{coding, "*;q=0, identity;q=0.2", "identity", 200},
		{coding, "identity;q=0", "identity", 0},
		{coding, "gzip;q=0", "gzip", 0},
		{coding, "gzip;q=0, *", "gzip", 0},
		{language, "", "en", 1000},
		{language, "en", "en-GB", 1000},
		{language, "en-GB", "en", 1000},
		{language, "en", "eng", 0},
		{language, "de, *;q=0.1", "en", 100},
		{language, "en;q=0.5, en-GB;q=0", "en-GB", 0},
	}
	for _, tt := range tests {
		ws, err := flow.ParseAccept(strings.Split(tt.lines, "|"))
		if err != nil {
			t.Errorf("%s: %v", tt.lines, err)
		}
		if got := kinds[tt.kind](ws, tt.of); got != tt.want {
			t.Errorf("%s %q of %q: %d, want %d", tt.kind, tt.lines, tt.of, got, tt.want)
		}
	}
	for _, bad := range []string{"text/", "/html", "a b", "a;q", "a;q=2", "a;q=0.1234", "a;q=1.5", "a;q=.5", `a;p="`, `a;p="x"y`, "a;=b", "ä/b"} {
		if ws, err := flow.ParseAccept([]string{bad}); err == nil {
			t.Errorf("%q is taken for %v", bad, ws)
		}
	}
	if ws, err := flow.ParseAccept([]string{strings.Repeat("a/b,", 65)}); err != nil || ws != nil {
		t.Errorf("too many members: %d, %v", len(ws), err)
	}
}

func FuzzParseAccept(f *testing.F) {
	for _, seed := range []string{"text/html;q=0.5, */*", `a/b;p="x\",y";q=0`, "gzip, *;q=0", "en-GB;q=0.8"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		ws, err := flow.ParseAccept([]string{line})
		if err != nil && ws != nil {
			t.Fatal("both wishes and an error")
		}
		for _, w := range ws {
			if w.Q < 0 || w.Q > 1000 || w.Value == "" {
				t.Fatalf("%+v", w)
			}
		}
		for _, q := range []int{ws.Type("text/html"), ws.Coding("gzip"), ws.Coding(flow.Identity), ws.Language("en")} {
			if q < 0 || q > 1000 {
				t.Fatalf("a quality of %d", q)
			}
		}
	})
}

// choosy is a toy that is there as text in two languages and as JSON, coded backwards.
type choosy struct{ *toy }

func (c choosy) Variants(*flow.Exchange) ([]flow.Variant, error) {
	if !c.state.Exists {
		return nil, nil
	}
	return []flow.Variant{
		{Type: "text/plain", Language: "en", URL: "/en"}, {Type: "text/plain", Language: "de"}, {Type: "application/json"},
	}, nil
}

type backwards struct{}

func (backwards) Codings() []string { return []string{"best", "back"} }

func (backwards) Code(_ flow.Tag, _ string, plain []byte) ([]byte, error) {
	b := bytes.Clone(plain)
	slices.Reverse(b)
	return b, nil
}

func newChoosy() choosy {
	y := newToy()
	y.state.Codable = true
	return choosy{y}
}

func TestNegotiation(t *testing.T) {
	missing := func(y *toy) { y.state = flow.State{} }
	bare := func(y *toy) { y.state.Codable = false }
	tests := []struct {
		name   string
		set    func(*toy)
		fields []string
		want   int
		path   string // from B3 to what comes after the negotiation
		lang   string
		tag    string
		body   string
	}{
		{"anything", nil, nil, 200, "C3 D4 F6 G7", "en", `"now"`, text},
		{"a type", nil, []string{"Accept", "application/json"}, 200, "C3 C4 D4 F6 G7", "", `"now"`, text},
		{"a type by weight", nil, []string{"Accept", "text/plain;q=0.5, application/json;q=0.4"}, 200, "C3 C4 D4 F6 G7", "en", `"now"`, text},
		{"no type", nil, []string{"Accept", "image/png"}, 406, "C3 C4", "", "", ""},
		{"a type refused", nil, []string{"Accept", "*/*;q=0"}, 406, "C3 C4", "", "", ""},
		{"what isn't there can't be unacceptable", missing, []string{"Accept", "image/png"}, 404, "C3 D4 F6 G7", "", "", ""},
		{"nonsense is not sent", nil, []string{"Accept", "text/"}, 200, "C3 C4 D4 F6 G7", "en", `"now"`, text},
		{"a language", nil, []string{"Accept-Language", "de"}, 200, "C3 D4 D5 F6 G7", "de", `"now"`, text},
		{"a language that there is not", nil, []string{"Accept-Language", "fr"}, 200, "C3 D4 D5 F6 G7", "en", `"now"`, text},
		{"both", nil, []string{"Accept", "text/plain", "Accept-Language", "en;q=0.1, de"}, 200, "C3 C4 D4 D5 F6 G7", "de", `"now"`, text},
		{"a coding", nil, []string{"Accept-Encoding", "back"}, 200, "C3 D4 F6 F7 G7", "en", `"now-back"`, "9876543210"},
		{"the best coding", nil, []string{"Accept-Encoding", "*"}, 200, "C3 D4 F6 F7 G7", "en", `"now-best"`, "9876543210"},
		{"no coding", nil, []string{"Accept-Encoding", "other"}, 200, "C3 D4 F6 F7 G7", "en", `"now"`, text},
		{"none at all", nil, []string{"Accept-Encoding", "*;q=0"}, 406, "C3 D4 F6 F7", "", "", ""},
		{"anything but none", nil, []string{"Accept-Encoding", "identity;q=0, back;q=0.1"}, 200, "C3 D4 F6 F7 G7", "en", `"now-back"`, "9876543210"},
		{"what isn't worth it", bare, []string{"Accept-Encoding", "back"}, 200, "C3 D4 F6 F7 G7", "en", `"now"`, text},
		{"what isn't worth it, and must", bare, []string{"Accept-Encoding", "identity;q=0"}, 406, "C3 D4 F6 F7", "", "", ""},
		{"a coding of nothing", missing, []string{"Accept-Encoding", "*;q=0"}, 404, "C3 D4 F6 F7 G7", "", "", ""},
		{"a part of a coding", nil, []string{"Accept-Encoding", "back", "Range", "bytes=0-2"}, 206, "C3 D4 F6 F7 G7", "en", `"now-back"`, "987"},
		{"a coding one has", nil, []string{"Accept-Encoding", "back", "If-None-Match", `"now-back"`}, 304, "C3 D4 F6 F7 G7", "en", `"now-back"`, ""},
		{"another coding than one has", nil, []string{"Accept-Encoding", "back", "If-None-Match", `"now"`}, 200, "C3 D4 F6 F7 G7", "en", `"now-back"`, "9876543210"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			y := newChoosy()
			if tt.set != nil {
				tt.set(y.toy)
			}
			w, path := serve(t, y, request("GET", "/", "", tt.fields...))
			if h := w.Header(); w.Code != tt.want || h.Get("Content-Language") != tt.lang || h.Get("Etag") != tt.tag || w.Code != 404 && w.Code != 406 && w.Body.String() != tt.body {
				t.Errorf("%d %v %q", w.Code, h, w.Body)
			}
			if !strings.Contains(path+" ", " B3 A3 "+tt.path+" ") {
				t.Errorf("by %s", path)
			}
			if vary := w.Header().Get("Vary"); !strings.HasPrefix(vary, "Accept, ") {
				t.Errorf("Vary: %q", vary)
			}
		})
	}
}

func TestAnyCodingTellsOfTheStateToBeChanged(t *testing.T) {
	for tag, want := range map[string]int{`"now"`: 204, `"now-back"`: 204, `"old-back"`: 412, `"now-other"`: 412} {
		if w, _ := serve(t, newChoosy(), request("PUT", "/", "x", "If-Match", tag)); w.Code != want {
			t.Errorf("%s: %d, want %d", tag, w.Code, want)
		}
	}
}
