// Package history judges a content service from outside: clients read and
// conditionally write some documents through a URL while somebody else breaks
// things, and afterwards their common history is held against what was promised.
//
//   - Each document is a linearizable register with compare-and-swap
//     (judged by porcupine, one document at a time).
//   - Every acknowledged write is found again in its document's history.
//   - An entity tag and the bytes it stands for name each other.
//
// Every write has bytes that no other write has, so what a read returns says
// which write it saw. A write whose answer did not come, or was a 5xx, is
// unknown: it may take effect at any time from its call on, or never.
//
// Run makes a Log and Judge reads it; nothing is kept between the two, and a
// Log can be saved and judged again. No goroutine outlives Run.
package history

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Value is what a document holds: the name of the write that put it there, or "" for nothing.
type Value string

// Kind is what an operation asks for.
type Kind string

// The kinds.
const (
	Read   Kind = "read"
	Write  Kind = "write"
	Delete Kind = "delete"
)

// Outcome is what its client knows of an operation.
type Outcome string

// The outcomes. A read that was not answered is no operation.
const (
	OK      Outcome = "ok"
	Refused Outcome = "refused" // certainly not done: its expectation did not hold
	Unknown Outcome = "unknown"
)

// Op is one operation on one document. Times are since the log's start.
type Op struct {
	Client  int           `json:"client"`
	Doc     string        `json:"doc"`
	Kind    Kind          `json:"kind"`
	Old     Value         `json:"old,omitempty"` // what a write expects to be there
	New     Value         `json:"new,omitempty"` // what it leaves there, or what a read found
	ETag    string        `json:"etag,omitempty"`
	Commit  string        `json:"commit,omitempty"`
	Outcome Outcome       `json:"outcome"`
	Call    time.Duration `json:"call"`
	Return  time.Duration `json:"return"`
}

// Log is everything that a run saw.
type Log struct {
	Seed      uint64              `json:"seed"`
	Length    time.Duration       `json:"length"` // of the part in which clients worked
	Ops       []Op                `json:"ops"`
	Histories map[string][]string `json:"histories"` // of each document: the commits that the service says changed it
	Surprises []string            `json:"surprises"` // answers that no rule allows
}

// Save writes l so that Load reads it.
func (l *Log) Save(w io.Writer) error { return json.NewEncoder(w).Encode(l) }

// Load reads what Save wrote.
func Load(r io.Reader) (*Log, error) {
	l := new(Log)
	if err := json.NewDecoder(r).Decode(l); err != nil {
		return nil, fmt.Errorf("history log: %w", err)
	}
	return l, nil
}

// byDoc sorts the operations into documents, each in the order of the log.
func (l *Log) byDoc() map[string][]Op {
	docs := map[string][]Op{}
	for _, op := range l.Ops {
		docs[op.Doc] = append(docs[op.Doc], op)
	}
	return docs
}
