// Package fstest runs the file system inside a test: one node over refs in memory,
// or a whole cluster over loopback whose nodes can be stopped and started.
package fstest

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/node"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/run"
)

// patience is how long a test waits for what has to happen.
const patience = 30 * time.Second

// Memory is a file system of one node: the real coordinator, with refs in memory
// and objects in a folder of the test's. It ends with the test.
func Memory(t testing.TB) fsapi.FS {
	t.Helper()
	return MemoryAt(t, time.Now)
}

// MemoryAt is Memory with a clock.
func MemoryAt(t testing.TB, clock func() time.Time) fsapi.FS {
	t.Helper()
	return memory(t, refs.NewMemory(), clock, access.Admin)
}

// Closed is MemoryAt that lets nobody in without a token, and an admin's token for it.
func Closed(t testing.TB, clock func() time.Time) (fs fsapi.FS, admin string) {
	t.Helper()
	r := refs.NewMemory()
	fs = memory(t, r, clock, "")
	admin, token, err := access.Mint(access.Token{
		User: "root", Admin: true, Created: clock(), Scope: access.Scope{Verbs: access.Verbs()},
	}, rand.Reader)
	if err == nil {
		err = r.PutToken(t.Context(), token)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fs, admin
}

func memory(t testing.TB, r *refs.Memory, clock func() time.Time, anonymous access.Role) fsapi.FS {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.EnsurePlacements(ctx, []string{"memory"}, 1); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(node.Options{
		Name: "memory", Dir: t.TempDir(), Refs: r, Clock: clock, Log: Log(t), Anonymous: anonymous,
		Dial: func(name string) (replica.Peer, error) { return nil, errors.New("there is no other node than memory") },
	})
	if err != nil {
		t.Fatal(err)
	}
	start(t, "memory", n.Run, n.Close)
	return n
}

// start runs life until the test ends, and closes then.
func start(t testing.TB, name string, life func(context.Context) error, closers ...func() error) {
	g := run.NewGroup(context.WithoutCancel(t.Context()))
	g.Go(name, life)
	t.Cleanup(func() {
		g.Stop()
		if err := g.Wait(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range closers {
			if err := c(); err != nil {
				t.Errorf("close %s: %v", name, err)
			}
		}
	})
}

// Log writes warnings and errors to the test's own log.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}
