package refs

import (
	"context"
	"sync"
	"time"

	"rhapsode/internal/fault"
)

// Memory is Refs without a disk or other nodes: the same rules over a map. It is
// for tests.
type Memory struct {
	ledger
}

var _ Refs = (*Memory)(nil)

// NewMemory makes an empty one.
func NewMemory() *Memory {
	v := newView()
	return &Memory{ledger{view: v, store: &memoryStore{
		view: v, records: make(map[string]entry), expiries: make(map[string]time.Time),
	}}}
}

// Barrier has nothing to wait for: the view is the truth.
func (m *Memory) Barrier(ctx context.Context) error {
	if ctx.Err() != nil {
		return ended(ctx, "ask for the revision", false, nil)
	}
	return nil
}

// memoryStore is a store that feeds its view before it answers.
type memoryStore struct {
	view *view

	mu       sync.Mutex
	records  map[string]entry     // guarded by mu
	expiries map[string]time.Time // guarded by mu; of those records that expire
	revision int64                // guarded by mu
}

func (m *memoryStore) transact(ctx context.Context, t transaction) (outcome, error) {
	if ctx.Err() != nil {
		return outcome{}, fault.New(fault.Unavailable, "transact", "", ctx.Err())
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.expire(time.Now()); err != nil {
		return outcome{}, err
	}
	for _, c := range t.conditions {
		if !c.holds(m.records[c.key].revision) {
			return outcome{revision: m.revision, seen: m.look(t.look)}, nil
		}
	}
	m.revision++
	var changed []entry
	for _, p := range t.puts {
		e := entry{key: p.key, value: p.value, revision: m.revision}
		m.records[p.key] = e
		changed = append(changed, e)
		delete(m.expiries, p.key)
		if p.expires > 0 {
			m.expiries[p.key] = time.Now().Add(p.expires)
		}
	}
	for _, key := range t.deletes {
		delete(m.records, key)
		delete(m.expiries, key)
		changed = append(changed, entry{key: key, revision: m.revision})
	}
	if err := m.view.advance(changed, m.revision); err != nil {
		return outcome{}, err
	}
	return outcome{done: true, revision: m.revision}, nil
}

// expire lets go of what has expired by now. The caller holds mu.
func (m *memoryStore) expire(now time.Time) error {
	var changed []entry
	for key, at := range m.expiries {
		if now.After(at) {
			delete(m.records, key)
			delete(m.expiries, key)
			changed = append(changed, entry{key: key, revision: m.revision + 1})
		}
	}
	if changed == nil {
		return nil
	}
	m.revision++
	return m.view.advance(changed, m.revision)
}

func (m *memoryStore) look(keys []string) []entry {
	seen := make([]entry, len(keys))
	for i, key := range keys {
		seen[i] = m.records[key]
		seen[i].key = key
	}
	return seen
}

func (c condition) holds(revision int64) bool {
	switch c.relation {
	case "<":
		return revision < c.revision
	case ">":
		return revision > c.revision
	}
	return revision == c.revision
}
