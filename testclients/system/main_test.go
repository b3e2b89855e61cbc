// Package system_test judges the whole from outside: real processes behind a
// real nginx, spoken to over HTTP, signalled by process id and started the way
// a person starts them.
//
// Each test has a service of its own, in a folder of its own. What needs
// something that a machine may lack is left out by name.
package system_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/rig"
)

// programs is where TestMain built what the tests run.
var programs string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "rhapsode-system-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "rhapsode/cmd/rhapsode", "rhapsode/testclients/author", "rhapsode/testclients/publisher")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building what is tested:", err)
		return 1
	}
	programs = dir
	return m.Run()
}

func program(name string) string { return filepath.Join(programs, name) }

// up starts a service that is open to everybody and ends with the test.
func up(t *testing.T, data string, args ...string) *rig.Rig {
	t.Helper()
	r, _ := start(t, rig.Options{Data: data, Args: args})
	return r
}

// start starts a service that ends with the test, and returns what it says too.
func start(t *testing.T, o rig.Options) (*rig.Rig, *said) {
	t.Helper()
	out := new(said)
	o.Binary, o.Log = program("rhapsode"), out
	r, err := rig.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("%v; it said:\n%s", err, out)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if t.Failed() {
			t.Logf("the service said:\n%s", out)
		}
	})
	return r, out
}

// dial makes a client of url that ends with the test.
func dial(t *testing.T, url string) *door.Client {
	t.Helper()
	d := door.New(url, 8, 60*time.Second)
	t.Cleanup(d.Close)
	return d
}

// makeRepo makes a repository. A service that has just begun may refuse for a moment.
func makeRepo(t *testing.T, d *door.Client, name string) {
	t.Helper()
	until(t, 10*time.Second, "a new repository", func() error { return d.CreateRepo(t.Context(), name) })
}

// want asks, and fails the test unless the status is one of statuses.
func want(t *testing.T, d *door.Client, a door.Ask, statuses ...int) door.Answer {
	t.Helper()
	got, err := d.Want(t.Context(), a, statuses...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// until tries again and again, ten times a second and for as long as most, and
// notes how long it took.
func until(t *testing.T, most time.Duration, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	begun := time.Now()
	for {
		err := try()
		if err == nil {
			t.Logf("%s: after %v", what, time.Since(begun).Round(time.Millisecond))
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, most, err)
		case <-tick.C:
		}
	}
}
