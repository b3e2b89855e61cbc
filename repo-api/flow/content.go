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
	body io.ReadCloser
	err  error
}

// watch puts c between r and its content.
func (c *content) watch(r *http.Request) {
	if r.Body != nil && r.Body != http.NoBody {
		c.body = r.Body
		r.Body = c
	}
}

// bound has c fail after limit bytes.
func (c *content) bound(w http.ResponseWriter, limit int64) {
	if c.body != nil {
		c.body = http.MaxBytesReader(w, c.body, limit)
	}
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
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
