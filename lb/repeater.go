package lb

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rhapsode/internal/fault"
)

// repeater sends a request to one API after the other until one answers.
type repeater struct {
	pool *pool
	base *http.Transport
	log  *slog.Logger
}

// The same as in nginx's configuration.
const (
	maxTries       = 3
	repeatFor      = 30 * time.Second
	connectTimeout = time.Second
)

var errNoAPI = fault.Newf(fault.Unavailable, "forward", "no API is known")

func newRepeater(p *pool, patience time.Duration, log *slog.Logger) *repeater {
	return &repeater{pool: p, log: log, base: &http.Transport{
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		ResponseHeaderTimeout: patience,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       30 * time.Second,
		DisableCompression:    true,
	}}
}

// RoundTrip returns an API's answer, whatever its status, or the last failure.
func (t *repeater) RoundTrip(r *http.Request) (*http.Response, error) {
	var tried []*api
	var last error = errNoAPI
	for start := time.Now(); len(tried) < maxTries && time.Since(start) < repeatFor; {
		a := t.pool.pick(tried)
		if a == nil {
			break
		}
		tried = append(tried, a)
		resp, err := t.send(r, a)
		if err == nil || r.Context().Err() != nil {
			return resp, err
		}
		t.pool.blame(a)
		t.log.Info("an api did not answer", "api", a.addr, "request_id", r.Header.Get("X-Request-Id"), "method", r.Method, "error", err)
		last = err
		if !repeatable(r.Method) && !neverSent(err) {
			break
		}
	}
	return nil, last
}

func (t *repeater) send(r *http.Request, a *api) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Host = a.addr
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		out.Body = body
	}
	if !repeatable(r.Method) {
		out.GetBody = nil // so that the transport does not repeat it either
	}
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	resp.Header.Set("X-Request-Id", r.Header.Get("X-Request-Id"))
	return resp, nil
}

// repeatable is nginx's rule for proxy_next_upstream without non_idempotent.
func repeatable(method string) bool { return method != http.MethodPost && method != http.MethodPatch }

// neverSent says whether err came before any of the request went out.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" && !errors.Is(err, context.Canceled)
}
