package merge_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
)

// run runs the second opinion and returns what it says.
func run(t testing.TB, dir string, stdin []byte, name string, args ...string) string {
	t.Helper()
	out, err := try(t, dir, stdin, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try is run where the program may well fail.
func try(t testing.TB, dir string, stdin []byte, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: there is no git program to compare with")
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		t.Logf("%s", stderr.Bytes())
	}
	return string(out), err
}

// repository makes a bare repository of what a fast-import stream says.
func repository(t testing.TB, stream []byte) (repo *gitfmt.Repository, dir string) {
	t.Helper()
	dir = t.TempDir()
	run(t, dir, nil, "git", "init", "-q", "--bare", "-b", "main")
	run(t, dir, stream, "git", "fast-import", "--quiet", "--force")
	return open(t, dir), dir
}

func open(t testing.TB, dir string) *gitfmt.Repository {
	t.Helper()
	repo, err := gitfmt.OpenRepository(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

// corpus returns the folder of the real book, which is not part of the project.
func corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RHAPSODE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "history.bundle")); err != nil {
		t.Skip("left out: the corpus is not here (RHAPSODE_CORPUS)")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func digest(t testing.TB, s string) content.Digest {
	t.Helper()
	d, err := content.ParseDigest(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func path(t testing.TB, s string) content.Path {
	t.Helper()
	p, err := content.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
