// Package service asks a running service, as commands do: JSON over HTTP, in the name of a
// token.
//
// What may pass (nobody answers, or not now) is borne for a while, if the caller wants that; a
// POST that is sent again has the Idempotency-Key of the first time, so that it is done once.
// A Client may be used from any goroutine and owns none.
package service

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rhapsode/internal/fault"
)

// Client asks one service.
type Client struct {
	URL      string
	Token    string        // "": none
	Patience time.Duration // with what may pass; 0: none

	http http.Client
}

// New makes a client of the service at base.
func New(base, token string, patience time.Duration) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fault.Newf(fault.Invalid, "ask", "%q is not the URL of a service, such as http://127.0.0.1:8080", base)
	}
	return &Client{
		URL: strings.TrimSuffix(base, "/"), Token: token, Patience: patience,
		http: http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: headerTimeout}},
	}, nil
}

const (
	headerTimeout = 90 * time.Second
	maxAnswer     = 16 << 20 // bytes of JSON
	firstPause    = 100 * time.Millisecond
	lastPause     = 3 * time.Second
)

// Close gives up the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what the service said, and it was no refusal.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // JSON
}

// RetryAfter is when it makes sense to ask again; least is the least.
func (a Answer) RetryAfter(least time.Duration) time.Duration { return retryAfter(a.Header, least) }

func retryAfter(h http.Header, least time.Duration) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		return least
	}
	return max(least, time.Duration(seconds)*time.Second)
}

// Refusal is an answer of 300 and more, in the words of its problem (RFC 9457).
type Refusal struct {
	Status        int
	Title, Detail string
}

func (r *Refusal) Error() string {
	return strings.TrimSuffix(r.Title+": "+r.Detail, ": ")
}

// Ask puts a question whose content, if it is not nil, is JSON. What the service refuses is a
// Refusal. Unavailable: nobody answers, and patience is over.
func (c *Client) Ask(ctx context.Context, method, path string, asked any) (Answer, error) {
	var text []byte
	if asked != nil {
		var err error
		if text, err = json.Marshal(asked); err != nil {
			return Answer{}, fault.New(fault.Internal, "ask", path, err)
		}
	}
	key := rand.Text()
	least := firstPause
	for began := time.Now(); ; least = min(2*least, lastPause) {
		a, pause, err := c.once(ctx, method, path, text, key)
		if pause = max(pause, least); !fault.Is(err, fault.Unavailable) || ctx.Err() != nil || time.Since(began)+pause > c.Patience {
			return a, err
		}
		if err := Pause(ctx, pause); err != nil {
			return a, err
		}
	}
}

// once puts the question; after an Unavailable, pause is what the service asks for.
func (c *Client) once(ctx context.Context, method, path string, text []byte, key string) (a Answer, pause time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(text))
	if err != nil {
		return a, 0, fault.New(fault.Invalid, "ask", path, err)
	}
	r.Header.Set("Accept", "application/json")
	if len(text) > 0 {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost && c.Patience > 0 {
		r.Header.Set("Idempotency-Key", strconv.Quote(key))
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return a, 0, unavailable(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return a, 0, unavailable(ctx, err)
	}
	if resp.StatusCode < 300 {
		return Answer{resp.StatusCode, resp.Header, body}, 0, nil
	}
	refusal := &Refusal{Status: resp.StatusCode, Title: resp.Status}
	var problem struct{ Title, Detail string }
	if json.Unmarshal(body, &problem) == nil && problem.Title != "" {
		refusal.Title, refusal.Detail = problem.Title, problem.Detail
	}
	if passes(resp) {
		return a, retryAfter(resp.Header, 0), fault.New(fault.Unavailable, "ask", "", refusal)
	}
	return a, 0, refusal
}

// passes says whether the same request may be answered otherwise later.
func passes(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return resp.Header.Get("Retry-After") != "" // too often (429), or the first with this key is under way (409)
}

func unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fault.New(fault.Unavailable, "ask", "", err)
}

// Pause waits, unless ctx ends before that.
func Pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
