package flow_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

func TestErrands(t *testing.T) {
	large := strings.Repeat("x", 33<<20)
	tests := []struct {
		name         string
		method, body string
		fields       []string
		want         int
		field, value string // of the answer
	}{
		{"a repeat gets the answer that was recorded", "POST", "x", []string{"Idempotency-Key", `"known"`}, 418, "Idempotency-Replayed", "true"},
		{"… with its fields", "PATCH", "x", []string{"Idempotency-Key", `"known"`}, 418, "Location", "/tea"},
		{"the first is carried out", "POST", "x", []string{"Idempotency-Key", `"first"`}, 201, "Location", "/made"},
		{"… and is no repeat", "POST", "x", []string{"Idempotency-Key", `"first"`}, 201, "Idempotency-Replayed", ""},
		{"a refusal is one", "POST", "x", []string{"Idempotency-Key", `"bad"`}, 409, "Idempotency-Replayed", ""},
		{"what takes long is told of elsewhere", "POST", "x", []string{"Prefer", "respond-async"}, 202, "Location", "/later"},
		{"… some whole seconds later", "PUT", "x", []string{"Prefer", "respond-async"}, 202, "Retry-After", "2"},
		{"… and the client hears what was honoured", "PATCH", "x", []string{"Prefer", "respond-async, wait=3"}, 202, "Preference-Applied", "respond-async, wait=3"},
		{"who waits only so long is told then", "PUT", "x", []string{"Prefer", "wait=3"}, 202, "Preference-Applied", "wait=3"},
		{"a key that is none", "POST", "x", []string{"Idempotency-Key", "bare"}, 400, "", ""},
		{"a key that is empty", "POST", "x", []string{"Idempotency-Key", `""`}, 400, "", ""},
		{"two keys", "POST", "x", []string{"Idempotency-Key", `"a"`, "Idempotency-Key", `"b"`}, 400, "", ""},
		{"a key on what needs none", "PUT", "x", []string{"Idempotency-Key", "bare", "If-Match", "*"}, 204, "", ""},
		{"a read is never left for later", "GET", "", []string{"Prefer", "respond-async, wait=0", "Idempotency-Key", `"known"`}, 200, "", ""},
		{"too much to keep with a key", "POST", large, []string{"Idempotency-Key", `"known"`}, 413, "", ""},
		{"too much to keep without one", "PUT", large, []string{"Prefer", "respond-async", "If-Match", "*"}, 204, "Preference-Applied", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, path := serve(t, newToy(), request(tt.method, "/", tt.body, tt.fields...))
			if w.Code != tt.want || tt.field != "" && w.Header().Get(tt.field) != tt.value {
				t.Errorf("%d by %s, %v", w.Code, path, w.Header())
			}
		})
	}
}

func TestParseKey(t *testing.T) {
	for text, want := range map[string]string{
		`"8e03978e-40d5-43dd-bc93-6894a57f9324"`: "8e03978e-40d5-43dd-bc93-6894a57f9324",
		`"a \"b\" \\ c"`:                         `a "b" \ c`, `"a";x=1`: "a", ` "a" `: "a",
		``: "", `a`: "", `"a`: "", `"ä"`: "", `1`: "", `:YQ==:`: "", `"a", "b"`: "", `"` + strings.Repeat("x", 256) + `"`: "",
	} {
		if got, err := flow.ParseKey([]string{text}); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", text, got, err)
		}
	}
}

// TestAnErrandIsCarriedOutAsItCame serves one after its first walk was answered.
func TestAnErrandIsCarriedOutAsItCame(t *testing.T) {
	e := engine(nil)
	later := &laterShelf{}
	e.Errands = later
	y := newToy()
	w := httptest.NewRecorder()
	r := request("PUT", "/", "the content", "Prefer", "respond-async, wait=0", "If-Match", `"now"`)
	e.Handler(func(*http.Request) (flow.Resource, error) { return y, nil }).ServeHTTP(w, r)
	if w.Code != http.StatusAccepted || y.put != "" {
		t.Fatalf("%d, and %q is put already", w.Code, y.put)
	}
	w = httptest.NewRecorder()
	later.errand.Serve(t.Context(), w)
	if w.Code != http.StatusNoContent || y.put != "the content" || later.errand.Wait != 0 || string(later.errand.Content) != "the content" {
		t.Errorf("%d, and %q is put", w.Code, y.put)
	}
}

// laterShelf carries nothing out.
type laterShelf struct{ errand flow.Errand }

func (s *laterShelf) Carry(_ *flow.Exchange, e flow.Errand) (flow.Report, error) {
	s.errand = e
	return flow.Report{Location: "/later", Retry: time.Second}, nil
}
