package errand

import (
	"encoding/json"
	"net/http"
	"regexp"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// State is how far an errand has come, as its client sees it.
type State struct {
	Phase   Phase
	Status  int             // of its answer, if there is one
	Content json.RawMessage // … and its content, if that is JSON
	Result  string          // the URL of what came of it, if it succeeded and there is one
}

// Phase is a word for how far an errand has come.
type Phase string

// The phases.
const (
	Running   Phase = "running"
	Succeeded Phase = "succeeded"
	Failed    Phase = "failed"
	Lost      Phase = "lost" // the process that carried it out ended first
)

var idForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// Look says how far the errand has come that r's caller was told of as id. NotFound:
// there is none, or it is forgotten.
func (e *Errands) Look(r *http.Request, id string) (State, error) {
	if !idForm.MatchString(id) {
		return State{}, fault.Newf(fault.NotFound, "operation", "no operation is called that")
	}
	there, err := e.Store.Errand(r.Context(), e.keyOf(r, id))
	switch {
	case fault.Is(err, fault.NotFound):
		return State{}, fault.Newf(fault.NotFound, "operation", "nobody began it, or that was more than a day ago")
	case err != nil:
		return State{}, err
	case there.State == content.ErrandHeld:
		return State{Phase: Running}, nil
	case len(there.Answer) == 0:
		return State{Phase: Lost}, nil
	}
	kept, err := decode(there.Answer)
	if err != nil {
		return State{}, err
	}
	s := State{Phase: Succeeded, Status: kept.Status, Result: kept.result()}
	if kept.Status >= http.StatusBadRequest {
		s.Phase, s.Result = Failed, ""
	}
	if json.Valid(kept.Content) {
		s.Content = kept.Content
	}
	return s, nil
}

// result is what a client reads to see what came of it: what was made, or what is there
// now. A POST that made nothing has none.
func (r record) result() string {
	for _, field := range [...]string{"Location", "Content-Location"} {
		if url := r.Header.Get(field); url != "" {
			return url
		}
	}
	if r.Method == http.MethodPost {
		return ""
	}
	return r.Target
}
