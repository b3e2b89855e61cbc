package flow

import (
	"errors"
	"io"
	"net/http"
	"os"
)

// content reads a request's content and remembers why that failed: a resource
// may bury the reason, and the client should hear of it.
type content struct {
	body   io.ReadCloser
	left   int64 // bytes that are still to come; negative: nobody knows
	claims []claim
	err    error
}

// watch returns r with c between it and its content. It is a copy: net/http has to
// know its own body again, or it reads on before it sends a refusal.
func (c *content) watch(r *http.Request) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	c.body, c.left = r.Body, r.ContentLength
	watched := *r
	watched.Body = c
	return &watched
}

// bound has c fail after limit bytes.
func (c *content) bound(w http.ResponseWriter, limit int64) {
	if c.body != nil {
		c.body = http.MaxBytesReader(w, c.body, limit)
	}
}

// Read holds the last bytes back if the content is not that of its digests: who
// reads up to the length that was told would not ask for more.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	for _, claim := range c.claims {
		claim.hash.Write(p[:n])
	}
	if c.left >= 0 {
		c.left -= int64(n)
	}
	if (err == io.EOF || err == nil && n > 0 && c.left == 0) && !c.trusted() {
		n, err = 0, errOtherDigest
	}
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// trusted says whether what was read is what every digest says.
func (c *content) trusted() bool {
	for _, claim := range c.claims {
		if !claim.holds() {
			return false
		}
	}
	return true
}

func (c *content) Close() error { return c.body.Close() }

// failure returns the status of a content that could not be read, or 0.
func (c *content) failure() int {
	var tooLarge *http.MaxBytesError
	switch {
	case c.err == nil:
		return 0
	case errors.As(c.err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(c.err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout
	}
	return http.StatusBadRequest // shorter than its length, or badly framed
}
