// Package caller carries who asks, as they say it, from the door a request came in
// by to whoever judges it. What is carried proves nothing: the file system finds out
// whose token it is, and decides (fs-service/internal/gate).
//
// It stands beside the request's id (internal/reqid); a context of this program
// carries nothing else.
package caller

import "context"

// Credential is what a request brought to show who asks: a token's text. The zero
// Credential is that of a request that brought nothing. It prints as a word, never as itself.
type Credential struct {
	text string
	id   string // of a token, instead of its text
}

// Bearing is the credential of who sent a token's text.
func Bearing(text string) Credential { return Credential{text: text} }

// Behalf is the credential of work that is done later for who asked for it with the token
// called id: it goes as far as that token does then. Only what a front end began itself
// is done so, never what a request says.
func Behalf(id string) Credential { return Credential{id: id} }

// cell is what no token is called.
const cell = "cell"

// Cell is the credential of a front end that looks after publications: it may read and publish
// everywhere, so that one can be ended whose publisher may no longer do anything.
func Cell() Credential { return Behalf(cell) }

// IsCell says whether c is that of Cell.
func (c Credential) IsCell() bool { return c.id == cell }

// IsZero says whether nothing was brought.
func (c Credential) IsZero() bool { return c == Credential{} }

// For returns the id of the token on whose behalf something is done; "": on nobody's.
func (c Credential) For() string { return c.id }

// Reveal returns the text. It is for the wire between processes, and for who resolves it.
func (c Credential) Reveal() string { return c.text }

func (c Credential) String() string {
	if c.IsZero() {
		return "nobody"
	}
	return "a token"
}

// GoString keeps %#v from telling.
func (c Credential) GoString() string { return c.String() }

type key struct{}

// NewContext returns a context whose work is done for who brought c.
func NewContext(ctx context.Context, c Credential) context.Context {
	return context.WithValue(ctx, key{}, c)
}

// FromContext returns what who asks brought.
func FromContext(ctx context.Context) Credential {
	c, _ := ctx.Value(key{}).(Credential)
	return c
}
