package gitserve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// work is a made-up repository in memory.
type work struct {
	dice    *rand.Rand
	objects map[content.Digest]content.Object
	commits []content.Digest // parents before children
}

func (w *work) Object(_ context.Context, d content.Digest) (content.Object, error) {
	o, ok := w.objects[d]
	if !ok {
		return content.Object{}, fault.Newf(fault.NotFound, "read", "%v", d)
	}
	return o, nil
}

func (w *work) add(o content.Object) content.Digest {
	w.objects[o.Digest] = o
	return o.Digest
}

// newWork makes a history of forks and merges of two-level trees. Skewed clocks are as
// likely to run backwards.
func newWork(seed uint64, commits int, skewed bool) *work {
	w := &work{dice: rand.New(rand.NewPCG(seed, 1)), objects: map[content.Digest]content.Object{}}
	states := map[content.Digest][4][4]int{}
	for i := range commits {
		when := int64(1_700_000_000 + 60*i)
		if skewed {
			when = 1_700_000_000 + w.dice.Int64N(int64(60*commits))
		}
		c := content.Commit{Message: fmt.Sprint(i), Author: content.Signature{Name: "A", When: time.Unix(when, 0)}}
		c.Committer = c.Author
		var state [4][4]int
		for range min(len(w.commits), w.dice.IntN(3)) {
			p := w.commits[max(0, len(w.commits)-1-w.dice.IntN(6))]
			if !slices.Contains(c.Parents, p) {
				c.Parents = append(c.Parents, p)
				state = states[p]
			}
		}
		for range 1 + w.dice.IntN(3) {
			state[w.dice.IntN(4)][w.dice.IntN(4)] = w.dice.IntN(commits)
		}
		c.Tree = w.tree(state)
		id := w.add(gitfmt.EncodeCommit(c))
		states[id] = state
		w.commits = append(w.commits, id)
	}
	return w
}

func (w *work) tree(state [4][4]int) content.Digest {
	var root []content.Entry
	for i, dir := range state {
		var entries []content.Entry
		for j, text := range dir {
			d := w.add(content.NewObject(content.KindBlob, fmt.Append(nil, text)))
			entries = append(entries, content.Entry{Name: fmt.Sprint("f", j), Mode: content.ModeRegular, Digest: d})
		}
		root = append(root, content.Entry{Name: fmt.Sprint("d", i), Mode: content.ModeDir, Digest: w.add(gitfmt.EncodeTree(entries))})
	}
	return w.add(gitfmt.EncodeTree(root))
}

// some returns up to n commits.
func (w *work) some(n int) (ds []content.Digest) {
	for range n {
		ds = append(ds, w.commits[w.dice.IntN(len(w.commits))])
	}
	return inOrder(ds)
}

// reach is everything that tips reach, found out the simple way.
func (w *work) reach(t *testing.T, tips []content.Digest) map[content.Digest]bool {
	t.Helper()
	all := map[content.Digest]bool{}
	err := gitfmt.Closure(t.Context(), w, tips, nil, func(d content.Digest, _ content.Kind) error {
		all[d] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *work) walk(t *testing.T) *walk {
	trees := gitfmt.NewTrees(1 << 20)
	return &walk{ctx: t.Context(), src: w, trees: trees, graph: gitfmt.NewGraph(trees, gitfmt.Limits{})}
}

func TestAWalkFindsWhatIsLacking(t *testing.T) {
	for _, skewed := range []bool{false, true} {
		for range 150 {
			seed := rand.Uint64()
			w := newWork(seed, 40, skewed)
			wants, haves := w.some(3), w.some(w.dice.IntN(4))
			walk := w.walk(t)
			if err := walk.run(wants, haves); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			wanted, had := w.reach(t, wants), w.reach(t, haves)
			for d := range wanted {
				if _, found := walk.found[d]; !found && !had[d] {
					t.Fatalf("seed %d, skewed %v: %v is lacking and not found", seed, skewed, w.objects[d].Kind)
				}
			}
			for d := range walk.found {
				switch o := w.objects[d]; {
				case !wanted[d]:
					t.Fatalf("seed %d: a %v is found that is not wanted", seed, o.Kind)
				case o.Kind == content.KindCommit && had[d] && !skewed:
					t.Fatalf("seed %d: a commit is found that is had", seed)
				}
			}
		}
	}
}

func TestAWalkFromWhatIsKnownFindsTheRest(t *testing.T) {
	for range 150 {
		seed := rand.Uint64()
		w := newWork(seed, 40, true)
		before := w.some(2)
		known := &closure{tips: before}
		for d := range w.reach(t, before) {
			known.objects = append(known.objects, d)
		}
		known.objects = inOrder(known.objects)
		walk := w.walk(t)
		walk.known = known
		wants := w.some(3)
		if err := walk.run(wants, nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		all := merge(known.objects, walk.result())
		if len(inOrder(slices.Clone(all))) != len(all) || !slices.IsSortedFunc(all, compareDigests) {
			t.Fatalf("seed %d: what is known was found again, or is out of order", seed)
		}
		want := w.reach(t, wants)
		for d := range want {
			if _, ok := slices.BinarySearchFunc(all, d, compareDigests); !ok {
				t.Fatalf("seed %d: a %v is not found", seed, w.objects[d].Kind)
			}
		}
		if walk.metAll(before) && len(all) != len(want) {
			t.Fatalf("seed %d: it came to all that was known, and %d objects are not %d", seed, len(all), len(want))
		}
	}
}

func TestAWalkEndsWhereTheHistoryIsCut(t *testing.T) {
	for range 150 {
		seed := rand.Uint64()
		w := newWork(seed, 30, false)
		wants, cut := w.some(2), w.some(5)
		walk := w.walk(t)
		walk.cut = setOf(cut)
		if err := walk.run(wants, nil); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for d := range walk.found {
			o := w.objects[d]
			if o.Kind != content.KindCommit {
				continue
			}
			c, err := gitfmt.ParseCommit(o)
			if err != nil {
				t.Fatal(err)
			}
			if _, whole := walk.found[c.Tree]; !whole {
				t.Fatalf("seed %d: a commit without its tree", seed)
			}
			for _, p := range c.Parents {
				if _, found := walk.found[p]; !found && !walk.cut[d] {
					t.Fatalf("seed %d: a commit that is not cut off lacks a parent", seed)
				}
			}
		}
	}
}

func TestFilters(t *testing.T) {
	tests := []struct {
		spec string
		want filter
		ok   bool
	}{
		{"blob:none", filter{on: true}, true},
		{"blob:limit=0", filter{on: true}, true},
		{"blob:limit=100", filter{on: true, from: 100}, true},
		{"blob:limit=2k", filter{on: true, from: 2048}, true},
		{"blob:limit=3M", filter{on: true, from: 3 << 20}, true},
		{"blob:limit=1g", filter{on: true, from: 1 << 30}, true},
		{"blob:limit=", filter{}, false},
		{"blob:limit=k", filter{}, false},
		{"blob:limit=-1", filter{}, false},
		{"blob:limit=99999999999999999999", filter{}, false},
		{"tree:0", filter{}, false},
		{"sparse:oid=x", filter{}, false},
	}
	for _, tt := range tests {
		if got, err := parseFilter(tt.spec); (err == nil) != tt.ok || tt.ok && got != tt.want {
			t.Errorf("%s: %v, %v", tt.spec, got, err)
		}
	}
}
