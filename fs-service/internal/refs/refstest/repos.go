package refstest

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Whoever of several is first places all shards; the others change nothing.
func testPlacements(t *testing.T, p Pair) {
	if _, ok := p.A.Placement(0); ok {
		t.Fatal("a shard is placed already")
	}
	if err := p.A.Register(Context(t), refs.Node{Name: "one"}); err != nil { // so that there is an epoch before the first
		t.Fatal(err)
	}
	var placing sync.WaitGroup
	names := []string{"one", "two", "three", "four"}
	for i, r := range []refs.Refs{p.A, p.B, p.A, p.B} {
		placing.Go(func() {
			if err := r.EnsurePlacements(Context(t), names[i:], 3); err != nil {
				t.Error(err)
			}
		})
	}
	placing.Wait()
	first, _ := p.A.Placement(0)
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	for s := range content.Shards {
		a, _ := p.A.Placement(content.Shard(s))
		b, ok := p.B.Placement(content.Shard(s))
		if !ok || !reflect.DeepEqual(a, b) || int(a.Shard) != s {
			t.Fatalf("shard %d: %+v, the other says %+v", s, a, b)
		}
		if len(a.Replicas) == 0 || a.Revision != first.Revision {
			t.Fatalf("shard %d was placed at %d on %v, the first at %d", s, a.Revision, a.Replicas, first.Revision)
		}
	}
	wantKind(t, p.A.EnsurePlacements(Context(t), nil, 3), fault.Invalid)
	wantKind(t, p.A.EnsurePlacements(Context(t), names, 0), fault.Invalid)
}

func testNodes(t *testing.T, p Pair) {
	for _, n := range []refs.Node{
		{Name: "nodes-b", Addr: "127.0.0.1:1"},
		{Name: "nodes-a", Addr: "127.0.0.1:2", Zone: "east", Weight: 2},
		{Name: "nodes-b", Addr: "127.0.0.1:3"}, // moved
		{Name: "nodes-b", Addr: "127.0.0.1:3"}, // says so again
	} {
		if err := p.A.Register(Context(t), n); err != nil {
			t.Fatal(err)
		}
		if got, ok := p.A.Node(n.Name); !ok || got != n {
			t.Fatalf("registered %+v, found %+v", n, got)
		}
	}
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	want := []refs.Node{
		{Name: "nodes-a", Addr: "127.0.0.1:2", Zone: "east", Weight: 2},
		{Name: "nodes-b", Addr: "127.0.0.1:3"},
		{Name: "one"},
	}
	if got := p.B.Nodes(); !reflect.DeepEqual(got, want) {
		t.Fatalf("nodes %+v, want %+v", got, want)
	}
	if _, ok := p.B.Node("nodes-c"); ok {
		t.Fatal("a node that never registered")
	}
	wantKind(t, p.A.Register(Context(t), refs.Node{Addr: "127.0.0.1:1"}), fault.Invalid)
}

// The record of a repository is a register with compare-and-swap.
func testRepos(t *testing.T, p Pair) {
	draft := draftRepo(t, refs.NewKey().String())
	if _, ok := p.A.Repo(draft.ID); ok {
		t.Fatal("it is there already")
	}
	made, err := p.A.PutRepo(Context(t), draft, 0)
	if err != nil {
		t.Fatal(err)
	}
	sameRepo(t, p, made)

	_, err = p.B.PutRepo(Context(t), draftRepo(t, draft.ID.String()), 0)
	wantKind(t, err, fault.Stale)

	changed := made
	changed.Description, changed.Request = "another book", content.NewRequestID()
	if changed, err = p.B.PutRepo(Context(t), changed, made.Revision); err != nil {
		t.Fatal(err)
	}
	if changed.Revision <= made.Revision {
		t.Fatalf("revision %d after %d", changed.Revision, made.Revision)
	}
	sameRepo(t, p, changed)

	late := made
	late.Description, late.Request = "too late", content.NewRequestID()
	_, err = p.A.PutRepo(Context(t), late, made.Revision)
	wantKind(t, err, fault.Stale)
	sameRepo(t, p, changed)

	for name, bad := range map[string]func(*refs.Repo){
		"no name":    func(r *refs.Repo) { r.ID = content.RepoID{} },
		"no key":     func(r *refs.Repo) { r.Key = refs.Key{} },
		"no pool":    func(r *refs.Repo) { r.Pool = content.Pool{} },
		"no default": func(r *refs.Repo) { r.Default = content.RefName{} },
	} {
		r := draftRepo(t, refs.NewKey().String())
		bad(&r)
		if _, err := p.A.PutRepo(Context(t), r, 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A derived repository has its first ref and its parent's pool from the beginning, and both are marked.
func testDerive(t *testing.T, p Pair) {
	parent := NewRepo(t, p.A)
	at, _ := p.A.Placement(parent.Pool.Shard())
	draft := draftRepo(t, refs.NewKey().String())
	draft.Origin = refs.Origin{Rev: "main", Commit: Digest(1), Title: "A Book"}
	derivation := refs.Derivation{
		Repo: draft, From: parent, Epoch: at.Revision,
		Grounds: []refs.Ground{refs.GroundOf(parent.Key, content.ConfigRef, refs.Record{})},
	}
	for name, spoil := range map[string]func(*refs.Derivation){
		"another epoch":  func(d *refs.Derivation) { d.Epoch++ },
		"another parent": func(d *refs.Derivation) { d.From.Revision-- },
		"another record": func(d *refs.Derivation) { d.Expect = at.Revision },
		"grounds that are gone": func(d *refs.Derivation) {
			d.Grounds = []refs.Ground{refs.GroundOf(parent.Key, parent.Default, refs.Record{Revision: 1})}
		},
	} {
		d := derivation
		spoil(&d)
		if _, err := p.A.Derive(Context(t), d); !fault.Is(err, fault.Stale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, there := p.A.Repo(draft.ID); there {
		t.Fatal("something of what was refused is there")
	}
	made, err := p.A.Derive(Context(t), derivation)
	if err != nil {
		t.Fatal(err)
	}
	if made.Pool != parent.Pool || !made.Shared || made.Origin.Repo != parent.Key {
		t.Errorf("derived: %+v", made)
	}
	sameRepo(t, p, made)
	if r, there := p.B.Ref(made.Key, made.Default); !there || r.Target != Digest(1) {
		t.Errorf("it begins at %+v", r)
	}
	marked, _ := p.B.Repo(parent.ID)
	if !marked.Shared {
		t.Errorf("the parent is not marked: %+v", marked)
	}
	derivation.Repo, derivation.From = draftRepo(t, refs.NewKey().String()), marked
	derivation.Repo.Origin = draft.Origin
	if _, err := p.B.Derive(Context(t), derivation); err != nil {
		t.Fatal(err)
	}
	if again, _ := p.B.Repo(parent.ID); again.Revision != marked.Revision {
		t.Error("a parent that is marked was marked again")
	}
}

func testReposListed(t *testing.T, p Pair) {
	prefix := refs.NewKey().String()
	for _, name := range []string{"c", "a", "b"} {
		if _, err := p.A.PutRepo(Context(t), draftRepo(t, prefix+name), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	after := prefix
	for _, name := range []string{"a", "b", "c"} {
		got := p.B.Repos(after, 1)
		if len(got) != 1 || got[0].ID.String() != prefix+name {
			t.Fatalf("after %s: %v", after, got)
		}
		after = got[0].ID.String()
	}
	if got := p.B.Repos("~", 10); len(got) != 0 {
		t.Fatalf("after the last: %v", got)
	}
	if got := p.B.Repos("", 0); len(got) != 0 {
		t.Fatalf("none asked for: %v", got)
	}
}

// The repeat of a request gets what the first got, though the record is no
// longer at the expected revision.
func testRepoRepeat(t *testing.T, p Pair) {
	draft := draftRepo(t, refs.NewKey().String())
	draft.Request = content.NewRequestID()
	first, err := p.A.PutRepo(Context(t), draft, 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.B.PutRepo(Context(t), draft, 0)
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Fatalf("%+v and %v, first %+v", again, err, first)
	}
}

// A deleted repository takes no moves; a new one of its name is another.
func testDeletedRepo(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	at := apply(t, p.A, repo, refs.Move{Name: main, New: Digest(1)})
	move := Txn(t, p.A, repo, refs.Move{Name: main, Expect: at, New: Digest(2)})

	deleted := repo
	deleted.Deleted, deleted.Request = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), content.NewRequestID()
	deleted, err := p.B.PutRepo(Context(t), deleted, repo.Revision)
	if err != nil {
		t.Fatal(err)
	}
	sameRepo(t, p, deleted)
	_, err = p.A.Apply(Context(t), move)
	wantKind(t, err, fault.Gone)
	if r, ok := look(t, p.B, repo.Key, main); !ok || r.Target != Digest(1) {
		t.Fatalf("its ref is %+v, want it kept", r)
	}

	reborn := draftRepo(t, repo.ID.String())
	reborn.Former = []refs.Key{repo.Key}
	if reborn, err = p.A.PutRepo(Context(t), reborn, deleted.Revision); err != nil {
		t.Fatal(err)
	}
	sameRepo(t, p, reborn)
	if _, ok := p.A.RepoOf(repo.Key); ok {
		t.Fatal("the old key still names a repository")
	}
	_, err = p.B.Apply(Context(t), move)
	wantKind(t, err, fault.Gone)
	apply(t, p.A, reborn, refs.Move{Name: main, New: Digest(3)})
}

// A renamed repository is the same one: its key leads to the new name, and its refs move on.
// The former name keeps a record until it is taken again, which changes nothing for it.
func testRenamedRepo(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	at := apply(t, p.A, repo, refs.Move{Name: main, New: Digest(1)})
	left, now := repo, draftRepo(t, refs.NewKey().String())
	left.Renamed = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	now.Key, now.Pool, now.Request = repo.Key, repo.Pool, content.NewRequestID()

	taken, err := p.A.PutRepo(Context(t), draftRepo(t, refs.NewKey().String()), 0)
	if err != nil {
		t.Fatal(err)
	}
	over := now
	over.ID = taken.ID
	_, err = p.A.RenameRepo(Context(t), left, over)
	wantKind(t, err, fault.Stale)
	old := left
	old.Revision--
	_, err = p.A.RenameRepo(Context(t), old, now)
	wantKind(t, err, fault.Stale)
	_, err = p.A.RenameRepo(Context(t), repo, now) // it would stay at both names
	wantKind(t, err, fault.Invalid)
	sameRepo(t, p, repo)

	first, err := p.A.RenameRepo(Context(t), left, now)
	if err != nil {
		t.Fatal(err)
	}
	sameRepo(t, p, first)
	again, err := p.B.RenameRepo(Context(t), left, now)
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Fatalf("the repeat: %+v and %v, first %+v", again, err, first)
	}
	given, ok := p.B.Repo(repo.ID)
	if !ok || given.Key != repo.Key || given.Renamed.IsZero() {
		t.Fatalf("at the former name: %+v", given)
	}
	at = apply(t, p.B, first, refs.Move{Name: main, Expect: at, New: Digest(2)})

	another, err := p.B.PutRepo(Context(t), draftRepo(t, repo.ID.String()), given.Revision)
	if err != nil {
		t.Fatal(err)
	}
	sameRepo(t, p, another)
	sameRepo(t, p, first)
	apply(t, p.A, first, refs.Move{Name: main, Expect: at, New: Digest(3)})
}

// sameRepo wants both to find want by name and by key.
func sameRepo(t *testing.T, p Pair, want refs.Repo) {
	t.Helper()
	for name, r := range map[string]refs.Refs{"a": p.A, "b": p.B} {
		if err := r.Barrier(Context(t)); err != nil {
			t.Fatal(err)
		}
		byName, _ := r.Repo(want.ID)
		byKey, _ := r.RepoOf(want.Key)
		if !reflect.DeepEqual(byName, want) || !reflect.DeepEqual(byKey, want) {
			t.Fatalf("%s: by name %+v\nby key %+v\nwant %+v", name, byName, byKey, want)
		}
	}
}
