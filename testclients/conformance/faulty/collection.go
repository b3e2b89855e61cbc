package faulty

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// keyed is a request that named itself: what it asked for, and the answer once there is one.
type keyed struct {
	asked string
	made  *reply
}

// pause is how long a thing with a key takes to be made: a repeat can come meanwhile.
const pause = 20 * time.Millisecond

var keyForm = regexp.MustCompile(`^"[\x20\x21\x23-\x5b\x5d-\x7e]+"$`)

// collection makes something of each POST.
func (s *Server) collection(r *request, name string) *reply {
	if name != "" {
		if n, err := strconv.Atoi(name); err != nil || n < 1 || n > s.posts {
			return problem(404, "there is no such thing")
		}
		return s.only(r, ofReadOnly, func() *reply { return answer(200, "Content-Type", "text/plain").with("a thing") })
	}
	return s.only(r, ofCollections, func() *reply {
		if r.has("Idempotency-Key") {
			return s.once(r)
		}
		made := s.thing()
		if slices.Contains(items(r.all("Prefer"), false), "respond-async") {
			return answer(202, "Location", fmt.Sprintf("/doing/%d", s.posts), "Retry-After", "1",
				"Preference-Applied", "respond-async", "Cache-Control", "no-store")
		}
		return made
	})
}

// thing makes one.
func (s *Server) thing() *reply {
	s.posts++
	return answer(201, "Location", fmt.Sprintf("/things/%d", s.posts))
}

// once makes a thing unless a request with the same key did. Others are served meanwhile.
func (s *Server) once(r *request) *reply {
	key := r.get("Idempotency-Key")
	if !keyForm.MatchString(key) {
		return problem(400, "a key is one string in quotes")
	}
	first, repeated := s.keys[key]
	switch {
	case repeated && first.asked != string(r.body):
		return problem(422, "another request had this key")
	case repeated && first.made == nil && !s.rules.twiceAtOnce:
		return problem(409, "the first is still under way")
	case repeated && first.made != nil:
		return &reply{status: first.made.status, header: first.made.header.Clone()}
	}
	mine := &keyed{asked: string(r.body)}
	s.keys[key] = mine
	s.mu.Unlock()
	time.Sleep(pause)
	s.mu.Lock()
	mine.made = s.thing()
	return &reply{status: mine.made.status, header: mine.made.header.Clone()}
}

// doing says that something goes on, once, and then where what was made is.
func (s *Server) doing(name string) *reply {
	if !s.seen[name] {
		s.seen[name] = true
		return answer(200, "Content-Type", "text/plain", "Cache-Control", "no-store", "Retry-After", "1").with("it goes on")
	}
	return answer(303, "Location", "/things/"+name, "Cache-Control", "no-store")
}
