package flow

import (
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// refusedReply is the reply of a wrapped handler that ends the walk.
type refusedReply struct{ *reply }

// maxReason is how much of what a handler says of a refusal is passed on, in bytes.
const maxReason = 1000

// Error is what the handler says of it, if that is meant for people.
func (e *refusedReply) Error() string {
	if e.mediaType() != "text/plain" {
		return ""
	}
	said := e.held[:min(len(e.held), maxReason)]
	return strings.ToValidUTF8(strings.TrimSpace(string(said)), "\uFFFD")
}

func (e *refusedReply) mediaType() string {
	media, _, _ := mime.ParseMediaType(e.header.Get("Content-Type"))
	return media
}

// wrappedStatus is the one that the handler chose. A success is none of a
// failure, and nobody asked for 304.
func wrappedStatus(err error) int {
	refused, ok := err.(*refusedReply)
	if !ok || refused.status < 300 || refused.status == http.StatusNotModified {
		return http.StatusInternalServerError
	}
	return refused.status
}

const problemType = "application/problem+json"

// conditionWanted says how to ask again (RFC 6585, 3).
const conditionWanted = "Changing what exists takes an If-Match with its ETag; If-Match: * means whatever is there."

// explainWrapped passes on the problem that the handler wrote, or makes one of
// what else it said (RFC 9457).
func explainWrapped(w http.ResponseWriter, _ *http.Request, f Refusal) {
	h := w.Header()
	var body []byte
	refused, ok := f.Err.(*refusedReply)
	if ok = ok && refused.status == f.Status; ok {
		refused.fields(h)
		if refused.whole && refused.mediaType() == problemType {
			body = refused.held
		}
	}
	if body == nil {
		problem := struct {
			Type   string `json:"type"`
			Title  string `json:"title"`
			Status int    `json:"status"`
			Detail string `json:"detail,omitempty"`
		}{"about:blank", http.StatusText(f.Status), f.Status, ""}
		switch {
		case f.Status == http.StatusPreconditionRequired:
			problem.Detail = conditionWanted
		case f.Err != nil && (ok || f.Status < http.StatusInternalServerError):
			problem.Detail = f.Err.Error()
		}
		body, _ = json.Marshal(problem) // of three texts and a number it can't fail
	}
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", problemType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(f.Status)
	w.Write(body) // a client that has gone away needs no answer
}
