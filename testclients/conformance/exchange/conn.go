package exchange

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Conn is one connection, for messages that no well-behaved client would send.
type Conn struct {
	net       net.Conn
	read      *bufio.Reader
	timeout   time.Duration
	now       func() time.Time
	unbind    func() bool // undoes bind; false if ctx has ended
	idleSince time.Time   // owned by Client while the connection is idle
}

// Dial opens a connection that lives as long as the client's timeout, or until
// ctx ends if that is sooner.
func (c *Client) Dial(ctx context.Context) (*Conn, error) {
	host := c.origin.Host
	if c.origin.Port() == "" {
		host = net.JoinHostPort(c.origin.Hostname(), c.origin.Scheme)
	}
	dialer := &net.Dialer{Timeout: c.timeout}
	var n net.Conn
	var err error
	if c.origin.Scheme == "https" {
		n, err = (&tls.Dialer{NetDialer: dialer}).DialContext(ctx, "tcp", host)
	} else {
		n, err = dialer.DialContext(ctx, "tcp", host)
	}
	if err != nil {
		return nil, err
	}
	conn := &Conn{net: n, read: bufio.NewReader(n), timeout: c.timeout, now: c.now}
	if err := conn.bind(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// bind gives the connection another timeout, and has it end with ctx.
func (c *Conn) bind(ctx context.Context) error {
	c.unbind = context.AfterFunc(ctx, func() { c.net.SetDeadline(time.Unix(1, 0)) })
	return c.net.SetDeadline(c.now().Add(c.timeout))
}

// glance is how long open looks for the end of a connection: what came is there already.
const glance = 50 * time.Microsecond

// open says whether an idle connection can still be used: a server may close one
// whenever it likes, as nginx does when it is given another configuration.
func (c *Conn) open() bool {
	c.net.SetReadDeadline(c.now().Add(glance))
	_, err := c.read.Peek(1)
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout() // and nothing came that nobody asked for
}

// Close ends the connection.
func (c *Conn) Close() {
	c.unbind()
	c.net.Close()
}

// Patience gives what follows only d from now.
func (c *Conn) Patience(d time.Duration) error { return c.net.SetDeadline(c.now().Add(d)) }

// Send writes b as it is.
func (c *Conn) Send(b []byte) error {
	_, err := c.net.Write(b)
	return err
}

// EndSending tells the server that nothing more will be sent.
func (c *Conn) EndSending() error {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Next reads the next message, which may be a 1xx, as the answer to method.
func (c *Conn) Next(method string) (Response, error) {
	res, err := http.ReadResponse(c.read, &http.Request{Method: method})
	if err != nil {
		return Response{}, fmt.Errorf("no answer: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	got := Response{Status: res.StatusCode, Header: res.Header, Body: body, Close: res.Close}
	switch {
	case err != nil:
		return got, fmt.Errorf("content after %d bytes: %w", len(body), err)
	case len(body) > MaxBody:
		return got, fmt.Errorf("content of more than %d bytes", MaxBody)
	}
	return got, nil
}

// Receive reads the final answer to method.
func (c *Conn) Receive(method string) (Response, error) {
	var interim []int
	for {
		got, err := c.Next(method)
		if err == nil && got.Status < 200 && got.Status != http.StatusSwitchingProtocols {
			if interim = append(interim, got.Status); len(interim) > 100 {
				return got, fmt.Errorf("more than %d interim answers", 100)
			}
			continue
		}
		got.Interim, got.Stray = interim, c.read.Buffered() > 0
		return got, err
	}
}

// Rest reads what else comes until the server closes or the time is up, up to
// MaxBody. Closed says which it was.
func (c *Conn) Rest() (rest []byte, closed bool) {
	rest, err := io.ReadAll(io.LimitReader(c.read, MaxBody))
	if err == nil {
		return rest, len(rest) < MaxBody
	}
	timeout, ok := err.(net.Error)
	return rest, !(ok && timeout.Timeout()) // a reset is an end too
}
