// Package reqid carries the id of a request from the door it came in by to
// whatever is done for it, so that the log lines of every process can be joined.
// Beside it a context of this program carries only who asks (internal/caller).
package reqid

import (
	"context"
	"crypto/rand"
)

// MaxLen is the length in bytes of the longest id that is taken from outside.
const MaxLen = 128

type key struct{}

// NewContext returns a context that carries id.
func NewContext(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, key{}, id)
}

// FromContext returns the id that ctx carries, or "".
func FromContext(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}

// New makes an id that nobody else has.
func New() string { return rand.Text() }

// Good says whether id, which came from outside, may be used: 1 to MaxLen
// printable ASCII characters without a space, so that it fits a log and a header.
func Good(id string) bool {
	if id == "" || len(id) > MaxLen {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
