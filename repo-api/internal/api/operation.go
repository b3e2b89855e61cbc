package api

import (
	"net/http"

	"github.com/gorilla/mux"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
)

// health says that the process is alive, and nothing more.
func (a *API) health(*http.Request) (flow.Resource, error) {
	return a.reading("no-store", func(*flow.Exchange) (any, string, error) {
		return status{"ok"}, "", nil
	}), nil
}

// status is what health and readiness answer.
type status struct {
	Status string `json:"status"`
}

// ready says whether requests should come here.
func (a *API) ready(*http.Request) (flow.Resource, error) {
	return a.reading("no-store", func(x *flow.Exchange) (any, string, error) {
		if a.Ready != nil {
			if err := a.Ready(x.Context()); err != nil {
				return nil, "", fault.New(fault.Unavailable, "ready", "", err)
			}
		}
		return status{"ready"}, "", nil
	}), nil
}

// metrics is what an operator's collector reads.
func (a *API) metrics(*http.Request) (flow.Resource, error) { return &metrics{api: a}, nil }

type metrics struct {
	api       *API
	text      []byte
	mediaType string
}

var _ flow.Getter = (*metrics)(nil)

func (*metrics) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET, nil }

func (m *metrics) Look(*flow.Exchange) (flow.State, error) {
	var err error
	m.text, m.mediaType, err = m.api.Metrics()
	return flow.State{Exists: true}, err
}

func (m *metrics) Get(*flow.Exchange) (flow.Representation, error) {
	return flow.Representation{Type: m.mediaType, Size: int64(len(m.text)), Bytes: m.text}, nil
}

func (*metrics) Fields(_ *flow.Exchange, h http.Header) { h.Set("Cache-Control", "no-store") }

// problemType describes a type of problem to whoever follows a problem's type.
func (a *API) problemType(r *http.Request) (flow.Resource, error) {
	slug := mux.Vars(r)["slug"]
	return a.reading("", func(*flow.Exchange) (any, string, error) {
		for _, t := range problem.Types() {
			if t.Slug == slug {
				return t, "", nil
			}
		}
		return nil, "", fault.Newf(fault.NotFound, "problem", "there is no such type")
	}), nil
}
