package api

import (
	"net/http"

	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/resource"
)

// me is who asks.
func (a *API) me(*http.Request) (flow.Resource, error) {
	return a.reading("no-store", func(x *flow.Exchange) (any, string, error) {
		who, err := a.FS.Whoami(x.Context())
		return resource.CallerOf(who), "", err
	}), nil
}
