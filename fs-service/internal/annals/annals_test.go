package annals_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/internal/annals"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf is a Source of what was put into it, and counts what is taken out.
type shelf struct {
	objects map[content.Digest]content.Object
	reads   atomic.Int64
}

func (s *shelf) Object(_ context.Context, d content.Digest) (content.Object, error) {
	s.reads.Add(1)
	o, ok := s.objects[d]
	if !ok {
		return o, fault.Newf(fault.NotFound, "read", "%v", d)
	}
	return o, nil
}

// write makes n commits, each of a document of its own and every tenth of "often" too.
func write(t *testing.T, n int) (s *shelf, tips []content.Digest) {
	t.Helper()
	s = &shelf{objects: map[content.Digest]content.Object{}}
	var root content.Digest
	trees := gitfmt.NewTrees(1 << 20)
	for i := range n {
		names := []string{fmt.Sprintf("part%d/doc%d", i%7, i)}
		if i%10 == 0 {
			names = append(names, "often")
		}
		var edits []gitfmt.Edit
		for _, name := range names {
			at, err := content.ParsePath(name)
			if err != nil {
				t.Fatal(err)
			}
			o := content.NewObject(content.KindBlob, fmt.Append(nil, i))
			edits = append(edits, gitfmt.Edit{Path: at, Mode: content.ModeRegular, Digest: o.Digest})
		}
		next, made, err := trees.Edit(t.Context(), s, root, edits)
		if err != nil {
			t.Fatal(err)
		}
		who := content.Signature{Name: "A", When: time.Unix(int64(i), 0).UTC()}
		c := content.Commit{Tree: next, Author: who, Committer: who}
		if i > 0 {
			c.Parents = tips[i-1:]
		}
		for _, o := range append(made, gitfmt.EncodeCommit(c)) {
			s.objects[o.Digest] = o
		}
		root, tips = next, append(tips, gitfmt.EncodeCommit(c).Digest)
	}
	return s, tips
}

func open(t *testing.T, dir string, s *shelf, bytes int64) *annals.Annals {
	t.Helper()
	graph := gitfmt.NewGraph(gitfmt.NewTrees(0), gitfmt.Limits{CacheBytes: 1})
	a, err := annals.New(annals.Options{
		Dir: dir, Graph: graph, Source: func(content.Pool) gitfmt.Source { return s }, Bytes: bytes,
		Closed: func(context.Context, content.Pool, content.Digest) (bool, error) { return true, nil },
		Clock:  time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// judge asks when "often" changed last before each of some tips, and returns what that took.
func judge(t *testing.T, past *gitfmt.Past, s *shelf, tips []content.Digest) (reads int64) {
	t.Helper()
	before := s.reads.Load()
	often, _ := content.ParsePath("often")
	for i := len(tips) - 1; i >= 0; i -= 13 {
		commit, _, ok, err := past.LastChange(t.Context(), tips[i], often)
		if want := tips[i/10*10]; err != nil || !ok || commit != want {
			t.Fatalf("at %d it is %v, not %v: %v, %v", i, commit, want, ok, err)
		}
	}
	return s.reads.Load() - before
}

func TestWhatWasLearnedIsKept(t *testing.T) {
	dir := t.TempDir()
	s, tips := write(t, 400)
	first := open(t, dir, s, 0)
	if n := judge(t, first.Of(content.Pool{1}), s, tips); n < 400 {
		t.Errorf("to learn it took %d reads", n)
	}
	first.Close()
	second := open(t, dir, s, 0)
	if n := judge(t, second.Of(content.Pool{1}), s, tips); n != 0 {
		t.Errorf("after a restart it took %d reads", n)
	}
	if n := judge(t, second.Of(content.Pool{2}), s, tips); n < 400 {
		t.Errorf("another pool knew of it: %d reads", n)
	}
}

// Wherever the file was cut off, and whichever byte of it is another, the answers are
// right, and what is learned anew is kept.
func TestABrokenFileCountsUpToThere(t *testing.T) {
	dir := t.TempDir()
	s, tips := write(t, 60)
	first := open(t, dir, s, 0)
	judge(t, first.Of(content.Pool{1}), s, tips)
	first.Close()
	name, whole := file(t, dir)
	spoil := func(what string, text []byte) {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		a := open(t, dir, s, 0)
		if n := judge(t, a.Of(content.Pool{1}), s, tips); n == 0 {
			t.Errorf("%s: it was believed", what)
		}
		a.Close()
		a = open(t, dir, s, 0)
		if n := judge(t, a.Of(content.Pool{1}), s, tips); n != 0 {
			t.Errorf("%s: what was learned anew is not kept: %d reads", what, n)
		}
		a.Close()
	}
	for i := 0; i < len(whole); i += 11 {
		spoil(fmt.Sprintf("cut off at %d", i), whole[:i])
		other := bytes.Clone(whole)
		other[i] ^= 0x10
		spoil(fmt.Sprintf("byte %d", i), other)
	}
}

func file(t *testing.T, dir string) (name string, text []byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.annal"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%q, %v", names, err)
	}
	text, err = os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return names[0], text
}

// However little may be remembered, the answers stay right, and who holds a past that
// was forgotten does no harm to the file that another has opened meanwhile.
func TestForgettingDoesNoHarm(t *testing.T) {
	dir := t.TempDir()
	s, tips := write(t, 200)
	a := open(t, dir, s, 1)
	stale := a.Of(content.Pool{1})
	judge(t, stale, s, tips[:100])
	judge(t, a.Of(content.Pool{2}), s, tips)
	fresh := a.Of(content.Pool{1})
	if fresh == stale {
		t.Fatal("it was not forgotten")
	}
	judge(t, fresh, s, tips[:150])
	judge(t, stale, s, tips)
	a.Close()
	again := open(t, dir, s, 0).Of(content.Pool{1})
	if n := again.Len(); n != 150 {
		t.Errorf("%d commits are kept", n)
	}
	judge(t, again, s, tips)
}

func TestWhatIsUnusedForLongIsRemoved(t *testing.T) {
	dir := t.TempDir()
	s, tips := write(t, 20)
	a := open(t, dir, s, 0)
	judge(t, a.Of(content.Pool{1}), s, tips)
	a.Close()
	name, _ := file(t, dir)
	long := time.Now().Add(-40 * 24 * time.Hour)
	if err := os.Chtimes(name, long, long); err != nil {
		t.Fatal(err)
	}
	open(t, dir, s, 0)
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
}

// Refs that moved are learned without being asked for, once their targets are closed.
func TestMovesAreLearned(t *testing.T) {
	s, tips := write(t, 50)
	asked := make(chan content.Digest)
	closed := atomic.Bool{}
	a, err := annals.New(annals.Options{
		Dir: t.TempDir(), Graph: gitfmt.NewGraph(gitfmt.NewTrees(1<<20), gitfmt.Limits{}),
		Source: func(content.Pool) gitfmt.Source { return s },
		Closed: func(ctx context.Context, _ content.Pool, d content.Digest) (bool, error) {
			select {
			case asked <- d:
			case <-ctx.Done():
			}
			return closed.Load(), nil
		},
		Clock: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	a.Moved(content.Pool{1}, tips[49])
	<-asked
	if n := a.Of(content.Pool{1}).Len(); n != 0 {
		t.Errorf("%d commits were learned before they were here", n)
	}
	closed.Store(true)
	<-asked
	a.Moved(content.Pool{1}, tips[49])
	<-asked // it comes to this when it is through with the one before
	if n := a.Of(content.Pool{1}).Len(); n != 50 {
		t.Errorf("%d commits were learned", n)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	a.Close()
}
