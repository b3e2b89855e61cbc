package lb

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"rhapsode/deploy/nginx"
	"rhapsode/internal/child"
	"rhapsode/internal/fault"
)

// nginxFront is nginx as a child process. Everything that it reads and writes
// lies in dir, which is its prefix.
type nginxFront struct {
	path   string
	dir    string
	config nginx.Config // without upstreams
	log    *slog.Logger
	stale  chan struct{} // one place: the configuration is newer than the process
	output *logWriter
}

// Times of nginx's life.
const (
	nginxDrain   = 1500 * time.Millisecond // for requests under way at the end
	firstRestart = 100 * time.Millisecond  // after a death; doubles …
	lastRestart  = 5 * time.Second         // … to here
	longLife     = 10 * time.Second        // after which a death counts as the first
	pidInterval  = 5 * time.Millisecond
	logInterval  = 10 * time.Second
	logLimit     = 64 << 20 // bytes, of a log that is then renamed to *.1
)

func newNginx(o Options) (*nginxFront, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fault.New(fault.Internal, "make balancer", o.Dir, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o750); err != nil {
		return nil, fault.New(fault.Unavailable, "make balancer", "", err)
	}
	n := &nginxFront{
		path: o.Nginx, dir: dir, log: o.Log, stale: make(chan struct{}, 1), output: &logWriter{log: o.Log},
		config: nginx.Config{Listen: o.Listen, Hosts: o.Hosts, MaxBody: o.MaxBody, Patience: o.Patience},
	}
	if os.Geteuid() == 0 {
		me, err := user.Current()
		if err != nil {
			return nil, fault.New(fault.Internal, "make balancer", "", err)
		}
		n.config.User = me.Username
	}
	return n, nil
}

// aim writes the configuration and has the running nginx, if any, read it.
// nginx itself judges it first, so that a bad one is never in place.
func (n *nginxFront) aim(addrs []string) error {
	c := n.config
	c.Upstreams = addrs
	text, err := nginx.Render(c)
	if err != nil {
		return err
	}
	const next = "nginx.conf.next"
	if err := os.WriteFile(n.file(next), text, 0o640); err != nil {
		return fault.New(fault.Unavailable, "write", next, err)
	}
	test := exec.Command(n.path, n.args(next, "-t", "-q")...)
	if said, err := test.CombinedOutput(); err != nil {
		return fault.Newf(fault.Invalid, "test nginx.conf", "%w: %s", err, bytes.TrimSpace(said))
	}
	if err := os.Rename(n.file(next), n.file("nginx.conf")); err != nil {
		return fault.New(fault.Unavailable, "rename", next, err)
	}
	notify(n.stale)
	return nil
}

func (n *nginxFront) file(name string) string { return filepath.Join(n.dir, name) }

func (n *nginxFront) args(conf string, more ...string) []string {
	return append([]string{"-p", n.dir, "-c", conf, "-e", "error.log"}, more...)
}

// run keeps an nginx alive. One that dies is started again.
func (n *nginxFront) run(ctx context.Context) error {
	pause := firstRestart
	for {
		born := time.Now()
		if err := n.live(ctx); ctx.Err() != nil {
			return nil
		} else if time.Since(born) > longLife {
			pause = firstRestart
			n.log.Error("nginx died and is started again", "error", err)
		} else {
			n.log.Error("nginx died young and is started again", "error", err, "after", pause)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, lastRestart)
	}
}

// live is one nginx from its start to its end. It returns why it ended.
func (n *nginxFront) live(ctx context.Context) error {
	if err := os.Remove(n.file("nginx.pid")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	drain(n.stale) // it reads the newest configuration as it starts
	p, err := child.Start(child.Options{
		Path: n.path, Args: n.args("nginx.conf"), Output: n.output, Orphan: syscall.SIGTERM,
	})
	if err != nil {
		return err
	}
	defer p.Kill()
	if !n.awaitSignals(ctx, p) {
		return p.Err()
	}
	n.log.Info("nginx is up", "pid", p.Pid(), "listen", n.config.Listen)
	logs := time.NewTicker(logInterval)
	defer logs.Stop()
	for {
		select {
		case <-ctx.Done():
			p.Stop(syscall.SIGQUIT, nginxDrain)
			return nil
		case <-p.Done():
			return p.Err()
		case <-n.stale:
			p.Signal(syscall.SIGHUP)
		case <-logs.C:
			if n.rotate("access.log") || n.rotate("error.log") {
				p.Signal(syscall.SIGUSR1)
			}
		}
	}
}

// awaitSignals waits until p handles signals; before that, one to reload would
// end it. It is so once its number is in the pid file. False: it ended, or ctx did.
func (n *nginxFront) awaitSignals(ctx context.Context, p *child.Child) bool {
	tick := time.NewTicker(pidInterval)
	defer tick.Stop()
	for {
		pid, _ := os.ReadFile(n.file("nginx.pid")) // it is not there yet
		if string(bytes.TrimSpace(pid)) == strconv.Itoa(p.Pid()) {
			return true
		}
		select {
		case <-tick.C:
		case <-p.Done():
			return false
		case <-ctx.Done():
			p.Stop(syscall.SIGTERM, nginxDrain)
			return false
		}
	}
}

// rotate renames a log that has grown too long, and says whether it did.
func (n *nginxFront) rotate(name string) bool {
	info, err := os.Stat(n.file(name))
	if err != nil || info.Size() < logLimit {
		return false
	}
	if err := os.Rename(n.file(name), n.file(name+".1")); err != nil {
		n.log.Warn("a log can't be renamed and grows on", "log", name, "error", err)
		return false
	}
	return true
}

// logWriter makes log lines of what nginx says before it has its own log.
type logWriter struct {
	log *slog.Logger
	mu  sync.Mutex // a child's two outputs are one writer
}

func (w *logWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range bytes.Lines(b) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			w.log.Warn("nginx says", "text", string(line))
		}
	}
	return len(b), nil
}

// notify puts a token into a channel with one place, unless it holds one.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// drain takes the token out, if there is one.
func drain(c <-chan struct{}) {
	select {
	case <-c:
	default:
	}
}
