// Package rig runs the whole service for a test or a measurement: one
// `rhapsode up` in a folder of its own, with everything that it starts.
//
// It is started, signalled and stopped the way a person would do it; what it
// knows of the inside are the files that `up` keeps for that: up.json
// (addresses), run/*.pid (processes) and run/*.hold (what is to stay dead).
// Whatever happens, nothing of it runs after Stop.
package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rhapsode/testclients/door"
)

// Options say what to start.
type Options struct {
	Binary string
	Data   string
	Args   []string  // more flags of up
	Closed bool      // to who brings no token; else they may do everything
	Log    io.Writer // for what up says; nil: nowhere
}

// How long things may take.
const (
	StartTime = 60 * time.Second
	StopTime  = 5 * time.Second // what the service promises
	backTime  = 30 * time.Second
)

// Rig is a running service.
type Rig struct {
	data      string
	up        *exec.Cmd
	ended     chan struct{} // closed when up has ended
	addresses addresses
}

// Start starts a service and returns when its front door and all its APIs answer.
func Start(ctx context.Context, o Options) (*Rig, error) {
	args := []string{"up", "--port", "0", "--data", o.Data}
	if !o.Closed {
		args = append(args, "--anonymous", "admin")
	}
	args = append(args, o.Args...)
	r := &Rig{data: o.Data, up: exec.Command(o.Binary, args...), ended: make(chan struct{})}
	r.up.Stdout, r.up.Stderr = o.Log, o.Log
	r.up.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM} // a Ctrl-C in the terminal is not for it; our death is
	if err := r.up.Start(); err != nil {
		return nil, err
	}
	go func() { // ends with the process; Stop waits for it
		r.up.Wait()
		close(r.ended)
	}()
	ctx, cancel := context.WithTimeout(ctx, StartTime)
	defer cancel()
	if err := r.await(ctx, "the start", r.ready); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// ready says why the service is not.
func (r *Rig) ready(ctx context.Context) error {
	a, err := readAddresses(r.data)
	if err != nil {
		return err
	}
	for _, base := range append(a.apis, a.front) {
		d := door.New(base, 1, time.Second)
		_, err := d.Want(ctx, door.Ask{Method: "GET", Path: "/readyz"}, 200)
		d.Close()
		if err != nil {
			return err
		}
	}
	r.addresses = a
	return nil
}

// await asks ten times a second until nothing is wrong, ctx ends or up does.
func (r *Rig) await(ctx context.Context, what string, wrong func(context.Context) error) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := wrong(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-r.ended:
			return fmt.Errorf("rig: %s: up has ended (%v): %w", what, r.up.ProcessState, err)
		case <-ctx.Done():
			return fmt.Errorf("rig: %s: %w: %w", what, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// Front is the URL that a client of the service uses.
func (r *Rig) Front() string { return r.addresses.front }

// APIs are the URLs behind it.
func (r *Rig) APIs() []string { return r.addresses.apis }

// Stop is Ctrl-C. If the service does not end by itself in a fair time, it is
// killed, and that is an error. Stopping what has ended does nothing.
func (r *Rig) Stop() error {
	select {
	case <-r.ended:
		return nil
	default:
	}
	r.up.Process.Signal(syscall.SIGINT) // an error: it has ended just now
	select {
	case <-r.ended:
		return nil
	case <-time.After(2 * StopTime):
		return errors.Join(fmt.Errorf("rig: not stopped after %v", 2*StopTime), r.KillAll())
	}
}

// KillAll kills -9 up and everything that it started, and waits for up's end.
func (r *Rig) KillAll() error {
	pids, err := r.Processes()
	r.up.Process.Kill() // first, or it would start the others again
	<-r.ended
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL) // it may have died with up
	}
	return err
}

// AwaitSuccessor waits until up has started a new process in place of the one that had pid.
func (r *Rig) AwaitSuccessor(ctx context.Context, name string, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, backTime)
	defer cancel()
	return r.await(ctx, "the return of "+name, func(context.Context) error {
		now, err := readPID(r.runFile(name, "pid"))
		if err == nil && (now == pid || !Alive(now)) {
			err = fmt.Errorf("process %d is not back", pid)
		}
		return err
	})
}

// Signal sends sig to the process called name and returns which that was.
func (r *Rig) Signal(name string, sig syscall.Signal) (pid int, err error) {
	pid, err = readPID(r.runFile(name, "pid"))
	if err == nil {
		err = syscall.Kill(pid, sig)
	}
	if err != nil {
		err = fmt.Errorf("rig: %v to %s: %w", sig, name, err)
	}
	return pid, err
}

// Hold keeps the process called name from being started again when it dies, until Release.
func (r *Rig) Hold(name string) error { return os.WriteFile(r.runFile(name, "hold"), nil, 0o600) }

// Release ends a Hold.
func (r *Rig) Release(name string) error { return os.Remove(r.runFile(name, "hold")) }

func (r *Rig) runFile(name, ending string) string {
	return filepath.Join(r.data, "run", name+"."+ending)
}

// Processes returns the ids of up's own processes, by name. One that is dead is not there.
func (r *Rig) Processes() (map[string]int, error) {
	files, err := filepath.Glob(r.runFile("*", "pid"))
	if err != nil {
		return nil, err
	}
	pids := map[string]int{}
	for _, f := range files {
		switch pid, err := readPID(f); {
		case errors.Is(err, fs.ErrNotExist): // it died since
		case err != nil:
			return nil, err
		default:
			pids[strings.TrimSuffix(filepath.Base(f), ".pid")] = pid
		}
	}
	return pids, nil
}

// Memory returns the resident bytes of up and of all that descend from it, by
// name; of several with one name, as nginx has them, the largest.
func (r *Rig) Memory() (map[string]int64, error) {
	pids, err := r.Processes()
	if err != nil {
		return nil, err
	}
	names := map[int]string{r.up.Process.Pid: "up"}
	for name, pid := range pids {
		names[pid] = name
	}
	memory := map[string]int64{}
	for _, p := range descendants(r.up.Process.Pid) {
		name := cmp.Or(names[p.pid], p.command)
		if n, ok := resident(p.pid); ok {
			memory[name] = max(memory[name], n)
		}
	}
	return memory, nil
}
