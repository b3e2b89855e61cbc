package faulty

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What every place knows, and what a document takes.
var (
	known         = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
	ofDocuments   = []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}
	ofReadOnly    = []string{"GET", "HEAD", "OPTIONS"}
	ofCollections = []string{"POST", "OPTIONS"}
)

const (
	mergePatch = "application/merge-patch+json"
	jsonPatch  = "application/json-patch+json"
)

// route finds what answers a request.
func (s *Server) route(r *request) *reply {
	if !slices.Contains(known, r.method) {
		return problem(501, "no resource knows this method")
	}
	kind, name, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	switch {
	case r.path == "*":
		return s.only(r, []string{"OPTIONS"}, nil)
	case kind == "d" && name != "":
		return s.document(r, name)
	case kind == "v" && s.past[name].body != nil:
		return s.version(r, name)
	case kind == "things":
		return s.collection(r, name)
	case kind == "index" && name == "":
		return s.index(r)
	case kind == "index":
		return problem(404, "no such index", "Vary", "Accept")
	case kind == "history" && name == "":
		return s.only(r, ofReadOnly, func() *reply { return answer(200, "Content-Type", "text/plain").with("see /v/\n") })
	case kind == "gone":
		return problem(410, "it was taken away for good")
	case kind == "moved":
		return answer(308, "Location", "/index", "Cache-Control", "no-cache")
	case kind == "secret":
		return problem(401, "say who you are", "WWW-Authenticate", `Basic realm="secret"`)
	case kind == "limited":
		return problem(429, "come again later", "Retry-After", "60")
	}
	return problem(404, "there is nothing of this name")
}

// only answers OPTIONS and refuses what is not among methods; do answers the rest.
func (s *Server) only(r *request, methods []string, do func() *reply) *reply {
	allow := strings.Join(methods, ", ")
	switch {
	case !slices.Contains(methods, r.method):
		return problem(405, "this takes "+allow, "Allow", allow)
	case r.method == "OPTIONS":
		return answer(204, "Allow", allow)
	}
	return do()
}

// version is a state that a document had, for ever.
func (s *Server) version(r *request, id string) *reply {
	if s.rules.writableVersions && r.method == "PUT" {
		return answer(204)
	}
	return s.only(r, ofReadOnly, func() *reply {
		return s.read(r, s.past[id], "Cache-Control", "public, max-age=31536000, immutable")
	})
}

// collection makes something of each POST.
func (s *Server) collection(r *request, name string) *reply {
	if name != "" {
		if n, err := strconv.Atoi(name); err != nil || n < 1 || n > s.posts {
			return problem(404, "there is no such thing")
		}
		return s.only(r, ofReadOnly, func() *reply { return answer(200, "Content-Type", "text/plain").with("a thing") })
	}
	return s.only(r, ofCollections, func() *reply {
		s.posts++
		return answer(201, "Location", fmt.Sprintf("/things/%d", s.posts))
	})
}

// index is one resource in two media types.
func (s *Server) index(r *request) *reply {
	return s.only(r, ofReadOnly, func() *reply {
		variants := map[string]string{"application/json": `{"index":true}`, "text/html": "<p>index</p>"}
		chosen := s.preferred(r.all("Accept"), "application/json", "text/html")
		if chosen == "" {
			return problem(406, "there is application/json and text/html", "Vary", "Accept")
		}
		d := document{kind: chosen, body: []byte(variants[chosen])}
		return s.read(r, d, "Vary", "Accept", "Cache-Control", "no-cache")
	})
}
