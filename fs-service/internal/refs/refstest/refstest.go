// Package refstest holds every implementation of refs.Refs to its contract.
package refstest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Patience is how long a test waits for what should happen soon.
const Patience = 30 * time.Second

// Pair is two ways to the same truth: two nodes, or one node twice.
type Pair struct{ A, B refs.Refs }

// Run runs the suite. Each test asks for a Pair; they may share one truth, as
// every test makes repositories of its own. Only fresh has never been used.
func Run(t *testing.T, fresh func(*testing.T) Pair) {
	p := fresh(t)
	t.Run("placements", func(t *testing.T) { testPlacements(t, p) }) // first: there are none yet
	tests := []struct {
		name string
		test func(*testing.T, Pair)
	}{
		{"nodes", testNodes},
		{"repositories", testRepos},
		{"repositories are listed", testReposListed},
		{"a repository is derived, all or nothing", testDerive},
		{"a repeated repository request", testRepoRepeat},
		{"a move", testMove},
		{"a move refused", testRefused},
		{"a deleted repository", testDeletedRepo},
		{"a renamed repository", testRenamedRepo},
		{"all or nothing", testAtomic},
		{"requests are remembered", testDone},
		{"requests outlive their ref", testDoneOfDeleted},
		{"a repeated transaction", testRepeat},
		{"refs are listed", testList},
		{"an errand has one owner at a time", testErrand},
		{"an errand whose owner died is begun again", testErrandOfTheDead},
		{"the largest transaction", testLargest},
		{"barrier", testBarrier},
		{"watch", testWatch},
		{"a slow follower", testSlowFollower},
		{"concurrent moves", testConcurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, p) })
	}
}

// Context ends with the test, or when it takes too long.
func Context(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	t.Cleanup(cancel)
	return ctx
}

// NewRepo makes a repository with a name of its own, on placed shards.
func NewRepo(t testing.TB, r refs.Refs) refs.Repo {
	t.Helper()
	ctx := Context(t)
	if err := r.EnsurePlacements(ctx, []string{"one", "two", "three"}, 3); err != nil {
		t.Fatal(err)
	}
	repo, err := r.PutRepo(ctx, draftRepo(t, refs.NewKey().String()), 0)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func draftRepo(t testing.TB, name string) refs.Repo {
	t.Helper()
	id, err := content.ParseRepoID(name)
	if err != nil {
		t.Fatal(err)
	}
	return refs.Repo{
		Key: refs.NewKey(), ID: id, Pool: content.NewPool(), Default: Branch(t, "main"),
		Description: "a book", Created: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
	}
}

// Branch is the ref of a branch.
func Branch(t testing.TB, name string) content.RefName {
	t.Helper()
	ref, err := content.Branch(name)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// Digest is the n-th of many that differ.
func Digest(n int) content.Digest {
	return content.NewObject(content.KindBlob, fmt.Append(nil, n)).Digest
}

// Txn moves refs of repo, in the epoch that r knows.
func Txn(t testing.TB, r refs.Refs, repo refs.Repo, moves ...refs.Move) refs.Txn {
	t.Helper()
	p, ok := r.Placement(repo.Pool.Shard())
	if !ok {
		t.Fatalf("shard %d is not placed", repo.Pool.Shard())
	}
	return refs.Txn{Repo: repo.Key, Shard: p.Shard, Epoch: p.Revision, Moves: moves}
}

// apply must succeed.
func apply(t testing.TB, r refs.Refs, repo refs.Repo, moves ...refs.Move) int64 {
	t.Helper()
	revision, err := r.Apply(Context(t), Txn(t, r, repo, moves...))
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// look returns a ref as it is now, by way of r.
func look(t testing.TB, r refs.Refs, k refs.Key, name content.RefName) (refs.Record, bool) {
	t.Helper()
	if err := r.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	return r.Ref(k, name)
}

func wantKind(t testing.TB, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Fatalf("error %v, want %v", err, k)
	}
}
