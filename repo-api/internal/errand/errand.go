// Package errand carries out requests whose answers are kept: those that their
// clients named (Idempotency-Key), so that a repeat gets the first answer, and those
// that need not be waited for (Prefer: respond-async, wait), so that their answers can
// be asked for later.
//
// Which front end carries an errand out, and what came of it, is in fsapi.Errands: any
// front end knows. A claim ends soon after the process that holds it; whoever comes
// with the same key then carries on. That is safe because a change is known by a
// request id that is made of the key (api.requestID): this room only sees to it that
// nobody has to try.
//
// Kept are answers that a repeat would get too: not those that say "not now" (5xx, 408,
// 429), after which the errand is open, nor content over what a record holds.
//
// Errands may be used from any goroutine. Run owns what is carried out: when its
// context ends, it takes nothing more on, lets what is under way finish for a while,
// and gives back what did not.
package errand

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/semaphore"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
	"rhapsode/internal/run"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
)

// Timing.
const (
	hold    = 15 * time.Second       // how long a claim outlives its process
	sign    = hold / 3               // between its signs of life
	patient = 500 * time.Millisecond // how long a client waits that says no more than that it need not
	maxWait = 30 * time.Second       // … and at most, whatever it says: balancers wait a minute
	longest = 10 * time.Minute       // that one may take
	drain   = 3 * time.Second        // for those under way when Run ends
	notice  = 5 * time.Second        // for a record to be written
	retry   = time.Second            // before a client asks again
)

// Memory for what is under way: the content of all requests, and room for an answer each.
const (
	maxBytes = 256 << 20
	room     = content.MaxErrandAnswer
)

// Options are what Errands are made of.
type Options struct {
	Store  fsapi.Errands
	Caller func(*http.Request) string // who asks; callers don't share keys
	Fields []string                   // of a request that belong to what it asks for
	URL    func(id string) string     // where an errand's answer is told
	Log    *slog.Logger
}

// Errands carries errands out. It is a flow.Errands.
type Errands struct {
	Options
	crew  *run.Crew
	bytes *semaphore.Weighted
}

var _ flow.Errands = (*Errands)(nil)

// New makes one at rest.
func New(o Options) *Errands {
	return &Errands{Options: o, crew: run.NewCrew(), bytes: semaphore.NewWeighted(maxBytes)}
}

// Run owns what is carried out.
func (e *Errands) Run(ctx context.Context) error { return e.crew.Run(ctx) }

// Carry is in flow.Errands. A repeat that asks for something else is 422; one that
// comes while the first is under way is 409, or is told where to ask.
func (e *Errands) Carry(x *flow.Exchange, asked flow.Errand) (flow.Report, error) {
	id := idOf(x.Request, asked.Key)
	mine := content.Errand{
		Key: e.keyOf(x.Request, id), Asked: e.fingerprint(x, asked.Content), Owner: content.NewRequestID(), Hold: hold,
	}
	there, err := e.Store.BeginErrand(x.Context(), mine)
	switch {
	case err != nil:
		return flow.Report{}, err
	case there.Owner == mine.Owner:
		return e.begin(x, asked, mine, id)
	case there.Asked != mine.Asked:
		return flow.Report{}, problem.Unprocessable(fault.Newf(fault.Invalid, "idempotency key", "another request had this key: a new request takes a new key"))
	case there.State == content.ErrandDone:
		kept, err := decode(there.Answer)
		return flow.Report{Answer: &kept.Answer, Again: true}, err
	case asked.Async:
		return e.later(id), nil
	}
	err = fault.Newf(fault.Conflict, "idempotency key", "the first request with this key is still under way")
	return flow.Report{}, problem.With(err, nil, http.Header{"Retry-After": {"1"}})
}

func (e *Errands) later(id string) flow.Report {
	return flow.Report{Location: e.URL(id), Retry: retry}
}

// outcome is what came of an errand.
type outcome struct {
	answer flow.Answer
	err    error // there is no answer
}

// begin carries the errand out, and waits for that as long as the client does.
func (e *Errands) begin(x *flow.Exchange, asked flow.Errand, mine content.Errand, id string) (flow.Report, error) {
	over := make(chan outcome, 1)
	request := x.Context()
	kept := record{Method: x.Request.Method, Target: x.Request.RequestURI}
	weight := int64(len(asked.Content) + room)
	took := e.bytes.TryAcquire(weight) && e.crew.Go("errand", func(life context.Context) error {
		defer e.bytes.Release(weight)
		over <- e.carry(life, request, kept, asked, mine)
		return nil
	})
	if !took {
		e.giveBack(request, mine)
		return flow.Report{}, fault.Newf(fault.Unavailable, "errand", "too much is under way here, or this process ends")
	}
	var late <-chan time.Time
	if asked.Async {
		wait := patient
		if asked.Wait >= 0 {
			wait = min(asked.Wait, maxWait)
		}
		timer := time.NewTimer(wait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case o := <-over:
		return flow.Report{Answer: &o.answer}, o.err
	case <-late:
		return e.later(id), nil
	case <-request.Done():
		return flow.Report{}, request.Err() // nobody reads that; the errand goes on
	}
}

// carry carries an errand out, shows signs of life meanwhile, and has its answer kept.
// It outlives the request, and what is under way when life ends has drain left.
func (e *Errands) carry(life, request context.Context, kept record, asked flow.Errand, mine content.Errand) outcome {
	work, cancel := context.WithTimeout(context.WithoutCancel(request), longest)
	defer cancel()
	defer context.AfterFunc(life, func() {
		select {
		case <-time.After(drain):
			cancel()
		case <-work.Done():
		}
	})()
	signs := run.NewGroup(work)
	signs.Go("signs of life", func(ctx context.Context) error { e.showLife(ctx, mine); return nil })
	o := serve(work, asked)
	signs.Stop()
	_ = signs.Wait() // it was stopped

	if o.err != nil {
		e.giveBack(request, mine)
		return o
	}
	kept.Answer = o.answer
	text, whole := kept.encode()
	e.finish(request, mine, text, lasting(o.answer.Status) && (whole || o.answer.Status < http.StatusBadRequest))
	return o
}

// serve has the request answered. A panic is no answer, and the process goes on.
func serve(ctx context.Context, asked flow.Errand) (o outcome) {
	w := &writer{header: http.Header{}}
	defer func() {
		switch p := recover(); {
		case p == nil:
		case errors.Is(asError(p), http.ErrAbortHandler):
			o.err = fault.Newf(fault.Unknown, "errand", "its answer could not be made")
		default:
			o.err = fault.Newf(fault.Internal, "errand", "panic: %v", p)
		}
	}()
	asked.Serve(ctx, w)
	return outcome{answer: w.answer()}
}

func asError(p any) error { err, _ := p.(error); return err }

// showLife holds the claim while ctx lasts.
func (e *Errands) showLife(ctx context.Context, mine content.Errand) {
	tick := time.NewTicker(sign)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := e.Store.HoldErrand(ctx, mine); err != nil && ctx.Err() == nil {
			e.note(ctx, "errand not held", mine, err)
		}
	}
}

// finish has the answer kept. Without that, the claim ends by itself.
func (e *Errands) finish(request context.Context, mine content.Errand, answer []byte, final bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(request), notice)
	defer cancel()
	if err := e.Store.FinishErrand(ctx, mine, answer, final); err != nil {
		e.note(ctx, "errand not finished", mine, err)
	}
}

func (e *Errands) giveBack(request context.Context, mine content.Errand) {
	e.finish(request, mine, nil, false)
}

func (e *Errands) note(ctx context.Context, message string, mine content.Errand, err error) {
	e.Log.Warn(message, "request_id", reqid.FromContext(ctx), "errand", mine.Key.String(), "error", err)
}

// lasting says whether a repeat would get this status too.
func lasting(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests
}

// idOf names an errand in a URL: by the client's key and what it was used on, or by
// nothing that anybody could know.
func idOf(r *http.Request, key string) string {
	if key == "" {
		id := content.NewRequestID()
		return hex.EncodeToString(id[:])
	}
	sum := hash([]byte(r.Method), []byte(r.URL.EscapedPath()), []byte(key))
	return hex.EncodeToString(sum[:16])
}

// keyOf is where the store has the errand: what one caller did, others do not find.
func (e *Errands) keyOf(r *http.Request, id string) content.ErrandKey {
	return hash([]byte(e.Caller(r)), []byte(id))
}

// fingerprint is all that a request asks for, but for what is in its id.
func (e *Errands) fingerprint(x *flow.Exchange, text []byte) [32]byte {
	r := x.Request
	parts := [][]byte{[]byte(r.Method), []byte(r.RequestURI), strconv.AppendBool(nil, x.Prefer.Merge), strconv.AppendBool(nil, x.Prefer.DryRun)}
	for _, field := range e.Fields {
		for _, line := range r.Header[field] {
			parts = append(parts, []byte(field), []byte(line))
		}
	}
	return hash(append(parts, text)...)
}

// hash is unambiguous about where each part ends.
func hash(parts ...[]byte) [32]byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}
