package objects

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/internal/fault"
)

// guard is the disk as pebble sees it: one on which no write fails.
//
// A write that finds the disk full waits and tries again. After any other
// failure the guard is failed for good, and the goroutine that met with it stays
// where it is: no code of pebble's runs on that would take the failure for
// something else, or end the process.
type guard struct {
	vfs.FS
	retry  time.Duration
	log    *slog.Logger
	failed chan struct{} // closed once err is set

	mu      sync.Mutex
	err     error         // guarded by mu
	waiting int           // guarded by mu: writes that wait for room
	refuse  chan struct{} // guarded by mu: closed while changes are refused
}

func newGuard(fs vfs.FS, retry time.Duration, log *slog.Logger) *guard {
	return &guard{FS: fs, retry: retry, log: log, failed: make(chan struct{}), refuse: make(chan struct{})}
}

// failure says why the disk failed; nil: it did not.
func (g *guard) failure() error { g.mu.Lock(); defer g.mu.Unlock(); return g.err }

// refusal says why changes are refused; nil: they are not.
func (g *guard) refusal() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil && g.waiting > 0 {
		return fault.Newf(fault.Full, "put objects", "the disk is full; a write waits for room")
	}
	return g.err
}

// refusing is closed while refusal is not nil.
func (g *guard) refusing() <-chan struct{} { g.mu.Lock(); defer g.mu.Unlock(); return g.refuse }

// fail makes err the failure, unless there was one before.
func (g *guard) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return
	}
	g.err = diskFault("objects", "", fmt.Errorf("the disk failed, the process has to be restarted: %w", err))
	close(g.failed)
	if g.waiting == 0 {
		close(g.refuse)
	}
	g.log.Error("object store failed", "error", err)
}

// during returns what op, which is pebble's, returns, or why it never will.
func (g *guard) during(op func() error) error {
	done := make(chan error, 1)
	go func() { done <- op() }()
	select {
	case err := <-done:
		return err
	case <-g.refusing():
		return g.refusal()
	}
}

// wait counts a write that waits for room, or one that no longer does.
func (g *guard) wait(change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.waiting
	g.waiting += change
	switch {
	case g.err != nil: // refuse is closed, and stays so
	case before == 0 && g.waiting > 0:
		close(g.refuse)
		g.log.Warn("disk full, object store waits for room")
	case before > 0 && g.waiting == 0:
		g.refuse = make(chan struct{})
		g.log.Info("disk has room again")
	}
}

// write does op, which writes without promising that it lasts, until it succeeds.
func (g *guard) write(op func() error) error {
	err := op()
	if isFull(err) {
		g.wait(+1)
		defer g.wait(-1)
		for ; isFull(err); err = op() {
			time.Sleep(g.retry)
		}
	}
	if err != nil {
		g.stop(err)
	}
	return nil
}

// promise does op, which says that something lasts. After a failure nobody
// knows what does: a second try that succeeds would say nothing about the first.
func (g *guard) promise(op func() error) error {
	if err := op(); err != nil {
		g.stop(err)
	}
	return nil
}

// stop fails the guard and never returns.
func (g *guard) stop(err error) {
	g.fail(err)
	select {}
}

// Create also makes durable which files there are before it makes a marker.
// Pebble makes a file, then the marker that names it, and syncs the directory
// once: a crash between could leave a marker that names nothing.
func (g *guard) Create(name string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	if strings.HasPrefix(g.PathBase(name), "marker.") {
		if err := syncDir(g, g.PathDir(name)); err != nil {
			return nil, err
		}
	}
	err = g.write(func() (err error) { f, err = g.FS.Create(name, c); return err })
	return g.file(f), err
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (f vfs.File, err error) {
	err = g.write(func() (err error) { f, err = g.FS.OpenReadWrite(name, c, o...); return err })
	return g.file(f), err
}

func (g *guard) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = g.write(func() (err error) { f, err = g.FS.ReuseForWrite(old, name, c); return err })
	return g.file(f), err
}

func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	return g.file(f), err
}

func (g *guard) Link(old, name string) error {
	return g.write(func() error { return g.FS.Link(old, name) })
}

func (g *guard) Rename(old, name string) error {
	return g.write(func() error { return g.FS.Rename(old, name) })
}

func (g *guard) MkdirAll(dir string, perm os.FileMode) error {
	return g.write(func() error { return g.FS.MkdirAll(dir, perm) })
}

func (g *guard) Unwrap() vfs.FS { return g.FS }

func (g *guard) file(f vfs.File) vfs.File {
	if f == nil {
		return nil
	}
	return guardedFile{f, g}
}

// guardedFile is a file that is written, or a directory that is synced.
type guardedFile struct {
	vfs.File
	g *guard
}

func (f guardedFile) Write(b []byte) (int, error) {
	done := 0
	err := f.g.write(func() error {
		n, err := f.File.Write(b[done:])
		if done += n; err == nil && done < len(b) {
			err = io.ErrShortWrite
		}
		return err
	})
	return done, err
}

func (f guardedFile) WriteAt(b []byte, off int64) (n int, err error) {
	err = f.g.write(func() (err error) { n, err = f.File.WriteAt(b, off); return err })
	return n, err
}

func (f guardedFile) Sync() error { return f.g.promise(f.File.Sync) }

func (f guardedFile) SyncData() error { return f.g.promise(f.File.SyncData) }

func (f guardedFile) SyncTo(n int64) (full bool, err error) {
	err = f.g.promise(func() (err error) { full, err = f.File.SyncTo(n); return err })
	return full, err
}

func (f guardedFile) Close() error { return f.g.promise(f.File.Close) }

// pebbleLog passes on what pebble has to say.
type pebbleLog struct {
	log *slog.Logger
	g   *guard
}

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("pebble", "text", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("pebble", "text", fmt.Sprintf(format, args...))
}

// Fatalf must not return, says pebble, and would end the process.
func (l pebbleLog) Fatalf(format string, args ...any) {
	l.g.stop(fmt.Errorf(format, args...))
}
