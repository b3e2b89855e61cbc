package flow

import (
	"errors"
	"mime"
	"slices"
	"strings"
)

// What a request is refused for before anything is looked up.

// available asks about the client first. An errand has been admitted before.
func (x *Exchange) available() (bool, error) {
	if x.engine.Admit != nil && x.errand != nil && !x.engine.Dry {
		if err := x.engine.Admit(x.writer, x.Request); err != nil {
			return false, err
		}
	}
	if r, ok := x.resource.(Availer); ok {
		err := r.Available(x)
		return err == nil, err
	}
	return true, nil
}

func (x *Exchange) methodKnown() (bool, error) { return x.method != 0, nil }

func (x *Exchange) targetTooLong() (bool, error) {
	x.limit = int64(x.engine.MaxTarget)
	return x.limit > 0 && int64(len(x.Request.RequestURI)) > x.limit, nil
}

// methodAllowed is no question to a target that could not be understood: B9 says so.
func (x *Exchange) methodAllowed() (bool, error) {
	if x.unopened != nil {
		return true, nil
	}
	var err error
	x.allowed, err = x.resource.Methods(x)
	x.allowed = x.allowed.complete()
	return x.allowed&x.method != 0, err
}

func (x *Exchange) malformed() (bool, error) {
	if x.unopened != nil {
		return false, x.unopened
	}
	if x.why = x.Conditions.parse(x.Request.Header, x.engine.Now); x.why != nil {
		return true, nil
	}
	if x.why = x.claims(); x.why != nil {
		return true, nil
	}
	if x.why = x.readKey(); x.why != nil {
		return true, nil
	}
	if x.Prefer.Handling == "strict" {
		if x.why = x.strict(); x.why != nil {
			return true, nil
		}
	}
	x.uncode()
	if r, ok := x.resource.(Checker); ok {
		return false, r.Check(x)
	}
	return false, nil
}

var errPartialPut = errors.New("a PUT with Content-Range would replace the whole by a part")

func (x *Exchange) partialPut() (bool, error) {
	if x.method != PUT || x.Request.Header["Content-Range"] == nil {
		return false, nil
	}
	x.why = errPartialPut
	return true, nil
}

func (x *Exchange) authenticated() (bool, error) {
	if r, ok := x.resource.(Authenticator); ok {
		err := r.Authenticate(x)
		return err == nil, err
	}
	return true, nil
}

func (x *Exchange) forbidden() (bool, error) {
	if r, ok := x.resource.(Authorizer); ok {
		return false, r.Authorize(x)
	}
	return false, nil
}

// codingUnsupported refuses every coding: stored as it comes, it would go out
// again as something that it is not.
func (x *Exchange) codingUnsupported() (bool, error) {
	if x.method&changes == 0 {
		return false, nil
	}
	for _, coding := range x.Request.Header["Content-Encoding"] {
		if !strings.EqualFold(coding, "identity") {
			x.accept.field, x.accept.value = "Accept-Encoding", "identity"
			return true, nil
		}
	}
	return false, nil
}

// typeUnsupported compares the type that was sent. One that was not is taken for
// the right one, where there is just one.
func (x *Exchange) typeUnsupported() (bool, error) {
	r, ok := x.resource.(Consumer)
	sent := x.Request.Header.Get("Content-Type")
	if !ok || x.method&changes == 0 {
		return false, nil
	}
	types := r.Consumes(x.Request.Method)
	if len(types) == 0 || sent == "" && len(types) == 1 {
		return false, nil
	}
	if media, _, err := mime.ParseMediaType(sent); err == nil && slices.Contains(types, media) {
		return false, nil
	}
	x.accept.field, x.accept.value = acceptField(x.method), strings.Join(types, ", ")
	return true, nil
}

// acceptField names the field that tells which types a method takes.
func acceptField(m Methods) string {
	switch m {
	case PATCH:
		return "Accept-Patch"
	case POST:
		return "Accept-Post"
	}
	return "Accept"
}

func (x *Exchange) lengthMissing() (bool, error) {
	r, ok := x.resource.(Bounded)
	return ok && x.method&changes != 0 && r.Bounds().NeedsLength && x.Request.ContentLength < 0, nil
}

// tooLarge compares the length that was told, and has the reader of the content
// watch over the one that comes.
func (x *Exchange) tooLarge() (bool, error) {
	r, ok := x.resource.(Bounded)
	if !ok || x.method&changes == 0 {
		return false, nil
	}
	x.limit = r.Bounds().Max
	if x.limit <= 0 {
		return false, nil
	}
	x.content.bound(x.writer, x.limit)
	return x.Request.ContentLength > x.limit, nil
}

func (x *Exchange) isOptions() (bool, error) { return x.method == OPTIONS, nil }
