package flow_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

func TestParsePrefer(t *testing.T) {
	tests := []struct {
		lines string // separated by |
		want  flow.Preferences
	}{
		{"", flow.Preferences{}},
		{"return=minimal", flow.Preferences{Return: "minimal"}},
		{`Return = "representation" ; foo`, flow.Preferences{Return: "representation"}},
		{"return=minimal, return=representation", flow.Preferences{Return: "minimal"}},
		{"return=everything", flow.Preferences{}},
		{"handling=strict|trace", flow.Preferences{Handling: "strict", Trace: true}},
		{"merge, dry-run; x", flow.Preferences{Merge: true, DryRun: true}},
		{"merge=ours, dry-run=1", flow.Preferences{}},
		{`respond-async, wait=5, tea="milk, trace", handling=lenient`, flow.Preferences{Handling: "lenient", RespondAsync: true, Waits: true, Wait: 5 * time.Second}},
		{"wait=0, wait=9", flow.Preferences{Waits: true}},
		{"wait=-1, wait=soon, wait, wait=99999999999, respond-async=no", flow.Preferences{}},
		{`trace=""`, flow.Preferences{Trace: true}},
		{"trace=no", flow.Preferences{}},
		{`=x, a b, "trace", handling="strict`, flow.Preferences{}},
	}
	for _, tt := range tests {
		if got := flow.ParsePrefer(strings.Split(tt.lines, "|")); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.lines, got, tt.want)
		}
	}
}

func FuzzParsePrefer(f *testing.F) {
	f.Add(`return=minimal; x="a,b", handling = "strict",trace`)
	f.Fuzz(func(t *testing.T, line string) {
		switch p := flow.ParsePrefer([]string{line}); {
		case p.Return != "" && p.Return != "minimal" && p.Return != "representation",
			p.Handling != "" && p.Handling != "strict" && p.Handling != "lenient":
			t.Fatalf("%+v", p)
		}
	})
}

// talker answers a change with what is there then.
type talker struct{ *toy }

func (talker) Put(*flow.Exchange) (flow.Done, error) {
	return flow.Done{Tag: `"new"`, Content: &flow.Representation{Type: "text/plain", Size: 3, Bytes: []byte("new")}}, nil
}

func TestPreferences(t *testing.T) {
	tests := []struct {
		name    string
		request *http.Request
		want    int
		applied string
		body    string
	}{
		{"nothing", request("PUT", "/", "x"), 200, "", "new"},
		{"in short", request("PUT", "/", "x", "Prefer", "return=minimal"), 204, "return=minimal", ""},
		{"in full", request("PUT", "/", "x", "Prefer", "return=representation"), 200, "return=representation", "new"},
		{"in full, which a deletion has not", request("DELETE", "/", "", "Prefer", "return=representation"), 204, "", ""},
		{"of a read", request("GET", "/", "", "Prefer", "return=minimal"), 200, "", text},
		{"not of what fails", request("PUT", "/", "x", "If-Match", `"old"`, "Prefer", "return=minimal"), 412, "", ""},
		{"what nobody knows", request("GET", "/", "", "Prefer", "tea=milk"), 200, "", text},
		{"strict", request("GET", "/", "", "Prefer", "handling=strict"), 200, "handling=strict", text},
		{"lenient with a date", request("GET", "/", "", "If-Modified-Since", "junk", "Prefer", "handling=lenient"), 200, "handling=lenient", text},
		{"strict with a date", request("GET", "/", "", "If-Modified-Since", "junk", "Prefer", "handling=strict"), 400, "handling=strict", "If-Modified-Since: it is not one HTTP-date"},
		{"strict with a list", request("GET", "/", "", "Accept", "text/", "Prefer", "handling=strict"), 400, "handling=strict", "Accept: it is a list of names, each with parameters behind semicolons and a weight q from 0 to 1"},
		{"strict with a wish", request("GET", "/", "", "Want-Repr-Digest", "sha-256", "Prefer", "handling=strict"), 400, "handling=strict", "Want-Repr-Digest: it is a list of algorithm=preference, from 0 to 10"},
	}
	for _, tt := range tests {
		w, _ := serve(t, talker{newToy()}, tt.request)
		if w.Code != tt.want || w.Header().Get("Preference-Applied") != tt.applied || w.Body.String() != tt.body {
			t.Errorf("%s: %d %q %q", tt.name, w.Code, w.Header().Get("Preference-Applied"), w.Body)
		}
		if changed := tt.request.Method == "PUT" && w.Code < 300; changed && w.Header().Get("Vary") != "Prefer" {
			t.Errorf("%s: %v", tt.name, w.Header())
		}
	}
}

func TestTheTraceIsThePath(t *testing.T) {
	for _, r := range []*http.Request{
		request("GET", "/", ""), request("PUT", "/", "x", "If-Match", `"old"`), request("BREW", "/", ""), request("OPTIONS", "/", ""),
	} {
		w, path := serve(t, newToy(), r)
		if w.Header().Get("Toy-Trace") != "" {
			t.Errorf("%s: a trace that nobody prefers", r.Method)
		}
		r.Header.Set("Prefer", "trace")
		w, path = serve(t, newToy(), r)
		if w.Header().Get("Toy-Trace") != path || path == "" || w.Header().Get("Preference-Applied") != "trace" {
			t.Errorf("%s by %s: %v", r.Method, path, w.Header())
		}
	}
}
