package flow_test

import (
	"net/http"
	"strings"
	"testing"

	"rhapsode/repo-api/flow"
)

// edge is an answer at a node.
type edge struct {
	node   string
	answer bool
}

// edgesOf reads a path as edges, and fails if it is none of the table's. Where yes
// and no lead to the same place, it is both.
func edgesOf(t *testing.T, path string, status int) []edge {
	t.Helper()
	table := map[string]flow.Question{}
	for _, q := range flow.Table() {
		table[q.Name] = q
	}
	names := strings.Fields(path)
	var edges []edge
	for i, name := range names {
		leads := func(n flow.Next) bool {
			if i == len(names)-1 {
				return n.Status == status
			}
			return n.Status == 0 && n.Node.String() == names[i+1]
		}
		yes, no := leads(table[name].Yes), leads(table[name].No)
		if !yes && !no {
			t.Fatalf("%s with %d: no edge of the table leads on from %s", path, status, name)
		}
		if yes {
			edges = append(edges, edge{name, true})
		}
		if no {
			edges = append(edges, edge{name, false})
		}
	}
	return edges
}

// fickle is a resource that says what its walk needs to hear.
type fickle struct {
	choosy
	conflict bool
	done     flow.Done
	revives  bool
	choices  bool
}

func (f *fickle) Bounds() flow.Bounds      { return flow.Bounds{Max: 8, NeedsLength: true} }
func (f *fickle) Consumes(string) []string { return []string{"text/plain"} }
func (f *fickle) PostToMissing() bool      { return f.revives }

func (f *fickle) change() (flow.Done, error) {
	if f.conflict {
		return flow.Done{}, status(http.StatusConflict)
	}
	return f.done, nil
}

func (f *fickle) Put(*flow.Exchange) (flow.Done, error)    { return f.change() }
func (f *fickle) Patch(*flow.Exchange) (flow.Done, error)  { return f.change() }
func (f *fickle) Post(*flow.Exchange) (flow.Done, error)   { return f.change() }
func (f *fickle) Delete(*flow.Exchange) (flow.Done, error) { return f.change() }

func (f *fickle) Get(x *flow.Exchange) (flow.Representation, error) {
	r, err := f.choosy.Get(x)
	r.Choices = f.choices
	return r, err
}

// TestEveryEdgeIsWalked goes along every edge of the table that a request can take.
// Each case names the end of its way; the path in between must be one of the table.
func TestEveryEdgeIsWalked(t *testing.T) {
	there := func(set func(*flow.State)) func(*fickle) {
		return func(f *fickle) { set(&f.state) }
	}
	missing := there(func(s *flow.State) { *s = flow.State{} })
	gone := there(func(s *flow.State) { *s = flow.State{Gone: true} })
	moved := func(m flow.Move) func(*fickle) {
		return there(func(s *flow.State) { *s = flow.State{Moved: m, To: "/there"} })
	}
	does := func(d flow.Done) func(*fickle) { return func(f *fickle) { f.done = d } }
	both := func(sets ...func(*fickle)) func(*fickle) {
		return func(f *fickle) {
			for _, set := range sets {
				set(f)
			}
		}
	}
	revived := func(f *fickle) { f.revives = true }
	conflict := func(f *fickle) { f.conflict = true }
	content := &flow.Representation{Type: "text/plain", Size: 2, Bytes: []byte("ok")}
	chunked := request("PUT", "/", "x", "Content-Type", "text/plain")
	chunked.ContentLength = -1
	tests := []struct {
		ends    string
		status  int
		set     func(*fickle)
		request *http.Request
	}{
		{"B12", 501, nil, request("BREW", "/", "")},
		{"B11", 414, nil, request("GET", "/"+strings.Repeat("x", 100), "")},
		{"B10", 405, nil, request("TRACE", "/", "")},
		{"B9", 400, nil, request("GET", "/", "", "If-Match", "x")},
		{"A9", 400, nil, request("PUT", "/", "x", "Content-Range", "bytes 0-0/2")},
		{"B6", 415, nil, request("PUT", "/", "x", "Content-Encoding", "gzip")},
		{"B5", 415, nil, request("PUT", "/", "x", "Content-Type", "image/png")},
		{"A4", 411, nil, chunked},
		{"B4", 413, nil, request("PUT", "/", "123456789", "Content-Type", "text/plain")},
		{"B3", 204, nil, request("OPTIONS", "/", "")},
		{"C4", 406, nil, request("GET", "/", "", "Accept", "image/png")},
		{"O18", 200, nil, request("GET", "/", "", "Accept", "text/plain", "Accept-Language", "de", "Accept-Encoding", "back")},
		{"F7", 406, nil, request("GET", "/", "", "Accept-Encoding", "*;q=0")},
		{"O18", 300, func(f *fickle) { f.choices = true }, request("GET", "/", "")},

		{"G11", 412, nil, request("GET", "/", "", "If-Match", `"old"`)},
		{"O18", 200, nil, request("GET", "/", "", "If-Match", `"now"`)},
		{"O18", 200, nil, request("GET", "/", "", "If-Match", "*")},
		{"H12", 412, nil, request("GET", "/", "", "If-Unmodified-Since", date(-1))},
		{"O18", 200, nil, request("GET", "/", "", "If-Unmodified-Since", date(0))},
		{"O18", 200, nil, request("GET", "/", "", "If-Unmodified-Since", "junk")},
		{"J18", 304, nil, request("GET", "/", "", "If-None-Match", "*")},
		{"J18", 412, nil, request("DELETE", "/", "", "If-None-Match", `W/"now"`)},
		{"O18", 200, nil, request("GET", "/", "", "If-None-Match", `"old"`)},
		{"L17", 304, nil, request("GET", "/", "", "If-Modified-Since", date(0))},
		{"O18", 200, nil, request("GET", "/", "", "If-Modified-Since", date(-1))},
		{"O18", 200, nil, request("GET", "/", "", "If-Modified-Since", "junk")},
		{"L18", 428, there(func(s *flow.State) { s.Guarded = true }), request("DELETE", "/", "")},
		{"O20", 204, there(func(s *flow.State) { s.Judges = true }), request("DELETE", "/", "")},
		{"O20", 204, there(func(s *flow.State) { *s = flow.State{Judges: true} }), request("DELETE", "/", "")},

		{"I4", 308, moved(flow.ForGood), request("PUT", "/", "x", "Content-Type", "text/plain")},
		{"K5", 308, moved(flow.ForGood), request("GET", "/", "")},
		{"K4", 301, moved(flow.Renamed), request("GET", "/", "")},
		{"L5", 307, moved(flow.ForNow), request("GET", "/", "")},
		{"M6", 303, moved(flow.Other), request("GET", "/", "")},
		{"L6", 302, moved(flow.Found), request("GET", "/", "")},
		{"M5", 410, gone, request("GET", "/", "")},
		{"N5", 410, gone, request("POST", "/", "x")},
		{"P11", 201, both(gone, revived, does(flow.Done{Created: true})), request("POST", "/", "x")},
		{"L7", 404, missing, request("GET", "/", "")},
		{"M7", 404, missing, request("POST", "/", "x")},
		{"P11", 201, both(missing, revived, does(flow.Done{Created: true})), request("POST", "/", "x")},
		{"H7", 412, missing, request("PUT", "/", "x", "If-Match", "*")},
		{"P3", 409, both(missing, conflict), request("PUT", "/", "x")},
		{"P11", 201, both(missing, does(flow.Done{Created: true})), request("PUT", "/", "x")},

		{"M20", 202, does(flow.Done{Pending: true}), request("DELETE", "/", "")},
		{"N11", 303, does(flow.Done{Elsewhere: true, Location: "/there"}), request("POST", "/", "x")},
		{"P12", 202, does(flow.Done{Pending: true}), request("POST", "/", "x")},
		{"O14", 409, conflict, request("PUT", "/", "x")},
		{"O20", 204, nil, request("PUT", "/", "x")},
		{"O18", 200, does(flow.Done{Content: content}), request("PUT", "/", "x")},
		{"P16", 409, conflict, request("PATCH", "/", "x")},
		{"O20", 204, nil, request("PATCH", "/", "x")},

		{"O24", 206, nil, request("GET", "/", "", "Range", "bytes=0-1")},
		{"O24", 416, nil, request("GET", "/", "", "Range", "bytes=99-")},
		{"O24", 206, nil, request("GET", "/", "", "Range", "bytes=0-1", "If-Range", `"now"`)},
		{"O18", 200, nil, request("GET", "/", "", "Range", "bytes=0-1", "If-Range", `"old"`)},
	}
	walked := map[edge]bool{}
	for _, tt := range tests {
		f := &fickle{choosy: newChoosy()}
		if tt.set != nil {
			tt.set(f)
		}
		w, path := serve(t, f, tt.request)
		if w.Code != tt.status || !strings.HasSuffix(path, " "+tt.ends) {
			t.Errorf("%s %v: %d by %s, want %d at %s", tt.request.Method, tt.request.Header, w.Code, path, tt.status, tt.ends)
			continue
		}
		for _, e := range edgesOf(t, path, w.Code) {
			walked[e] = true
		}
	}
	// These a resource refuses by an error, of which the Engine's Status knows the status.
	for query, node := range map[string]string{"up": "B13", "who": "B8", "may": "B7"} {
		w, path := serve(t, strict{newToy()}, request("GET", "/?"+query, ""))
		if !strings.HasSuffix(path, node) {
			t.Errorf("?%s: %d by %s, want an end at %s", query, w.Code, path, node)
			continue
		}
		for _, e := range edgesOf(t, path, w.Code) {
			walked[e] = true
		}
	}
	for key, end := range map[string]int{`"known"`: flow.Recorded, `"new"`: http.StatusAccepted} {
		w, path := serve(t, newToy(), request("POST", "/", "x", "Idempotency-Key", key, "Prefer", "wait=9"))
		if !strings.HasSuffix(path, " A2") || w.Code != http.StatusAccepted && w.Code != http.StatusTeapot {
			t.Errorf("%s: %d by %s, want an end at A2", key, w.Code, path)
			continue
		}
		for _, e := range edgesOf(t, path, end) {
			walked[e] = true
		}
	}
	for _, q := range flow.Table() {
		for _, answer := range []bool{true, false} {
			if !walked[edge{q.Name, answer}] {
				t.Errorf("nobody walks on from %s, which says %v", q.Name, answer)
			}
		}
	}
}
