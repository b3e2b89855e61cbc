package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rhapsode/internal/child"
	"rhapsode/internal/fault"
)

// process keeps one part alive.
type process struct {
	name  string
	path  string // of the binary
	args  []string
	dir   string // the data directory
	grace time.Duration
	tell  func(format string, args ...any) // one line for the person at the terminal
}

const (
	firstRestart = 200 * time.Millisecond // after a death; doubles …
	lastRestart  = 5 * time.Second        // … to here
	longLife     = 10 * time.Second       // after which a death counts as the first
	holdInterval = 100 * time.Millisecond
)

// run starts the part whenever it is not there, until ctx ends; then it stops it.
func (p *process) run(ctx context.Context) error {
	log, err := openLog(filepath.Join(p.dir, "log", p.name+".log"), logLimit)
	if err != nil {
		return err
	}
	defer log.Close()
	defer p.forget()
	pause := firstRestart
	for ctx.Err() == nil {
		born := time.Now()
		c, err := p.start(log)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			c.Stop(syscall.SIGTERM, p.grace)
			return nil
		case <-c.Done():
		}
		p.forget()
		if time.Since(born) > longLife {
			pause = firstRestart
		}
		p.tell("%s died (%v) and is started again; see %s", p.name, ending(c.Err()), log.path)
		p.rest(ctx, pause)
		pause = min(2*pause, lastRestart)
	}
	return nil
}

func ending(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// start starts the part and writes its number down.
func (p *process) start(log *logFile) (*child.Child, error) {
	c, err := child.Start(child.Options{Path: p.path, Args: p.args, Output: log, Orphan: syscall.SIGKILL})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.runFile("pid"), []byte(strconv.Itoa(c.Pid())+"\n"), 0o640); err != nil {
		c.Kill()
		return nil, fault.New(fault.Unavailable, "start", p.name, err)
	}
	return c, nil
}

// forget notes that the part is not alive. A number that stays all the same is
// seen to at the next start.
func (p *process) forget() { os.Remove(p.runFile("pid")) }

// rest waits for pause to be over and for nobody to hold the part down.
func (p *process) rest(ctx context.Context, pause time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if _, err := os.Stat(p.runFile("hold")); errors.Is(err, fs.ErrNotExist) {
			return
		}
		pause = holdInterval
	}
}

func (p *process) runFile(ending string) string {
	return filepath.Join(p.dir, "run", fmt.Sprintf("%s.%s", p.name, ending))
}
