package resource

import (
	"time"

	"rhapsode/fs-service/access"
)

// Caller is who asks, as the file system knows them.
type Caller struct {
	User    string        `json:"user,omitempty"`
	Role    access.Role   `json:"role,omitempty"` // in every repository
	Token   string        `json:"token,omitempty"`
	Label   string        `json:"label,omitempty"`
	Expires *time.Time    `json:"expires,omitempty"`
	Scope   *access.Scope `json:"scope,omitempty"`
}

// CallerOf is the shape of c.
func CallerOf(c access.Caller) Caller {
	shape := Caller{User: c.User, Role: c.Role, Token: c.Token, Label: c.Label, Expires: optional(c.Expires)}
	if c.Known() {
		shape.Scope = &c.Scope
	}
	return shape
}

// Token is a token's record, without what only its holder knows.
type Token struct {
	ID      string       `json:"id"`
	User    string       `json:"user"`
	Label   string       `json:"label,omitempty"`
	Created time.Time    `json:"created"`
	Expires *time.Time   `json:"expires,omitempty"`
	Scope   access.Scope `json:"scope"`
	Admin   bool         `json:"admin,omitempty"`
	URL     string       `json:"href"`
}

// NewToken is a token that was just made: its text is shown this once.
type NewToken struct {
	Token
	Text string `json:"token"`
}

// TokenOf is the shape of t.
func TokenOf(t access.Token) Token {
	return Token{
		ID: t.ID, User: t.User, Label: t.Label, Created: t.Created.UTC(), Expires: optional(t.Expires),
		Scope: t.Scope, Admin: t.Admin, URL: TokenURL(t.ID),
	}
}

// TokenURL is where a token is.
func TokenURL(id string) string { return "/tokens/" + id }

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
