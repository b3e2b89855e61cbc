package flow_test

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

func TestTheTableIsADiagram(t *testing.T) {
	table := flow.Table()
	seen := map[flow.Node]bool{}
	var visit func(n flow.Node, above []flow.Node)
	visit = func(n flow.Node, above []flow.Node) {
		q := table[n]
		if q.Name == "" || q.Asks == "" || q.RFC == "" {
			t.Fatalf("node %d has no name, question or rule", n)
		}
		for _, a := range above {
			if a == n {
				t.Fatalf("a walk can come to %s twice", q.Name)
			}
		}
		if seen[n] {
			return
		}
		seen[n] = true
		for _, next := range []flow.Next{q.Yes, q.No} {
			if next.Status != 0 && next.Status != flow.Recorded && (next.Status < 200 || next.Status > 599) {
				t.Fatalf("%s ends with %d", q.Name, next.Status)
			}
			if next.Status == 0 {
				visit(next.Node, append(above, n))
			}
		}
	}
	visit(flow.B13, nil)
	if len(seen) != len(table) {
		t.Errorf("%d of %d nodes can be reached", len(seen), len(table))
	}
}

func TestPaths(t *testing.T) {
	const door = "B13 B12 B11 B10 B9 A9 B8 B7 B6 B5 A4 B4 B3"
	missing := func(y *toy) { y.state = flow.State{} }
	moved := func(m flow.Move) func(*toy) {
		return func(y *toy) { y.state = flow.State{Moved: m, To: "/there"} }
	}
	tests := []struct {
		name    string
		set     func(*toy)
		request *http.Request
		want    int
		path    string
	}{
		{"a read", nil, request("GET", "/", ""), 200,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 L13 L18 M16 N16 O16 O17 O21 O18"},
		{"a head", nil, request("HEAD", "/", ""), 200,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 L13 L18 M16 N16 O16 O17 O21 O18"},
		{"a range", nil, request("GET", "/", "", "Range", "bytes=0-1"), 206,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 L13 L18 M16 N16 O16 O17 O21 O22 O24"},
		{"a range that lies outside", nil, request("GET", "/", "", "Range", "bytes=99-"), 416,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 L13 L18 M16 N16 O16 O17 O21 O22 O24"},
		{"a read of what one has", nil, request("GET", "/", "", "If-None-Match", `"now"`), 304,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 I13 K13 J18"},
		{"what one has goes before a range that lies outside", nil,
			request("GET", "/", "", "If-None-Match", `"now"`, "Range", "bytes=99-"), 304,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 I13 K13 J18"},
		{"a read of nothing", missing, request("GET", "/", "", "If-Match", "*"), 404,
			door + " A3 C3 D4 F6 G7 H6 I7 K7 L7"},
		{"a read of what is gone", func(y *toy) { y.state = flow.State{Gone: true} }, request("GET", "/", ""), 410,
			door + " A3 C3 D4 F6 G7 H6 I7 K7 K5 K4 L5 L6 M6 M5"},
		{"a read of what has moved", moved(flow.ForGood), request("GET", "/", ""), 308,
			door + " A3 C3 D4 F6 G7 H6 I7 K7 K5"},
		{"a write to what has moved", moved(flow.ForGood), request("PUT", "/", "x"), 308,
			door + " A3 C3 D4 F6 G7 H6 I7 I4"},
		{"a read of what has moved for now", moved(flow.ForNow), request("GET", "/", ""), 307,
			door + " A3 C3 D4 F6 G7 H6 I7 K7 K5 K4 L5"},
		{"a read of what is found elsewhere", moved(flow.Found), request("GET", "/", ""), 302,
			door + " A3 C3 D4 F6 G7 H6 I7 K7 K5 K4 L5 L6"},
		{"a write", nil, request("PUT", "/", "x", "If-Match", `"now"`), 204,
			door + " A3 C3 D4 F6 G7 G6 G8 G9 G11 I12 L13 L18 M16 N16 O16 O14 P11 P12 O20"},
		{"a creation", missing, request("PUT", "/", "x"), 201,
			door + " A3 C3 D4 F6 G7 H6 I7 I4 H7 P2 P3 P11"},
		{"a creation of what should be there", missing, request("PUT", "/", "x", "If-Match", "*"), 412,
			door + " A3 C3 D4 F6 G7 H6 I7 I4 H7"},
		{"a deletion", nil, request("DELETE", "/", ""), 204,
			door + " A3 C3 D4 F6 G7 G6 G8 H10 I12 L13 L18 M16 M20 O20"},
		{"a write that the resource judges", func(y *toy) { y.state.Judges, y.state.Guarded = true, true },
			request("PUT", "/", "x", "If-Match", `"old"`), 204,
			door + " A3 C3 D4 F6 G7 G6 M16 N16 O16 O14 P11 P12 O20"},
		{"a read is never left to the resource", func(y *toy) { y.state.Judges = true },
			request("GET", "/", "", "If-Match", `"old"`), 412,
			door + " A3 C3 D4 F6 G7 G6 G8 G9 G11"},
		{"options", nil, request("OPTIONS", "/", "", "If-Match", `"old"`), 204, door},
		{"a method that nobody knows", nil, request("BREW", "/", ""), 501, "B13 B12"},
		{"a target that is too long", nil, request("GET", "/"+strings.Repeat("x", 100), ""), 414, "B13 B12 B11"},
		{"a method that is not allowed", nil, request("TRACE", "/", ""), 405, "B13 B12 B11 B10"},
		{"a tag that is none", nil, request("GET", "/", "", "If-None-Match", "now"), 400, "B13 B12 B11 B10 B9"},
		{"a part of a whole", nil, request("PUT", "/", "x", "Content-Range", "bytes 0-0/9"), 400, "B13 B12 B11 B10 B9 A9"},
		{"a coding", nil, request("PUT", "/", "x", "Content-Encoding", "gzip"), 415, "B13 B12 B11 B10 B9 A9 B8 B7 B6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			y := newToy()
			if tt.set != nil {
				tt.set(y)
			}
			w, path := serve(t, y, tt.request)
			if w.Code != tt.want || path != tt.path {
				t.Errorf("%d by %s\nwant %d by %s", w.Code, path, tt.want, tt.path)
			}
		})
	}
}

func TestAStrictResourceRefusesEarly(t *testing.T) {
	chunked := request("PUT", "/", "xxx")
	chunked.ContentLength = -1
	tests := []struct {
		name    string
		request *http.Request
		want    int
		last    string
		field   string
		value   string
	}{
		{"out of service", request("GET", "/?up", ""), 503, "B13", "", ""},
		{"malformed", request("GET", "/?bad", ""), 400, "B9", "", ""},
		{"from who knows whom", request("GET", "/?who", ""), 401, "B8", "", ""},
		{"forbidden", request("GET", "/?may", ""), 403, "B7", "", ""},
		{"no length", chunked, 411, "A4", "", ""},
		{"too large", request("PUT", "/", "123456789"), 413, "B4", "", ""},
		{"of a wrong type", request("POST", "/", "x", "Content-Type", "image/png"), 415, "B5", "Accept-Post", "text/plain"},
		{"of a wrong type, patched", request("PATCH", "/", "x", "Content-Type", "image/png"), 415, "B5", "Accept-Patch", "text/plain"},
		{"of a right type with a parameter", request("PUT", "/", "x", "Content-Type", "Text/Plain; charset=utf-8"), 204, "O20", "", ""},
		{"options tell it", request("OPTIONS", "/", ""), 204, "B3", "Accept-Patch", "text/plain"},
	}
	for _, tt := range tests {
		w, path := serve(t, strict{newToy()}, tt.request)
		if w.Code != tt.want || !strings.HasSuffix(path, tt.last) || w.Header().Get(tt.field) != tt.value {
			t.Errorf("%s: %d at %s, %s: %q", tt.name, w.Code, path, tt.field, w.Header().Get(tt.field))
		}
	}
	gone := newToy()
	gone.state = flow.State{Gone: true}
	if w, _ := serve(t, strict{gone}, request("POST", "/", "x")); w.Code != 201 {
		t.Errorf("a POST that may bring back what is gone: %d", w.Code)
	}
}

func TestAllowIsTrue(t *testing.T) {
	y := newToy()
	y.allows = flow.GET | flow.DELETE
	const allowed = "GET, HEAD, DELETE, OPTIONS"
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"} {
		w, _ := serve(t, y, request(method, "/", ""))
		if refused := w.Code == 405; refused == strings.Contains(allowed, method) {
			t.Errorf("%s: %d", method, w.Code)
		}
		if (w.Code == 405 || method == "OPTIONS") && w.Header().Get("Allow") != allowed {
			t.Errorf("%s: Allow: %s", method, w.Header().Get("Allow"))
		}
	}
}

// broken is content that ends before its time, or never does.
type broken struct{ err error }

func (b broken) Read(p []byte) (int, error) { return 0, b.err }
func (b broken) Close() error               { return nil }

func TestContentThatFailsIsTheReason(t *testing.T) {
	short := request("PUT", "/", "x")
	short.Body = broken{io.ErrUnexpectedEOF}
	long := request("PUT", "/", "123456789")
	long.ContentLength = 3 // a length that lies
	stalled := request("PUT", "/", "x")
	stalled.Body = broken{os.ErrDeadlineExceeded}
	for name, tt := range map[string]struct {
		request *http.Request
		want    int
	}{"short": {short, 400}, "long": {long, 413}, "stalled": {stalled, 408}} {
		if w, _ := serve(t, strict{newToy()}, tt.request); w.Code != tt.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tt.want)
		}
	}
}

func TestHeadHasTheFieldsOfGet(t *testing.T) {
	for _, y := range []*toy{newToy(), {state: newToy().state, allows: flow.GET, bytes: []byte(text)}} {
		get, _ := serve(t, y, request("GET", "/", ""))
		opened := y.opened
		head, _ := serve(t, y, request("HEAD", "/", "", "Range", "bytes=0-1"))
		if head.Code != 200 || head.Body.Len() != 0 || y.opened != opened {
			t.Errorf("HEAD: %d, %d bytes, opened %d times", head.Code, head.Body.Len(), y.opened-opened)
		}
		if get.Body.String() != text || len(get.Header()) != len(head.Header()) {
			t.Errorf("GET %q %v\nHEAD %v", get.Body, get.Header(), head.Header())
		}
		for field := range get.Header() {
			if get.Header().Get(field) != head.Header().Get(field) {
				t.Errorf("%s: %q, with HEAD %q", field, get.Header().Get(field), head.Header().Get(field))
			}
		}
	}
}

func TestNotModifiedNamesWhatIsThere(t *testing.T) {
	y := newToy()
	w, _ := serve(t, y, request("GET", "/", "", "If-None-Match", `"now"`))
	if h := w.Header(); h.Get("Etag") != `"now"` || h.Get("Cache-Control") == "" || len(h) != 2 {
		t.Errorf("with a tag: %v", h)
	}
	y.state.Tag = ""
	w, _ = serve(t, y, request("GET", "/", "", "If-Modified-Since", date(0)))
	if h := w.Header(); w.Code != 304 || h.Get("Last-Modified") != date(0) || len(h) != 2 {
		t.Errorf("without one: %d %v", w.Code, h)
	}
}

func TestSeveralRanges(t *testing.T) {
	for _, y := range []*toy{newToy(), {state: newToy().state, allows: flow.GET, bytes: []byte(text)}} {
		w, _ := serve(t, y, request("GET", "/", "", "Range", "bytes=0-1,5-,99-"))
		media, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
		if w.Code != 206 || media != "multipart/byteranges" || err != nil || w.Header().Get("Content-Range") != "" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
			t.Errorf("Content-Length: %s of %d bytes", got, w.Body.Len())
		}
		parts := multipart.NewReader(w.Body, params["boundary"])
		for _, want := range []struct{ contentRange, bytes string }{{"bytes 0-1/10", "01"}, {"bytes 5-9/10", "56789"}} {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(part)
			if err != nil || string(got) != want.bytes || part.Header.Get("Content-Range") != want.contentRange || part.Header.Get("Content-Type") != "text/plain" {
				t.Errorf("%q %v, want %v (%v)", got, part.Header, want, err)
			}
		}
		if _, err := parts.NextPart(); err != io.EOF {
			t.Errorf("after the last part: %v", err)
		}
	}
}

// TestServeContentAgrees asks net/http for a second opinion, of GET, where it is
// right: it takes a range on HEAD, 416 for an unknown unit and a date as a strong
// validator.
func TestServeContentAgrees(t *testing.T) {
	values := map[string][]string{
		"If-Match":            {"", `"now"`, `W/"now"`, `"old"`, "*", `"old", "now"`},
		"If-Unmodified-Since": {"", date(-1), date(0), "junk"},
		"If-None-Match":       {"", `"now"`, `W/"now"`, `"old"`, "*"},
		"If-Modified-Since":   {"", date(-1), date(0), "junk"},
		"Range":               {"", "bytes=2-3", "bytes=-2", "bytes=0-1,5-6", "bytes=99-"},
		"If-Range":            {"", `"now"`, `"old"`, `W/"now"`},
	}
	fields := []string{"If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since", "Range", "If-Range"}
	var ask func(i int, r *http.Request)
	ask = func(i int, r *http.Request) {
		if i < len(fields) {
			for _, v := range values[fields[i]] {
				next := r.Clone(t.Context())
				if v != "" {
					next.Header.Set(fields[i], v)
				}
				ask(i+1, next)
			}
			return
		}
		ours, path := serve(t, newToy(), r)
		theirs := httptest.NewRecorder()
		theirs.Header().Set("Etag", `"now"`)
		theirs.Header().Set("Content-Type", "text/plain")
		http.ServeContent(theirs, r, "", modified.Truncate(time.Second), strings.NewReader(text))
		single := !strings.Contains(r.Header.Get("Range"), ",")
		if ours.Code != theirs.Code || ours.Code < 300 && single && ours.Body.String() != theirs.Body.String() ||
			ours.Header().Get("Content-Range") != theirs.Header().Get("Content-Range") {
			t.Fatalf("%v\nours %d %v by %s\ntheirs %d %v", r.Header, ours.Code, ours.Header(), path, theirs.Code, theirs.Header())
		}
	}
	ask(0, request("GET", "/", ""))
}

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}

func TestADryRunChangesNothing(t *testing.T) {
	fields := func(method string, fields ...string) *http.Request {
		return request(method, "/", "x", append(fields, "Prefer", "trace")...)
	}
	tests := []struct {
		request *http.Request
		missing bool
		want    int
		ends    string
	}{
		{fields("PUT", "If-Match", `"now"`), false, 204, "O14"},
		{fields("PUT", "If-Match", `"old"`), false, 412, "G11"}, // though the resource would judge it
		{fields("PUT"), false, 428, "L18"},
		{fields("PUT"), true, 204, "P3"},
		{fields("PATCH", "If-Match", "*"), false, 204, "P16"},
		{fields("DELETE", "If-Match", "*"), false, 204, "M20"},
		{fields("POST"), false, 204, "N11"},
		{fields("GET"), false, 200, "O18"},
	}
	for _, tt := range tests {
		y := newToy()
		y.state.Guarded, y.state.Judges = true, true
		if tt.missing {
			y.state = flow.State{Judges: true}
		}
		e := engine(nil)
		e.Dry = true
		w := httptest.NewRecorder()
		e.Handler(func(*http.Request) (flow.Resource, error) { return readOnly{y, t}, nil }).ServeHTTP(w, tt.request)
		if w.Code != tt.want || !strings.HasSuffix(w.Header().Get("Toy-Trace"), " "+tt.ends) {
			t.Errorf("%s: %d by %s", tt.request.Method, w.Code, w.Header().Get("Toy-Trace"))
		}
	}
}

// readOnly is a toy that must not be changed.
type readOnly struct {
	*toy
	t *testing.T
}

func (r readOnly) fail() (flow.Done, error) {
	r.t.Helper()
	r.t.Error("it was changed")
	return flow.Done{}, nil
}

func (r readOnly) Put(*flow.Exchange) (flow.Done, error)    { return r.fail() }
func (r readOnly) Post(*flow.Exchange) (flow.Done, error)   { return r.fail() }
func (r readOnly) Patch(*flow.Exchange) (flow.Done, error)  { return r.fail() }
func (r readOnly) Delete(*flow.Exchange) (flow.Done, error) { return r.fail() }
