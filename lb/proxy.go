package lb

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"rhapsode/deploy/nginx"
	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
	"rhapsode/internal/run"
)

// proxy is the balancer where there is no nginx. What net/http refuses before
// any handler runs (broken framing, over-long fields, a bad Expect) gets
// net/http's own plain answer with the same status.
type proxy struct {
	opts    Options
	tmp     string
	pool    *pool
	apis    *repeater
	forward *httputil.ReverseProxy
}

// Limits, the same as in nginx's configuration.
const (
	maxTarget     = 16 << 10
	maxFields     = 64 << 10
	headerTimeout = 15 * time.Second
	stallTimeout  = 30 * time.Second
	idleTimeout   = 65 * time.Second
	proxyDrain    = 1500 * time.Millisecond
)

func newProxy(o Options) *proxy {
	p := &proxy{opts: o, tmp: filepath.Join(o.Dir, "tmp"), pool: newPool(time.Now)}
	p.apis = newRepeater(p.pool, o.Patience, o.Log)
	p.forward = &httputil.ReverseProxy{
		Rewrite:       rewrite,
		Transport:     p.apis,
		FlushInterval: -1, // what an API sends goes on at once
		ErrorHandler:  p.failed,
		ErrorLog:      slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return p
}

func (p *proxy) aim(addrs []string) error {
	p.pool.set(addrs)
	return nil
}

func (p *proxy) run(ctx context.Context) error {
	if err := os.MkdirAll(p.tmp, 0o750); err != nil {
		return fault.New(fault.Unavailable, "make balancer", "", err)
	}
	l, err := net.Listen("tcp", p.opts.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "listen", p.opts.Listen, err)
	}
	s := &http.Server{
		Handler: p,

		DisableGeneralOptionsHandler: true, // OPTIONS * is judged here
		ReadHeaderTimeout:            headerTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxFields,
		ErrorLog:                     slog.NewLogLogger(p.opts.Log.Handler(), slog.LevelDebug),
	}
	defer p.apis.base.CloseIdleConnections()
	p.opts.Log.Info("the built-in balancer is up", "listen", l.Addr().String())
	g := run.NewGroup(ctx)
	g.Go("serve", func(context.Context) error {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go("stop", func(ctx context.Context) error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), proxyDrain)
		defer cancel()
		if s.Shutdown(grace) != nil { // some request takes longer
			return s.Close()
		}
		return nil
	})
	return g.Wait()
}

// ServeHTTP refuses what nginx would refuse, takes in the body and forwards.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("X-Request-Id", reqid.New())
	if status := p.judge(r); status != 0 {
		refuse(w, r, status)
		return
	}
	if r.ContentLength == 0 {
		p.forward.ServeHTTP(w, r)
		return
	}
	body, err := p.takeIn(w, r)
	if err != nil {
		p.refuseBody(w, r, err)
		return
	}
	defer body.close()
	r.ContentLength, r.TransferEncoding = body.size, nil
	r.Body = io.NopCloser(body.open())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body.open()), nil }
	p.forward.ServeHTTP(w, r)
}

// takeIn reads the whole body; whoever sends it has to get on with it.
func (p *proxy) takeIn(w http.ResponseWriter, r *http.Request) (*spool, error) {
	conn := http.NewResponseController(w)
	body, err := newSpool(p.tmp, &stalling{r.Body, conn}, p.opts.MaxBody)
	if err != nil {
		return nil, err
	}
	return body, conn.SetReadDeadline(time.Time{}) // the answer may take its time
}

// judge returns the status that refuses r, or 0.
func (p *proxy) judge(r *http.Request) int {
	switch {
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		return http.StatusMethodNotAllowed
	case len(r.RequestURI) > maxTarget:
		return http.StatusRequestURITooLong
	case !strings.HasPrefix(r.URL.Path, "/"): // OPTIONS *
		return http.StatusBadRequest
	case !p.known(r.Host):
		return http.StatusMisdirectedRequest
	case r.ContentLength > p.opts.MaxBody:
		return http.StatusRequestEntityTooLarge
	}
	return 0
}

func (p *proxy) known(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	same := func(h string) bool { return strings.EqualFold(strings.Trim(h, "[]"), host) }
	return len(p.opts.Hosts) == 0 || slices.ContainsFunc(p.opts.Hosts, same)
}

func (p *proxy) refuseBody(w http.ResponseWriter, r *http.Request, err error) {
	var notWritten *os.PathError
	switch {
	case errors.Is(err, errBodyTooLarge):
		refuse(w, r, http.StatusRequestEntityTooLarge)
	case errors.As(err, &notWritten):
		p.opts.Log.Error("a body can't be kept", "error", err)
		refuse(w, r, http.StatusInternalServerError)
	default: // the client stopped sending, or sent nonsense
		refuse(w, r, http.StatusBadRequest)
	}
}

// failed answers for the APIs when none of them did.
func (p *proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusBadGateway
	var timeout net.Error
	switch {
	case errors.Is(err, errNoAPI):
		status = http.StatusServiceUnavailable
	case errors.As(err, &timeout) && timeout.Timeout():
		status = http.StatusGatewayTimeout
	}
	p.opts.Log.Warn("no api answered", "request_id", r.Header.Get("X-Request-Id"), "method", r.Method, "status", status, "error", err)
	refuse(w, r, status)
}

// rewrite keeps the target as it came; the repeater says where it goes.
func rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme = "http"
	r.Out.Host = r.In.Host
	r.Out.URL.RawQuery = r.In.URL.RawQuery // ReverseProxy drops what net/url would not read
	r.Out.GetBody = r.In.GetBody
	r.Out.Header.Set("X-Forwarded-Proto", "http")
	if client, _, err := net.SplitHostPort(r.In.RemoteAddr); err == nil {
		r.Out.Header.Set("X-Forwarded-For", client)
	}
	if r.In.Header["User-Agent"] == nil {
		r.Out.Header["User-Agent"] = nil // or net/http puts in its own
	}
}

func refuse(w http.ResponseWriter, r *http.Request, status int) {
	p := nginx.ProblemOf(status)
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Request-Id", r.Header.Get("X-Request-Id"))
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.RetryAfter != 0 {
		h.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{ // a client that is gone needs no problem
		"type": "about:blank", "title": p.Title, "status": p.Status, "detail": p.Detail, "instance": h.Get("X-Request-Id"),
	})
}

// stalling is a body that fails when nothing of it comes for too long.
type stalling struct {
	body io.Reader
	conn *http.ResponseController
}

func (s *stalling) Read(b []byte) (int, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(stallTimeout)); err != nil {
		return 0, err
	}
	return s.body.Read(b)
}
