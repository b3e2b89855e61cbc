package problem

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"rhapsode/internal/fault"
)

// Elsewhere returns the target that has to be asked instead, for good, if err says that the
// repository of the request's target goes by another name now; "": it does not. It is a
// flow.Engine's Elsewhere.
func Elsewhere(r *http.Request, err error) string {
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Moved {
		return ""
	}
	// /repos/{repo}…, /content/{repo}@{ref}…, /git/{repo}.git…
	parts := strings.SplitN(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/", 3)
	if len(parts) < 2 {
		return ""
	}
	former, rest := parts[1], ""
	switch parts[0] {
	case "repos":
	case "content":
		if at := strings.IndexByte(former, '@'); at >= 0 {
			former, rest = former[:at], former[at:]
		}
	case "git":
		former, rest = strings.TrimSuffix(former, ".git"), ".git"
	default:
		return ""
	}
	if name, err := url.PathUnescape(former); err != nil || name != e.Name {
		return "" // it is another repository that the request speaks of
	}
	parts[1] = e.Facts["to"] + rest
	to := "/" + strings.Join(parts, "/")
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	return to
}
