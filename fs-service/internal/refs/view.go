package refs

import (
	"container/heap"
	"context"
	"sync"

	"rhapsode/content"
	"rhapsode/fs-service/internal/placement"
)

// view is the state that this node has reached. One goroutine feeds it, any may
// ask it and wait for it.
type view struct {
	mu        sync.RWMutex
	state     *state                 // guarded by mu
	revision  int64                  // guarded by mu; what state is
	waiting   waiters                // guarded by mu
	followers map[*follower]struct{} // guarded by mu
}

func newView() *view {
	return &view{state: newState(), followers: make(map[*follower]struct{})}
}

// advance takes in everything that happened up to revision, in order.
func (v *view) advance(entries []entry, revision int64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range entries {
		change, isRef, err := v.state.apply(e)
		if err != nil {
			return err
		}
		if !isRef {
			continue
		}
		for f := range v.followers {
			f.put(change)
		}
	}
	v.reach(revision)
	return nil
}

// replace puts a whole new state in the place of the old one.
func (v *view) replace(s *state, revision int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.state = s
	for f := range v.followers {
		f.miss()
	}
	v.reach(revision)
}

// reach wakes those who waited for revision. The caller holds mu.
func (v *view) reach(revision int64) {
	v.revision = revision
	for len(v.waiting) > 0 && v.waiting[0].revision <= revision {
		close(heap.Pop(&v.waiting).(*waiter).reached)
	}
}

// at returns the revision reached.
func (v *view) at() int64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.revision
}

// wait returns once the view has reached revision, or ctx's error.
func (v *view) wait(ctx context.Context, revision int64) error {
	v.mu.Lock()
	if v.revision >= revision {
		v.mu.Unlock()
		return nil
	}
	w := &waiter{revision: revision, reached: make(chan struct{})}
	heap.Push(&v.waiting, w)
	v.mu.Unlock()

	select {
	case <-w.reached:
		return nil
	case <-ctx.Done():
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if w.at >= 0 {
		heap.Remove(&v.waiting, w.at)
	}
	return ctx.Err()
}

// Repo is as Refs says; so are those below.
func (v *view) Repo(id content.RepoID) (Repo, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.repo(id)
}

func (v *view) RepoOf(k Key) (Repo, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	id, ok := v.state.names[k]
	if !ok {
		return Repo{}, false
	}
	return v.state.repo(id)
}

func (v *view) Repos(after string, limit int) []Repo {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.reposAfter(after, limit)
}

func (v *view) Ref(k Key, name content.RefName) (Record, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.ref(k, name)
}

func (v *view) List(k Key, prefix, after string, limit int) []Named {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.list(k, prefix, after, limit)
}

func (v *view) Each(f func(Key, content.RefName, Record)) {
	v.mu.RLock()
	keys := make([]Key, 0, len(v.state.refs))
	for k := range v.state.refs {
		keys = append(keys, k)
	}
	v.mu.RUnlock()
	for _, k := range keys {
		v.mu.RLock()
		named := append([]Named(nil), v.state.refs[k]...)
		v.mu.RUnlock()
		for _, n := range named {
			f(k, n.Name, n.Record)
		}
	}
}

func (v *view) Placement(s content.Shard) (placement.Placement, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	p, ok := v.state.places[s]
	return p, ok
}

func (v *view) Node(name string) (Node, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	n, ok := v.state.nodes[name]
	return n, ok
}

func (v *view) Nodes() []Node {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.sortedNodes()
}

// errands returns how many are remembered, and the bytes that they take.
func (v *view) errands() (count, size int) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.state.errands), v.state.errandBytes
}

func (v *view) Token(id string) (Token, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	t, ok := v.state.tokens[id]
	return t, ok
}

func (v *view) Tokens(after string, limit int) []Token {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.state.tokensAfter(after, limit)
}

// waiter waits for a revision.
type waiter struct {
	revision int64
	reached  chan struct{}
	at       int // its place in the heap; -1: it has left
}

// waiters is a heap, the lowest revision first.
type waiters []*waiter

func (w waiters) Len() int           { return len(w) }
func (w waiters) Less(i, j int) bool { return w[i].revision < w[j].revision }

func (w waiters) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].at, w[j].at = i, j
}

// Push and Pop are for package heap.
func (w *waiters) Push(x any) {
	x.(*waiter).at = len(*w)
	*w = append(*w, x.(*waiter))
}

func (w *waiters) Pop() any {
	last := (*w)[len(*w)-1]
	last.at = -1
	(*w)[len(*w)-1] = nil
	*w = (*w)[:len(*w)-1]
	return last
}
