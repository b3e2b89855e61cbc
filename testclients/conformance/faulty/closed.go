package faulty

import "strings"

// Who the server knows, by their bearer tokens.
const (
	Owner    = "owner"
	Reader   = "reader"   // may read what is closed
	Stranger = "stranger" // may not know what there is
)

// closed is a document that nobody sees who does not say who they are.
func (s *Server) closed(r *request, name string) *reply {
	who := strings.TrimPrefix(r.get("Authorization"), "Bearer ")
	there := s.docs[name].body != nil
	switch {
	case who == Owner, who == Reader && (r.reads() || r.method == "OPTIONS" || s.rules.everyoneWrites):
	case who == Stranger && there && s.rules.strangersKnow:
		return problem(403, "you may not know of it")
	case who == Stranger, who == Reader && !there:
		return problem(404, "there is no such document", "Vary", "Authorization")
	case who == Reader:
		return problem(403, "you may only read")
	case r.has("Authorization"):
		return problem(401, "that is nobody's token", "WWW-Authenticate", `Bearer realm="closed", error="invalid_token"`)
	default:
		return problem(401, "say who you are", "WWW-Authenticate", `Bearer realm="closed"`)
	}
	a := s.document(r, name)
	if vary := a.header.Get("Vary"); vary != "" {
		a.set("Vary", vary+", Authorization")
	}
	if a.header.Get("Cache-Control") == "no-cache" {
		a.set("Cache-Control", "private, no-cache")
	}
	return a
}
