package bench

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rhapsode/testclients/latency"
)

// Report is what Run measured. Times are in milliseconds, of successful
// requests only.
type Report struct {
	Mode    Mode             `json:"mode"`
	URL     string           `json:"url"`
	Repo    string           `json:"repo"`
	Conns   int              `json:"conns"`
	Files   int              `json:"files"`
	Size    int              `json:"size"`
	Seed    uint64           `json:"seed"`
	Seconds float64          `json:"seconds"`
	Ops     int64            `json:"ops"`
	Rate    float64          `json:"rate"` // successful requests a second
	P50     float64          `json:"p50_ms"`
	P90     float64          `json:"p90_ms"`
	P99     float64          `json:"p99_ms"`
	Max     float64          `json:"max_ms"`
	Failed  int64            `json:"failed"`
	Errors  map[string]int64 `json:"errors"`            // by kind: "status 503", "timeout", "length", "connection"
	Example string           `json:"example,omitempty"` // one of the errors, in words
}

func report(o Options, conns []*conn, took time.Duration) Report {
	r := Report{
		Mode: o.Mode, URL: o.URL, Repo: o.Repo, Conns: o.Conns, Files: o.Files, Size: o.Size,
		Seed: o.Seed, Seconds: took.Seconds(), Errors: map[string]int64{},
	}
	var all latency.Histogram
	for _, c := range conns {
		all.Merge(&c.times)
		for k, n := range c.errors {
			r.Errors[k] += n
			r.Failed += n
		}
		r.Example = cmp.Or(r.Example, c.example)
	}
	r.Ops = all.Total()
	if took > 0 {
		r.Rate = float64(r.Ops) / took.Seconds()
	}
	r.P50, r.P90, r.P99, r.Max = ms(all.Quantile(0.5)), ms(all.Quantile(0.9)), ms(all.Quantile(0.99)), ms(all.Max())
	return r
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// String is the report for a person.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s, repository %s: %d documents of %d bytes, %d connections, %.1f s (seed %d)\n",
		r.Mode, r.URL, r.Repo, r.Files, r.Size, r.Conns, r.Seconds, r.Seed)
	fmt.Fprintf(&b, "  rate    %10.0f /s   (%d in all)\n", r.Rate, r.Ops)
	fmt.Fprintf(&b, "  p50     %10.3f ms\n  p90     %10.3f ms\n  p99     %10.3f ms\n  max     %10.3f ms\n", r.P50, r.P90, r.P99, r.Max)
	fmt.Fprintf(&b, "  failed  %10d\n", r.Failed)
	for _, k := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(&b, "          %10d %s\n", r.Errors[k], k)
	}
	if r.Example != "" {
		fmt.Fprintf(&b, "          such as: %s\n", r.Example)
	}
	return b.String()
}
