package booktest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// Corpus returns the folder of the real book; without it the test is left out.
func Corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RHAPSODE_CORPUS")
	if dir == "" {
		dir = beside(t)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "history.bundle")); err != nil {
		t.Skip("left out: the corpus is not here (RHAPSODE_CORPUS)")
	}
	return dir
}

// beside returns where the corpus lies if it lies beside the checkout.
func beside(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			return filepath.Join(dir, "..", "shared", "corpus")
		}
		dir = filepath.Dir(dir)
	}
}

// History is a clone of the real book's history, read by git.
type History struct {
	dir string

	mu  sync.Mutex // guards the conversation with git cat-file
	in  io.Writer
	out *bufio.Reader
}

// NewHistory clones the corpus's history for the time of a test.
func NewHistory(t testing.TB) *History {
	t.Helper()
	corpus := Corpus(t)
	h := &History{dir: filepath.Join(t.TempDir(), "book.git")}
	if out, err := exec.Command("git", "clone", "-q", "--mirror", filepath.Join(corpus, "history.bundle"), h.dir).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v: %s", err, out)
	}
	cmd := exec.Command("git", "-C", h.dir, "cat-file", "--batch")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("git cat-file: %v", err)
		}
	})
	h.in, h.out = in, bufio.NewReader(out)
	return h
}

// Git returns what git says of the clone.
func (h *History) Git(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", append([]string{"-C", h.dir}, args...)...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return string(out)
}

// Blob returns an object's bytes.
func (h *History) Blob(id string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := fmt.Fprintln(h.in, id); err != nil {
		return nil, err
	}
	head, err := h.out.ReadString('\n')
	if err != nil {
		return nil, err
	}
	words := strings.Fields(head)
	if len(words) != 3 {
		return nil, fault.Newf(fault.NotFound, "read", "git says %q", head)
	}
	size, err := strconv.Atoi(words[2])
	if err != nil {
		return nil, err
	}
	data := make([]byte, size+1) // and a line end
	if _, err := io.ReadFull(h.out, data); err != nil {
		return nil, err
	}
	return data[:size], nil
}

// At returns the state of the book at a revision.
func (h *History) At(t testing.TB, revision string) book.Source {
	t.Helper()
	s := &state{history: h}
	for row := range strings.SplitSeq(strings.TrimSuffix(h.Git(t, "ls-tree", "-r", "-l", "-z", revision), "\x00"), "\x00") {
		meta, path, _ := strings.Cut(row, "\t")
		words := strings.Fields(meta) // mode, type, digest, size
		digest, err := content.ParseDigest(words[2])
		if err != nil {
			t.Fatal(err)
		}
		size, err := strconv.ParseInt(words[3], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, book.File{Path: Path(t, path), Digest: digest, Size: size})
	}
	slices.SortFunc(s.files, byPath)
	return s
}

type state struct {
	history *History
	files   []book.File
}

var _ book.Source = (*state)(nil)

func (s *state) Files(context.Context) ([]book.File, error) { return s.files, nil }

func (s *state) Open(_ context.Context, f book.File) (io.ReadCloser, error) {
	data, err := s.history.Blob(f.Digest.String())
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
