package gitfmt_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// memory is a Source of what was put into it.
type memory map[content.Digest]content.Object

func (m memory) Object(_ context.Context, d content.Digest) (content.Object, error) {
	o, ok := m[d]
	if !ok {
		return content.Object{}, fault.Newf(fault.NotFound, "read", "%v", d)
	}
	return o, nil
}

func (m memory) add(objects ...content.Object) {
	for _, o := range objects {
		m[o.Digest] = o
	}
}

func newTrees() *gitfmt.Trees { return gitfmt.NewTrees(1 << 20) }

// git runs the second opinion.
func git(t *testing.T, dir string, stdin []byte, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to compare with")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.invalid", "GIT_AUTHOR_DATE=@1700000000 +0000",
		"GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.invalid", "GIT_COMMITTER_DATE=@1700000000 +0000")
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return string(out)
}

// repository makes a bare repository and opens what fill put into it.
func repository(t *testing.T, fill func(dir string)) *gitfmt.Repository {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare", "-b", "main")
	fill(dir)
	return open(t, dir)
}

func open(t *testing.T, dir string) *gitfmt.Repository {
	t.Helper()
	repo, err := gitfmt.OpenRepository(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { repo.Close() })
	return repo
}

// corpus returns the folder of the real book, which is not part of the project.
func corpus(t *testing.T) string {
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

func path(t testing.TB, s string) content.Path {
	t.Helper()
	p, err := content.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func digest(t testing.TB, s string) content.Digest {
	t.Helper()
	d, err := content.ParseDigest(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func digests(t testing.TB, lines string) []content.Digest {
	t.Helper()
	var ds []content.Digest
	for line := range strings.Lines(lines) {
		ds = append(ds, digest(t, line))
	}
	return ds
}

func wantKind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Errorf("error %v, want one of kind %v", err, want)
	}
}
