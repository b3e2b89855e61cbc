// Package server is the process's HTTP door: a listener with limits, a log line
// and figures for every request, and an orderly end.
//
// New binds the addresses, so that Addr is known before Run; Run serves until its
// context ends, lets the requests that are under way finish for a while, and
// leaves nothing behind. It keeps nothing and may be killed at any time.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
	"rhapsode/repo-api/internal/api"
	"rhapsode/repo-api/internal/errand"
	"rhapsode/repo-api/internal/limit"
	"rhapsode/repo-api/internal/publication"
)

// Config is what a Server needs.
type Config struct {
	FS            fsapi.FS
	Listen        string // host:port; port 0: any
	MetricsListen string // a door of its own for /metrics; "": the same
	MaxBody       int64  // of a document in bytes; 0: DefaultMaxBody
	Spool         string // the folder for content that comes without a length; "": the system's
	Log           *slog.Logger
	Clock         func() time.Time // nil: time.Now
	Limits        Limits
	Proxies       []netip.Prefix              // whose X-Forwarded-For is believed
	Ready         func(context.Context) error // why requests should not come here; nil: never
}

// Limits are how often clients may ask, in requests a second. 0: as often as they like.
type Limits struct {
	Caller  int           // of who says who it is
	Address int           // from one address
	Burst   time.Duration // so much time's requests may come at once
	Local   bool          // for clients on this machine too
}

// limiter is what keeps to l, or nil if there is nothing to keep to.
func (l Limits) limiter(clock func() time.Time) *limit.Limiter {
	if l.Caller == 0 && l.Address == 0 {
		return nil
	}
	of := func(perSecond int) limit.Rate {
		return limit.Rate{PerSecond: perSecond, Burst: int(float64(perSecond) * l.Burst.Seconds())}
	}
	return limit.New(limit.Options{Caller: of(l.Caller), Address: of(l.Address), Local: l.Local, Clock: clock})
}

// DefaultMaxBody is the size in bytes of the largest document, unless it is configured.
const DefaultMaxBody = 1 << 30

// The limits of a connection. A body may take as long as it keeps coming.
const (
	headerTimeout = 10 * time.Second
	stallTimeout  = 30 * time.Second // without a byte of content, either way
	idleTimeout   = 2 * time.Minute  // longer than nginx keeps its side
	drainTimeout  = 3 * time.Second
	maxHeader     = 64 << 10 // bytes
)

// Server is one front end.
type Server struct {
	config   Config
	handler  http.Handler
	door     net.Listener
	figures  net.Listener // nil: /metrics is at the door
	metrics  *metrics
	errands  *errand.Errands
	publish  *publication.Publisher
	draining atomic.Bool
}

// New binds the addresses of c. Only Run closes them again.
func New(c Config) (*Server, error) {
	if c.MaxBody == 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	s := &Server{config: c, metrics: newMetrics(), errands: api.NewErrands(c.FS, c.Log)}
	s.publish = publication.New(publication.Options{FS: c.FS, Clock: c.Clock, Log: c.Log, Spool: c.Spool})
	var err error
	if s.door, err = net.Listen("tcp", c.Listen); err != nil {
		return nil, fault.New(fault.Invalid, "listen", c.Listen, err)
	}
	if c.MetricsListen != "" {
		if s.figures, err = net.Listen("tcp", c.MetricsListen); err != nil {
			s.door.Close()
			return nil, fault.New(fault.Invalid, "listen", c.MetricsListen, err)
		}
	}
	surface := api.Config{
		FS: c.FS, MaxBody: c.MaxBody, Spool: c.Spool, Clock: c.Clock, Log: c.Log,
		Errands: s.errands, Publisher: s.publish, Limits: c.Limits.limiter(c.Clock), Proxies: c.Proxies, Ready: s.ready, Instrument: instrument,
	}
	if s.figures == nil {
		surface.Metrics = s.metrics.text
	}
	s.handler = s.watched(api.New(surface))
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.door.Addr() }

// MetricsAddr is where /metrics is.
func (s *Server) MetricsAddr() net.Addr {
	if s.figures == nil {
		return s.Addr()
	}
	return s.figures.Addr()
}

// Handler is the whole surface, without the listener's limits.
func (s *Server) Handler() http.Handler { return s.handler }

var errDraining = errors.New("the server is going down")

func (s *Server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	if s.config.Ready == nil {
		return nil
	}
	return s.config.Ready(ctx)
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	g := run.NewGroup(ctx)
	g.Go("errands", s.errands.Run)
	g.Go("publications", s.publish.Run)
	g.Go("http", func(ctx context.Context) error { return s.serve(ctx, s.door, s.handler) })
	if s.figures != nil {
		g.Go("metrics", func(ctx context.Context) error { return s.serve(ctx, s.figures, s.metrics.handler()) })
	}
	return g.Wait()
}

// serve ends when ctx does and the requests under way have ended, or drainTimeout later.
func (s *Server) serve(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler:                      h,
		ReadHeaderTimeout:            headerTimeout,
		WriteTimeout:                 stallTimeout, // the next write moves it on: see recorder
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeader,
		DisableGeneralOptionsHandler: true, // OPTIONS * goes through the flow like everything
		ErrorLog:                     slog.NewLogLogger(s.config.Log.Handler(), slog.LevelWarn),
	}
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		s.draining.Store(true)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		if server.Shutdown(grace) != nil {
			s.config.Log.Warn("requests cut off at the end", "after", drainTimeout)
			server.Close()
		}
	})
	err := server.Serve(l)
	if stop() { // the server failed by itself
		return err
	}
	<-drained
	return nil
}
