package access

import (
	"time"

	"rhapsode/content"
)

// Caller is who asks, once that is known.
type Caller struct {
	User    string    // "": who brought nothing
	Token   string    // the id of what they brought; "": nothing
	Label   string    // … what it is for
	Expires time.Time // … and until when it is good; zero: for ever
	Scope   Scope
	Role    Role // in every repository; "": none
}

// Anonymous is who brought nothing. A cell may let them have a role all the same.
func Anonymous(role Role) Caller {
	return Caller{Role: role, Scope: Scope{Verbs: Verbs()}}
}

// Holder is who brought a token.
func (t Token) Holder() Caller {
	c := Caller{User: t.User, Token: t.ID, Label: t.Label, Expires: t.Expires, Scope: t.Scope}
	if t.Admin {
		c.Role = Admin
	}
	return c
}

// Known says whether it is known who asks.
func (c Caller) Known() bool { return c.Token != "" }

// May returns nil if the cell lets c do p, which is Create, Grant or Withhold.
func (c Caller) May(p Permission) error {
	switch {
	case c.Role.Permits().Has(p) && c.Scope.permits().Has(p):
		return nil
	case !c.Known():
		return Unauthenticated()
	case c.Role.Permits().Has(p):
		return forbidden("token-verb", "a token with the verb "+string(verbFor(p)))
	}
	return forbidden("role", string(Admin))
}

// MayWithhold returns nil if c may withhold what a repository holds, and so see it all the same.
func (c Caller) MayWithhold(repo content.RepoID) error {
	if err := c.May(Withhold); err != nil {
		return err
	}
	if !c.Scope.names(repo) {
		return forbidden("token-repository", "a token that is not limited to other repositories")
	}
	return nil
}

// MayCreate returns nil if c may make a repository of that name.
func (c Caller) MayCreate(repo content.RepoID) error {
	if err := c.May(Create); err != nil {
		return err
	}
	if !c.Scope.names(repo) {
		return forbidden("token-repository", "a token that is not limited to other repositories")
	}
	return nil
}
