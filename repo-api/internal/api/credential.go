package api

import (
	"net/http"
	"strings"

	"rhapsode/internal/caller"
	"rhapsode/repo-api/flow"
)

// unreadable credentials are nobody's: who sends something is never taken for who sends nothing.
const noCredential = "unreadable"

// credentialOf returns the token that a request brings: Bearer (RFC 6750), or the password of
// Basic (RFC 7617), which is what git and DAV clients can send. A target holds none: it is logged.
func credentialOf(r *http.Request) caller.Credential {
	lines := r.Header["Authorization"]
	if len(lines) == 0 {
		return caller.Credential{}
	}
	if len(lines) > 1 {
		return caller.Bearing(noCredential)
	}
	if scheme, text, _ := strings.Cut(lines[0], " "); strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(text) != "" {
		return caller.Bearing(strings.TrimSpace(text))
	}
	if user, password, ok := r.BasicAuth(); ok && password != "" {
		return caller.Bearing(password)
	} else if ok && user != "" {
		return caller.Bearing(user) // a token for a name, and nothing for a password
	}
	return caller.Bearing(noCredential)
}

// forWhom is how long an answer holds, where it was made for who asks: nobody
// else's cache may keep it.
func forWhom(x *flow.Exchange, caching string) string {
	if caching == immutable && !caller.FromContext(x.Context()).IsZero() {
		return immutableForOne
	}
	return caching
}
