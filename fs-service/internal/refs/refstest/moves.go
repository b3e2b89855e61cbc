package refstest

import (
	"fmt"
	"reflect"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// A ref is made, moved and deleted; each is seen at once by who did it, and by
// the other after a barrier.
func testMove(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	made := apply(t, p.A, repo, refs.Move{Name: main, New: Digest(1)})
	sameRef(t, p, repo.Key, main, Digest(1), made)
	moved := apply(t, p.B, repo, refs.Move{Name: main, Expect: made, New: Digest(2)})
	sameRef(t, p, repo.Key, main, Digest(2), moved)
	apply(t, p.A, repo, refs.Move{Name: main, Expect: moved})
	sameRef(t, p, repo.Key, main, content.Digest{}, 0)
	again := apply(t, p.B, repo, refs.Move{Name: main, New: Digest(3)})
	sameRef(t, p, repo.Key, main, Digest(3), again)
	if made >= moved || moved >= again {
		t.Fatalf("revisions %d, %d, %d do not grow", made, moved, again)
	}
}

func testRefused(t *testing.T, p Pair) {
	repo, main, free := NewRepo(t, p.A), Branch(t, "main"), Branch(t, "free")
	old := apply(t, p.A, repo, refs.Move{Name: main, New: Digest(1)})
	at := apply(t, p.A, repo, refs.Move{Name: main, Expect: old, New: Digest(2)})
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	good := refs.Move{Name: main, Expect: at, New: Digest(3)}
	tests := []struct {
		name string
		bend func(*refs.Txn)
		want fault.Kind
	}{
		{"expected absent", func(x *refs.Txn) { x.Moves[0].Expect = 0 }, fault.Stale},
		{"expected older", func(x *refs.Txn) { x.Moves[0].Expect = old }, fault.Stale},
		{"expected though absent", func(x *refs.Txn) { x.Moves[0].Name = free }, fault.Stale},
		{"deleted at an older revision", func(x *refs.Txn) { x.Moves[0].Expect, x.Moves[0].New = old, content.Digest{} }, fault.Stale},
		{"an old epoch", func(x *refs.Txn) { x.Epoch-- }, fault.Misplaced},
		{"an epoch to come", func(x *refs.Txn) { x.Epoch++ }, fault.Misplaced},
		{"no epoch", func(x *refs.Txn) { x.Epoch = 0 }, fault.Invalid},
		{"a repository that never was", func(x *refs.Txn) { x.Repo = refs.NewKey() }, fault.Gone},
		{"no repository", func(x *refs.Txn) { x.Repo = refs.Key{} }, fault.Invalid},
		{"no move", func(x *refs.Txn) { x.Moves = nil }, fault.Invalid},
		{"a ref twice", func(x *refs.Txn) { x.Moves = append(x.Moves, x.Moves[0]) }, fault.Invalid},
		{"no ref", func(x *refs.Txn) { x.Moves[0].Name = content.RefName{} }, fault.Invalid},
		{"a deletion of nothing", func(x *refs.Txn) { x.Moves[0].Expect, x.Moves[0].New = 0, content.Digest{} }, fault.Invalid},
		{"too many requests", func(x *refs.Txn) { x.Moves[0].Done = make([]refs.Done, refs.MaxDone+1) }, fault.TooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range []refs.Refs{p.A, p.B} {
				x := Txn(t, r, repo, good)
				tt.bend(&x)
				_, err := r.Apply(Context(t), x)
				wantKind(t, err, tt.want)
			}
			sameRef(t, p, repo.Key, main, Digest(2), at)
			sameRef(t, p, repo.Key, free, content.Digest{}, 0)
		})
	}
	apply(t, p.B, repo, good)
}

// After a Stale, the view of who got it shows why.
func staleShowsWhy(t *testing.T, r refs.Refs, k refs.Key, name content.RefName, want content.Digest) {
	t.Helper()
	if got, _ := r.Ref(k, name); got.Target != want {
		t.Fatalf("after Stale the view shows %v, want %v", got.Target, want)
	}
}

func testAtomic(t *testing.T, p Pair) {
	repo := NewRepo(t, p.A)
	a, b := Branch(t, "a"), Branch(t, "b")
	at := apply(t, p.A, repo, refs.Move{Name: a, New: Digest(1)}, refs.Move{Name: b, New: Digest(2)})
	sameRef(t, p, repo.Key, a, Digest(1), at)
	sameRef(t, p, repo.Key, b, Digest(2), at)
	moved := apply(t, p.B, repo, refs.Move{Name: b, Expect: at, New: Digest(3)})

	_, err := p.A.Apply(Context(t), Txn(t, p.A, repo,
		refs.Move{Name: a, Expect: at, New: Digest(4)}, refs.Move{Name: b, Expect: at, New: Digest(5)}))
	wantKind(t, err, fault.Stale)
	staleShowsWhy(t, p.A, repo.Key, b, Digest(3))
	sameRef(t, p, repo.Key, a, Digest(1), at)
	sameRef(t, p, repo.Key, b, Digest(3), moved)

	end := apply(t, p.A, repo, refs.Move{Name: a, Expect: at}, refs.Move{Name: b, Expect: moved, New: Digest(6)})
	sameRef(t, p, repo.Key, a, content.Digest{}, 0)
	sameRef(t, p, repo.Key, b, Digest(6), end)
}

// A record remembers the last MaxDone requests, the newest last.
func testDone(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	var all []refs.Done
	at := int64(0)
	for i := range 25 {
		done := []refs.Done{newDone(2 * i), newDone(2*i + 1)} // two chained commits
		at = apply(t, []refs.Refs{p.A, p.B}[i%2], repo, refs.Move{Name: main, Expect: at, New: done[1].Commit, Done: done})
		all = append(all, done...)
		r, _ := look(t, p.B, repo.Key, main)
		if want := all[max(0, len(all)-refs.MaxDone):]; !reflect.DeepEqual(r.Done, want) {
			t.Fatalf("after %d requests it remembers %d that differ from the last %d", len(all), len(r.Done), len(want))
		}
	}
}

// The requests of a deleted ref are known after it, and to one of its name.
func testDoneOfDeleted(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	made, deleted, remade := newDone(1), refs.Done{Request: content.NewRequestID()}, newDone(2)
	at := apply(t, p.A, repo, refs.Move{Name: main, New: Digest(1), Done: []refs.Done{made}})
	apply(t, p.B, repo, refs.Move{Name: main, Expect: at, Done: []refs.Done{deleted}})
	r, ok := look(t, p.A, repo.Key, main)
	if want := []refs.Done{made, deleted}; ok || r.Revision != 0 || !reflect.DeepEqual(r.Done, want) {
		t.Fatalf("deleted: %+v, want %+v", r, want)
	}
	apply(t, p.A, repo, refs.Move{Name: main, New: Digest(2), Done: []refs.Done{remade}})
	r, ok = look(t, p.B, repo.Key, main)
	if want := []refs.Done{made, deleted, remade}; !ok || !reflect.DeepEqual(r.Done, want) {
		t.Fatalf("made again: %+v, want %+v", r, want)
	}
}

// A transaction that was done is known by its request, and is not done again:
// creating, moving and deleting alike.
func testRepeat(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	at := int64(0)
	for _, target := range []content.Digest{Digest(1), Digest(2), {}, Digest(3)} {
		x := Txn(t, p.A, repo, refs.Move{Name: main, Expect: at, New: target,
			Done: []refs.Done{{Request: content.NewRequestID(), Commit: target}}})
		first, err := p.A.Apply(Context(t), x)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.B.Barrier(Context(t)); err != nil {
			t.Fatal(err)
		}
		again, err := p.B.Apply(Context(t), x)
		if err != nil || again != first {
			t.Fatalf("to %v: first at %d, again at %d, %v", target, first, again, err)
		}
		if at = first; target.IsZero() {
			at = 0
		}
		sameRef(t, p, repo.Key, main, target, at)
	}
}

func testLargest(t *testing.T, p Pair) {
	repo := NewRepo(t, p.A)
	moves := make([]refs.Move, refs.MaxMoves)
	for i := range moves {
		moves[i] = refs.Move{Name: Branch(t, fmt.Sprintf("%0200d", i)), New: Digest(i), Done: []refs.Done{newDone(i)}}
	}
	at := apply(t, p.A, repo, moves...)
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	got := p.B.List(repo.Key, "", "", refs.MaxMoves+1)
	if len(got) != len(moves) {
		t.Fatalf("%d refs, want %d", len(got), len(moves))
	}
	for i, n := range got {
		if n.Name != moves[i].Name || n.Target != moves[i].New || n.Revision != at {
			t.Fatalf("ref %d is %+v, want %+v at %d", i, n, moves[i], at)
		}
	}
	_, err := p.A.Apply(Context(t), Txn(t, p.A, repo, append(moves, refs.Move{Name: Branch(t, "more"), New: Digest(1)})...))
	wantKind(t, err, fault.TooLarge)
}

func newDone(n int) refs.Done { return refs.Done{Request: content.NewRequestID(), Commit: Digest(n)} }

// sameRef wants both to see a ref at target and revision; 0: absent.
func sameRef(t *testing.T, p Pair, k refs.Key, name content.RefName, target content.Digest, revision int64) {
	t.Helper()
	for who, r := range map[string]refs.Refs{"a": p.A, "b": p.B} {
		got, ok := look(t, r, k, name)
		if got.Target != target || got.Revision != revision || ok != (revision > 0) {
			t.Fatalf("%s: %v is %v at %d (%v), want %v at %d", who, name, got.Target, got.Revision, ok, target, revision)
		}
	}
}
