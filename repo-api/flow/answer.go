package flow

import (
	"net/http"
	"strconv"
	"strings"
)

// answer writes what the walk has decided.
func (x *Exchange) answer(status int) {
	if status == Recorded {
		x.recorded()
		return
	}
	x.vary()
	x.preferred()
	switch {
	case status >= 400:
		x.refuse(status)
	case x.engine.Dry && x.method&changes != 0 && status == http.StatusNoContent:
		x.writer.WriteHeader(status)
	case x.method == OPTIONS:
		x.options(status)
	case status == http.StatusNotModified:
		x.fields()
		if x.State.Tag == "" {
			x.dated()
		}
		x.writer.WriteHeader(status)
	case status == http.StatusPermanentRedirect, status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect, status == http.StatusFound:
		x.redirect(status, x.State.To)
	case status == http.StatusSeeOther && x.method&reads != 0:
		x.redirect(status, x.State.To)
	case status == http.StatusSeeOther:
		x.redirect(status, x.done.Location)
	case x.method&reads != 0:
		x.read(status)
	case x.report.Location != "":
		x.accepted()
	default:
		x.changed(status)
	}
}

// refuse sets the fields that the status demands and has the rest explained.
func (x *Exchange) refuse(status int) {
	h := x.writer.Header()
	f := Refusal{Status: status, Node: x.path[x.steps-1], Err: x.why}
	switch status {
	case http.StatusMethodNotAllowed:
		f.Allowed = x.allowed
		h.Set("Allow", x.allowed.String())
	case http.StatusPreconditionFailed, http.StatusPreconditionRequired:
		f.Tag = x.State.Tag
		if f.Tag != "" {
			h.Set("Etag", string(f.Tag))
		}
	case http.StatusNotAcceptable:
		f.Variants, f.Codings = x.variants, x.codings()
	case http.StatusUnsupportedMediaType:
		if x.accept.field != "" {
			h.Set(x.accept.field, x.accept.value)
		}
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		f.Limit = x.limit
	case http.StatusRequestedRangeNotSatisfiable:
		f.Size = x.sent.Size
		h.Set("Content-Range", "bytes */"+strconv.FormatInt(f.Size, 10))
	case http.StatusNotFound, http.StatusGone:
		if f.Err == nil {
			f.Err = x.State.Why
		}
	}
	x.engine.Explain(x.writer, x.Request, f)
}

func (x *Exchange) options(status int) {
	h := x.writer.Header()
	h.Set("Allow", x.allowed.String())
	if x.allowed&GET != 0 {
		h.Set("Accept-Ranges", "bytes")
	}
	if r, ok := x.resource.(Consumer); ok {
		for _, m := range [...]Methods{POST, PATCH} {
			if x.allowed&m == 0 {
				continue
			}
			if types := r.Consumes(m.name()); len(types) > 0 {
				h.Set(acceptField(m), strings.Join(types, ", "))
			}
		}
	}
	h.Set("Cache-Control", "no-store")
	x.writer.WriteHeader(status)
}

func (x *Exchange) redirect(status int, target string) {
	h := x.writer.Header()
	if x.renamed { // what the resource is, it did not find out
		h.Set("Cache-Control", "no-cache")
	} else if r, ok := x.resource.(Fielder); ok {
		r.Fields(x, h)
	}
	h.Set("Location", target)
	h.Set("Content-Length", "0")
	x.writer.WriteHeader(status)
}

// fields sets what 200, 206 and 304 have in common (15.4.5).
func (x *Exchange) fields() {
	h := x.writer.Header()
	if r, ok := x.resource.(Fielder); ok {
		r.Fields(x, h)
	}
	x.named(h)
	if x.State.Tag != "" {
		h.Set("Etag", string(x.State.Tag))
	}
}

// dated sets the date of modification; a 304 needs it only for want of a tag.
func (x *Exchange) dated() {
	if !x.State.Modified.IsZero() {
		x.writer.Header().Set("Last-Modified", x.State.Modified.UTC().Format(http.TimeFormat))
	}
}

// read answers GET and HEAD.
func (x *Exchange) read(status int) {
	body, err := x.openSent(status)
	defer body.Close()
	if err == nil {
		err = x.digests(x.writer.Header())
	}
	if err != nil {
		x.why = err
		x.refuse(x.statusOf(err))
		return
	}
	x.fields()
	x.dated()
	h := x.writer.Header()
	h.Set("Accept-Ranges", "bytes")
	if x.sent.Undivided {
		h.Set("Accept-Ranges", "none")
	}
	if x.coding != "" {
		h.Set("Content-Encoding", x.coding)
	}
	if len(x.spans) == 1 && status == http.StatusPartialContent {
		h.Set("Content-Range", x.spans[0].contentRange(x.sent.Size))
	}
	x.send(status, body)
}

// send sends content.
func (x *Exchange) send(status int, body body) {
	h := x.writer.Header()
	h.Set("Content-Type", body.mediaType)
	if body.size >= 0 {
		h.Set("Content-Length", strconv.FormatInt(body.size, 10))
	}
	x.writer.WriteHeader(status)
	if x.bodiless() {
		return
	}
	if err := body.writeTo(x.writer); err != nil {
		panic(http.ErrAbortHandler) // too late for another status: the client must see that it is cut short
	}
}

// changed answers a request that changed something.
func (x *Exchange) changed(status int) {
	h := x.writer.Header()
	if r, ok := x.resource.(Fielder); ok {
		r.Fields(x, h)
	}
	if x.done.Location != "" {
		h.Set("Location", x.done.Location)
	}
	if x.done.Tag != "" {
		h.Set("Etag", string(x.done.Tag))
	}
	h.Add("Vary", "Prefer")
	if x.done.Content == nil {
		if status != http.StatusNoContent {
			h.Set("Content-Length", "0")
		}
		x.writer.WriteHeader(status)
		return
	}
	x.sent = *x.done.Content
	body, err := x.openSent(status)
	defer body.Close()
	if err == nil {
		err = x.digests(h)
	}
	if err != nil {
		panic(http.ErrAbortHandler) // it is done: no status of a failure would be true
	}
	x.send(status, body)
}
