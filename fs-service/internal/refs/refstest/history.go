package refstest

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// History is what clients of one ref asked and were told, to be judged as that
// of one register. All targets written must differ.
type History struct {
	started time.Time

	mu         sync.Mutex
	operations []porcupine.Operation // guarded by mu
}

// NewHistory begins one.
func NewHistory() *History { return &History{started: time.Now()} }

// question is a read, or a move from one target to another. The zero target is
// that of no ref.
type question struct {
	read     bool
	from, to content.Digest
}

// answer is what a client was told.
type answer struct {
	kind   answerKind
	target content.Digest // of a read
}

type answerKind int

const (
	yes     answerKind = iota
	no                 // refused: the ref is elsewhere
	perhaps            // the outcome is unknown
)

// now is a time for the judge.
func (h *History) now() int64 { return time.Since(h.started).Nanoseconds() }

// add writes down what was asked at call and has just been answered.
func (h *History) add(client int, call int64, q question, a answer) {
	returned := h.now()
	if a.kind == perhaps {
		returned = math.MaxInt64 // it may yet happen
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: client, Input: q, Call: call, Output: a, Return: returned})
}

// Len returns how many operations there are.
func (h *History) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.operations)
}

// Judge fails the test unless one order of all operations explains every answer.
func (h *History) Judge(t testing.TB) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := porcupine.CheckOperationsTimeout(register.ToModel(), h.operations, Patience); r != porcupine.Ok {
		t.Fatalf("%d operations are not those of one register: %v", len(h.operations), r)
	}
}

// register is a ref, its state the target.
var register = porcupine.NondeterministicModel{
	Init: func() []any { return []any{content.Digest{}} },
	Step: func(state, input, output any) []any {
		is, q, a := state.(content.Digest), input.(question), output.(answer)
		switch {
		case q.read && a.target == is, !q.read && a.kind == no && is != q.from:
			return []any{is}
		case !q.read && a.kind == yes && is == q.from:
			return []any{q.to}
		case !q.read && a.kind == perhaps && is == q.from:
			return []any{is, q.to}
		case !q.read && a.kind == perhaps:
			return []any{is}
		}
		return nil
	},
	Equal: func(a, b any) bool { return a == b },
}

// Client reads and moves one ref, again and again, and writes down what it sees.
type Client struct {
	ID      int
	Refs    func() refs.Refs // whom to ask next; nil: nobody is there
	Repo    refs.Repo
	Name    content.RefName
	Targets *atomic.Int64 // shared by all clients of a history
	History *History
	Try     time.Duration // patience with one operation
}

// Once reads the ref and moves it on from there. It says whether the move was
// acknowledged, and to where.
func (c Client) Once(t testing.TB) (content.Digest, bool) {
	t.Helper()
	r := c.Refs()
	if r == nil {
		return content.Digest{}, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Try)
	defer cancel()
	call := c.History.now()
	if err := r.Barrier(ctx); err != nil {
		return content.Digest{}, false // a read without an answer says nothing
	}
	was, _ := r.Ref(c.Repo.Key, c.Name)
	c.History.add(c.ID, call, question{read: true}, answer{target: was.Target})

	q := question{from: was.Target, to: Digest(int(c.Targets.Add(1)))}
	x := Txn(t, r, c.Repo, refs.Move{Name: c.Name, Expect: was.Revision, New: q.to,
		Done: []refs.Done{{Request: content.NewRequestID(), Commit: q.to}}})
	call = c.History.now()
	_, err := r.Apply(ctx, x)
	switch {
	case err == nil:
		c.History.add(c.ID, call, q, answer{kind: yes})
		return q.to, true
	case fault.Is(err, fault.Stale):
		c.History.add(c.ID, call, q, answer{kind: no})
	case fault.Is(err, fault.Unknown):
		c.History.add(c.ID, call, q, answer{kind: perhaps})
	case fault.Is(err, fault.Unavailable):
		// Certainly not done, so it is not told: should a read see it, no order explains that.
	default:
		t.Errorf("move: %v", err)
	}
	return content.Digest{}, false
}

// Many at once move one ref: one order explains all that they saw, and of the
// moves that were acknowledged none is lost.
func testConcurrent(t *testing.T, p Pair) {
	repo, main := NewRepo(t, p.A), Branch(t, "main")
	if err := p.B.Barrier(Context(t)); err != nil {
		t.Fatal(err)
	}
	h, targets := NewHistory(), new(atomic.Int64)
	var moved atomic.Int64
	var clients sync.WaitGroup
	for id := range 8 {
		c := Client{ID: id, Repo: repo, Name: main, Targets: targets, History: h, Try: Patience,
			Refs: func() refs.Refs { return []refs.Refs{p.A, p.B}[id%2] }}
		clients.Go(func() {
			for range 25 {
				if _, ok := c.Once(t); ok {
					moved.Add(1)
				}
			}
		})
	}
	clients.Wait()
	if moved.Load() == 0 {
		t.Fatal("nobody moved it")
	}
	h.Judge(t)
}
