package gossip_test

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/internal/fault"
	"rhapsode/internal/gossip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should happen much sooner.
const patience = 20 * time.Second

type process struct {
	*gossip.Ring
	name, addr string
	stop       func() // ends Run and waits for it
}

// start runs a member until stop or the end of the test.
func start(t *testing.T, name, addr string, meta gossip.Meta, join ...string) *process {
	t.Helper()
	r, err := gossip.New(gossip.Options{
		Name: name, Cell: "test", Bind: addr, Join: join, Meta: meta,
		Probe: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	p := &process{Ring: r, name: name, addr: addr}
	stopped := false
	p.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("%s: Run: %v", name, err)
		}
	}
	t.Cleanup(p.stop)
	return p
}

// free returns an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// await waits until p's members satisfy ok.
func await(t *testing.T, p *process, what string, ok func([]gossip.Member) bool) {
	t.Helper()
	end := time.After(patience)
	for {
		changed := p.Changed()
		members := p.Members()
		if ok(members) {
			return
		}
		select {
		case <-changed:
		case <-end:
			t.Fatalf("%s never saw %s; it sees %+v", p.name, what, members)
		}
	}
}

// names satisfies await when exactly these are alive.
func names(want ...string) func([]gossip.Member) bool {
	return func(ms []gossip.Member) bool {
		var got []string
		for _, m := range ms {
			got = append(got, m.Name)
		}
		return slices.Equal(got, want)
	}
}

func TestMembersFindEachOther(t *testing.T) {
	seed := free(t)
	late := start(t, "b", free(t), gossip.Meta{Role: gossip.RoleAPI, Addr: "127.0.0.1:2"}, seed)
	other := start(t, "c", free(t), gossip.Meta{Role: gossip.RoleLB}, seed)
	first := start(t, "a", seed, gossip.Meta{Role: gossip.RoleFS, Addr: "127.0.0.1:1", Version: "v1"}, seed)

	for _, p := range []*process{first, late, other} {
		await(t, p, "all three", names("a", "b", "c"))
	}
	want := gossip.Member{Name: "a", Meta: gossip.Meta{Role: gossip.RoleFS, Addr: "127.0.0.1:1", Version: "v1"}}
	if got := other.Members()[0]; got != want {
		t.Errorf("c sees %+v, not %+v", got, want)
	}
}

func TestMetaTravels(t *testing.T) {
	a := start(t, "a", free(t), gossip.Meta{Role: gossip.RoleFS})
	b := start(t, "b", free(t), gossip.Meta{Role: gossip.RoleAPI}, a.addr)
	await(t, b, "a", names("a", "b"))

	want := gossip.Meta{Role: gossip.RoleFS, Leader: true, Draining: true}
	if err := a.SetMeta(want); err != nil {
		t.Fatal(err)
	}
	if got := a.Members()[0].Meta; got != want {
		t.Errorf("a itself says %+v at once, not %+v", got, want)
	}
	await(t, b, "what a says now", func(ms []gossip.Member) bool { return ms[0].Meta == want })
}

func TestFarewellIsHeard(t *testing.T) {
	a := start(t, "a", free(t), gossip.Meta{})
	b := start(t, "b", free(t), gossip.Meta{}, a.addr)
	await(t, a, "b", names("a", "b"))
	b.stop()
	await(t, a, "b leave", names("a"))
	if got := b.Members(); !names("b")(got) {
		t.Errorf("outside of Run b sees %+v, not only itself", got)
	}
}

func TestRestartedMemberIsSeenAgain(t *testing.T) {
	a := start(t, "a", free(t), gossip.Meta{})
	b := start(t, "b", free(t), gossip.Meta{Version: "v1"}, a.addr)
	await(t, a, "b", names("a", "b"))
	b.stop()
	await(t, a, "b leave", names("a"))
	start(t, "b", free(t), gossip.Meta{Version: "v2"}, a.addr)
	await(t, a, "b at another address", func(ms []gossip.Member) bool {
		return len(ms) == 2 && ms[1].Version == "v2"
	})
}

func TestCellsDoNotMix(t *testing.T) {
	a := start(t, "a", free(t), gossip.Meta{})
	foreign, err := gossip.New(gossip.Options{
		Name: "x", Cell: "elsewhere", Bind: free(t), Join: []string{a.addr}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- foreign.Run(ctx) }()
	b := start(t, "b", free(t), gossip.Meta{}, a.addr)
	await(t, a, "b and not x", names("a", "b"))
	await(t, b, "a and not x", names("a", "b"))
	if got := foreign.Members(); !names("x")(got) {
		t.Errorf("x sees %+v", got)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		opts gossip.Options
	}{
		{"no name", gossip.Options{Bind: "127.0.0.1:1"}},
		{"no address", gossip.Options{Name: "a"}},
		{"no port", gossip.Options{Name: "a", Bind: "127.0.0.1"}},
		{"port 0", gossip.Options{Name: "a", Bind: "127.0.0.1:0"}},
		{"a bad address to advertise", gossip.Options{Name: "a", Bind: "127.0.0.1:1", Advertise: "here"}},
		{"more than a packet", gossip.Options{Name: "a", Bind: "127.0.0.1:1", Meta: gossip.Meta{Version: strings.Repeat("v", 600)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := gossip.New(tt.opts); !fault.Is(err, fault.Invalid) {
				t.Errorf("New: %v, not invalid", err)
			}
		})
	}
}

func TestSecondOnAnAddressFails(t *testing.T) {
	a := start(t, "a", free(t), gossip.Meta{})
	await(t, start(t, "b", free(t), gossip.Meta{}, a.addr), "a", names("a", "b"))
	r, err := gossip.New(gossip.Options{Name: "c", Bind: a.addr, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(context.Background()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Run on a taken address: %v, not unavailable", err)
	}
}
