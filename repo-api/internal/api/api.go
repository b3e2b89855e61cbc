// Package api is the HTTP surface: which URL is which resource, and what each
// resource asks of the file system.
//
// A file holds a resource. A resource answers the questions of repo-api/flow; it
// writes no status and no error. What a request wants changed is judged by the
// file system at the moment of the change: a resource only translates the
// request's conditions into expectations.
//
// A request that names itself (X-Request-Id, which nginx sets and repeats) may be
// the repeat of one that was done and whose answer was lost. So its conditions are
// never refused here: only the file system knows whether it has seen it before.
//
// Handlers keep nothing between requests. A change is durable when it is answered.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/coding"
	"rhapsode/repo-api/internal/errand"
	"rhapsode/repo-api/internal/gitdoor"
	"rhapsode/repo-api/internal/limit"
	"rhapsode/repo-api/internal/page"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/publication"
)

// maxTarget is the length of the longest request target in bytes: the longest
// path, with every byte of it escaped, and some room for a query.
const maxTarget = 3*content.MaxPath + 4<<10

// maxJSON is the size of the largest JSON that a request may hold, in bytes.
const maxJSON = 64 << 10

// traceField tells who prefers trace which way the request went.
const traceField = "Rhapsode-Trace"

// codersAtOnce is how many answers are coded at a time: it bounds what codings
// take from everything else.
const codersAtOnce = 2

// Config is what an API needs.
type Config struct {
	FS      fsapi.FS
	MaxBody int64  // of a document, in bytes
	Spool   string // the folder for content that comes without a length; "": the system's
	Clock   func() time.Time
	Log     *slog.Logger

	// Publisher makes editions. Whoever makes it runs it.
	Publisher *publication.Publisher
	// Errands carries out requests with a key, and those that need not be waited for.
	// Nil: a key only names a request.
	Errands *errand.Errands

	// Limits bounds how often one client may ask; X-Forwarded-For counts for Proxies
	// only. Nil: as often as it likes.
	Limits  *limit.Limiter
	Proxies []netip.Prefix

	// Ready says why requests should not come here, or nil. Nil: always ready.
	Ready func(context.Context) error
	// Metrics returns what /metrics shows and its media type. Nil: there is none.
	Metrics func() ([]byte, string, error)
	// Instrument wraps the handler of each route, named by its pattern. Nil: as it is.
	Instrument func(route string, h http.Handler) http.Handler
}

// API makes resources out of requests.
type API struct {
	Config
	flow      flow.Engine
	pages     *page.Pages
	described described
	dry       http.Handler // the same surface, on which nothing can be changed
}

// New returns the handler of the whole surface.
func New(c Config) http.Handler {
	if c.Instrument == nil {
		c.Instrument = func(_ string, h http.Handler) http.Handler { return h }
	}
	a := &API{Config: c, pages: page.New(), flow: flow.Engine{
		MaxTarget: maxTarget, Now: c.Clock, Elsewhere: problem.Elsewhere,
		Vary: "Authorization", Coder: coding.New(codersAtOnce), Trace: traceField, Status: problem.Status, Explain: problem.Writer{Log: c.Log}.Explain,
	}}
	if c.Errands != nil {
		a.flow.Errands = c.Errands
	}
	if c.Limits != nil {
		a.flow.Admit = a.admit
	}
	var err error
	if a.described, err = a.describe(); err != nil {
		panic(err) // the same code describes the same surface: every test would have seen it
	}
	dry := a.flow
	dry.Dry = true
	a.dry = a.routes(&dry, func(_ string, h http.Handler) http.Handler { return h })
	surface := a.routes(&a.flow, c.Instrument)
	surface.PathPrefix(gitdoor.Prefix).Handler(c.Instrument("/git/{repo}.git", a.admitted(gitdoor.New(a.FS, a.Log))))
	return identify(surface)
}

// routes matches encoded paths as they are: content decides which are good.
func (a *API) routes(engine *flow.Engine, instrument func(string, http.Handler) http.Handler) *mux.Router {
	m := mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, r := range a.surface() {
		m.Handle(r.pattern, instrument(r.pattern, engine.Handler(r.open)))
	}
	if a.Metrics != nil {
		m.Handle("/metrics", instrument("/metrics", engine.Handler(a.metrics)))
	}
	m.NotFoundHandler = instrument("none", engine.Handler(nowhere))
	return m
}

// nowhere is every target that no pattern matches. OPTIONS * is about them all.
func nowhere(r *http.Request) (flow.Resource, error) {
	if r.RequestURI == "*" && r.Method == http.MethodOptions {
		return everything{}, nil
	}
	return nil, fault.Newf(fault.NotFound, "url", "nothing is served at this path")
}

// everything is the server as a whole (RFC 9110 9.3.7).
type everything struct{}

func (everything) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.POST | flow.PUT | flow.PATCH | flow.DELETE, nil
}

func (everything) Look(*flow.Exchange) (flow.State, error) { return flow.State{}, nil }

// requestIDField names a request; its repeat has the same.
const requestIDField = "X-Request-Id"

// identify gives every request an id, its own if it has a good one, and what it brought to show who asks.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDField)
		if !reqid.Good(id) {
			id = reqid.New()
		}
		w.Header().Set(requestIDField, id)
		ctx := reqid.NewContext(r.Context(), id)
		if c := credentialOf(r); !c.IsZero() {
			ctx = caller.NewContext(ctx, c)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// named says whether r came with an id or a key of its own, and may be a repeat.
func named(r *http.Request) bool { return reqid.Good(r.Header.Get(requestIDField)) || keyOf(r) != "" }

// nameOf is what a request is known by: the caller's key if it has one, under which it may
// come in several requests, and its id otherwise.
func nameOf(r *http.Request) string {
	if key := keyOf(r); key != "" {
		return "key of " + callerOf(r) + ": " + key
	}
	return reqid.FromContext(r.Context())
}

// requestID identifies a change by the name of its request and all that it asks for.
func requestID(x *flow.Exchange, asked ...[]byte) content.RequestID {
	r := x.Request
	parts := append(make([][]byte, 0, 8+len(asked)), []byte(r.Method), []byte(r.URL.EscapedPath()))
	for _, field := range changeFields() {
		for _, line := range r.Header[field] {
			parts = append(parts, []byte(field), []byte(line))
		}
	}
	return content.RequestIDOf(nameOf(r), append(parts, asked...)...)
}

// changeFields are those that belong to what a change asks for.
func changeFields() []string {
	return []string{"If-Match", "If-None-Match", "If-Unmodified-Since", authorField, messageField}
}

// absent is the state of what the file system says is not there; any other error
// stays one.
func absent(err error) (flow.State, error) {
	switch fault.Of(err) {
	case fault.NotFound:
		return flow.State{Why: err}, nil
	case fault.Gone:
		return flow.State{Gone: true, Why: err}, nil
	}
	return flow.State{}, err
}
