package page

import (
	"net/url"
	"strings"
)

// Crumb is a step of the way from the root to a page.
type Crumb struct{ Name, URL string }

// crumbsOf returns the way to u; the last crumb is the page itself.
func crumbsOf(u *url.URL) []Crumb {
	crumbs := []Crumb{{"Rhapsode", "/"}}
	trail := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	switch {
	case trail[0] == "":
	case trail[0] == "content":
		return append(crumbs, contentCrumbs(trail[1:])...)
	case trail[0] == "repos":
		query := ""
		if ref := u.Query().Get("ref"); ref != "" {
			query = "?ref=" + url.QueryEscape(ref)
		}
		return append(crumbs, repoCrumbs(trail[1:], query)...)
	default:
		for _, name := range trail {
			crumbs = append(crumbs, Crumb{Name: unescaped(name)})
		}
	}
	return crumbs
}

// repoCrumbs is the way to what is below /repos.
func repoCrumbs(trail []string, query string) []Crumb {
	crumbs := []Crumb{{"repositories", "/repos"}}
	at := "/repos"
	for i, name := range trail {
		at += "/" + name
		target := at
		switch {
		case i == 1 && (name == "imports" || name == "compare" || name == "modules"):
			target = ""
		case i > 0 && trail[1] == "blame" && i < len(trail)-1:
			target = "" // only documents have lines
		case i == 1 && name == "history":
			target += "/"
		}
		if i > 0 && target != "" {
			target += query
		}
		crumbs = append(crumbs, Crumb{unescaped(name), target})
	}
	return crumbs
}

// contentCrumbs is the way to a directory, by its repository.
func contentCrumbs(trail []string) []Crumb {
	repo, rev, _ := strings.Cut(trail[0], "@")
	at := "/content/" + trail[0] + "/"
	crumbs := []Crumb{{"repositories", "/repos"}, {unescaped(repo), "/repos/" + repo}, {"@" + short40(unescaped(rev)), at}}
	for _, name := range trail[1:] {
		at += name + "/"
		crumbs = append(crumbs, Crumb{unescaped(name), at})
	}
	return crumbs
}

// short40 shortens a revision if it is a commit's id.
func short40(rev string) string {
	if len(rev) == 40 && strings.Trim(rev, "0123456789abcdef") == "" {
		return short(rev)
	}
	return rev
}

func unescaped(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}
