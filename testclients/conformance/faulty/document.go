package faulty

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// document is one state; a nil body is none.
type document struct {
	kind     string
	body     []byte
	modified time.Time
	place    string // where this very state is, for ever
}

func (d document) id() string {
	sum := sha256.Sum256(append([]byte(d.kind+"\n"), d.body...))
	return hex.EncodeToString(sum[:8])
}

func (d document) tag() string { return `"` + d.id() + `"` }

// packMin is the size from which a document is worth packing.
const packMin = 256

// document answers for one name.
func (s *Server) document(r *request, name string) *reply {
	d := s.docs[name]
	switch {
	case s.rules.conditionsFirst && d.body != nil && r.method == "POST":
		if refused := s.judge(r, d, d.tag()); refused != nil {
			return refused
		}
	case s.rules.optionsJudged && r.method == "OPTIONS" && d.body != nil:
		if refused := s.judge(r, d, d.tag()); refused != nil {
			return problem(412, "a condition is false")
		}
	}
	got := s.only(r, ofDocuments, func() *reply {
		if r.reads() && d.body != nil && r.has("Accept-Datetime") {
			return s.gate(r, name)
		}
		if refused := s.unsuitable(r); refused != nil {
			return refused
		}
		if s.rules.missingFails && d.body == nil && r.has("If-Match") {
			return problem(412, "a condition is false")
		}
		if d.body == nil && r.method != "PUT" {
			return problem(404, "there is no such document")
		}
		if r.method == "GET" && s.rules.readsWrite {
			s.store(name, d.kind, append(d.body, ' '))
		}
		if r.reads() {
			return s.read(r, d, "Cache-Control", "no-cache", "Link", s.links(name), "Content-Location", d.place)
		}
		return s.change(r, name, d)
	})
	if r.method == "OPTIONS" && got.status == 204 {
		got.set("Accept-Patch", patches)
	}
	return got
}

// unsuitable refuses what can be refused without looking at the document.
func (s *Server) unsuitable(r *request) *reply {
	kind, _, _ := strings.Cut(r.get("Content-Type"), ";")
	switch {
	case r.method == "PUT" && r.has("Content-Range") && !s.rules.partIsWhole:
		return problem(400, "PUT takes a whole document")
	case r.method == "PUT" && r.has("Content-Encoding"):
		return problem(415, "content comes as it is", "Accept-Encoding", "identity")
	case r.method == "PATCH" && !slices.Contains(items([]string{patches}, false), kind):
		return problem(415, "no such patch", "Accept-Patch", patches)
	case r.method == "PATCH" && !readable(kind, r.body) && !s.rules.patchUnread:
		return problem(400, "the patch can't be read")
	}
	for _, field := range []string{"Content-Digest", "Repr-Digest"} {
		for _, member := range items(r.all(field), false) {
			if r.method == "PUT" && strings.HasPrefix(member, "sha-256=") && member != digest(r.body) && !s.rules.digestIgnored {
				return problem(400, "the digest is of other content")
			}
		}
	}
	return nil
}

// read answers GET and HEAD of a state with fields of its own.
func (s *Server) read(r *request, d document, fields ...string) *reply {
	a := answer(200, "Content-Type", d.kind, "Vary", "Accept-Encoding, Accept-Datetime", "Accept-Ranges", "bytes")
	tag := d.tag()
	if len(d.body) >= packMin && s.packed(r) {
		d.body = pack(d.body)
		a.set("Content-Encoding", "gzip")
		tag = strings.TrimSuffix(tag, `"`) + `-gzip"`
	}
	if s.rules.oneTag {
		tag = `"the-only-tag"`
	}
	a.set("ETag", tag)
	if !d.modified.IsZero() {
		a.set("Last-Modified", d.modified.Format(http.TimeFormat))
	}
	for i := 0; i < len(fields); i += 2 {
		a.set(fields[i], fields[i+1])
	}
	if r.has("Want-Repr-Digest") {
		a.set("Repr-Digest", digest(d.body))
	}
	a.body = d.body
	if s.rules.rangeFirst {
		if refused := s.part(r, a); refused.status == 416 {
			return refused
		}
	}
	if refused := s.judge(r, d, tag); refused != nil {
		for _, name := range []string{"ETag", "Cache-Control", "Content-Location", "Vary"} {
			if v := a.header.Get(name); v != "" {
				refused.set(name, v)
			}
		}
		return refused
	}
	a = s.part(r, a)
	if r.has("Want-Content-Digest") {
		a.set("Content-Digest", digest(a.body))
	}
	return a
}

// change answers PUT, PATCH and DELETE.
func (s *Server) change(r *request, name string, d document) *reply {
	if refused := s.judge(r, d, d.tag()); refused != nil {
		return refused
	}
	conditional := r.has("If-Match") || r.has("If-None-Match") || valid(r, "If-Unmodified-Since")
	if d.body != nil && !conditional && !s.rules.unconditional {
		return problem(428, "say which state you mean with If-Match", "ETag", d.tag())
	}
	switch r.method {
	case "DELETE":
		delete(s.docs, name)
		return answer(204)
	case "PATCH":
		kind, _, _ := strings.Cut(r.get("Content-Type"), ";")
		body, refused := s.patched(d, kind, r.body)
		if body != nil {
			s.store(name, d.kind, body)
		}
		if refused != nil {
			return refused
		}
		return s.stored(r, name, 204)
	}
	status := 204
	if d.body == nil {
		status = 201
	}
	s.store(name, r.get("Content-Type"), r.body)
	return s.stored(r, name, status)
}

func (s *Server) store(name, kind string, body []byte) {
	d := document{kind, append([]byte{}, body...), s.now().UTC().Truncate(time.Second), versionOf(name, len(s.past[name]))}
	s.docs[name], s.past[name] = d, append(s.past[name], d)
}

// stored tells the new state of a document.
func (s *Server) stored(r *request, name string, status int) *reply {
	d := s.docs[name]
	a := answer(status, "ETag", d.tag(), "Content-Location", d.place)
	if status == 201 {
		a.set("Location", at(name))
	}
	for _, preference := range items(r.all("Prefer"), false) {
		switch {
		case preference == "return=representation":
			if status == 204 {
				a.status = 200
			}
			a.set("Content-Type", d.kind).set("Preference-Applied", preference)
			a.body = bytes.Clone(d.body)
			return a
		case preference == "return=minimal":
			return a.set("Preference-Applied", preference)
		}
	}
	return a
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
