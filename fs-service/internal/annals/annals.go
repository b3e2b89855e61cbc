// Package annals keeps what is known of each pool's history: which commits came
// from which, and which paths each of them changed (gitfmt.Past). With it a page
// of a document's history costs a look at the commits that are on it.
//
// Each node has annals of its own, a file for each pool. They are learned from the
// objects, soon after a ref has moved and its target is closed on this disk, or
// when somebody asks. They are no authority: nothing in them is synced, a file that
// was cut short or broken counts up to there, and one that is gone is learned anew.
//
// What is in memory is bounded in bytes; what was used least recently goes first.
// What was not used for a month goes from the disk too.
//
// All methods may be called from any goroutine.
package annals

import (
	"encoding/hex"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Options are what Annals are made of.
type Options struct {
	Dir    string // their own; made if need be
	Graph  *gitfmt.Graph
	Source func(content.Pool) gitfmt.Source
	Closed Closed
	Bytes  int64 // of memory; 0: 128 MiB
	Clock  func() time.Time
	Log    *slog.Logger
}

const (
	defaultBytes = 128 << 20
	unusedFor    = 30 * 24 * time.Hour // a file may lie so long
	weighed      = 1 << 10             // every so many uses, and when a file is opened, memory is weighed
)

// Annals are those of the pools of one node.
type Annals struct {
	Options
	learner

	mu    sync.Mutex
	open  map[content.Pool]*annal // guarded by mu
	clock uint64                  // guarded by mu: grows with each use
}

// New makes the annals in o.Dir, and throws away what nobody used for long. They
// are at rest until Run; Close gives the files back.
func New(o Options) (*Annals, error) {
	if o.Bytes == 0 {
		o.Bytes = defaultBytes
	}
	a := &Annals{Options: o, learner: newLearner(), open: map[content.Pool]*annal{}}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.New(fault.Internal, "open annals", o.Dir, err)
	}
	return a, a.sweep()
}

// sweep removes the files that were not used for long.
func (a *Annals) sweep() error {
	files, err := os.ReadDir(a.Dir)
	if err != nil {
		return fault.New(fault.Internal, "open annals", a.Dir, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err == nil && isAnnal(info) && a.Clock().Sub(info.ModTime()) > unusedFor {
			a.Log.Info("annals unused for long are removed", "file", f.Name(), "error", os.Remove(filepath.Join(a.Dir, f.Name())))
		}
	}
	return nil
}

const suffix = ".annal"

func isAnnal(f fs.FileInfo) bool { return f.Mode().IsRegular() && strings.HasSuffix(f.Name(), suffix) }

// Of returns what is known of a pool's history. It is read from the disk if need be.
func (a *Annals) Of(pool content.Pool) *gitfmt.Past {
	a.mu.Lock()
	n, ok := a.open[pool]
	if !ok {
		n = newAnnal(filepath.Join(a.Dir, hex.EncodeToString(pool[:])+suffix), a.Log)
		n.past = a.Graph.NewPast(a.Source(pool), n.keep)
		a.open[pool] = n
	}
	a.clock++
	n.used = a.clock
	var forgotten []*annal
	if !ok || a.clock%weighed == 0 {
		forgotten = a.crowd(n)
	}
	a.mu.Unlock()
	for _, other := range forgotten {
		other.close()
	}
	n.load(a.Clock)
	return n.past
}

// crowd takes away what is too much in memory beside n. The caller holds mu.
func (a *Annals) crowd(n *annal) (forgotten []*annal) {
	held := int64(0)
	for _, other := range a.open {
		held += other.past.Bytes()
	}
	for held > a.Bytes && len(a.open) > 1 {
		var oldest content.Pool
		for pool, other := range a.open {
			if first := a.open[oldest]; other != n && (first == nil || first == n || other.used < first.used) {
				oldest = pool
			}
		}
		held -= a.open[oldest].past.Bytes()
		forgotten = append(forgotten, a.open[oldest])
		delete(a.open, oldest)
	}
	return forgotten
}

// Close closes the files. Run has returned.
func (a *Annals) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range a.open {
		n.close()
	}
	clear(a.open)
}
