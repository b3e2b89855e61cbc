package system_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rhapsode/testclients/door"
)

// TestStockGit: git clones, fetches and pushes through the front door, whichever
// fs-service dies meanwhile, and sees what HTTP wrote.
func TestStockGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	r := up(t, t.TempDir(), "--no-import")
	front := dial(t, r.Front())
	makeRepo(t, front, "book")
	remote := r.Front() + "/git/book.git"
	dir := t.TempDir()
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
			"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := git(args...)
		if err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	save := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, "work", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		must("-C", "work", "add", "-A")
		must("-C", "work", "commit", "-q", "-m", "Write "+name)
	}

	must("init", "-q", "-b", "main", "work")
	must("-C", "work", "remote", "add", "origin", remote)
	for i := range 1500 {
		if err := os.WriteFile(filepath.Join(dir, "work", fmt.Sprint("f", i)), fmt.Appendf(nil, "file %d\n", i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	save("large", strings.Repeat("a large body ", 300_000))
	must("-C", "work", "push", "-q", "origin", "main")
	want(t, front, door.Ask{Method: "GET", Path: "/content/book@main/f7"}, 200)
	must("clone", "-q", remote, "reader")

	for _, node := range []string{"fs1", "fs2", "fs3"} {
		pid, err := r.Signal(node, syscall.SIGKILL)
		if err != nil {
			t.Fatal(err)
		}
		save("after", "without "+node)
		until(t, 30*time.Second, "a push without "+node, func() error {
			out, err := git("-C", "work", "push", "-q", "origin", "main")
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			return err
		})
		until(t, 30*time.Second, "a fetch without "+node, func() error {
			_, err := git("-C", "reader", "pull", "-q", "--ff-only")
			return err
		})
		if got, want := must("-C", "reader", "rev-parse", "HEAD"), must("-C", "work", "rev-parse", "HEAD"); got != want {
			t.Errorf("the reader is at %s, not %s", got, want)
		}
		if err := r.AwaitSuccessor(t.Context(), node, pid); err != nil {
			t.Fatal(err)
		}
	}
	must("clone", "-q", "--depth", "1", "--filter=blob:none", remote, "part")
	if out := must("-C", "reader", "fsck", "--full", "--strict"); strings.Contains(out, "error") || strings.Contains(out, "missing") {
		t.Errorf("fsck: %s", out)
	}
}
