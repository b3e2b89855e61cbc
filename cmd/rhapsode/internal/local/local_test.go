package local

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/internal/child"
	"rhapsode/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// dice are the same each time; the seed is in the failure's log.
func dice(t *testing.T) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, seed))
}

func load(t *testing.T, dir string, s Shape) *Plan {
	t.Helper()
	p, err := LoadPlan(dir, s, NewPorts(dice(t)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func names(parts []Part) string {
	return strings.Join(column(parts, func(p Part) string { return p.Name }), " ")
}

func TestPlanFitsItsShape(t *testing.T) {
	tests := []struct {
		nodes, apis int
		voters      string
		clients     bool
	}{
		{1, 1, "fs1", false},
		{2, 2, "fs1", true},
		{3, 2, "fs1 fs2 fs3", false},
		{5, 1, "fs1 fs2 fs3", true},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.nodes, " nodes"), func(t *testing.T) {
			p := load(t, t.TempDir(), Shape{Nodes: tt.nodes, APIs: tt.apis})
			if len(p.Role(RoleFS)) != tt.nodes || len(p.Role(RoleAPI)) != tt.apis || len(p.Role(RoleLB)) != 1 {
				t.Errorf("parts are %s", names(p.Parts))
			}
			if got := names(p.Voters()); got != tt.voters {
				t.Errorf("voters are %s, not %s", got, tt.voters)
			}
			if has := p.Voters()[0].Client != ""; has != tt.clients {
				t.Errorf("a client URL of etcd: %v, not %v", has, tt.clients)
			}
			seen := make(map[string]bool)
			for _, part := range p.Parts {
				for _, addr := range []string{part.Listen, part.Gossip, strings.TrimPrefix(part.Peer, "http://"), strings.TrimPrefix(part.Client, "http://")} {
					if addr != "" && seen[addr] {
						t.Errorf("%s has %s, which another has", part.Name, addr)
					}
					seen[addr] = true
				}
			}
		})
	}
}

func TestPlanLasts(t *testing.T) {
	dir := t.TempDir()
	first := load(t, dir, Shape{Nodes: 3, APIs: 2})
	first.Example = true
	if err := first.Save(dir); err != nil {
		t.Fatal(err)
	}
	second := load(t, dir, Shape{Nodes: 3, APIs: 2})
	if fmt.Sprint(*second) != fmt.Sprint(*first) {
		t.Errorf("it became\n%+v, not\n%+v", second, first)
	}
	if more := load(t, dir, Shape{Nodes: 3, APIs: 3}); names(more.Role(RoleAPI)) != "api1 api2 api3" || more.Parts[0] != first.Parts[0] {
		t.Errorf("with another API: %+v", more)
	}
	if _, err := LoadPlan(dir, Shape{Nodes: 4, APIs: 2}, NewPorts(dice(t))); !fault.Is(err, fault.Invalid) {
		t.Errorf("with another node: %v, not invalid", err)
	}
}

func TestTakenPorts(t *testing.T) {
	hold := func(addr string) {
		l, err := net.Listen("tcp", strings.TrimPrefix(addr, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
	}
	dir := t.TempDir()
	first := load(t, dir, Shape{Nodes: 1, APIs: 1})
	api := first.Role(RoleAPI)[0]
	hold(api.Listen)
	second := load(t, dir, Shape{Nodes: 1, APIs: 1})
	if got := second.Role(RoleAPI)[0]; got.Listen == api.Listen || got.Gossip != api.Gossip {
		t.Errorf("the API is at %+v, was at %+v", got, api)
	}
	_, port, err := net.SplitHostPort(api.Listen)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPlan(dir, Shape{Nodes: 1, APIs: 1, Port: n}, NewPorts(dice(t))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a front door that is taken: %v", err)
	}
	hold(first.Parts[0].Peer)
	if _, err := LoadPlan(dir, Shape{Nodes: 1, APIs: 1}, NewPorts(dice(t))); !fault.Is(err, fault.Unavailable) {
		t.Errorf("etcd's address is taken: %v", err)
	}
}

func TestLogTurns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	for range 2 { // opened again, it goes on
		l, err := openLog(path, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"12345\n", "678\n"} {
			if _, err := io.WriteString(l, line); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{path: "12345\n678\n", path + ".1": "12345\n678\n"} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v; not %q", name, got, err, want)
		}
	}
}

func TestOneOwner(t *testing.T) {
	dir := t.TempDir()
	first, err := claimDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claimDir(dir); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second: %v, not a conflict that names this process", err)
	}
	first.release()
	again, err := claimDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}

// sleeper starts a process whose command line names word.
func sleeper(t *testing.T, word string) *child.Child {
	t.Helper()
	c, err := child.Start(child.Options{Path: "/bin/sh", Args: []string{"-c", "sleep 1000; :", word}, Orphan: syscall.SIGKILL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

func TestLeftoversEnd(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "run"), 0o750); err != nil {
		t.Fatal(err)
	}
	note := func(name string, pid int) {
		if err := os.WriteFile(filepath.Join(dir, "run", name+".pid"), []byte(strconv.Itoa(pid)+"\n"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	left, stranger := sleeper(t, dir+"/fs1"), sleeper(t, "/elsewhere/fs1")
	note("fs1", left.Pid())
	note("fs2", stranger.Pid()) // its number was used again
	note("fs3", 0)
	var told []string
	if err := endLeftovers(dir, func(f string, args ...any) { told = append(told, fmt.Sprintf(f, args...)) }); err != nil {
		t.Fatal(err)
	}
	select {
	case <-left.Done():
	case <-time.After(patience):
		t.Error("the leftover lives")
	}
	select {
	case <-stranger.Done():
		t.Error("the stranger was killed")
	default:
	}
	if len(told) != 1 {
		t.Errorf("it told %q", told)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "run", "*")); len(files) != 0 {
		t.Errorf("left are %v", files)
	}
}

// keep runs a process over a shell script until the test ends.
func keep(t *testing.T, dir, script string) (told <-chan string, stop func()) {
	t.Helper()
	for _, sub := range []string{"log", "run"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	lines := make(chan string, 100)
	p := &process{
		name: "part", path: "/bin/sh", args: []string{"-c", script}, dir: dir, grace: patience,
		tell: func(f string, args ...any) { lines <- fmt.Sprintf(f, args...) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.run(ctx) }()
	return lines, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// awaitPid waits for the part to have a number other than those of before.
func awaitPid(t *testing.T, dir string, before ...int) int {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for {
		text, _ := os.ReadFile(filepath.Join(dir, "run", "part.pid")) // it may not be there yet
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && !slices.Contains(before, pid) {
			return pid
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("the part has no number")
		}
	}
}

func TestDeadPartIsStartedAgain(t *testing.T) {
	dir := t.TempDir()
	told, stop := keep(t, dir, "echo hello; exec sleep 1000")
	defer stop()
	first := awaitPid(t, dir)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	second := awaitPid(t, dir, first)
	if line := <-told; !strings.Contains(line, "part died (signal: killed)") {
		t.Errorf("it told %q", line)
	}
	hold := filepath.Join(dir, "run", "part.hold")
	if err := os.WriteFile(hold, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(second, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-told
	if _, err := os.Stat(filepath.Join(dir, "run", "part.pid")); err == nil {
		t.Error("held down, it has a number")
	}
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	awaitPid(t, dir, first, second)
}

func TestStoppedPartLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	_, stop := keep(t, dir, "echo hello; exec sleep 1000")
	pid := awaitPid(t, dir)
	stop()
	if alive(pid) {
		t.Error("it lives")
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "run", "*")); len(files) != 0 {
		t.Errorf("left are %v", files)
	}
}
