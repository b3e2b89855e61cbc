package rig

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// TestProcesses follows one process of ours from its start to its end.
func TestProcesses(t *testing.T) {
	const mark = "a-mark-that-no-other-process-has"
	child := exec.Command("sh", "-c", "read line", mark)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	pid := child.Process.Pid
	isChild := func(p proc) bool { return p.pid == pid }
	if family := descendants(os.Getpid()); !Alive(pid) || !slices.ContainsFunc(family, isChild) {
		t.Errorf("process %d runs and is not seen: %v", pid, family)
	}
	if n, ok := resident(os.Getpid()); !ok || n < 1<<20 {
		t.Errorf("this program has %d bytes of memory", n)
	}
	if found := Mentioning(mark); len(found) != 1 {
		t.Errorf("the marked processes: %v", found)
	}
	stdin.Close()
	child.Wait() // it ends with status 1: there was no line
	if Alive(pid) || slices.ContainsFunc(all(), isChild) || len(Mentioning(mark)) > 0 {
		t.Errorf("process %d has ended and is seen", pid)
	}
}
