package flow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

// modified is when the toy was last changed.
var modified = time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)

const text = "0123456789"

// toy is a resource that can do everything, and does nothing.
type toy struct {
	state  flow.State
	allows flow.Methods
	bytes  []byte // nil: text is opened in parts
	opened int
	put    string // what Put was sent last
}

func newToy() *toy {
	return &toy{
		state:  flow.State{Exists: true, Tag: `"now"`, Modified: modified},
		allows: flow.GET | flow.POST | flow.PUT | flow.PATCH | flow.DELETE,
	}
}

func (y *toy) Methods(*flow.Exchange) (flow.Methods, error) { return y.allows, nil }
func (y *toy) Look(*flow.Exchange) (flow.State, error)      { return y.state, nil }

func (y *toy) Get(*flow.Exchange) (flow.Representation, error) {
	return flow.Representation{Type: "text/plain", Size: int64(len(text)), Bytes: y.bytes, Parts: y}, nil
}

func (y *toy) Open(_ context.Context, off, n int64) (io.ReadCloser, error) {
	y.opened++
	if n < 0 {
		n = int64(len(text)) - off
	}
	return io.NopCloser(strings.NewReader(text[off : off+n])), nil
}

func (y *toy) Put(x *flow.Exchange) (flow.Done, error) {
	sent, err := io.ReadAll(x.Request.Body)
	if err != nil {
		return flow.Done{}, errors.New("the store says nothing of use")
	}
	y.put = string(sent)
	return flow.Done{Created: !y.state.Exists, Tag: `"new"`}, nil
}

func (y *toy) Post(*flow.Exchange) (flow.Done, error) {
	return flow.Done{Created: true, Location: "/made"}, nil
}
func (y *toy) Patch(*flow.Exchange) (flow.Done, error)  { return flow.Done{}, nil }
func (y *toy) Delete(*flow.Exchange) (flow.Done, error) { return flow.Done{}, nil }

func (y *toy) Fields(_ *flow.Exchange, h http.Header) { h.Set("Cache-Control", "no-cache") }

// strict is a toy that refuses what can be refused before anything is looked up.
type strict struct{ *toy }

func (strict) Bounds() flow.Bounds                 { return flow.Bounds{Max: 8, NeedsLength: true} }
func (strict) Consumes(string) []string            { return []string{"text/plain"} }
func (strict) PostToMissing() bool                 { return true }
func (strict) Authenticate(x *flow.Exchange) error { return door(x, "who", http.StatusUnauthorized) }
func (strict) Authorize(x *flow.Exchange) error    { return door(x, "may", http.StatusForbidden) }
func (strict) Check(x *flow.Exchange) error        { return door(x, "bad", http.StatusBadRequest) }
func (strict) Available(x *flow.Exchange) error    { return door(x, "up", http.StatusServiceUnavailable) }

// door refuses a request whose query says so.
func door(x *flow.Exchange, name string, s status) error {
	if x.Request.URL.Query().Has(name) {
		return s
	}
	return nil
}

// status is an error that says which status it should be.
type status int

func (s status) Error() string { return http.StatusText(int(s)) }

func statusOf(err error) int {
	var s status
	if errors.As(err, &s) {
		return int(s)
	}
	return http.StatusInternalServerError
}

func engine(walked func(*flow.Exchange, int)) *flow.Engine {
	return &flow.Engine{
		MaxTarget: 100,
		Now:       func() time.Time { return modified.Add(time.Hour) },
		Status:    statusOf,
		Walked:    walked,
		Coder:     backwards{},
		Trace:     "Toy-Trace",
		Errands:   shelf{},
		Explain: func(w http.ResponseWriter, _ *http.Request, f flow.Refusal) {
			w.WriteHeader(f.Status)
			if f.Err != nil {
				io.WriteString(w, f.Err.Error())
			}
		},
	}
}

// shelf has the answer to what is known, carries out what comes first, and leaves
// the rest for later.
type shelf struct{}

func (shelf) Carry(x *flow.Exchange, e flow.Errand) (flow.Report, error) {
	switch e.Key {
	case "known":
		return flow.Report{Again: true, Answer: &flow.Answer{
			Status: http.StatusTeapot, Header: http.Header{"Location": {"/tea"}}, Content: []byte("tea"),
		}}, nil
	case "first":
		w := httptest.NewRecorder()
		e.Serve(x.Context(), w)
		return flow.Report{Answer: &flow.Answer{Status: w.Code, Header: w.Header(), Content: w.Body.Bytes()}}, nil
	case "bad":
		return flow.Report{}, status(http.StatusConflict)
	}
	return flow.Report{Location: "/later", Retry: 1500 * time.Millisecond}, nil
}

// serve has the engine answer one request about y, and returns the path it took.
func serve(t testing.TB, y flow.Resource, r *http.Request) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var path []string
	e := engine(func(x *flow.Exchange, _ int) {
		for _, n := range x.Path() {
			path = append(path, n.String())
		}
	})
	w := httptest.NewRecorder()
	e.Handler(func(*http.Request) (flow.Resource, error) { return y, nil }).ServeHTTP(w, r)
	return w, strings.Join(path, " ")
}

func request(method, target, body string, fields ...string) *http.Request {
	var content io.Reader
	if body != "" {
		content = bytes.NewReader([]byte(body))
	}
	r := httptest.NewRequest(method, target, content)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Add(fields[i], fields[i+1])
	}
	return r
}
