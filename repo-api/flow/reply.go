package flow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strconv"
)

// reply is what a plain handler answers, as far as that has been asked for. The
// handler runs as a coroutine: each of its writes waits until somebody reads.
// It belongs to one goroutine, and whoever began it closes it.
type reply struct {
	status int
	header http.Header
	held   []byte // the beginning of the content, and all of it if whole
	beyond []byte // the handler's, and good until next: what comes after held
	whole  bool
	size   int64 // of the content; -1 if that is not known

	next   func() ([]byte, bool)
	stop   func()
	cancel context.CancelFunc
}

// begin has h answer r, and comes back when the status, the fields and the first
// most bytes of content are there.
func begin(h http.Handler, r *http.Request, most int) *reply {
	ctx, cancel := context.WithCancel(r.Context())
	p := &reply{header: http.Header{}, size: -1, cancel: cancel}
	w := &scribe{header: http.Header{}, reply: p}
	p.next, p.stop = iter.Pull(func(yield func([]byte) bool) {
		w.yield = yield
		h.ServeHTTP(w, r.WithContext(ctx))
		w.WriteHeader(http.StatusOK) // unless there is a status already
	})
	p.fill(most)
	return p
}

// fill reads until there is more than may be held, or no more at all.
func (p *reply) fill(most int) {
	for {
		chunk, more := p.next()
		if !more {
			p.whole, p.size = true, int64(len(p.held))
			return
		}
		if len(p.held)+len(chunk) > most {
			p.beyond = chunk
			break
		}
		p.held = append(p.held, chunk...)
	}
	if told, err := strconv.ParseInt(p.header.Get("Content-Length"), 10, 64); err == nil && told >= int64(len(p.held)) {
		p.size = told
	}
}

// Open opens the whole content, once: what is not held can't be had again.
func (p *reply) Open(context.Context, int64, int64) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(bytes.NewReader(p.held), &rest{reply: p, left: p.beyond})), nil
}

// representation is the content of a reply.
func (p *reply) representation() Representation {
	mediaType := p.header.Get("Content-Type")
	if mediaType == "" {
		mediaType = http.DetectContentType(p.held)
	}
	r := Representation{Type: mediaType, Size: p.size, Choices: p.status == http.StatusMultipleChoices}
	if p.whole {
		r.Bytes = append([]byte{}, p.held...) // never nil: that there is none is all there is
	} else {
		r.Parts, r.Undivided = p, true
	}
	return r
}

// fields adds the reply's fields to h.
func (p *reply) fields(h http.Header) {
	for name, values := range p.header {
		switch name {
		case "Content-Length", "Content-Type", "Content-Range", "Accept-Ranges", "Etag", "Last-Modified", "Location", "Date",
			"Transfer-Encoding", "Connection", "Trailer":
		default:
			h[name] = append(h[name], values...)
		}
	}
}

// close ends the handler. One that goes on after its writes fail is waited for.
func (p *reply) close() {
	p.cancel()
	p.stop()
}

// rest reads what of a reply is not held.
type rest struct {
	reply *reply
	left  []byte
}

func (r *rest) Read(b []byte) (int, error) {
	for len(r.left) == 0 {
		chunk, more := r.reply.next()
		if !more {
			return 0, io.EOF
		}
		r.left = chunk
	}
	n := copy(b, r.left)
	r.left = r.left[n:]
	return n, nil
}

// errUnheard is what a handler's writes return when nobody reads on.
var errUnheard = errors.New("flow: nobody reads what is written")

// scribe is the ResponseWriter of a handler whose answer is a reply.
type scribe struct {
	header http.Header
	reply  *reply
	yield  func([]byte) bool
	ended  bool
}

func (w *scribe) Header() http.Header { return w.header }

func (w *scribe) WriteHeader(status int) {
	if w.reply.status == 0 && status >= 200 { // an interim answer is none
		w.reply.status, w.reply.header = status, w.header.Clone()
	}
}

func (w *scribe) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.ended || len(b) > 0 && !w.yield(b) {
		w.ended = true
		return 0, errUnheard
	}
	return len(b), nil
}
