package latency

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestQuantiles compares with sorting everything: within 1 %, and never above the maximum.
func TestQuantiles(t *testing.T) {
	const seed = 42
	dice := rand.New(rand.NewPCG(seed, 0))
	for _, n := range []int{1, 2, 10, 10_000} {
		var h, half Histogram
		var all []time.Duration
		for i := range n {
			d := time.Duration(1) << dice.IntN(34)
			d += time.Duration(dice.Int64N(int64(d)))
			all = append(all, d)
			if i%2 == 0 {
				h.Add(d)
			} else {
				half.Add(d)
			}
		}
		h.Merge(&half)
		slices.Sort(all)
		for _, q := range []float64{0, 0.5, 0.9, 0.99} {
			want, got := all[int(q*float64(n))], h.Quantile(q)
			if got < want || float64(got) > 1.01*float64(want) || got > all[n-1] {
				t.Errorf("seed %d, %d values: quantile %v is %v, not %v", seed, n, q, got, want)
			}
		}
	}
}

func TestBucketsHaveNoGapAndAnEnd(t *testing.T) {
	for b := range len(Histogram{}.counts) - 1 {
		if got := bucket(upper(b)); got != b {
			t.Fatalf("the longest duration of bucket %d, %d ns, falls into %d", b, upper(b), got)
		}
		if got := bucket(upper(b) + 1); got != b+1 {
			t.Fatalf("one more than bucket %d falls into %d", b, got)
		}
	}
	var h Histogram
	h.Add(1000 * time.Hour)
	if h.Quantile(0.5) > 1000*time.Hour || h.Total() != 1 {
		t.Error("a duration beyond the last bucket is not counted there")
	}
}
