package api

import (
	"crypto/rand"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"rhapsode/fs-service/access"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
	"rhapsode/repo-api/internal/resource"
)

// tokens is the collection of tokens.
func (a *API) tokens(*http.Request) (flow.Resource, error) {
	c := &tokenCollection{api: a, view: a.view()}
	c.cache = "no-store"
	return c, nil
}

type tokenCollection struct {
	api *API
	view
	jsonContent
}

var (
	_ flow.Getter   = (*tokenCollection)(nil)
	_ flow.Poster   = (*tokenCollection)(nil)
	_ flow.Consumer = (*tokenCollection)(nil)
	_ flow.Bounded  = (*tokenCollection)(nil)
)

func (*tokenCollection) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.POST, nil
}

func (c *tokenCollection) Look(x *flow.Exchange) (flow.State, error) {
	if !reads(x.Request) {
		return flow.State{Exists: true}, nil
	}
	page, err := pageOf(x.Request)
	if err != nil {
		return flow.State{}, err
	}
	tokens, err := c.api.FS.Tokens(x.Context(), page)
	if err != nil {
		return flow.State{}, err
	}
	c.next(x.Request, tokens.Next)
	return c.show(x, resource.ListOf(tokens.Tokens, resource.TokenOf))
}

// Post makes a token. Its text is in the answer and nowhere else.
func (c *tokenCollection) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newToken
	if _, err := readJSON(x.Request, &asked); err != nil {
		return flow.Done{}, err
	}
	text, t, err := access.Mint(asked.token(c.api.Clock()), rand.Reader)
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return flow.Done{}, problem.Unprocessable(err)
	}
	if err := c.api.FS.PutToken(x.Context(), t); err != nil {
		return flow.Done{}, err
	}
	_, err = c.show(x, resource.NewToken{Token: resource.TokenOf(t), Text: text})
	return flow.Done{Created: true, Location: resource.TokenURL(t.ID), Content: c.representation()}, err
}

// newToken is a token that is asked for.
type newToken struct {
	User    string       `json:"user"`
	Label   string       `json:"label,omitempty"`
	Expires *time.Time   `json:"expires,omitempty"` // without it: never
	Scope   access.Scope `json:"scope,omitzero"`    // without verbs: all but admin, or all of an admin's
	Admin   bool         `json:"admin,omitempty"`
}

func (n newToken) token(now time.Time) access.Token {
	t := access.Token{User: n.User, Label: n.Label, Created: now.UTC().Truncate(time.Second), Scope: n.Scope, Admin: n.Admin}
	if n.Expires != nil {
		t.Expires = n.Expires.UTC().Truncate(time.Second)
	}
	if len(t.Scope.Verbs) == 0 {
		t.Scope.Verbs = access.UsualVerbs(n.Admin)
	}
	return t
}

// token is one token. It can only be taken away.
func (a *API) token(r *http.Request) (flow.Resource, error) {
	return &token{api: a, id: mux.Vars(r)["id"]}, nil
}

type token struct {
	api *API
	id  string
}

var _ flow.Deleter = (*token)(nil)

func (*token) Methods(*flow.Exchange) (flow.Methods, error) { return flow.DELETE, nil }

// Look finds it there: whether it is, is known to who may take it away.
func (*token) Look(*flow.Exchange) (flow.State, error) { return flow.State{Exists: true}, nil }

// Delete revokes the token.
func (t *token) Delete(x *flow.Exchange) (flow.Done, error) {
	return flow.Done{}, t.api.FS.DeleteToken(x.Context(), t.id)
}
