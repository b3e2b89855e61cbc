package toytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

func every(n, i int) bool { return n > 0 && i%n == 0 }

func (s *Server) content(w http.ResponseWriter, r *http.Request, place, path string) {
	repo, ref, _ := strings.Cut(place, "@")
	b := s.repos[repo][ref]
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case b == nil && reads:
		s.read(w, r, s.past(repo, ref, path))
	case reads:
		s.read(w, r, b.docs[path])
	case b != nil && (r.Method == http.MethodPut || r.Method == http.MethodDelete):
		s.write(w, r, repo, b, path)
	default:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
	}
}

// past returns the document that commit made, alone.
func (s *Server) past(repo, commit, path string) *document {
	for _, b := range s.repos[repo] {
		for back := range b.docs[path].len() {
			if v := b.docs[path].at(back); v.commit == commit {
				return &document{[]version{v}}
			}
		}
	}
	return nil
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"status":%d}`, status)
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, d *document) {
	s.reads++
	back := 0
	if every(s.faults.StaleRead, s.reads) && d != nil && len(d.versions) > 1 {
		back = 1
	}
	v := d.at(back)
	switch {
	case v.deleted:
		refuse(w, http.StatusNotFound)
	case r.Header.Get("If-None-Match") == v.etag():
		w.Header().Set("ETag", v.etag())
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set("ETag", v.etag())
		w.Header().Set("Content-Length", strconv.Itoa(len(v.body)))
		w.Write(v.body)
	}
}

func (s *Server) write(w http.ResponseWriter, r *http.Request, repo string, b *branch, path string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.writes++
	if every(s.doubts.Undone, s.writes) {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	now := b.docs[path].at(0)
	if status := judge(r, now); status != 0 && !every(s.faults.LostUpdate, s.writes) {
		refuse(w, status)
		return
	}
	s.commits++
	made := version{
		commit: fmt.Sprintf("%040x", s.commits), body: body,
		deleted: r.Method == http.MethodDelete, hidden: every(s.faults.Forgotten, s.writes),
	}
	if !every(s.faults.LostWrite, s.writes) {
		b.put(path, made)
	}
	switch {
	case every(s.doubts.Done, s.writes):
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case every(s.doubts.Severed, s.writes):
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Location", "/content/"+repo+"@"+made.commit+"/"+path)
	if !made.deleted {
		w.Header().Set("ETag", made.etag())
	}
	if now.deleted {
		w.WriteHeader(http.StatusCreated)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (b *branch) put(path string, v version) {
	if b.docs[path] == nil {
		b.docs[path] = &document{}
	}
	b.head = v.commit
	b.docs[path].versions = append(b.docs[path].versions, v)
}

// judge returns the status with which a write to what is now there is refused, or 0.
func judge(r *http.Request, now version) int {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case r.Method == http.MethodDelete && now.deleted:
		return http.StatusNotFound
	case match != "" && (now.deleted || match != "*" && match != now.etag()):
		return http.StatusPreconditionFailed
	case none == "*" && !now.deleted:
		return http.StatusPreconditionFailed
	case match == "" && none == "" && !now.deleted:
		return http.StatusPreconditionRequired
	}
	return 0
}

func (s *Server) imports(w http.ResponseWriter, r *http.Request, repo, id string) {
	have, begun := s.uploads[id]
	main := s.repos[repo]["main"]
	switch {
	case s.bundle == nil || main == nil, r.Method != http.MethodPatch && !begun:
		http.NotFound(w, r)
		return
	case r.Method == http.MethodPatch:
		piece, _ := io.ReadAll(r.Body) // a short piece fails the check of the sum
		if r.Header.Get("Upload-Offset") != strconv.Itoa(len(have)) {
			w.WriteHeader(http.StatusConflict)
			return
		}
		have = append(have, piece...)
		s.uploads[id] = have
		if r.Header.Get("Upload-Complete") != "?1" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if err := s.take(main, id, have); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		w.Header().Set("Upload-Offset", strconv.Itoa(len(have)))
		w.Header().Set("Upload-Complete", "?1")
		fmt.Fprint(w, `{"phase":"done"}`)
	}
}

func (s *Server) take(b *branch, id string, bundle []byte) error {
	if sum := sha256.Sum256(bundle); hex.EncodeToString(sum[:]) != id {
		return fmt.Errorf("the bundle's sum is not %s", id)
	}
	docs, err := s.bundle(bundle)
	for path, body := range docs {
		b.put(path, version{commit: strings.Repeat("a", 40), body: body})
	}
	return err
}
