package fsclient

import (
	"context"
	"sync"
	"time"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Bounds of a batcher.
const (
	maxTogether = 256  // questions in one message
	maxFlight   = 4    // messages under way, when the first takes its time
	maxQueued   = 4096 // questions that wait
)

// patience is how long a question waits for the message that is under way before
// another is sent beside it: one slow answer must not hold up the rest, but as
// long as answers are quick, fewer and fuller messages cost everybody less.
const patience = 3 * time.Millisecond

// batcher gathers the questions that wait for one node: while messages are under
// way, those that come go together in the next. A question is sent after it was asked, never joined to
// a message that is under way: its answer has to be newer than it.
type batcher struct {
	crew  *run.Crew
	files pb.FileSystemClient

	mu      sync.Mutex
	waiting []*question // guarded by mu
	flight  int         // guarded by mu: messages under way
}

// question waits for its answer.
type question struct {
	q      fsapi.StatQuestion
	from   caller.Credential
	answer chan statAnswer // capacity 1
}

type statAnswer struct {
	stat fsapi.Stat
	err  error
}

func newBatcher(crew *run.Crew, files pb.FileSystemClient) *batcher {
	return &batcher{crew: crew, files: files}
}

// ask returns the node's answer to q. If ctx ends first, the question is asked in vain.
func (b *batcher) ask(ctx context.Context, q fsapi.StatQuestion) (fsapi.Stat, error) {
	w := &question{q: q, from: caller.FromContext(ctx), answer: make(chan statAnswer, 1)}
	if err := b.enqueue(w); err != nil {
		return fsapi.Stat{}, err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case a := <-w.answer:
			return a.stat, a.err
		case <-timer.C:
			b.launch(maxFlight)
		case <-ctx.Done():
			return fsapi.Stat{}, ctx.Err()
		}
	}
}

func (b *batcher) enqueue(w *question) error {
	b.mu.Lock()
	if len(b.waiting) >= maxQueued {
		b.mu.Unlock()
		return fault.Newf(fault.Unavailable, "stat", "%d questions wait already", maxQueued)
	}
	b.waiting = append(b.waiting, w)
	b.mu.Unlock()
	b.launch(1)
	return nil
}

// launch sends what waits, unless that many messages are under way.
func (b *batcher) launch(most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 && b.flight < most && b.crew.Go("stat", b.drain) {
		b.flight++
	}
}

// drain sends what waits, message by message, until nothing does.
func (b *batcher) drain(ctx context.Context) error {
	for {
		batch := b.next()
		if batch == nil {
			return nil
		}
		b.send(ctx, batch)
	}
}

func (b *batcher) next() []*question {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.flight--
		return nil
	}
	n := min(len(b.waiting), maxTogether)
	batch := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	return batch
}

func (b *batcher) send(ctx context.Context, batch []*question) {
	ctx, cancel := context.WithTimeout(ctx, readTry)
	defer cancel()
	request := &pb.StatRequest{Questions: make([]*pb.StatQuestion, len(batch))}
	for i, w := range batch {
		request.Questions[i] = wire.FromQuestion(w.q, w.from)
	}
	reply, err := b.files.Stat(ctx, request)
	if err == nil && len(reply.Answers) != len(batch) {
		err = fault.Newf(fault.Internal, "stat", "%d answers to %d questions", len(reply.Answers), len(batch))
	}
	for i, w := range batch {
		if err != nil {
			w.answer <- statAnswer{err: wire.FromStatus("stat", err)}
		} else {
			w.answer <- readAnswer(reply.Answers[i])
		}
	}
}

func readAnswer(p *pb.StatAnswer) statAnswer {
	if p.Fault != nil {
		return statAnswer{err: wire.FromFault(p.Fault)}
	}
	s, err := wire.Stat(p.Stat)
	return statAnswer{s, err}
}
