package api_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"rhapsode/fs-service/fstest"
	"rhapsode/repo-api/internal/api"
	"rhapsode/repo-api/internal/limit"
)

// limited is a site where time stands still, and one address may ask four times.
func limited(t *testing.T) *site {
	t.Helper()
	now := time.Now()
	few := limit.New(limit.Options{
		Caller: limit.Rate{PerSecond: 1, Burst: 2}, Address: limit.Rate{PerSecond: 1, Burst: 4}, Clock: func() time.Time { return now },
	})
	return siteOf(t, api.Config{
		FS: fstest.Memory(t), Limits: few, Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
}

func TestWhoAsksTooOftenWaits(t *testing.T) {
	s := limited(t)
	from := []string{"X-Forwarded-For", "6.6.6.6, 192.0.2.1"} // the client wrote the first itself
	for _, left := range []string{`"address";r=3;t=1`, `"address";r=2;t=2`} {
		if a := s.want(200, "GET", "/repos", "", from...); a.Header.Get("RateLimit") != left || a.Header.Get("RateLimit-Policy") != `"address";q=4;w=4` {
			t.Errorf("%v", a.Header)
		}
	}
	s.want(404, "GET", "/nowhere", "", from...) // a refusal counts too
	s.want(404, "GET", "/git/none.git/info/refs?service=git-upload-pack", "", from...)
	for _, path := range []string{"/repos", "/nowhere", "/git/none.git/info/refs?service=git-upload-pack"} {
		a := s.want(http.StatusTooManyRequests, "GET", path, "", from...)
		if a.Header.Get("Retry-After") != "1" || a.Header.Get("RateLimit") != `"address";r=0;t=4` || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, a.Header)
		}
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		s.want(200, "GET", path, "", from...)
	}
	for range 2 {
		s.want(401, "GET", "/repos", "", "X-Forwarded-For", "192.0.2.2", "Authorization", "Bearer ada") // who guesses is counted too
	}
	s.want(http.StatusTooManyRequests, "GET", "/repos", "", "X-Forwarded-For", "192.0.2.3", "Authorization", "Bearer ada")
	s.want(200, "GET", "/repos", "", "X-Forwarded-For", "192.0.2.3")
	for range 10 {
		s.want(200, "GET", "/repos", "") // on this machine
	}
}
