package flow

import (
	"crypto/sha256"
	"encoding/base64"
	"hash/maphash"
	"net/http"
	"sync"
	"time"
)

// Wrapping is how a plain handler is wrapped. Its zero value will do.
type Wrapping struct {
	// Methods are those that r's target has, whatever state it is in; any other
	// is 405. HEAD and OPTIONS need not be among them: they are answered here.
	// Nil: GET, and nothing else.
	Methods func(r *http.Request) Methods

	// Guarded: a change of what exists takes a condition, and is 428 without one.
	Guarded bool

	// Held is the size in bytes of the largest answer that is held back until it is
	// whole. What is larger has a tag only if the handler sets one, and no ranges.
	// 0: 1 MiB.
	Held int

	MaxBody   int64            // of a request, in bytes; 0: no limit
	MaxTarget int              // length of a request target in bytes; 0: 16 KiB
	Now       func() time.Time // nil: time.Now
}

// Wrap returns a handler that answers with what h says, and as RFC 9110 wants it:
// HEAD has the fields of GET, conditions are judged and ranges cut by the ETag and
// Last-Modified that h sets, or by a strong tag of the content; methods are those
// that w declares; every refusal has a body of problem+json.
//
// To that end h is asked GET for every HEAD, and before a change that has a
// condition, so its GET must be safe, as it should be anyway. It is never asked
// with conditions or ranges. The conditional changes of one target are made one
// after the other; against any other change only h itself can guard.
//
// What can't be enforced from outside is left to h: what it takes for acceptable,
// who may ask, and that its answers are true. It can't take the connection over,
// nor send an interim answer, and what it flushes arrives with what follows.
func Wrap(h http.Handler, w Wrapping) http.Handler {
	if w.Methods == nil {
		w.Methods = func(*http.Request) Methods { return GET }
	}
	if w.Held == 0 {
		w.Held = 1 << 20
	}
	if w.MaxTarget == 0 {
		w.MaxTarget = 16 << 10
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	wr := &wrapper{Wrapping: w, handler: h, seed: maphash.MakeSeed()}
	engine := &Engine{MaxTarget: w.MaxTarget, Now: w.Now, Status: wrappedStatus, Explain: explainWrapped}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		t := &wrapped{wrapper: wr}
		defer t.close()
		if len(r.TransferEncoding) > 0 {
			// net/http forgets a Content-Length beside it. Whoever sent both, and whatever
			// follows was meant as, is not read on (RFC 9112 6.1).
			rw.Header().Set("Connection", "close")
		}
		engine.Handler(func(*http.Request) (Resource, error) { return t, nil }).ServeHTTP(rw, r)
	})
}

// wrapper is what the requests of a wrapped handler have in common.
type wrapper struct {
	Wrapping
	handler http.Handler
	seed    maphash.Seed
	turns   [64]sync.Mutex // held from a change's condition to its end; by target
}

// wrapped is a target of a wrapped handler, for one request.
type wrapped struct {
	*wrapper
	seen   *reply // to a GET
	did    *reply // to a change
	unlock func() // ends this request's turn; nil: it needs none
}

var (
	_ Getter  = (*wrapped)(nil)
	_ Putter  = (*wrapped)(nil)
	_ Patcher = (*wrapped)(nil)
	_ Poster  = (*wrapped)(nil)
	_ Deleter = (*wrapped)(nil)
	_ Bounded = (*wrapped)(nil)
	_ Fielder = (*wrapped)(nil)
)

func (t *wrapped) close() {
	for _, p := range [...]*reply{t.seen, t.did} {
		if p != nil {
			p.close()
		}
	}
	if t.unlock != nil {
		t.unlock()
	}
}

func (t *wrapped) Methods(x *Exchange) (Methods, error) { return t.Wrapping.Methods(x.Request), nil }

func (t *wrapped) Bounds() Bounds { return Bounds{Max: t.MaxBody} }

// PostToMissing leaves it to the handler what can be posted to.
func (t *wrapped) PostToMissing() bool { return true }

// Look asks the handler what is there, if anything depends on it.
func (t *wrapped) Look(x *Exchange) (State, error) {
	c := &x.Conditions
	conditional := c.IfMatch.Sent() || c.IfNoneMatch.Sent() || !c.IfUnmodifiedSince.IsZero()
	guarded := t.Guarded && x.method&(PUT|PATCH|DELETE) != 0
	if x.method&changes != 0 && !conditional && !guarded {
		return State{Exists: true}, nil
	}
	if x.method&changes != 0 {
		turn := &t.turns[maphash.String(t.seed, x.Request.URL.Path)%uint64(len(t.turns))]
		turn.Lock()
		t.unlock = turn.Unlock
	}
	t.seen = begin(t.handler, plainGet(x.Request), t.Held)
	return t.state(x)
}

// plainGet is what the handler is asked to find out what is there.
func plainGet(r *http.Request) *http.Request {
	get := r.Clone(r.Context())
	get.Method, get.Body, get.ContentLength, get.TransferEncoding = http.MethodGet, http.NoBody, 0, nil
	for _, field := range [...]string{"Content-Length", "Content-Type", "Content-Encoding", "Expect"} {
		get.Header.Del(field)
	}
	return unconditional(get)
}

// unconditional takes out of r what is judged here.
func unconditional(r *http.Request) *http.Request {
	for _, field := range [...]string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range", "If-Range"} {
		r.Header.Del(field)
	}
	return r
}

// state is what the handler's answer to a GET says of the target. A change may be
// of what can't be read: then nothing is known of it.
func (t *wrapped) state(x *Exchange) (State, error) {
	p := t.seen
	to := p.header.Get("Location")
	switch p.status {
	case http.StatusNotFound:
		return State{Why: &refusedReply{p}}, nil
	case http.StatusGone:
		return State{Gone: true, Why: &refusedReply{p}}, nil
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return State{Moved: ForGood, To: to}, nil
	case http.StatusTemporaryRedirect:
		return State{Moved: ForNow, To: to}, nil
	case http.StatusFound, http.StatusSeeOther:
		return State{Moved: Found, To: to}, nil
	case http.StatusMultipleChoices:
	default:
		if p.status >= 300 && x.method&reads != 0 {
			return State{}, &refusedReply{p}
		}
	}
	s := State{Exists: true, Guarded: t.Guarded, Tag: t.tag(p)}
	s.Modified, _ = ParseDate(p.header.Get("Last-Modified"), t.Now())
	return s, nil
}

// tag is the one that the handler set or, of an answer that is held, one of its bytes.
func (t *wrapped) tag(p *reply) Tag {
	if tag, rest, ok := cutTag(p.header.Get("Etag")); ok && rest == "" {
		return tag
	}
	if !p.whole || p.status >= 300 {
		return ""
	}
	sum := sha256.New()
	for _, field := range [...]string{"Content-Type", "Content-Encoding", "Content-Language"} {
		sum.Write([]byte(p.header.Get(field) + "\n"))
	}
	sum.Write(p.held)
	return Tag(`"` + base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16]) + `"`)
}

func (t *wrapped) Get(*Exchange) (Representation, error) { return t.seen.representation(), nil }

func (t *wrapped) Put(x *Exchange) (Done, error)    { return t.act(x) }
func (t *wrapped) Patch(x *Exchange) (Done, error)  { return t.act(x) }
func (t *wrapped) Post(x *Exchange) (Done, error)   { return t.act(x) }
func (t *wrapped) Delete(x *Exchange) (Done, error) { return t.act(x) }

// act has the handler make the change.
func (t *wrapped) act(x *Exchange) (Done, error) {
	r := x.Request.Clone(x.Context())
	r.Body = x.Request.Body
	p := begin(t.handler, unconditional(r), t.Held)
	t.did = p
	to := p.header.Get("Location")
	switch {
	case x.content.failure() != 0, p.status >= 400, p.status == http.StatusNotModified:
		return Done{}, &refusedReply{p}
	case p.status == http.StatusTemporaryRedirect, p.status == http.StatusPermanentRedirect:
		x.State.To = to
		return Done{}, &refusedReply{p}
	case p.status >= 300: // whatever it says, clients go on with GET
		p.status = http.StatusSeeOther
		return Done{Location: to}, &refusedReply{p}
	}
	done := Done{Created: p.status == http.StatusCreated, Pending: p.status == http.StatusAccepted, Location: to}
	if tag, rest, ok := cutTag(p.header.Get("Etag")); ok && rest == "" {
		done.Tag = tag
	}
	if p.size != 0 {
		content := p.representation()
		done.Content = &content
	}
	return done, nil
}

// Fields are those of the handler's that are not set by the flow.
func (t *wrapped) Fields(_ *Exchange, h http.Header) {
	p := t.did
	if p == nil {
		p = t.seen
	}
	p.fields(h)
	if h.Get("Cache-Control") == "" && h.Get("Expires") == "" {
		h.Set("Cache-Control", "no-cache") // or caches would guess (RFC 9111 4.2.2)
	}
}
