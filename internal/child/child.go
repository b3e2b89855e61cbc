// Package child runs other programs so that none of them outlives its owner.
//
// A Child has a process group of its own: a Ctrl-C at the terminal reaches only
// its owner, who stops its children in the order it wants. When a Child ends,
// whatever it left in its group is killed. On Linux the kernel signals it when
// the owner dies, even by kill -9.
package child

import (
	"errors"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"rhapsode/internal/fault"
)

// Options are what a Child is made from.
type Options struct {
	Path   string
	Args   []string
	Dir    string         // to run in; "": the owner's
	Output io.Writer      // of both kinds
	Orphan syscall.Signal // what it gets when the owner dies
}

// Child is a program that was started and may have ended.
type Child struct {
	pid  int
	done chan struct{}
	err  error // why it ended; set before done is closed
}

// drainTime is how long a dead child's own children may hold on to its output.
const drainTime = 200 * time.Millisecond

// Start starts the program. Its owner waits for Done.
func Start(o Options) (*Child, error) {
	c := &Child{done: make(chan struct{})}
	started := make(chan error)
	go c.live(o, started)
	if err := <-started; err != nil {
		return nil, fault.New(fault.Unavailable, "start", o.Path, err)
	}
	return c, nil
}

// live keeps its thread for itself: the kernel's notice of the owner's death is
// tied to the thread that started the child, and Go ends threads as it likes.
func (c *Child) live(o Options, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	cmd := exec.Command(o.Path, o.Args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = o.Dir, o.Output, o.Output
	cmd.SysProcAttr = attributes(o.Orphan)
	cmd.WaitDelay = drainTime
	if err := cmd.Start(); err != nil {
		started <- err
		return
	}
	c.pid = cmd.Process.Pid
	started <- nil

	c.err = cmd.Wait()
	if errors.Is(c.err, exec.ErrWaitDelay) {
		c.err = nil
	}
	c.signalGroup(syscall.SIGKILL)
	close(c.done)
}

// Pid returns the process's number, which is also its group's.
func (c *Child) Pid() int { return c.pid }

// Done is closed when the program has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err returns why it ended, or nil if it ended well. Only after Done.
func (c *Child) Err() error { return c.err }

// Signal sends s to the program, not to its own children. One that has ended
// gets nothing.
func (c *Child) Signal(s syscall.Signal) {
	select {
	case <-c.done:
	default:
		syscall.Kill(c.pid, s) // it fails if the child just ended, which Done will tell
	}
}

// Stop sends s, waits for the end, and kills the group if that takes longer
// than grace. When it returns the program has ended.
func (c *Child) Stop(s syscall.Signal, grace time.Duration) {
	c.Signal(s)
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-c.done:
	case <-t.C:
		c.Kill()
	}
}

// Kill ends the program and its group at once.
func (c *Child) Kill() {
	select {
	case <-c.done:
	default:
		c.signalGroup(syscall.SIGKILL)
		<-c.done
	}
}

// signalGroup fails if the group is gone, which is as well.
func (c *Child) signalGroup(s syscall.Signal) { syscall.Kill(-c.pid, s) }
