// Package problem is the one place where a failure becomes a status and a body
// that says what and why (RFC 9457).
//
// What a client did wrong it is told in the words of the fault. What went wrong
// on this side it is told in general words and with the request's id; the cause
// is for the log. No body depends on what the client accepts.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
	"rhapsode/repo-api/flow"
)

// MediaType is that of every body written here.
const MediaType = "application/problem+json"

// Prefix is where the types of problem are described: Prefix + slug.
const Prefix = "/problems/"

// retryAfter is how many seconds a client should wait out an unavailability: an
// election takes less.
const retryAfter = 1

// maxDetail is the length of the longest detail, in bytes.
const maxDetail = 1000

// With returns err with facts that a program can act on: members of the body, and
// fields of the answer, which may be nil. It adds to those that err has already.
func With(err error, members map[string]any, fields http.Header) error {
	d := &detailed{err: err, members: map[string]any{}, fields: http.Header{}}
	if before := (*detailed)(nil); errors.As(err, &before) {
		maps.Copy(d.members, before.members)
		maps.Copy(d.fields, before.fields)
	}
	maps.Copy(d.members, members)
	maps.Copy(d.fields, fields)
	return d
}

type detailed struct {
	err     error
	members map[string]any
	fields  http.Header
}

func (d *detailed) Error() string { return d.err.Error() }
func (d *detailed) Unwrap() error { return d.err }

// Unprocessable returns err as that of a request that is well formed but asks for
// what can't be (422). No fault means just that.
func Unprocessable(err error) error { return unprocessable{err} }

type unprocessable struct{ error }

func (u unprocessable) Unwrap() error { return u.error }

// TooMany returns err as that of a client that asks too often (429).
func TooMany(err error) error { return tooMany{err} }

type tooMany struct{ error }

func (t tooMany) Unwrap() error { return t.error }

// Status returns the status of a failure.
func Status(err error) int {
	if t := (tooMany{}); errors.As(err, &t) {
		return http.StatusTooManyRequests
	}
	if u := (unprocessable{}); errors.As(err, &u) {
		return http.StatusUnprocessableEntity
	}
	return ofKind(fault.Of(err)).Status
}

// Writer explains refusals to clients and logs those that are our fault.
type Writer struct{ Log *slog.Logger }

// Explain writes the answer to a refused request. It is a flow.Engine's Explain.
func (p Writer) Explain(w http.ResponseWriter, r *http.Request, f flow.Refusal) {
	typ := typeOf(f)
	p.log(r, f)
	body := map[string]any{
		"type": Prefix + typ.Slug, "title": typ.Title, "status": f.Status, "detail": detail(typ, f),
	}
	if id := reqid.FromContext(r.Context()); id != "" {
		body["instance"] = "urn:rhapsode:request:" + id
	}
	addMembers(body, f)
	addFacts(body, f.Err)
	h := w.Header()
	if f.Status == http.StatusUnauthorized && h["Www-Authenticate"] == nil {
		h.Set("WWW-Authenticate", Challenge("Bearer", r))
	}
	if by := body["blocked_by"]; f.Status == http.StatusUnavailableForLegalReasons && by != nil {
		h.Set("Link", fmt.Sprintf(`<%s>; rel="blocked-by"`, by)) // RFC 7725, 4
	}
	var d *detailed
	if errors.As(f.Err, &d) {
		maps.Copy(body, d.members)
		maps.Copy(h, d.fields)
	}
	h.Add("Link", "<"+Prefix+typ.Slug+`>; rel="help"`)
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a member that can't be JSON is a bug of whoever added it
	}
	if f.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	}
	h.Set("Content-Type", MediaType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(f.Status)
	w.Write(text) // a client that has gone away needs no answer
}

// Realm is what a token is good for: the whole service.
const Realm = "rhapsode"

// Challenge asks for credentials of a scheme, and says if those that came are no good (RFC 6750, 3).
func Challenge(scheme string, r *http.Request) string {
	challenge := scheme + ` realm="` + Realm + `"`
	if scheme == "Bearer" && !caller.FromContext(r.Context()).IsZero() {
		challenge += `, error="invalid_token", error_description="it is not known, or no longer good"`
	}
	return challenge
}

// addFacts adds what the fault says for a program to act on.
func addFacts(body map[string]any, err error) {
	var e *fault.Error
	if !errors.As(err, &e) {
		return
	}
	for name, text := range e.Facts {
		body[name] = text
	}
}

// log keeps the cause of what the client is not told.
func (p Writer) log(r *http.Request, f flow.Refusal) {
	if f.Status < http.StatusInternalServerError || f.Err == nil {
		return
	}
	level := slog.LevelError
	if f.Status == http.StatusServiceUnavailable {
		level = slog.LevelWarn // it passes
	}
	p.Log.LogAttrs(r.Context(), level, "request failed",
		slog.String("request_id", reqid.FromContext(r.Context())), slog.Int("status", f.Status), slog.Any("error", f.Err))
}

// addMembers adds what the flow knows to a problem's body.
func addMembers(body map[string]any, f flow.Refusal) {
	switch f.Status {
	case http.StatusMethodNotAllowed:
		body["allow"] = f.Allowed.Names()
	case http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		if f.Tag != "" {
			body["current"] = f.Tag
		}
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		if f.Limit > 0 {
			body["limit"] = f.Limit
		}
	case http.StatusRequestedRangeNotSatisfiable:
		body["size"] = f.Size
	case http.StatusNotAcceptable:
		body["variants"] = variants(f)
	}
}

// Body is the shape of what is written here: its members that are always there.
// What helps with a particular problem comes beside them.
type Body struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail"`
	Instance string `json:"instance,omitempty"`
}

// variant is what a client may have instead of what it asked for.
type variant struct {
	Type     string   `json:"type"`
	Language string   `json:"language,omitempty"`
	URL      string   `json:"href,omitempty"`
	Codings  []string `json:"codings"`
}

func variants(f flow.Refusal) []variant {
	all := make([]variant, len(f.Variants))
	for i, v := range f.Variants {
		all[i] = variant{v.Type, v.Language, v.URL, append([]string{flow.Identity}, f.Codings...)}
	}
	return all
}

// detail is what a person is told: the words of the fault if the request is to
// blame, and otherwise nothing that tells of our insides.
func detail(typ Type, f flow.Refusal) string {
	if f.Status >= http.StatusInternalServerError || f.Err == nil || errors.Is(f.Err, flow.ErrUnconditional) {
		return typ.Detail
	}
	text := f.Err.Error()
	var known *fault.Error
	if errors.As(f.Err, &known) {
		text = known.Error()
	}
	if len(text) > maxDetail {
		text = text[:maxDetail] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
