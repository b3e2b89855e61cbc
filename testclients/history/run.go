package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"rhapsode/testclients/door"
)

// Options say what a run does. The zero value of a field is its default.
type Options struct {
	URLs      []string      // front doors; client i uses the i-th, round and round
	Repo      string        // made if it is not there
	Branch    string        // "main"
	Clients   int           // 4
	Documents int           // in use at one time: 5
	For       time.Duration // how long the clients work: 10 s
	Pace      time.Duration // shortest time from one call of a client to its next: 2 ms
	Timeout   time.Duration // of one request: 5 s
	Settle    time.Duration // how long the service has to answer again afterwards: 30 s
	Seed      uint64        // 0: from the clock; it is in the Log
}

// MaxOps is how many operations one document gets before a fresh one takes its
// place: what porcupine judges in seconds.
const MaxOps = 1500

// maxSurprises bounds a log of a service that answers nonsense.
const maxSurprises = 100

func (o Options) withDefaults() Options {
	o.Repo = cmp.Or(o.Repo, "history")
	o.Branch = cmp.Or(o.Branch, "main")
	o.Clients = cmp.Or(o.Clients, 4)
	o.Documents = cmp.Or(o.Documents, 5)
	o.For = cmp.Or(o.For, 10*time.Second)
	o.Pace = cmp.Or(o.Pace, 2*time.Millisecond)
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	o.Settle = cmp.Or(o.Settle, 30*time.Second)
	o.Seed = cmp.Or(o.Seed, uint64(time.Now().UnixNano()))
	return o
}

// Run lets the clients work for o.For, then reads every document and its
// history once more. It fails only if the service could not be reached for
// that, or ctx ended: whatever else goes wrong is in the Log.
func Run(ctx context.Context, o Options) (*Log, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("history: no URL")
	}
	o = o.withDefaults()
	doors := make([]*door.Client, o.Clients)
	for i := range doors {
		doors[i] = door.New(o.URLs[i%len(o.URLs)], 1, o.Timeout)
		defer doors[i].Close()
	}
	if err := doors[0].CreateRepo(ctx, o.Repo); err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}

	rec := newRecorder(o)
	var wg sync.WaitGroup
	for i, d := range doors {
		wg.Go(func() { newWorker(i, o, d, rec).run(ctx) })
	}
	wg.Wait()
	rec.log.Length = rec.now()
	if err := audit(ctx, o, doors[0], rec); err != nil {
		return nil, err
	}
	return &rec.log, nil
}

// recorder is what the clients of a run share.
type recorder struct {
	start time.Time

	mu     sync.Mutex
	log    Log     // guarded by mu
	places []place // guarded by mu
	prefix string
}

// place is a document in use; a new generation takes over when it is used up.
type place struct{ generation, used int }

func newRecorder(o Options) *recorder {
	return &recorder{
		start: time.Now(), log: Log{Seed: o.Seed, Histories: map[string][]string{}},
		places: make([]place, o.Documents),
		prefix: fmt.Sprintf("history/%x", o.Seed),
	}
}

func (r *recorder) now() time.Duration { return time.Since(r.start) }

// draw picks a document and counts one operation on it.
func (r *recorder) draw(dice *rand.Rand) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := dice.IntN(len(r.places))
	p := &r.places[i]
	if p.used++; p.used > MaxOps {
		*p = place{generation: p.generation + 1, used: 1}
	}
	return fmt.Sprintf("%s/d%02d-%03d.json", r.prefix, i, p.generation)
}

func (r *recorder) add(op Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log.Ops = append(r.log.Ops, op)
}

func (r *recorder) surprise(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.log.Surprises) < maxSurprises {
		r.log.Surprises = append(r.log.Surprises, fmt.Sprintf(format, args...))
	}
}

// documents returns every document that has an operation, in order.
func (r *recorder) documents() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var docs []string
	for doc := range r.log.byDoc() {
		docs = append(docs, doc)
	}
	slices.Sort(docs)
	return docs
}
