// Package door is a client of one front door of a content service, in plain
// HTTP and no other way: what any outsider could do with curl.
//
// It owns connections and no goroutine. It retries nothing, follows no redirect
// and hides no status, because its callers are judges. A Client may be used
// from any goroutine.
package door

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// MaxAnswer is how many bytes of an answer's body are read; a longer one is an error.
const MaxAnswer = 64 << 20

// Client speaks to one base URL.
type Client struct {
	base  string
	token string // goes with every request; "": none does
	http  *http.Client
}

// New makes a client of base that gives one request as long as timeout and
// keeps at most conns connections.
func New(base string, conns int, timeout time.Duration) *Client {
	return &Client{
		base: strings.TrimRight(base, "/"),
		http: &http.Client{
			Timeout: timeout,
			Transport: &http.Transport{
				MaxConnsPerHost:     conns,
				MaxIdleConnsPerHost: conns,
				DisableCompression:  true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Bearing returns a client of the same door, over the same connections, that sends a token
// with every request; "": none.
func (c *Client) Bearing(token string) *Client {
	d := *c
	d.token = token
	return &d
}

// Close gives up the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Base returns the URL without a slash at its end.
func (c *Client) Base() string { return c.base }

// Ask is one request. Path begins with a slash and is sent as it is.
type Ask struct {
	Method string
	Path   string
	Header map[string]string
	Body   []byte
}

// Answer is one response, whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do asks and reads the whole answer. An error means that there was no answer
// or not all of it; what was asked may have been done all the same.
func (c *Client) Do(ctx context.Context, a Ask) (Answer, error) {
	var body io.Reader
	if a.Body != nil {
		body = bytes.NewReader(a.Body)
	}
	req, err := http.NewRequestWithContext(ctx, a.Method, c.base+a.Path, body)
	if err != nil {
		return Answer{}, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for k, v := range a.Header {
		req.Header.Set(k, v)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	var got bytes.Buffer
	got.Grow(int(min(max(res.ContentLength, 0), MaxAnswer)) + bytes.MinRead)
	switch _, err := got.ReadFrom(io.LimitReader(res.Body, MaxAnswer+1)); {
	case err != nil:
		return Answer{}, fmt.Errorf("%s %s: body after %d bytes: %w", a.Method, a.Path, got.Len(), err)
	case got.Len() > MaxAnswer:
		return Answer{}, fmt.Errorf("%s %s: a body of more than %d bytes", a.Method, a.Path, MaxAnswer)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: got.Bytes()}, nil
}

// Want is Do, and an error if the status is none of statuses.
func (c *Client) Want(ctx context.Context, a Ask, statuses ...int) (Answer, error) {
	got, err := c.Do(ctx, a)
	if err != nil {
		return got, err
	}
	for _, s := range statuses {
		if got.Status == s {
			return got, nil
		}
	}
	return got, &Surprise{Ask: a, Answer: got, Wanted: statuses}
}

// Surprise is an answer that was not among those expected.
type Surprise struct {
	Ask    Ask
	Answer Answer
	Wanted []int
}

func (s *Surprise) Error() string {
	return fmt.Sprintf("%s %s: %d, not %v: %s", s.Ask.Method, s.Ask.Path, s.Answer.Status, s.Wanted, clip(s.Answer.Body))
}

func clip(b []byte) string {
	const most = 300
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}

// ETag returns the entity tag as it was sent, quotes and all.
func (a Answer) ETag() string { return a.Header.Get("ETag") }

var versionURL = regexp.MustCompile(`/content/[^@/]+@([0-9a-f]{40})(?:/|$)`)

// Commit returns the commit whose version the answer names in Content-Location
// or, if there is none, in a Link; "" if it names none.
func (a Answer) Commit() string {
	for _, field := range []string{"Content-Location", "Link"} {
		for _, v := range a.Header.Values(field) {
			if m := versionURL.FindStringSubmatch(v); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

// Document is the path of a document's URL. Slashes in branch are escaped, those in doc are not.
func Document(repo, branch, doc string) string {
	return "/content/" + repo + "@" + url.PathEscape(branch) + "/" + escape(doc)
}

// History is the path of a document's history.
func History(repo, branch, doc string) string {
	return "/repos/" + repo + "/history/" + escape(doc) + "?ref=" + url.QueryEscape(branch)
}

func escape(doc string) string {
	segments := strings.Split(doc, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}

// CreateRepo makes repo if it is not there.
func (c *Client) CreateRepo(ctx context.Context, repo string) error {
	_, err := c.Want(ctx, Ask{
		Method: "PUT", Path: "/repos/" + repo, Body: []byte("{}"),
		Header: map[string]string{"If-None-Match": "*", "Content-Type": "application/json"},
	}, http.StatusCreated, http.StatusPreconditionFailed)
	return err
}
