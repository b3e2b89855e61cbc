package resource

import (
	"net/url"
	"slices"
	"strings"
)

// collections are the lists of a repository whose members are found below them.
var collections = []string{"branches", "collections", "commits", "drafts", "publications", "versions"}

// Above returns where what is at u belongs, and whether it is one of several that
// are listed there. The root belongs nowhere: "".
func Above(u *url.URL) (target string, listed bool) {
	trail := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	above := func(n int) string { return "/" + strings.Join(trail[:n], "/") }
	switch {
	case trail[0] == "":
		return "", false
	case trail[0] == "content" && len(trail) > 2:
		return above(len(trail)-1) + "/", true
	case trail[0] == "content" && len(trail) == 2:
		repo, _, _ := strings.Cut(trail[1], "@")
		return "/repos/" + repo, false
	case trail[0] == "tokens" && len(trail) == 2:
		return "/tokens", true
	case trail[0] == "docs" && len(trail) > 1:
		return "/docs", false
	case trail[0] != "repos" || len(trail) == 1:
		return "/", false
	case len(trail) == 2:
		return "/repos", true
	case len(trail) == 4 && slices.Contains(collections, trail[2]):
		return above(3) + refIn(u), true
	case len(trail) > 4 && slices.Contains(collections, trail[2]):
		return above(4), false
	}
	return above(2), false
}

// refIn is as of which revision u is meant, as a query.
func refIn(u *url.URL) string {
	if ref := u.Query().Get("ref"); ref != "" {
		return "?ref=" + url.QueryEscape(ref)
	}
	return ""
}

// Canonical is the target of u whatever its variant: "" if u names none.
func Canonical(u *url.URL) string {
	query := u.Query()
	if !query.Has("as") {
		return ""
	}
	query.Del("as")
	if len(query) == 0 {
		return u.EscapedPath()
	}
	return u.EscapedPath() + "?" + query.Encode()
}
