// Package faulty is a small server that keeps HTTP's rules, and can be told to
// break one of them.
//
// It judges the judge: with no fault every case of conformance must apply and
// pass, and each of Faults must be caught by the cases that are meant for it.
// It is written from the RFCs and shares no code with any other server here,
// down to the framing of messages, because a library would mend some of
// the faults. Documents are in memory. It is for tests only and no example of
// speed.
package faulty

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// Server serves documents with at most one fault.
type Server struct {
	fault Fault
	rules rules
	now   func() time.Time

	mu    sync.Mutex // held for the whole of each request's judgement and act
	docs  map[string]document
	past  map[string][]document // every state that a document ever had
	posts int
	keys  map[string]*keyed
	seen  map[string]bool // of what goes on: who asked was told so
}

// rules are those that a fault breaks from within. The zero rules are HTTP's.
type rules struct {
	weakMatches      bool // If-Match: a weak tag is taken for a strong one
	commasSplit      bool // a comma within quotes parts two tags
	junkIsDate       bool // a date that can't be read is the beginning of time
	datesForAll      bool // If-Modified-Since counts for every method
	missingFails     bool // If-Match is judged where nothing is
	rangeOnHead      bool
	unconditional    bool // changes need no condition
	halfPatched      bool // the operations before the one that failed stay
	testIgnored      bool
	nullKept         bool
	digestIgnored    bool
	partIsWhole      bool // Content-Range on PUT is ignored
	zeroIsWeight     bool // q=0 is a weight like others
	acceptForErrors  bool // a problem is given only to who accepts it
	oneTag           bool // all codings and variants have one tag
	twoHosts         bool
	lengthAndChunks  bool
	lengthsDiffer    bool
	shortIsWhole     bool // content that is cut short is taken
	unknownRange     bool // an unknown unit is refused
	rangeFirst       bool // a range is judged before the conditions
	conditionsFirst  bool // conditions are judged before the method
	optionsJudged    bool // conditions are judged for OPTIONS
	writableVersions bool
	readsWrite       bool // GET changes the document
	bluntRanges      bool // a less specific media range is as good as a more specific one
	manySpans        bool // any number of ranges is served
	patchIdle        bool // PATCH says that it did, and did nothing
	patchUnread      bool // a patch that can't be read changes nothing, and that is well

	halfDiffed     bool // a hunk that fits is applied though another does not
	everyoneWrites bool // who may read may write
	strangersKnow  bool // who may not know is told that they may not
	beginsLate     bool // there is nothing before the first version
	endsNow        bool // there is nothing after now
	twiceAtOnce    bool // a repeat that comes meanwhile is carried out too
	formsMended    bool // the lines of a part get other ends
	formsCut       bool // a form that ends early is taken

	oursToBlame  bool // a broken message is 500
	anyHost      bool
	anyLength    bool
	anyTarget    bool
	anyHead      bool
	anyVersion   bool
	looseNames   bool // white space before the colon is no matter
	looseLengths bool // a sign before a length is no matter
	looseChunks  bool // what follows a chunk is no matter
	foldIgnored  bool // a folded line is dropped
	caseMatters  bool // a field is not known in other letters
	noChunks     bool
	noAbsolute   bool
	expectNever  bool // every expectation is 400
}

// New makes a server with that fault; the zero Fault is none.
func New(f Fault, now func() time.Time) *Server {
	s := &Server{fault: f, now: now, docs: map[string]document{}, past: map[string][]document{}, keys: map[string]*keyed{}, seen: map[string]bool{}}
	if f.rules != nil {
		f.rules(&s.rules)
	}
	return s
}

// Run serves l until ctx ends. No connection outlives it.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			continue
		}
		group.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			newLine(conn, s).serve()
		})
	}
}

// answer judges a request and acts on it.
func (s *Server) answer(r *request) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault.before != nil {
		s.fault.before(r)
	}
	a := s.route(r)
	a.set("RateLimit-Policy", `"all";q=1000;w=10`)
	if a.header.Get("RateLimit") == "" {
		a.set("RateLimit", `"all";r=999;t=1`)
	}
	if a.status >= 400 {
		a.set("Cache-Control", "no-store")
	}
	if s.fault.after != nil {
		s.fault.after(r, a)
	}
	return a
}
