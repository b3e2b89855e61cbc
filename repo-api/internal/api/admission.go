package api

import (
	"math"
	"net/http"
	"strconv"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/limit"
	"rhapsode/repo-api/internal/problem"
)

// admit counts a request, and says how many are left. Whoever watches over the
// process asks as often as it likes.
func (a *API) admit(w http.ResponseWriter, r *http.Request) error {
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return nil
	}
	caller := ""
	if r.Header.Get("Authorization") != "" {
		caller = callerOf(r)
	}
	v := a.Limits.Take(caller, limit.AddressOf(r, a.Proxies))
	if v.Policy != "" {
		w.Header().Set("RateLimit-Policy", v.Policy)
		w.Header().Set("RateLimit", v.Left)
	}
	if !v.Refused {
		return nil
	}
	seconds := strconv.Itoa(int(math.Ceil(v.Retry.Seconds())))
	err := fault.Newf(fault.Unavailable, "limit", "this client asks too often: RateLimit-Policy says how often it may")
	return problem.With(problem.TooMany(err), nil, http.Header{"Retry-After": {seconds}})
}

// admitted is next for those who are served, where no flow asks.
func (a *API) admitted(next http.Handler) http.Handler {
	if a.flow.Admit == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.admit(w, r); err != nil {
			a.flow.Explain(w, r, flow.Refusal{Status: problem.Status(err), Err: err})
			return
		}
		next.ServeHTTP(w, r)
	})
}
