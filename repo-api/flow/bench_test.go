package flow_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"rhapsode/repo-api/flow"
)

// What a read costs in the flow beyond what a handler costs that was written for
// just this answer (issue 3). The time is that of an idle machine.
const (
	mostTime   = 3 * time.Microsecond
	mostAllocs = 10
)

// byHand answers a GET of the toy as the flow does: with the same fields, and
// judging If-None-Match.
func byHand(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", `"now"`)
	for _, line := range r.Header["If-None-Match"] {
		if line == `"now"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("Last-Modified", modified.Format(http.TimeFormat))
	h.Set("Content-Type", "text/plain")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	w.Write([]byte(text))
}

// reads are the requests that are measured.
var reads = []struct {
	name   string
	fields []string
}{
	{"read", nil},
	{"as browsers ask", []string{"Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Encoding", "gzip, deflate, br, zstd", "Accept-Language", "en-US,en;q=0.5"}},
	{"unchanged", []string{"If-None-Match", `"now"`}},
}

// TestTheFlowCostsLittle: the number of allocations counts; the time is that of
// whatever else this machine does, and only a multiple of it fails.
func TestTheFlowCostsLittle(t *testing.T) {
	for _, read := range reads {
		r := request("GET", "/", "", read.fields...)
		cost := func(h http.Handler) (allocs float64, took time.Duration) {
			const rounds = 200
			took = time.Hour
			for range 10 { // the least is what it costs; the rest is the machine's
				begun := time.Now()
				allocs = testing.AllocsPerRun(rounds, func() { h.ServeHTTP(sink{http.Header{}}, r) })
				took = min(took, time.Since(begun)/(rounds+1))
			}
			return allocs, took
		}
		ours, ourTime := cost(throughFlow())
		theirs, theirTime := cost(http.HandlerFunc(byHand))
		t.Logf("%s: %v allocations and %v; by hand %v and %v", read.name, ours, ourTime, theirs, theirTime)
		if ours-theirs > mostAllocs {
			t.Errorf("%s: %v allocations more than by hand, not at most %d", read.name, ours-theirs, mostAllocs)
		}
		if slow := 20 * mostTime; ourTime-theirTime > slow {
			t.Errorf("%s: %v more than by hand, not at most %v even here", read.name, ourTime-theirTime, slow)
		}
	}
}

func BenchmarkFlow(b *testing.B) {
	for _, read := range reads {
		b.Run(read.name+"/flow", func(b *testing.B) { measure(b, throughFlow(), read.fields) })
		b.Run(read.name+"/by hand", func(b *testing.B) { measure(b, http.HandlerFunc(byHand), read.fields) })
	}
}

// throughFlow makes the toy's handler.
func throughFlow() http.Handler {
	e := engine(nil)
	return e.Handler(func(*http.Request) (flow.Resource, error) {
		y := newToy()
		y.bytes = []byte(text)
		return y, nil
	})
}

func measure(b *testing.B, h http.Handler, fields []string) {
	r := request("GET", "/", "", fields...)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(sink{http.Header{}}, r)
	}
}
