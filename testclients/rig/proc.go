package rig

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func readPID(file string) (int, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("%s holds %q", filepath.Base(file), text)
	}
	return pid, nil
}

// proc is a process as the kernel tells it (proc(5)).
type proc struct {
	pid, parent int
	command     string
	state       byte
}

func readProc(pid int) (p proc, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	open, shut := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if err != nil || open < 0 || shut < open {
		return proc{}, false
	}
	p = proc{pid: pid, command: string(stat[open+1 : shut])}
	_, err = fmt.Sscanf(string(stat[shut+1:]), " %c %d", &p.state, &p.parent)
	return p, err == nil
}

// Alive says whether a process runs. One that has ended and is not yet waited for does not.
func Alive(pid int) bool {
	p, ok := readProc(pid)
	return ok && p.state != 'Z' && p.state != 'X'
}

// all returns every process that there is.
func all() (found []proc) {
	entries, _ := os.ReadDir("/proc") // elsewhere than on Linux there is none
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := readProc(pid); ok {
				found = append(found, p)
			}
		}
	}
	return found
}

// descendants returns the process root and all that come from it.
func descendants(root int) (family []proc) {
	processes := all()
	var add func(pid int)
	add = func(pid int) {
		for _, p := range processes {
			if p.pid == pid {
				family = append(family, p)
			}
			if p.parent == pid {
				add(p.pid)
			}
		}
	}
	add(root)
	return family
}

// resident returns how many bytes of memory a process holds.
func resident(pid int) (int64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(v)[0], 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

// Mentioning returns the running processes whose command line has text in it.
func Mentioning(text string) (found []string) {
	for _, p := range all() {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.pid))
		if err == nil && bytes.Contains(line, []byte(text)) && Alive(p.pid) {
			found = append(found, fmt.Sprintf("%d: %s", p.pid, bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
		}
	}
	return found
}
