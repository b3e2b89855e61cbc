package lb_test

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/internal/gossip"
	"rhapsode/lb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// ring is a ring whose members a test decides.
type ring struct {
	mu      sync.Mutex
	members []gossip.Member // guarded by mu
	changed chan struct{}   // guarded by mu
}

func newRing(apis ...string) *ring {
	r := &ring{changed: make(chan struct{})}
	r.set(apis...)
	return r
}

func (r *ring) set(apis ...string) {
	var ms []gossip.Member
	for _, a := range apis {
		ms = append(ms, gossip.Member{Name: a, Meta: gossip.Meta{Role: gossip.RoleAPI, Addr: a}})
	}
	r.setMembers(ms...)
}

func (r *ring) setMembers(ms ...gossip.Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = ms
	close(r.changed)
	r.changed = make(chan struct{})
}

func (r *ring) Members() []gossip.Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members
}

func (r *ring) Changed() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// fronts runs f over both kinds of balancer. nginx is skipped where it is not.
func fronts(t *testing.T, f func(t *testing.T, nginx string)) {
	t.Run("builtin", func(t *testing.T) { f(t, "") })
	t.Run("nginx", func(t *testing.T) {
		path, err := exec.LookPath("nginx")
		if err != nil {
			path, err = exec.LookPath("/usr/sbin/nginx")
		}
		if err != nil {
			t.Skip("no nginx here")
		}
		f(t, path)
	})
}

type door struct {
	addr string
	dir  string
	stop func()
}

// open starts a balancer and waits until it listens.
func open(t *testing.T, nginx string, r *ring, change ...func(*lb.Options)) *door {
	t.Helper()
	d := &door{addr: free(t), dir: t.TempDir()}
	o := lb.Options{
		Dir: filepath.Join(d.dir, "with space"), Listen: d.addr, MaxBody: 1 << 20, Nginx: nginx,
		Ring: r, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o)
	}
	b, err := lb.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(d.stop)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	eventually(t, "the door opens", func() bool {
		req, err := http.NewRequest(http.MethodTrace, "http://"+d.addr+"/", nil) // which no API gets to see
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err == nil
	})
	return d
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually asks until ok, for processes that give no other sign.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

// say sends raw bytes through the door and reads one answer.
func (d *door) say(t *testing.T, request string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	go c.Write([]byte(request)) // the answer may come before all of it is sent
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.60q: %v", request, err)
	}
	return resp
}

// upstream is an API that a test decides.
func upstream(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// named is an API that answers with its name.
func named(t *testing.T, name string) string {
	return upstream(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api", name) })
}

const get = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// seen returns which of the APIs answer n requests.
func (d *door) seen(t *testing.T, n int) map[string]int {
	t.Helper()
	names := make(map[string]int)
	for range n {
		resp := d.say(t, get)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("status %d", resp.StatusCode)
		}
		names[resp.Header.Get("Api")]++
	}
	return names
}

func TestListFollowsTheRing(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		a, b := named(t, "a"), named(t, "b")
		r := newRing(a)
		d := open(t, nginx, r)
		if got := d.seen(t, 8); got["a"] != 8 {
			t.Errorf("with a alone: %v", got)
		}
		within := func(limit time.Duration, what string, ok func(map[string]int) bool) {
			t.Helper()
			start := time.Now()
			eventually(t, what, func() bool { return ok(d.seen(t, 8)) })
			if took := time.Since(start); took > limit+3*time.Second { // the machine may be busy
				t.Errorf("%s took %v, not %v", what, took, limit)
			}
		}
		r.set(a, b)
		within(time.Second, "b gets requests", func(m map[string]int) bool { return m["a"] > 0 && m["b"] > 0 })
		r.set(b)
		within(2*time.Second, "a gets none", func(m map[string]int) bool { return m["b"] == 8 })
		r.setMembers(
			gossip.Member{Name: "a", Meta: gossip.Meta{Role: gossip.RoleAPI, Addr: a}},
			gossip.Member{Name: "b", Meta: gossip.Meta{Role: gossip.RoleAPI, Addr: b, Draining: true}},
		)
		within(2*time.Second, "b, draining, gets none", func(m map[string]int) bool { return m["a"] == 8 })
		r.set()
		r.set(b)
		within(time.Second, "after an empty ring b gets all", func(m map[string]int) bool { return m["b"] == 8 })
	})
}

func TestNothingAlive(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		r := newRing()
		d := open(t, nginx, r)
		resp := d.say(t, get)
		checkProblem(t, resp, http.StatusServiceUnavailable)
		if resp.Header.Get("Retry-After") != "1" {
			t.Error("no Retry-After")
		}
		r.set(named(t, "a"))
		eventually(t, "the first API gets requests", func() bool { return d.say(t, get).StatusCode == http.StatusOK })
	})
}

func TestTheDeadCostNothing(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		d := open(t, nginx, newRing(named(t, "a"), free(t))) // nobody listens there
		for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PATCH"} {
			for range 6 {
				resp := d.say(t, method+" / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
				if resp.StatusCode != http.StatusOK {
					t.Fatalf("%s: %d", method, resp.StatusCode)
				}
			}
		}
	})
}

func TestStopLeavesNothing(t *testing.T) {
	fronts(t, func(t *testing.T, nginx string) {
		d := open(t, nginx, newRing(named(t, "a")))
		d.seen(t, 1)
		d.stop()
		l, err := net.Listen("tcp", d.addr)
		if err != nil {
			t.Fatalf("somebody still listens: %v", err)
		}
		l.Close()
	})
}
