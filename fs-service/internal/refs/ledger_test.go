package refs

import (
	"context"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// mishap is what happens to one try of a transaction on its way.
type mishap int

const (
	fine   mishap = iota
	cut           // it never arrives, which is certain
	lost          // it never arrives, which nobody knows
	silent        // it is done, but the answer is lost
	late          // it arrives after the next try was answered
)

// badRoad is a store that does to each try what it was told to, then is fine.
type badRoad struct {
	store
	mishaps []mishap
	between func() // runs after each mishap; nil: nothing
	delayed []transaction
	tries   int
}

func (b *badRoad) transact(ctx context.Context, t transaction) (outcome, error) {
	m := fine
	if b.tries < len(b.mishaps) {
		m = b.mishaps[b.tries]
	}
	b.tries++
	switch m {
	case fine:
		o, err := b.store.transact(ctx, t)
		for _, d := range b.delayed {
			_, _ = b.store.transact(ctx, d) // its sender has long had an answer
		}
		b.delayed = nil
		return o, err
	case silent:
		_, _ = b.store.transact(ctx, t)
	case late:
		b.delayed = append(b.delayed, t)
	}
	if b.between != nil {
		b.between()
	}
	if m == cut {
		return outcome{}, fault.Newf(fault.Unavailable, "transact", "cut")
	}
	return outcome{}, fault.Newf(fault.Unknown, "transact", "no answer")
}

// rough is a Memory behind a bad road, with one repository.
func rough(t *testing.T) (*Memory, *badRoad, Txn) {
	t.Helper()
	m := NewMemory()
	road := &badRoad{store: m.store}
	m.store = road
	ctx := t.Context()
	if err := m.EnsurePlacements(ctx, []string{"a"}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := m.PutRepo(ctx, testRepo(t), 0); err != nil {
		t.Fatal(err)
	}
	repo := m.Repos("", 1)[0]
	p, _ := m.Placement(repo.Pool.Shard())
	road.tries = 0
	return m, road, Txn{Repo: repo.Key, Shard: p.Shard, Epoch: p.Revision}
}

func testRepo(t *testing.T) Repo {
	t.Helper()
	id, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	return Repo{Key: NewKey(), ID: id, Pool: content.NewPool(), Default: testBranch(t)}
}

func testBranch(t *testing.T) content.RefName {
	t.Helper()
	name, err := content.Branch("main")
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// Whatever happens to the tries, a change is done once, and who asked for it is
// told so: one that creates, one that moves, one that deletes.
func TestLostAnswers(t *testing.T) {
	roads := map[string][]mishap{
		"fine":                {},
		"cut":                 {cut, cut},
		"lost":                {lost},
		"done without answer": {silent},
		"twice":               {silent, silent},
		"lost, then done":     {lost, cut, silent, lost},
		"late":                {late},
		"late twice":          {late, cut, late},
		"late, then done":     {late, silent},
	}
	for name, mishaps := range roads {
		t.Run(name, func(t *testing.T) {
			m, road, x := rough(t)
			branch, at := testBranch(t), int64(0)
			for i, target := range []content.Digest{{1}, {2}, {}, {3}} {
				x.Moves = []Move{{Name: branch, Expect: at, New: target, Done: []Done{{content.NewRequestID(), target}}}}
				road.mishaps, road.tries = mishaps, 0
				before := m.at()
				revision, err := m.Apply(t.Context(), x)
				if err != nil {
					t.Fatalf("move %d: %v", i, err)
				}
				r, _ := m.Ref(x.Repo, branch)
				if r.Target != target || m.at() != before+1 || revision != m.at() || len(r.Done) != i+1 {
					t.Fatalf("move %d at %d: %+v at revision %d, after %d", i, revision, r, m.at(), before)
				}
				at = r.Revision
			}
		})
	}
}

// A try that arrives long after its transaction was done does not do it again,
// not even if the ref was deleted since and so is as it expects.
func TestStragglerDoesNotBringBackADeletedRef(t *testing.T) {
	m, _, x := rough(t)
	branch := testBranch(t)
	x.Moves = []Move{{Name: branch, New: content.Digest{1}, Done: []Done{{content.NewRequestID(), content.Digest{1}}}}}
	straggler, _ := m.draft(x)
	at, err := m.Apply(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	x.Moves = []Move{{Name: branch, Expect: at}}
	if _, err := m.Apply(t.Context(), x); err != nil {
		t.Fatal(err)
	}
	if o, err := m.store.transact(t.Context(), straggler); err != nil || o.done {
		t.Fatalf("done: %v, %v", o.done, err)
	}
	if r, ok := m.Ref(x.Repo, branch); ok {
		t.Fatalf("the deleted ref is back: %+v", r)
	}
}

// What others did after a try whose answer was lost does not hide what it did.
func TestLostAnswersAmongOthers(t *testing.T) {
	branch := testBranch(t)
	tests := []struct {
		name    string
		mishap  mishap
		others  int // moves of others before the next try
		want    fault.Kind
		success bool
	}{
		{"done, then others", silent, 3, 0, true},
		{"done, then as many as are remembered", silent, MaxDone - 1, 0, true},
		{"done, then more than are remembered", silent, MaxDone, fault.Unknown, false},
		{"not done, then others", lost, 3, fault.Stale, false},
		{"not done, then more than are remembered", lost, MaxDone + 1, fault.Unknown, false},
		{"certainly not done, then more than are remembered", cut, MaxDone + 1, fault.Stale, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, road, x := rough(t)
			inner := &ledger{view: m.view, store: road.store}
			x.Moves = []Move{{Name: branch, New: content.Digest{1}, Done: []Done{{content.NewRequestID(), content.Digest{1}}}}}
			road.mishaps = []mishap{tt.mishap}
			road.between = func() {
				for i := range tt.others {
					r, _ := m.Ref(x.Repo, branch)
					other := x
					other.Moves = []Move{{Name: branch, Expect: r.Revision, New: content.Digest{2, byte(i)}}}
					if _, err := inner.Apply(t.Context(), other); err != nil {
						t.Error(err)
					}
				}
			}
			revision, err := m.Apply(t.Context(), x)
			if tt.success != (err == nil) || err != nil && !fault.Is(err, tt.want) {
				t.Fatalf("%v, want %v", err, tt.want)
			}
			if r, _ := m.Ref(x.Repo, branch); err == nil && revision >= r.Revision {
				t.Fatalf("it was done at %d, but others moved it on at %d", revision, r.Revision)
			}
		})
	}
}

// Who gives up learns whether it may have been done.
func TestNoAnswerAtAll(t *testing.T) {
	tests := map[string]struct {
		mishap mishap
		cancel bool
		want   fault.Kind
	}{
		"certainly not done":   {cut, false, fault.Unavailable},
		"perhaps done":         {lost, false, fault.Unknown},
		"done":                 {silent, false, fault.Unknown},
		"the caller went away": {cut, true, fault.Canceled},
		"and perhaps done":     {lost, true, fault.Unknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, road, x := rough(t)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			for range 10_000 {
				road.mishaps = append(road.mishaps, tt.mishap)
			}
			if tt.cancel {
				road.between = cancel
			}
			x.Moves = []Move{{Name: testBranch(t), New: content.Digest{1}}}
			if _, err := m.Apply(ctx, x); !fault.Is(err, tt.want) {
				t.Fatalf("apply: %v, want %v", err, tt.want)
			}
			repo := m.Repos("", 1)[0]
			repo.Request = content.RequestID{}
			if _, err := m.PutRepo(ctx, repo, repo.Revision); !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Canceled) {
				t.Fatalf("put, when there is no time left: %v", err)
			}
		})
	}
}

func TestLostAnswersOfRepositories(t *testing.T) {
	for name, mishaps := range map[string][]mishap{
		"lost": {lost}, "done without answer": {silent}, "late": {late}, "cut, late, done": {cut, late, silent},
	} {
		t.Run(name, func(t *testing.T) {
			m, road, _ := rough(t)
			repo := m.Repos("", 1)[0]
			before := m.at()
			road.mishaps = mishaps
			repo.Description, repo.Request = "changed", content.NewRequestID()
			got, err := m.PutRepo(t.Context(), repo, repo.Revision)
			if err != nil || got.Revision != before+1 || m.at() != before+1 {
				t.Fatalf("%+v, %v; want it written once, at %d", got, err, before+1)
			}
		})
	}
}
