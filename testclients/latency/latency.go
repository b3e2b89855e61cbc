// Package latency counts how long things took.
//
// A Histogram has a fixed size whatever is added to it. It belongs to one
// goroutine; several are merged when those that filled them have ended.
package latency

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets each less than 1 % wide: subBuckets to
// every power of two of nanoseconds. The zero Histogram is empty.
type Histogram struct {
	counts [(maxExponent + 1) * subBuckets]int64
	total  int64
	max    time.Duration
}

const (
	subBits     = 7
	subBuckets  = 1 << subBits
	maxExponent = 33 // the last bucket ends at about 18 minutes and has all that is longer
)

func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < subBuckets {
		return int(n)
	}
	exponent := bits.Len64(n) - subBits
	return min(exponent*subBuckets+int(n>>(exponent-1))-subBuckets, len(Histogram{}.counts)-1)
}

// upper is the longest duration that falls into a bucket.
func upper(bucket int) time.Duration {
	exponent, sub := bucket/subBuckets, bucket%subBuckets
	if exponent == 0 {
		return time.Duration(sub)
	}
	return time.Duration((sub+subBuckets+1)<<(exponent-1)) - 1
}

// Add counts d.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
	h.max = max(h.max, d)
}

// Merge counts everything that other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.max = max(h.max, other.max)
}

// Total returns how many were counted.
func (h *Histogram) Total() int64 { return h.total }

// Max returns the longest, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile returns a duration that the fraction q of all did not exceed: at
// most 1 % too long, and 0 if nothing was counted.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int64(q * float64(h.total))
	for i, n := range h.counts {
		if rank -= n; rank < 0 {
			return min(upper(i), h.max)
		}
	}
	return h.max
}
