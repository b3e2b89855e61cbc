package conformance

import (
	"errors"
	"io"
	"time"
)

// afterwards is how long a server may take to close a connection that it said,
// or had to say, it closes.
const afterwards = 3 * time.Second

// raw sends bytes on a connection of their own and returns the final answer, nil
// if the server closed without one, all that came after it, and whether the
// server closed then.
func (t *trial) raw(method string, sent []byte) (got *answer, rest []byte, closed bool) {
	conn, err := t.client.Dial(t.ctx)
	if err != nil {
		t.fail("a connection", "%v", err)
	}
	defer conn.Close()
	t.quiet.RLock()
	sendErr := conn.Send(sent) // a server that refuses early may have closed: its answer counts
	res, err := conn.Receive(method)
	t.quiet.RUnlock()
	t.keep(string(sent), res, errors.Join(err, sendErr))
	if err != nil {
		return nil, nil, t.ended(err)
	}
	t.seen.note(method, res)
	if err := conn.Patience(afterwards); err != nil {
		t.fail("a connection", "%v", err)
	}
	rest, closed = conn.Rest()
	return &answer{Response: res, trial: t}, rest, closed
}

// ended reports whether a connection ended rather than fell silent.
func (t *trial) ended(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || !(errors.As(err, &timeout) && timeout.Timeout())
}

// rejected sends a broken message: 400 is due, or one of also, or an end
// without an answer if the server does not trust the connection at all. Nothing
// may come of what follows the broken part.
func (t *trial) rejected(method, message string, also ...int) (closed bool) {
	got, rest, closed := t.raw(method, []byte(message))
	if got == nil {
		t.check(closed, "a refusal", "silence")
		return true
	}
	got.status(append([]int{400}, also...)...)
	t.check(len(rest) == 0, "one answer", "and then %q", clip(rest))
	return closed
}

// distrusted is rejected, and the connection must end: where the next message
// would begin can't be known.
func (t *trial) distrusted(method, message string, also ...int) {
	t.check(t.rejected(method, message, also...), "the connection closed", "it stayed open")
}

// line returns the request line and the fields that every message to the
// target has, without the empty line.
func (t *trial) line(method, path string, fields ...string) string {
	return t.request(method, path, nil, fields...).Head(t.client.Host())
}
