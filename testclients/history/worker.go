package history

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"rhapsode/testclients/door"
)

// worker is one client: it remembers what it last knew of each document and
// acts on that, so that it is refused when another was faster.
type worker struct {
	id      int
	o       Options
	door    *door.Client
	rec     *recorder
	dice    *rand.Rand
	serial  int
	beliefs map[string]belief
}

// belief is what a worker last saw of a document. None at all: it must look first.
type belief struct {
	value Value
	etag  string
}

func newWorker(id int, o Options, d *door.Client, rec *recorder) *worker {
	return &worker{
		id: id, o: o, door: d, rec: rec,
		dice: rand.New(rand.NewPCG(o.Seed, uint64(id))), beliefs: map[string]belief{},
	}
}

func (w *worker) run(ctx context.Context) {
	pace := time.NewTicker(w.o.Pace)
	defer pace.Stop()
	for ctx.Err() == nil && w.rec.now() < w.o.For {
		doc := w.rec.draw(w.dice)
		b, known := w.beliefs[doc]
		switch dice := w.dice.IntN(100); {
		case !known || dice < 40:
			w.read(ctx, doc)
		case dice < 44 && b.value != "":
			w.change(ctx, doc, b, Delete)
		default:
			w.change(ctx, doc, b, Write)
		}
		<-pace.C
	}
}

// body is a document: its value, and where it was meant to be.
type body struct {
	Doc   string `json:"doc"`
	Value Value  `json:"value"`
}

// read looks at doc and says whether it was answered.
func (w *worker) read(ctx context.Context, doc string) bool {
	op := Op{Client: w.id, Doc: doc, Kind: Read, Outcome: OK, Call: w.rec.now()}
	got, err := w.door.Do(ctx, door.Ask{Method: "GET", Path: door.Document(w.o.Repo, w.o.Branch, doc)})
	op.Return = w.rec.now()
	delete(w.beliefs, doc)
	switch {
	case err != nil || got.Status/100 == 5:
		return false
	case got.Status == http.StatusNotFound:
	case got.Status == http.StatusOK:
		var b body
		if err := json.Unmarshal(got.Body, &b); err != nil || b.Doc != doc || b.Value == "" || got.ETag() == "" {
			w.rec.surprise("GET %s: ETag %q, body %.200q", doc, got.ETag(), got.Body)
			return false
		}
		op.New, op.ETag = b.Value, got.ETag()
	default:
		w.rec.surprise("GET %s: %d", doc, got.Status)
		return false
	}
	w.beliefs[doc] = belief{op.New, op.ETag}
	w.rec.add(op)
	return true
}

// change writes or deletes doc, expecting it to be as b says.
func (w *worker) change(ctx context.Context, doc string, b belief, kind Kind) {
	ask := door.Ask{Method: "DELETE", Path: door.Document(w.o.Repo, w.o.Branch, doc), Header: map[string]string{"If-Match": b.etag}}
	op := Op{Client: w.id, Doc: doc, Kind: kind, Old: b.value}
	if kind == Write {
		w.serial++
		op.New = Value(fmt.Sprintf("%x-%d-%d", w.o.Seed, w.id, w.serial))
		ask.Method = "PUT"
		ask.Body, _ = json.Marshal(body{doc, op.New}) // two strings always marshal
		ask.Header["Content-Type"] = "application/json"
	}
	if b.value == "" {
		ask.Header = map[string]string{"If-None-Match": "*", "Content-Type": "application/json"}
	}
	op.Call = w.rec.now()
	got, err := w.door.Do(ctx, ask)
	op.Return = w.rec.now()

	delete(w.beliefs, doc)
	switch {
	case err != nil || got.Status/100 == 5:
		op.Outcome = Unknown
	case got.Status == http.StatusPreconditionFailed, kind == Delete && got.Status == http.StatusNotFound:
		op.Outcome = Refused
	case got.Status/100 == 2:
		op.Outcome, op.ETag, op.Commit = OK, got.ETag(), got.Commit()
		if kind == Delete || op.ETag != "" {
			w.beliefs[doc] = belief{op.New, op.ETag}
		}
		if kind == Write && op.Commit == "" {
			w.rec.surprise("PUT %s: %d names no commit", doc, got.Status)
		}
	default:
		w.rec.surprise("%s %s: %d: %.200q", ask.Method, doc, got.Status, got.Body)
		op.Outcome = Unknown
	}
	w.rec.add(op)
}
