// Package toytest is a content service in memory, small enough to be seen to be
// right, and able to be wrong on purpose: it is what the judges are judged with.
//
// It knows repositories, branches, documents with their preconditions, history
// and imports; everything is under one lock, so each request takes effect at
// one moment. Faults break just that. Only tests import it.
package toytest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// Faults are ways to be wrong. Each concerns every n-th request of its sort; 0: none.
type Faults struct {
	StaleRead  int // a GET is answered with what the document held before its last change
	LostUpdate int // a write is done although its If-Match does not hold
	LostWrite  int // a write is acknowledged and not done
	Forgotten  int // a write is done and left out of the history
}

// Doubts are fair: after them a client does not know whether its write was done.
type Doubts struct {
	Done    int // every n-th write is done and answered 503
	Undone  int // every n-th write is not done and answered 503
	Severed int // every n-th write is done and its connection cut
}

// Server is the service.
type Server struct {
	bundle func([]byte) (map[string][]byte, error)

	mu      sync.Mutex
	faults  Faults                        // guarded by mu
	doubts  Doubts                        // guarded by mu
	repos   map[string]map[string]*branch // guarded by mu
	uploads map[string][]byte             // guarded by mu
	reads   int                           // guarded by mu
	writes  int                           // guarded by mu
	commits int                           // guarded by mu
}

type branch struct {
	head string
	docs map[string]*document
}

// document is a path's past; it is there if its last version is not deleted.
type document struct{ versions []version }

type version struct {
	commit  string
	body    []byte
	deleted bool
	hidden  bool
}

func (v version) etag() string {
	h := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(v.body)), v.body...))
	return `"` + hex.EncodeToString(h[:]) + `"`
}

func (d *document) len() int {
	if d == nil {
		return 0
	}
	return len(d.versions)
}

// at returns the version that is back changes old; there is nothing before the first.
func (d *document) at(back int) version {
	if d.len() <= back {
		return version{deleted: true}
	}
	return d.versions[len(d.versions)-1-back]
}

// New makes an empty and sound service. Bundle returns the documents of a git
// bundle; if it is nil, the service takes no imports.
func New(bundle func([]byte) (map[string][]byte, error)) *Server {
	return &Server{bundle: bundle, repos: map[string]map[string]*branch{}, uploads: map[string][]byte{}}
}

// Break makes the service wrong, from the next request on.
func (s *Server) Break(f Faults, d Doubts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.doubts = f, d
}

// ServeHTTP routes by the first segment.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	for i, seg := range segments {
		segments[i], _ = url.PathUnescape(seg) // the server has parsed it once already
	}
	switch {
	case segments[0] == "content" && len(segments) > 2:
		s.content(w, r, segments[1], strings.Join(segments[2:], "/"))
	case segments[0] == "repos" && len(segments) == 2:
		s.repo(w, r, segments[1])
	case segments[0] == "repos" && len(segments) == 4 && segments[2] == "branches":
		s.branch(w, r, segments[1], segments[3])
	case segments[0] == "repos" && len(segments) > 3 && segments[2] == "history":
		s.history(w, r, segments[1], strings.Join(segments[3:], "/"))
	case segments[0] == "repos" && len(segments) == 4 && segments[2] == "imports":
		s.imports(w, r, segments[1], segments[3])
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) repo(w http.ResponseWriter, r *http.Request, name string) {
	switch _, there := s.repos[name]; {
	case r.Method != http.MethodPut:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case there:
		w.WriteHeader(http.StatusPreconditionFailed)
	default:
		s.repos[name] = map[string]*branch{"main": {docs: map[string]*document{}}}
		w.WriteHeader(http.StatusCreated)
	}
}

// branch makes a branch that holds what main does.
func (s *Server) branch(w http.ResponseWriter, r *http.Request, repo, name string) {
	from := s.repos[repo]["main"]
	if from == nil || r.Method != http.MethodPut {
		http.NotFound(w, r)
		return
	}
	made := &branch{head: from.head, docs: map[string]*document{}}
	for p, d := range from.docs {
		made.docs[p] = &document{versions: d.versions[:len(d.versions):len(d.versions)]}
	}
	s.repos[repo][name] = made
	w.Header().Set("ETag", `"`+made.head+`"`)
	w.WriteHeader(http.StatusCreated)
}

func (s *Server) history(w http.ResponseWriter, r *http.Request, repo, path string) {
	ref := r.URL.Query().Get("ref")
	b := s.repos[repo][ref]
	if b == nil || b.docs[path] == nil {
		http.NotFound(w, r)
		return
	}
	var items []string
	for back := range b.docs[path].versions {
		if v := b.docs[path].at(back); !v.hidden {
			items = append(items, fmt.Sprintf(`{"commit":%q}`, v.commit))
		}
	}
	fmt.Fprintf(w, `{"items":[%s]}`, strings.Join(items, ","))
}
