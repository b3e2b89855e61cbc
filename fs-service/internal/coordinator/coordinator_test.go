package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/bodies"
	"rhapsode/fs-service/internal/coordinator"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// desk is a coordinator over refs in memory and one replica, and a book on it.
type desk struct {
	*coordinator.Coordinator
	refs     refs.Refs
	replicas *replica.Replicas
	trees    *gitfmt.Trees
	graph    *gitfmt.Graph
	book     content.RepoID
	main     content.RefName
	ahead    time.Duration // of the clock
	end      func()
}

func (d *desk) now() time.Time { return time.Now().Add(d.ahead) }

// fataler is what testing.T and rapid.T share.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newDesk(t fataler) *desk {
	t.Helper()
	dir, err := os.MkdirTemp("", "coordinator")
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	store, err := objects.Open(objects.Options{Dir: filepath.Join(dir, "objects"), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	large, err := bodies.Open(filepath.Join(dir, "bodies"))
	if err != nil {
		t.Fatal(err)
	}
	disk, err := replica.NewDisk(store, large, filepath.Join(dir, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{refs: refs.NewMemory(), trees: gitfmt.NewTrees(1 << 20)}
	d.graph = gitfmt.NewGraph(d.trees, gitfmt.Limits{})
	place := func(pool content.Pool) (placement.Placement, bool) { return d.refs.Placement(pool.Shard()) }
	d.replicas = replica.NewReplicas("n1", disk, place, func(string) (replica.Peer, error) { return nil, errors.New("there is only n1") })
	d.Coordinator = coordinator.New(coordinator.Options{
		Gate: gate.New(gate.Options{
			Refs: d.refs, Pool: d.replicas.Pool, Trees: d.trees, Graph: d.graph, Clock: time.Now, Anonymous: access.Admin, Log: log,
		}),
		Refs: d.refs, Objects: d.replicas, Trees: d.trees, Graph: d.graph, Clock: d.now, Log: log,
		Past: func(pool content.Pool) *gitfmt.Past { return d.graph.NewPast(d.replicas.Pool(pool), nil) },
	})
	g := run.NewGroup(context.Background())
	g.Go("coordinator", d.Run)
	g.Go("replicas", d.replicas.Run)
	d.end = func() {
		g.Stop()
		if err := errors.Join(g.Wait(), store.Close(), os.RemoveAll(dir)); err != nil {
			t.Fatal(err)
		}
	}
	d.book, _ = content.ParseRepoID("book")
	d.main, _ = content.Branch("main")
	if err := d.refs.EnsurePlacements(context.Background(), []string{"n1"}, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.PutRepo(context.Background(), fsapi.RepoChange{ID: d.book}); err != nil {
		t.Fatal(err)
	}
	return d
}

// state is what a branch holds, read from its objects.
func (d *desk) state(t fataler, commit content.Digest) map[string]content.Digest {
	t.Helper()
	ctx := context.Background()
	repo, _ := d.refs.Repo(d.book)
	src := d.replicas.Pool(repo.Pool)
	if commit.IsZero() {
		r, ok := d.refs.Ref(repo.Key, d.main)
		if !ok {
			return map[string]content.Digest{}
		}
		commit = r.Target
	}
	c, err := d.graph.Commit(ctx, src, commit)
	if err != nil {
		t.Fatal(err)
	}
	held := map[string]content.Digest{}
	_, err = d.trees.Diff(ctx, src, content.Digest{}, c.Tree, 1<<20, func(f content.FileChange) error {
		held[f.Path.String()] = f.New.Digest
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return held
}

// model says what a change set does to a map of paths to digests: the rule in its plainest form.
func model(held map[string]content.Digest, cs content.ChangeSet) (map[string]content.Digest, fault.Kind, bool) {
	next := maps.Clone(held)
	for _, c := range cs.Changes {
		name := c.Path.String()
		now, there := held[name]
		var current *content.Digest
		if there {
			current = &now
		}
		already := there && !c.Delete && now == c.Body.Digest && c.Expect.Wants()
		switch {
		case c.Expect.Judge(name, current) != nil && !already:
			return held, fault.Stale, false
		case c.Delete && !there:
			return held, fault.NotFound, false
		case c.Delete:
			delete(next, name)
		default:
			next[name] = c.Body.Digest
		}
	}
	return next, 0, true
}

// names never conflict with each other as documents and directories.
var names = []string{"a", "b", "dir/a", "dir/b", "dir/deep/er/c"}

func drawChangeSet(t *rapid.T, d *desk) content.ChangeSet {
	cs := content.ChangeSet{Repo: d.book, Branch: d.main, Author: content.Signature{Name: "Ada"}, Request: content.NewRequestID()}
	chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]).Draw(t, "paths")
	for _, name := range chosen {
		cs.Changes = append(cs.Changes, drawChange(t, name))
	}
	return cs
}

func drawChange(t *rapid.T, name string) content.Change {
	text := func(label string) content.Body {
		return content.InlineBody([]byte(rapid.SampledFrom([]string{"", "one", "two", "three"}).Draw(t, label)))
	}
	p, err := content.ParsePath(name)
	if err != nil {
		t.Fatal(err)
	}
	c := content.Change{Path: p, Delete: rapid.IntRange(0, 3).Draw(t, "delete") == 0}
	if !c.Delete {
		c.Body = text("body")
	}
	c.Expect = rapid.SampledFrom([]content.Expect{
		{}, content.Present(), content.Absent(), content.OneOf(text("this").Digest),
		content.OneOf(text("or").Digest, text("that").Digest), content.NoneOf(text("not").Digest), content.OneOf(),
	}).Draw(t, "expect")
	return c
}

func TestOneWriterAtATimeAgreesWithAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(t)
		defer d.end()
		held := map[string]content.Digest{}
		for range rapid.IntRange(1, 25).Draw(t, "changes") {
			cs := drawChangeSet(t, d)
			next, kind, ok := model(held, cs)
			changed, err := d.Change(context.Background(), cs)
			switch {
			case ok && err != nil:
				t.Fatalf("%+v: refused: %v", cs.Changes, err)
			case !ok && !fault.Is(err, kind):
				t.Fatalf("%+v: %v, not %v", cs.Changes, err, kind)
			case ok && changed.Modified == maps.Equal(held, next):
				t.Fatalf("%+v: modified %v", cs.Changes, changed.Modified)
			}
			held = next
			if rapid.Bool().Draw(t, "repeat") && err == nil {
				if again, err := d.Change(context.Background(), cs); err != nil || changed.Modified && again.Commit != changed.Commit {
					t.Fatalf("%+v: repeated: %v in place of %v, %v", cs.Changes, again.Commit, changed.Commit, err)
				}
			}
			if got := d.state(t, content.Digest{}); !maps.Equal(got, held) {
				t.Fatalf("the branch holds %v, not %v", got, held)
			}
		}
	})
}

// What many writers at once did has to be what they would have done one after the
// other in the order of their commits, each of them judged at the state before it.
func TestManyWritersAgreeWithAMapInTheOrderOfTheirCommits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDesk(t)
		defer d.end()
		sets := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) content.ChangeSet { return drawChangeSet(t, d) }), 4, 24).Draw(t, "sets")
		done := map[content.Digest]content.ChangeSet{}
		commits := map[content.RequestID]content.Digest{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, cs := range sets {
			for range 2 { // every one is sent twice, as a proxy might
				wg.Go(func() {
					c, err := d.Change(context.Background(), cs)
					if err == nil && c.Modified {
						mu.Lock()
						defer mu.Unlock()
						if first, again := commits[cs.Request]; again && first != c.Commit {
							t.Errorf("%+v: done in %v and again in %v", cs.Changes, first, c.Commit)
						}
						done[c.Commit], commits[cs.Request] = cs, c.Commit
					}
				})
			}
		}
		wg.Wait()
		held := map[string]content.Digest{}
		for _, id := range d.commits(t) {
			cs, known := done[id]
			if !known {
				t.Fatalf("commit %v belongs to no answer", id)
			}
			delete(done, id)
			next, kind, ok := model(held, cs)
			if !ok {
				t.Fatalf("%+v: done, though it was %v", cs.Changes, kind)
			}
			held = next
			if got := d.state(t, id); !maps.Equal(got, held) {
				t.Fatalf("commit %v holds %v, not %v", id, got, held)
			}
		}
		if len(done) > 0 {
			t.Fatalf("%d answers name commits that the branch does not have", len(done))
		}
	})
}

// commits are the branch's, the oldest first.
func (d *desk) commits(t fataler) (ids []content.Digest) {
	t.Helper()
	repo, _ := d.refs.Repo(d.book)
	r, ok := d.refs.Ref(repo.Key, d.main)
	for ok {
		ids = append(ids, r.Target)
		c, err := d.graph.Commit(context.Background(), d.replicas.Pool(repo.Pool), r.Target)
		if err != nil {
			t.Fatal(err)
		}
		if ok = len(c.Parents) > 0; ok {
			r.Target = c.Parents[0]
		}
	}
	slices.Reverse(ids)
	return ids
}

func TestALaneTakesOnlySoMuch(t *testing.T) {
	d := newDesk(t)
	defer d.end()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 2000 {
		wg.Go(func() {
			p, _ := content.ParsePath(fmt.Sprint("f", i))
			cs := content.ChangeSet{
				Repo: d.book, Branch: d.main, Author: content.Signature{Name: "Ada"}, Request: content.NewRequestID(),
				Changes: []content.Change{{Path: p, Body: content.InlineBody([]byte("x"))}},
			}
			if _, err := d.Change(ctx, cs); err != nil && !fault.Is(err, fault.Unavailable) {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}
