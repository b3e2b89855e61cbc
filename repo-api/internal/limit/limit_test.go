package limit_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"rhapsode/repo-api/internal/limit"
)

var here, there = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")

func TestABucketEmptiesAndFills(t *testing.T) {
	now := time.Unix(1000, 0)
	l := limit.New(limit.Options{Address: limit.Rate{PerSecond: 2, Burst: 4}, Clock: func() time.Time { return now }})
	for i, left := range []string{`"address";r=3;t=1`, `"address";r=2;t=1`, `"address";r=1;t=2`, `"address";r=0;t=2`} {
		if v := l.Take("", here); v.Refused || v.Left != left || v.Policy != `"address";q=4;w=2` {
			t.Errorf("%d: %+v", i, v)
		}
	}
	if v := l.Take("", here); !v.Refused || v.Retry != 500*time.Millisecond || v.Left != `"address";r=0;t=2` {
		t.Errorf("out of tokens: %+v", v)
	}
	if v := l.Take("", there); v.Refused {
		t.Errorf("another pays for it: %+v", v)
	}
	now = now.Add(500 * time.Millisecond)
	if v := l.Take("", here); v.Refused {
		t.Errorf("after a while: %+v", v)
	}
	if v := l.Take("", here); !v.Refused {
		t.Errorf("at once again: %+v", v)
	}
}

func TestWhoSaysWhoItIsHasBothLimits(t *testing.T) {
	now := time.Unix(1000, 0)
	l := limit.New(limit.Options{
		Caller: limit.Rate{PerSecond: 1, Burst: 2}, Address: limit.Rate{PerSecond: 1, Burst: 100}, Clock: func() time.Time { return now },
	})
	for range 2 {
		if v := l.Take("ada", here); v.Refused || v.Policy != `"address";q=100;w=100, "caller";q=2;w=2` {
			t.Fatalf("%+v", v)
		}
	}
	for _, from := range []netip.Addr{here, there} {
		if v := l.Take("ada", from); !v.Refused {
			t.Errorf("from %v: %+v", from, v)
		}
	}
	if v := l.Take("bob", here); v.Refused {
		t.Errorf("somebody else: %+v", v)
	}
	for i := range 200 { // an address can't escape by making up callers
		if v := l.Take(fmt.Sprint("nobody ", i), there); v.Refused && v.Left[:9] == `"address"` {
			return
		}
	}
	t.Error("an address has no limit")
}

func TestWhoIsNotLimited(t *testing.T) {
	local := netip.MustParseAddr("::1")
	few := limit.Rate{PerSecond: 1, Burst: 1}
	for name, l := range map[string]*limit.Limiter{
		"off": limit.New(limit.Options{Clock: time.Now, Local: true}), "local": limit.New(limit.Options{Caller: few, Address: few, Clock: time.Now}),
	} {
		for range 10 {
			if v := l.Take("ada", local); v != (limit.Verdict{}) {
				t.Errorf("%s: %+v", name, v)
			}
		}
	}
	l := limit.New(limit.Options{Address: few, Local: true, Clock: time.Now})
	l.Take("", local)
	if v := l.Take("", local); !v.Refused {
		t.Errorf("on this machine: %+v", v)
	}
}

func TestNeighboursInOneNetworkOfIPv6AreOne(t *testing.T) {
	l := limit.New(limit.Options{Address: limit.Rate{PerSecond: 1, Burst: 1}, Clock: time.Now})
	l.Take("", netip.MustParseAddr("2001:db8::1"))
	if v := l.Take("", netip.MustParseAddr("2001:db8::2")); !v.Refused {
		t.Errorf("the same /64: %+v", v)
	}
	if v := l.Take("", netip.MustParseAddr("2001:db8:0:1::1")); v.Refused {
		t.Errorf("another /64: %+v", v)
	}
}

func TestAddressOf(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for _, tt := range []struct {
		peer  string
		lines []string
		want  string
	}{
		{"192.0.2.1:80", nil, "192.0.2.1"},
		{"192.0.2.1:80", []string{"198.51.100.7"}, "192.0.2.1"}, // no proxy of ours
		{"127.0.0.1:80", nil, "127.0.0.1"},
		{"[::ffff:127.0.0.1]:80", []string{"198.51.100.7"}, "198.51.100.7"},
		{"127.0.0.1:80", []string{"6.6.6.6, 198.51.100.7"}, "198.51.100.7"},
		{"127.0.0.1:80", []string{"6.6.6.6", "198.51.100.7"}, "198.51.100.7"},
		{"127.0.0.1:80", []string{"2001:db8::1"}, "2001:db8::1"},
		{"127.0.0.1:80", []string{"unknown"}, "127.0.0.1"},
		{"@", nil, "invalid IP"},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.lines}}
		if got := limit.AddressOf(r, proxies).String(); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.peer, tt.lines, got, tt.want)
		}
	}
}

func TestBucketsAreBounded(t *testing.T) {
	l := limit.New(limit.Options{Address: limit.Rate{PerSecond: 1, Burst: 1}, Clock: time.Now})
	l.Take("", here)
	for i := range 20_000 { // more than there is room for
		l.Take("", netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if v := l.Take("", here); v.Refused {
		t.Error("the oldest bucket was kept")
	}
}
