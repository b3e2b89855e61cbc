// Package limit bounds how often one caller, and one address, may ask of this process.
//
// Each has a bucket of tokens that fills at an even pace; a request takes one from
// both. The buckets are this process's own: with n front ends, a client that spreads
// its requests may ask n times as often. There are at most so many buckets as memory
// is set aside for; who has not asked for longest loses its own, which was full again
// long ago unless very many ask at once.
//
// A Limiter may be used from any goroutine. It keeps nothing and has no goroutine.
package limit

import (
	"math"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"rhapsode/internal/lru"
)

// Rate is how often one may ask.
type Rate struct {
	PerSecond int // 0: as often as one likes
	Burst     int // at once, after a pause
}

// Options are the limits.
type Options struct {
	Caller  Rate // of who says who it is
	Address Rate
	Local   bool // also of clients on this machine
	Clock   func() time.Time
}

// Limiter knows how often everybody has asked.
type Limiter struct {
	callers   *buckets
	addresses *buckets
	local     bool
	clock     func() time.Time
}

// New makes a Limiter to whom nobody has come yet.
func New(o Options) *Limiter {
	return &Limiter{
		callers: newBuckets("caller", o.Caller), addresses: newBuckets("address", o.Address), local: o.Local, clock: o.Clock,
	}
}

// Verdict is what a client hears of its limits.
type Verdict struct {
	Refused bool
	Retry   time.Duration // if refused: when there will be a token
	Policy  string        // a RateLimit-Policy field (draft-ietf-httpapi-ratelimit-headers-09); "": there is no limit
	Left    string        // … and a RateLimit field, of the limit that is nearest
}

// Take counts a request of caller ("": it does not say who it is) from address.
func (l *Limiter) Take(caller string, address netip.Addr) Verdict {
	if !l.local && address.IsLoopback() {
		return Verdict{}
	}
	now := l.clock()
	v := l.addresses.take(network(address), now, Verdict{})
	if caller != "" && !v.Refused {
		v = l.callers.take(caller, now, v)
	}
	return v
}

// network is what counts as one address: of IPv6, what one customer is given.
func network(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr().String()
		}
	}
	return a.String()
}

// Memory for buckets of one kind, in bytes.
const (
	bucketBytes = 200
	tableBytes  = 4 << 20
)

// buckets are those of one kind of client.
type buckets struct {
	name   string
	rate   Rate
	policy string

	mu  sync.Mutex // held while a bucket is looked for and made
	all *lru.Cache[string, *rate.Limiter]
}

func newBuckets(name string, r Rate) *buckets {
	b := &buckets{name: name, rate: r, all: lru.New[string, *rate.Limiter](tableBytes, tableBytes)}
	if r.PerSecond > 0 {
		b.rate.Burst = max(r.Burst, 1)
		window := math.Ceil(float64(b.rate.Burst) / float64(r.PerSecond))
		b.policy = strconv.Quote(name) + ";q=" + strconv.Itoa(b.rate.Burst) + ";w=" + strconv.Itoa(int(window))
	}
	return b
}

// take takes a token, and adds what that means to a verdict so far.
func (b *buckets) take(who string, now time.Time, v Verdict) Verdict {
	if b.policy == "" {
		return v
	}
	bucket := b.of(who)
	refused := !bucket.AllowN(now, 1)
	left := math.Max(bucket.TokensAt(now), 0)
	if refused {
		v.Refused = true
		v.Retry = time.Duration((1 - left) / float64(b.rate.PerSecond) * float64(time.Second))
	}
	if v.Policy != "" {
		v.Policy += ", "
	}
	v.Policy += b.policy
	full := math.Ceil((float64(b.rate.Burst) - left) / float64(b.rate.PerSecond))
	v.Left = strconv.Quote(b.name) + ";r=" + strconv.Itoa(int(left)) + ";t=" + strconv.Itoa(int(full))
	return v
}

// of returns who's bucket.
func (b *buckets) of(who string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.all.Get(who)
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
		b.all.Put(who, bucket, bucketBytes+int64(len(who)))
	}
	return bucket
}
