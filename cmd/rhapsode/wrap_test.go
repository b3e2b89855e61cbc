package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
	"rhapsode/testclients/conformance"
)

// plain keeps documents by their paths, as somebody writes it who thinks of nothing else.
type plain struct {
	mu   sync.Mutex
	docs map[string]version // guarded by mu
}

type version struct {
	text string
	made time.Time
}

func (p *plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	doc, there := p.docs[r.URL.Path]
	switch {
	case r.Method == "PUT":
		p.docs[r.URL.Path] = version{string(body), time.Now()}
		if !there {
			w.WriteHeader(http.StatusCreated)
		}
	case !there:
		http.Error(w, "no document is called "+r.URL.Path, http.StatusNotFound)
	case r.Method == "DELETE":
		delete(p.docs, r.URL.Path)
	default:
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Last-Modified", doc.made.UTC().Format(http.TimeFormat))
		io.WriteString(w, doc.text)
	}
}

// TestTheJudgeOnAWrappedHandler: wrapped, a handler that knows nothing of HTTP
// keeps every rule that can be kept from outside; as it is, it breaks many.
func TestTheJudgeOnAWrappedHandler(t *testing.T) {
	var rules []string
	for _, r := range conformance.List() {
		if !strings.Contains(r.ID, "/product-") { // the wrapper is the same flow: it has walked them all
			rules = append(rules, r.ID)
		}
	}
	judge := func(h http.Handler) (broken []string) {
		server := httptest.NewServer(h)
		defer server.Close()
		report, err := conformance.Run(t.Context(), conformance.Options{URL: server.URL, Only: rules, Timeout: 5 * time.Second, Target: conformance.Target{
			Name: "plain", Documents: "/d/{run}-{name}",
			Claims: []conformance.Claim{conformance.Tags, conformance.Allow, conformance.Ranges, conformance.Conditional, conformance.Problems},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range report.Failures() {
			broken = append(broken, r.ID+": due "+r.Due+"; came "+r.Why)
		}
		return broken
	}
	wrapped := flow.Wrap(&plain{docs: map[string]version{}}, flow.Wrapping{
		Guarded: true, MaxBody: 1 << 20,
		Methods: func(*http.Request) flow.Methods { return flow.GET | flow.PUT | flow.DELETE },
	})
	if broken := judge(wrapped); len(broken) > 0 {
		t.Errorf("wrapped, it breaks %d rules:\n%s", len(broken), strings.Join(broken, "\n"))
	}
	broken := judge(&plain{docs: map[string]version{}})
	for _, rule := range []string{
		"9110/8.8.3/", "9110/13.1.1/", "9110/13.1.2/", "9110/14.2/", "9110/15.5.6/", "9110/9.3.7/", "6585/3/", "9457/3/",
	} {
		if !slices.ContainsFunc(broken, func(b string) bool { return strings.HasPrefix(b, rule) }) {
			t.Errorf("as it is, it breaks no rule of %s", rule)
		}
	}
	t.Logf("as it is, it breaks %d rules", len(broken))
}
