package server

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// watched logs and counts every request, and bounds the time in which its content
// may stand still.
func (s *Server) watched(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w, control: http.NewResponseController(w), clock: s.config.Clock, begun: s.config.Clock(), route: "none"}
		var parent string
		if parent, rec.trace = traceOf(r); parent != "" {
			w.Header().Set(traceField, parent)
		}
		if r.Body != nil && r.Body != http.NoBody {
			// On a copy: net/http has to know its own body again, or it reads on
			// before it sends a refusal that came before the content.
			copied := *r
			copied.Body = &steady{ReadCloser: r.Body, control: rec.control}
			r = &copied
		}
		if len(r.TransferEncoding) > 0 {
			// net/http forgets a Content-Length beside it. Whoever sent both, and whatever
			// follows was meant as, is not read on (RFC 9112 6.1).
			w.Header().Set("Connection", "close")
		}
		s.metrics.inFlight.Inc()
		defer func() { s.finish(rec, r, recover()) }()
		next.ServeHTTP(rec, r)
	})
}

// finish accounts for a request. One that panicked was cut short or is a bug, and
// its connection ends with it.
func (s *Server) finish(rec *recorder, r *http.Request, panicked any) {
	s.metrics.inFlight.Dec()
	took := s.config.Clock().Sub(rec.begun)
	s.metrics.count(rec.route, r.Method, rec.status, took)
	level := slog.LevelInfo
	if panicked != nil {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request_id", rec.Header().Get("X-Request-Id")),
		slog.String("method", r.Method), slog.String("target", r.RequestURI), slog.String("route", rec.route),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes), slog.Duration("took", took),
		slog.String("remote", r.RemoteAddr),
	}
	if rec.trace != "" {
		attrs = append(attrs, slog.String("trace_id", rec.trace))
	}
	if panicked != nil {
		attrs = append(attrs, slog.Any("panic", panicked))
	}
	s.config.Log.LogAttrs(r.Context(), level, "request", attrs...)
	if panicked != nil {
		if err, ok := panicked.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			s.config.Log.Error("handler panicked", "panic", panicked, "stack", string(debug.Stack()))
		}
		panic(http.ErrAbortHandler)
	}
}

// recorder sees what is answered.
type recorder struct {
	http.ResponseWriter
	control *http.ResponseController
	clock   func() time.Time
	begun   time.Time
	trace   string // the caller's; ""
	route   string
	status  int
	bytes   int64
}

// WriteHeader and Write give the client the full time again for what comes next.
func (rec *recorder) WriteHeader(status int) {
	rec.status = status
	rec.extend()
	rec.Header().Set("Server-Timing", timing(rec.clock().Sub(rec.begun)))
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(p []byte) (int, error) {
	rec.extend()
	n, err := rec.ResponseWriter.Write(p)
	rec.bytes += int64(n)
	return n, err
}

// extend fails only where there is no connection to speak of, as in tests.
func (rec *recorder) extend() { rec.control.SetWriteDeadline(time.Now().Add(stallTimeout)) }

// Unwrap lets an http.ResponseController through.
func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// steady is content that has to keep coming.
type steady struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read allows the full time for what comes next, and none once all is there: the
// server goes on reading, to learn that the client went away. It can't set a
// deadline only where there is no connection, as in tests.
func (b *steady) Read(p []byte) (int, error) {
	b.control.SetReadDeadline(time.Now().Add(stallTimeout))
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// instrument tells the recorder which route a request took.
func instrument(route string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec, ok := w.(*recorder); ok {
			rec.route = route
		}
		h.ServeHTTP(w, r)
	})
}
