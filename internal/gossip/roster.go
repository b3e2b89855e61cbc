package gossip

import (
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/hashicorp/memberlist"
)

// roster is what memberlist's events have told so far. Events arrive while
// memberlist holds its own lock, so nothing here calls back into it. What they
// tell of this process itself is old news: SetMeta was here first.
type roster struct {
	self string
	log  *slog.Logger

	mu      sync.Mutex
	byName  map[string]listed // guarded by mu
	changed chan struct{}     // guarded by mu; closed and replaced at each change
}

// listed is a member and where it gossips. memberlist's own nodes change under
// its lock, so what is needed of them is copied in the event.
type listed struct {
	Member
	gossipAddr string // "" of this process
}

var _ memberlist.EventDelegate = (*roster)(nil)

func newRoster(self Member, log *slog.Logger) *roster {
	return &roster{self: self.Name, log: log, byName: map[string]listed{self.Name: {Member: self}}, changed: make(chan struct{})}
}

func (r *roster) members() []Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	ms := make([]Member, 0, len(r.byName))
	for _, name := range slices.Sorted(maps.Keys(r.byName)) {
		ms = append(ms, r.byName[name].Member)
	}
	return ms
}

// at says whether a living member gossips at addr.
func (r *roster) at(addr string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.byName {
		if m.gossipAddr == addr {
			return true
		}
	}
	return false
}

func (r *roster) changes() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

func (r *roster) put(m listed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, ok := r.byName[m.Name]; ok && old == m {
		return
	}
	r.byName[m.Name] = m
	r.tell()
}

func (r *roster) drop(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.byName[name]; ok {
		delete(r.byName, name)
		r.tell()
	}
}

func (r *roster) forgetOthers() {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.byName, func(name string, _ listed) bool { return name != r.self })
	r.tell()
}

// tell wakes whoever waits for a change. The caller holds mu.
func (r *roster) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// NotifyJoin is called by memberlist.
func (r *roster) NotifyJoin(n *memberlist.Node) {
	if n.Name == r.self {
		return
	}
	r.log.Info("member joined", "member", n.Name, "gossip_addr", n.Address())
	r.NotifyUpdate(n)
}

// NotifyUpdate is called by memberlist.
func (r *roster) NotifyUpdate(n *memberlist.Node) {
	if n.Name == r.self {
		return
	}
	meta, err := decodeMeta(n.Meta)
	if err != nil {
		r.log.Warn("a member says what nobody understands", "member", n.Name, "error", err)
		r.drop(n.Name)
		return
	}
	r.put(listed{Member{n.Name, meta}, n.Address()})
}

// NotifyLeave is called by memberlist, for the dead and for those who left.
func (r *roster) NotifyLeave(n *memberlist.Node) {
	if n.Name == r.self {
		return
	}
	r.log.Info("member gone", "member", n.Name, "gossip_addr", n.Address())
	r.drop(n.Name)
}

// announcement is what this process says of itself.
type announcement struct {
	news chan struct{} // one place: there is something new to say

	mu      sync.Mutex
	encoded []byte // guarded by mu
}

var _ memberlist.Delegate = (*announcement)(nil)

func newAnnouncement(m Meta) (*announcement, error) {
	b, err := m.encode()
	if err != nil {
		return nil, err
	}
	return &announcement{news: make(chan struct{}, 1), encoded: b}, nil
}

func (a *announcement) set(m Meta) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.encoded = b
	a.mu.Unlock()
	select {
	case a.news <- struct{}{}:
	default: // the one who is about to look will see this too
	}
	return nil
}

// NodeMeta is called by memberlist. New and set have seen to the limit.
func (a *announcement) NodeMeta(int) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.encoded
}

// NotifyMsg, GetBroadcasts, LocalState and MergeRemoteState are memberlist's
// doors for data of our own; the meta is all we have.
func (a *announcement) NotifyMsg([]byte)                {}
func (a *announcement) GetBroadcasts(_, _ int) [][]byte { return nil }
func (a *announcement) LocalState(bool) []byte          { return nil }
func (a *announcement) MergeRemoteState([]byte, bool)   {}
