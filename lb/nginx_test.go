package lb

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"rhapsode/internal/gossip"
)

// emptyRing has no members.
type emptyRing struct{ changed chan struct{} }

func (r emptyRing) Members() []gossip.Member { return nil }
func (r emptyRing) Changed() <-chan struct{} { return r.changed }

// lookNginx returns nginx's path, or skips.
func lookNginx(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"nginx", "/usr/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no nginx here")
	return ""
}

// startNginx runs a balancer with no API and returns its directory and address.
func startNginx(t *testing.T) (dir, addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr, dir = l.Addr().String(), t.TempDir()
	l.Close()
	b, err := New(Options{
		Dir: dir, Listen: addr, MaxBody: 1, Nginx: lookNginx(t),
		Ring: emptyRing{make(chan struct{})}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return dir, addr
}

// awaitStatus asks until the door answers with status. It returns nginx's pid.
func awaitStatus(t *testing.T, dir, addr, path string, status, notPid int) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(20 * time.Second)
	for {
		resp, err := client.Get("http://" + addr + path)
		if err == nil {
			resp.Body.Close()
		}
		text, _ := os.ReadFile(filepath.Join(dir, "nginx.pid")) // it may not be there yet
		pid, _ := strconv.Atoi(string(bytes.TrimSpace(text)))
		if err == nil && resp.StatusCode == status && pid != 0 && pid != notPid {
			return pid
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never %d for %s: %v", status, path, err)
		}
	}
}

func TestNginxIsStartedAgain(t *testing.T) {
	dir, addr := startNginx(t)
	pid := awaitStatus(t, dir, addr, "/", http.StatusServiceUnavailable, 0)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil { // its workers would hold the port
		t.Fatal(err)
	}
	awaitStatus(t, dir, addr, "/", http.StatusServiceUnavailable, pid)
}

func TestNginxHidesItsPages(t *testing.T) {
	dir, addr := startNginx(t)
	awaitStatus(t, dir, addr, "/", http.StatusServiceUnavailable, 0)
	awaitStatus(t, dir, addr, "/.balancer/413", http.StatusNotFound, 0)
}

func TestLogsAreBounded(t *testing.T) {
	n := &nginxFront{dir: t.TempDir(), log: slog.New(slog.DiscardHandler)}
	if n.rotate("access.log") {
		t.Error("a log that is not there was renamed")
	}
	f, err := os.Create(n.file("access.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, tt := range []struct {
		size int64
		want bool
	}{{logLimit - 1, false}, {logLimit, true}} {
		if err := f.Truncate(tt.size); err != nil {
			t.Fatal(err)
		}
		if got := n.rotate("access.log"); got != tt.want {
			t.Errorf("of %d bytes: renamed %v", tt.size, got)
		}
	}
}
