package refstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
)

func testList(t *testing.T, p Pair) {
	repo, other := NewRepo(t, p.A), NewRepo(t, p.A)
	apply(t, p.A, other, refs.Move{Name: Branch(t, "not-ours"), New: Digest(1)})
	tag, err := content.Tag("b")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []content.RefName{Branch(t, "b/2"), Branch(t, "c"), tag, Branch(t, "a"), Branch(t, "b"), Branch(t, "b/1")} {
		apply(t, p.A, repo, refs.Move{Name: name, New: Digest(i)})
	}
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		prefix, after string
		limit         int
		want          string
	}{
		{"", "", 10, "a b b/1 b/2 c refs/tags/b"},
		{"refs/heads/", "", 10, "a b b/1 b/2 c"},
		{"refs/heads/b", "", 10, "b b/1 b/2"},
		{"refs/heads/b/", "", 10, "b/1 b/2"},
		{"refs/heads/", "refs/heads/b", 10, "b/1 b/2 c"},
		{"refs/heads/", "refs/heads/aa", 2, "b b/1"}, // after what does not exist
		{"refs/heads/b/", "refs/heads/a", 10, "b/1 b/2"},
		{"refs/heads/b", "refs/heads/c", 10, ""},
		{"refs/nothing/", "", 10, ""},
		{"", "", 0, ""},
	}
	for _, tt := range tests {
		var got []string
		for _, n := range p.B.List(repo.Key, tt.prefix, tt.after, tt.limit) {
			got = append(got, strings.TrimPrefix(n.Name.String(), "refs/heads/"))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q after %q, at most %d: %v, want %s", tt.prefix, tt.after, tt.limit, got, tt.want)
		}
	}
	seen := 0
	p.B.Each(func(k refs.Key, name content.RefName, r refs.Record) {
		if k == repo.Key {
			if got, _ := p.B.Ref(k, name); got.Target != r.Target {
				t.Errorf("%v is %v, Each says %v", name, got.Target, r.Target)
			}
			seen++
		}
	})
	if seen != 6 {
		t.Errorf("Each showed %d refs, want 6", seen)
	}
}

// What was acknowledged to one before a barrier is seen by the other after it.
func testBarrier(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	at := int64(0)
	for i := range 200 {
		writer, reader := p.A, p.B
		if i%3 == 0 {
			writer, reader = p.B, p.A
		}
		at = apply(t, writer, repo, refs.Move{Name: main, Expect: at, New: Digest(i)})
		if r, _ := look(t, reader, repo.Key, main); r.Target != Digest(i) || r.Revision != at {
			t.Fatalf("write %d at %d; after the barrier it is %v at %d", i, at, r.Target, r.Revision)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if p.B.Barrier(ended) == nil {
		t.Fatal("a barrier for nobody succeeded")
	}
}

// A follower is told that it knows nothing, and from then on everything, in order.
func testWatch(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	changes := watch(t, p.B, repo.Key, 0)
	if c := <-changes; !c.Missed {
		t.Fatalf("the first is %+v", c)
	}
	at := int64(0)
	var want []int64
	for i := range 50 {
		at = apply(t, p.A, repo, refs.Move{Name: main, Expect: at, New: Digest(i)})
		want = append(want, at)
	}
	apply(t, p.A, repo, refs.Move{Name: main, Expect: at})
	want = append(want, 0)
	for i, revision := range want {
		if c := <-changes; c.Missed || c.Name != main || c.Record.Revision != revision {
			t.Fatalf("change %d is %+v, want revision %d", i, c, revision)
		}
	}
}

// Who does not listen blocks nobody, and learns that there was more.
func testSlowFollower(t *testing.T, p Pair) {
	repo := NewRepo(t, p.A)
	changes := watch(t, p.B, repo.Key, 0)
	<-changes // and then does not listen for a while
	for range 3 {
		moves := make([]refs.Move, 1000)
		for i := range moves {
			moves[i] = refs.Move{Name: Branch(t, fmt.Sprintf("%d-%d", i, rand.Int64())), New: Digest(i)}
		}
		apply(t, p.A, repo, moves...)
	}
	last := Branch(t, "last")
	apply(t, p.A, repo, refs.Move{Name: last, New: Digest(1)})
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	missed := false
	for c := range changes {
		if missed = missed || c.Missed; c.Name == last {
			break
		}
	}
	if !missed {
		t.Fatal("3,000 changes behind and nothing missed")
	}
}

// watch follows one repository's changes until the test ends.
func watch(t *testing.T, r refs.Refs, k refs.Key, buffer int) <-chan refs.Change {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	changes, done := make(chan refs.Change, buffer), make(chan struct{})
	go func() {
		defer close(done)
		defer close(changes)
		_ = r.Watch(ctx, func(c refs.Change) { // ends with ctx
			if !c.Missed && c.Repo != k {
				return
			}
			select {
			case changes <- c:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return changes
}
