package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"rhapsode/internal/fault"
)

// claim is the right to run dir's cell. The kernel takes it back when its
// holder dies.
type claim struct{ file *os.File }

// claimDir makes dir, if need be, and the directories in it that local writes to.
func claimDir(dir string) (*claim, error) {
	for _, sub := range []string{"log", "run"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o750); err != nil {
			return nil, fault.New(fault.Unavailable, "make data directory", "", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(dir, "up.lock"), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "claim data directory", "", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(f) // for the text only
		f.Close()
		return nil, fault.Newf(fault.Conflict, "claim data directory", "%s is in use by process %s", dir, bytes.TrimSpace(holder))
	}
	if err := writePid(f); err != nil {
		f.Close()
		return nil, fault.New(fault.Unavailable, "claim data directory", "", err)
	}
	return &claim{f}, nil
}

func writePid(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// release gives the right back.
func (c *claim) release() { c.file.Close() } // nothing in it needs to last

const (
	leftoverGrace    = 5 * time.Second
	leftoverInterval = 10 * time.Millisecond
)

// endLeftovers kills the parts that an earlier owner left behind, and waits for
// those that are dying: they may still hold a port.
func endLeftovers(dir string, tell func(format string, args ...any)) error {
	for _, pattern := range []string{"run/*.pid", "*/nginx.pid"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return fault.New(fault.Internal, "end leftovers", "", err)
		}
		for _, file := range files {
			if err := endLeftover(dir, file, tell); err != nil {
				return err
			}
		}
	}
	return nil
}

func endLeftover(dir, file string, tell func(format string, args ...any)) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // whose it was ended just now
	}
	if err != nil {
		return fault.New(fault.Unavailable, "end leftovers", "", err)
	}
	pid, _ := strconv.Atoi(string(bytes.TrimSpace(text)))
	if pid > 1 && isPart(pid, dir) {
		tell("process %d of %s was left over and is killed", pid, filepath.Base(file))
		syscall.Kill(-pid, syscall.SIGKILL) // each part leads a group; one that is gone is as well
		if !awaitEnd(pid) {
			return fault.Newf(fault.Unavailable, "end leftovers", "process %d can't be killed", pid)
		}
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Unavailable, "end leftovers", "", err)
	}
	return nil
}

// isPart says whether process pid is one of dir's. That its number is written
// down is not enough: numbers are used again. Its command line names dir, or is
// gone because it is dying.
func isPart(pid int, dir string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && alive(pid) && (len(line) == 0 || bytes.Contains(line, []byte(dir+"/")))
}

// alive says whether pid exists and is more than the memory of a process.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.Contains(stat, []byte(") Z ")) && !bytes.Contains(stat, []byte(") X "))
}

func awaitEnd(pid int) bool {
	for end := time.Now().Add(leftoverGrace); time.Now().Before(end); time.Sleep(leftoverInterval) {
		if !alive(pid) {
			return true
		}
	}
	return false
}
