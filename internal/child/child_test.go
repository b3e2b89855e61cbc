package child_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/internal/child"
	"rhapsode/internal/fault"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv("CHILD_OWNER") != "" {
		own()
		return
	}
	goleak.VerifyTestMain(m)
}

// sh starts a shell script and returns its output's lines as they come.
func sh(t *testing.T, script string) (*child.Child, *bufio.Reader) {
	t.Helper()
	r, w := io.Pipe()
	c, err := child.Start(child.Options{Path: "/bin/sh", Args: []string{"-c", script}, Output: w, Orphan: syscall.SIGKILL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); c.Kill() })
	return c, bufio.NewReader(r)
}

func line(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	s, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(s)
}

func ended(t *testing.T, c *child.Child) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		t.Fatal("the child never ended")
	}
}

// gone waits until no process has the number pid, or only a zombie does whose
// new parent is slow.
func gone(t *testing.T, pid int) {
	t.Helper()
	end := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("process %d lives on: %s", pid, stat)
		}
	}
}

func TestEndIsTold(t *testing.T) {
	good, _ := sh(t, "exit 0")
	ended(t, good)
	if good.Err() != nil {
		t.Errorf("a good end: %v", good.Err())
	}
	bad, _ := sh(t, "exit 3")
	ended(t, bad)
	if bad.Err() == nil || bad.Err().Error() != "exit status 3" {
		t.Errorf("a bad end: %v", bad.Err())
	}
}

func TestStop(t *testing.T) {
	polite, out := sh(t, "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done")
	line(t, out)
	polite.Stop(syscall.SIGTERM, patience)
	if polite.Err() == nil || polite.Err().Error() != "exit status 7" {
		t.Errorf("one who hears: %v", polite.Err())
	}
	deaf, out := sh(t, "trap '' TERM; echo up; while :; do sleep 0.01; done")
	line(t, out)
	deaf.Stop(syscall.SIGTERM, 10*time.Millisecond)
	if deaf.Err() == nil || deaf.Err().Error() != "signal: killed" {
		t.Errorf("one who doesn't: %v", deaf.Err())
	}
}

func TestGroupEndsWithTheChild(t *testing.T) {
	c, out := sh(t, "sleep 1000 & echo $!; wait")
	grandchild, err := strconv.Atoi(line(t, out))
	if err != nil {
		t.Fatal(err)
	}
	c.Signal(syscall.SIGKILL)
	ended(t, c)
	gone(t, grandchild)
}

func TestMissingProgram(t *testing.T) {
	if _, err := child.Start(child.Options{Path: "/no/such/program"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("error is %v, not unavailable", err)
	}
}

// TestChildDiesWithItsOwner kills an owner, which has no chance to stop anyone.
func TestChildDiesWithItsOwner(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("only Linux tells a child of its owner's death")
	}
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), "CHILD_OWNER=1")
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(line(t, bufio.NewReader(out)))
	if err != nil {
		t.Fatal(err)
	}
	owner.Process.Kill()
	owner.Wait() // it was killed: that is its error
	gone(t, pid)
}

// own is the owner of a child that would stay for ever.
func own() {
	c, err := child.Start(child.Options{Path: "/bin/sleep", Args: []string{"1000"}, Orphan: syscall.SIGKILL})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Pid())
	<-c.Done()
}
