// Package exchange sends HTTP/1.1 messages byte for byte as told and reads what
// comes back, all of it.
//
// A general client mends what it sends and hides part of what it gets: it
// merges lines, removes bytes after an answer to HEAD, repeats a request that
// failed. A judge can use none of that. Nothing here is repeated, followed or
// decoded, but for a message's framing.
//
// A Client owns its connections and no goroutine, and may be used from any
// goroutine; it has at most as many requests under way as it was made with.
// A Conn belongs to one goroutine.
package exchange

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxBody is how many bytes of an answer's content are read; more is an error.
const MaxBody = 16 << 20

// Field is one line of a header section.
type Field struct{ Name, Value string }

// Fields makes lines of pairs of a name and a value.
func Fields(pairs ...string) []Field {
	lines := make([]Field, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		lines = append(lines, Field{pairs[i], pairs[i+1]})
	}
	return lines
}

// Request is one request. Host and Content-Length are added by Bytes.
type Request struct {
	Method string
	Target string // as it stands in the request line
	Fields []Field
	Body   []byte // nil: no content and, unless the method expects content, no Content-Length
}

// Head returns the request line and the fields as they go over the wire to host,
// without the empty line that ends them.
func (r Request) Head(host string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.Target, host)
	for _, f := range r.Fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, f.Value)
	}
	return b.String()
}

// Bytes returns the whole request as it goes over the wire to host.
func (r Request) Bytes(host string) []byte {
	b := bytes.NewBufferString(r.Head(host))
	if r.Body != nil || r.Method == "PUT" || r.Method == "POST" || r.Method == "PATCH" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(r.Body)) + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(r.Body)
	return b.Bytes()
}

// Get returns the value of the first line of that name, or "".
func (r Request) Get(name string) string {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Response is one final answer, whole.
type Response struct {
	Status  int
	Header  http.Header
	Body    []byte
	Interim []int // the 1xx that came before it
	Close   bool  // the server said that it closes the connection
	Stray   bool  // bytes came after the end of the message
}

// Client speaks to one origin.
type Client struct {
	origin  *url.URL
	timeout time.Duration
	now     func() time.Time
	slots   chan struct{} // one for each request under way
	idle    chan *Conn
}

// maxIdle is how long an idle connection is trusted: most servers close one
// after 5 s or more, and a request on a closing connection could not be repeated.
const maxIdle = time.Second

// New makes a client of the origin of base that has at most conns requests
// under way and gives each as long as timeout.
func New(base string, conns int, timeout time.Duration, now func() time.Time) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%q is no http or https URL", base)
	}
	return &Client{
		origin: u, timeout: timeout, now: now,
		slots: make(chan struct{}, conns), idle: make(chan *Conn, conns),
	}, nil
}

// Host is what the Host field must say.
func (c *Client) Host() string { return c.origin.Host }

// Base is the scheme and the host, to make an absolute URL of a path.
func (c *Client) Base() string { return c.origin.Scheme + "://" + c.origin.Host }

// Prefix is the path of the base URL, without a slash at its end.
func (c *Client) Prefix() string { return strings.TrimRight(c.origin.EscapedPath(), "/") }

// Close gives up the idle connections. No request may be under way.
func (c *Client) Close() {
	for {
		select {
		case conn := <-c.idle:
			conn.Close()
		default:
			return
		}
	}
}

// Do sends r and reads its answer. An error means that no whole answer came;
// what was asked may have been done all the same.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return Response{}, ctx.Err()
	}
	conn, err := c.reuse(ctx)
	if err != nil {
		return Response{}, err
	}
	if err := conn.Send(r.Bytes(c.Host())); err != nil {
		conn.Close()
		return Response{}, fmt.Errorf("send: %w", err)
	}
	got, err := conn.Receive(r.Method)
	if err != nil || got.Close || got.Stray || !conn.unbind() {
		conn.Close()
		return got, err
	}
	conn.idleSince = c.now()
	c.idle <- conn
	return got, nil
}

func (c *Client) reuse(ctx context.Context) (*Conn, error) {
	for {
		select {
		case conn := <-c.idle:
			if c.now().Sub(conn.idleSince) > maxIdle || !conn.open() || conn.bind(ctx) != nil {
				conn.Close()
				continue
			}
			return conn, nil
		default:
			return c.Dial(ctx)
		}
	}
}
