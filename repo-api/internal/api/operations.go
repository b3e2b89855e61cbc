package api

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/errand"
	"rhapsode/repo-api/internal/resource"
)

// NewErrands makes what carries out the requests of this surface that have a key or
// need not be waited for. Whoever makes it runs it.
func NewErrands(fs fsapi.Errands, log *slog.Logger) *errand.Errands {
	return errand.New(errand.Options{
		Store: fs, Caller: callerOf, Fields: append(changeFields(), "Content-Type", "Upload-Offset", "Upload-Complete"),
		URL: resource.OperationURL, Log: log,
	})
}

// callerOf tells callers apart, without keeping what they identify themselves by.
func callerOf(r *http.Request) string {
	brought := credentialOf(r)
	if brought.IsZero() {
		return "anybody"
	}
	sum := sha256.Sum256([]byte(brought.Reveal()))
	return hex.EncodeToString(sum[:])
}

// keyOf is the key that r has, if it is one that can be repeated only with a key.
func keyOf(r *http.Request) string {
	lines := r.Header["Idempotency-Key"]
	if len(lines) == 0 || r.Method != http.MethodPost && r.Method != http.MethodPatch {
		return ""
	}
	key, err := flow.ParseKey(lines)
	if err != nil {
		return "" // the flow refuses it
	}
	return key
}

// operation is a request that was not waited for. Only its caller can read it.
func (a *API) operation(r *http.Request) (flow.Resource, error) {
	return &operation{reading: a.reading("no-store", nil), api: a, id: mux.Vars(r)["id"]}, nil
}

type operation struct {
	*reading
	api   *API
	id    string
	state errand.State
}

var _ flow.Fielder = (*operation)(nil)

// Look finds out how far it is. One that succeeded leads on to what came of it, if
// that can be read.
func (o *operation) Look(x *flow.Exchange) (flow.State, error) {
	if o.api.Errands == nil {
		return flow.State{}, nil
	}
	var err error
	if o.state, err = o.api.Errands.Look(x.Request, o.id); err != nil {
		return absent(err)
	}
	if o.state.Result != "" {
		return flow.State{Moved: flow.Other, To: o.state.Result}, nil
	}
	return o.show(x, resource.OperationOf(o.id, string(o.state.Phase), o.state.Status, o.state.Content))
}

// Fields says when to ask again.
func (o *operation) Fields(x *flow.Exchange, h http.Header) {
	o.reading.Fields(x, h)
	if o.state.Phase == errand.Running {
		h.Set("Retry-After", "1")
	}
}
