package flow

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Engine turns resources into handlers.
type Engine struct {
	MaxTarget int              // length of a request target in bytes; 0: no limit
	Now       func() time.Time // decides the century of two-digit years

	// Status returns the status of an error that a resource returned.
	Status func(error) int

	// Elsewhere returns the target that an error of a resource says has to be asked
	// instead, for good (308); "": none. Nil: no error does.
	Elsewhere func(r *http.Request, err error) string

	// Explain writes the answer to a request that was refused: f.Status and
	// content that says why. The fields that HTTP demands are set already.
	Explain func(w http.ResponseWriter, r *http.Request, f Refusal)

	// Coder makes the codings that are sent. Nil: there are none.
	Coder Coder

	// Admit says why a client is served no more for now, or nil; it may set fields
	// of every answer. Its errors are those of a resource. Nil: everybody is served.
	Admit func(w http.ResponseWriter, r *http.Request) error

	// Errands keeps the answers of requests with a key, and carries out those that
	// need not be waited for. Nil: there are neither.
	Errands Errands

	// Vary names a field that every answer may depend on, beside those that the table
	// looks at: Authorization, where who asks decides. "": there is none.
	Vary string

	// Trace is the field in which who prefers trace is told the path of the
	// request. "": nobody is.
	Trace string

	// Dry has every request stop short of what would change something, and be
	// answered 204 there. Conditions are then judged by the table alone, and no
	// content is sent.
	Dry bool

	// Walked, if it is not nil, is told of every walk before it is answered.
	Walked func(x *Exchange, status int)
}

// Refusal is an answer of 400 or above.
type Refusal struct {
	Status  int
	Node    Node    // where the walk ended
	Err     error   // why, as far as that is known beyond Status; may be nil
	Allowed Methods // 405: what is allowed
	Tag     Tag     // 412, 428: of what is there
	Limit   int64   // 413, 414: what was exceeded, in bytes
	Size    int64   // 416: of the representation

	Variants []Variant // 406: what there is
	Codings  []string  // 406: what that can be had in
}

// ErrUnconditional is returned by a resource that judges conditions itself and
// finds that a change should have had one (428).
var ErrUnconditional = errors.New("the change has no condition")

// errUnable is a resource that allows what it can't do.
var errUnable = errors.New("flow: the resource lacks the method that it allows")

// Exchange is one request on its way through the diagram.
type Exchange struct {
	Request    *http.Request
	Conditions Conditions
	Prefer     Preferences
	Variant    Variant // that a read sends, once it is chosen
	State      State   // what Look found; a change that learns better while it is made says so here

	engine   *Engine
	writer   http.ResponseWriter
	resource Resource
	unopened error        // why there is no resource
	errand   http.Handler // carries the request out as an errand; nil: it is one already

	method  Methods
	allowed Methods
	content content
	limit   int64                         // that was exceeded
	accept  struct{ field, value string } // what would have been taken instead
	why     error                         // what a person should know about the answer of the last node
	looked  bool
	unseen  error // why Look did not find out what is there
	sent    Representation
	spans   []Span
	whole   [1]Span // room for spans

	partDigests []string // of several spans, one by one; none if they are not wanted

	key    string // the client's name for the request; ""
	report Report // of the errand, if it is one

	variants []Variant // to choose from
	coding   string    // of what is sent; "": none
	done     Done
	renamed  bool   // an error said where to ask instead
	applied  string // preferences that were honoured

	path  [nodes]Node
	steps int
}

// Context is the request's.
func (x *Exchange) Context() context.Context { return x.Request.Context() }

// Path returns the nodes that the request went through, in their order.
func (x *Exchange) Path() []Node { return x.path[:x.steps] }

// trail is the path as the trace shows it.
func (x *Exchange) trail() string {
	var b strings.Builder
	for i, n := range x.Path() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(n.String())
	}
	return b.String()
}

// Handler serves the resources that open finds. An error of open is about the
// target: it ends the walk where malformed requests do.
func (e *Engine) Handler(open func(*http.Request) (Resource, error)) http.Handler {
	return &handler{engine: e, open: open, errand: &handler{engine: e, open: open}}
}

// handler serves the resources that open finds.
type handler struct {
	engine *Engine
	open   func(*http.Request) (Resource, error)
	errand http.Handler // the same for errands; nil: this is it
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := h.engine
	x := &Exchange{Request: r, engine: e, writer: w, method: methodOf(r.Method), errand: h.errand}
	x.Request = x.content.watch(r)
	x.resource, x.unopened = h.open(x.Request)
	x.Prefer = ParsePrefer(r.Header["Prefer"])
	status, err := x.walk()
	if err != nil {
		x.why = err
		status = x.statusOf(err)
	}
	if e.Walked != nil {
		e.Walked(x, status)
	}
	x.answer(status)
}

// walk goes from node to node until one ends the way. No path comes to a node
// twice, so it ends.
func (x *Exchange) walk() (status int, err error) {
	for at := B13; ; {
		x.path[x.steps] = at
		x.steps++
		if x.engine.Dry && at.acts() {
			return http.StatusNoContent, nil
		}
		question := &table[at]
		yes, err := question.ask(x)
		if err != nil {
			return 0, err
		}
		next := question.No
		if yes {
			next = question.Yes
		}
		if next.Status != 0 {
			return next.Status, nil
		}
		at = next.Node
	}
}

// statusOf returns the status of what a resource returned. If the content could
// not be read to its end, whatever the resource made of that, this is the reason.
func (x *Exchange) statusOf(err error) int {
	if status := x.content.failure(); status != 0 {
		return status
	}
	if errors.Is(err, ErrUnconditional) {
		return http.StatusPreconditionRequired
	}
	if x.engine.Elsewhere != nil {
		if to := x.engine.Elsewhere(x.Request, err); to != "" {
			x.State, x.renamed = State{Moved: ForGood, To: to}, true
			return http.StatusPermanentRedirect
		}
	}
	return x.engine.Status(err)
}
