// Package floor is what our figures are held against: the least that could be
// done for a read, and for a durable write on three machines.
//
//   - Bare: a Go HTTP server that answers one document from memory.
//   - Etcd: three etcd members with files of their own, written through the leader.
//
// Both are processes of their own, as what is compared with them is, made from
// the program that uses this package: its main calls Main first. A floor's
// process ends when Stop is called or when its parent dies. All listen on
// loopback.
package floor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// asked is the first argument of a program that should be a floor.
const asked = "__floor"

// Main turns the program into a floor if its arguments, without its name, ask
// for that; it returns when the floor has ended.
func Main(args []string) (wasAsked bool, err error) {
	if len(args) < 2 || args[0] != asked {
		return false, nil
	}
	ctx, orphaned := context.WithCancel(context.Background())
	go func() { // ends with the process
		io.Copy(io.Discard, os.Stdin)
		orphaned()
	}()
	switch args[1] {
	case "bare":
		return true, serveBare(ctx, args[2:])
	case "etcd":
		return true, serveMember(ctx, args[2:])
	}
	return true, fmt.Errorf("floor: there is no %q", args[1])
}

// startTime is how long a floor may take until it is ready.
const startTime = 20 * time.Second

// process is a floor that runs.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stdout *bufio.Reader
}

// start runs this very program as a floor. It is not ready yet.
func start(args ...string) (*process, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, append([]string{asked}, args...)...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd, stdin, bufio.NewReader(stdout)}, cmd.Start()
}

// ready waits for the line in which the floor says where it listens.
func (p *process) ready() (where string, err error) {
	late := time.AfterFunc(startTime, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("floor: %v did not get ready: %w", p.cmd.Args[1:], errors.Join(err, p.stop()))
	}
	return strings.TrimSpace(line), nil
}

// stop ends the floor and waits for it.
func (p *process) stop() error {
	p.stdin.Close()
	late := time.AfterFunc(startTime, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	return p.cmd.Wait()
}
