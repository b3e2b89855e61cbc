package faulty

import (
	"slices"
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
	textDiff   = "text/x-diff"
	patches    = mergePatch + ", " + jsonPatch + ", " + textDiff
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
	case kind == "v":
		return s.version(r, name)
	case kind == "closed":
		return s.closed(r, "closed/"+name)
	case kind == "locked" && !r.reads() && s.docs["locked/"+name].body != nil:
		return problem(423, "the judge holds it")
	case kind == "locked":
		return s.document(r, "locked/"+name)
	case kind == "forms" && name == "":
		return s.only(r, ofCollections, func() *reply { return s.form(r) })
	case kind == "doing":
		return s.only(r, ofReadOnly, func() *reply { return s.doing(name) })
	case kind == "timemap" && s.past[name] != nil:
		return s.only(r, ofReadOnly, func() *reply { return s.timeMap(name) })
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
	case kind == "limited":
		return problem(429, "come again later", "Retry-After", "60", "RateLimit", `"all";r=0;t=60`)
	case kind == "withheld":
		return problem(451, "a court has it", "Link", `</court>; rel="blocked-by"`)
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
