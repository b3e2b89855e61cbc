package api

import (
	"context"
	"strings"
	"unicode/utf8"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// derivation reads repo@ref, and finds out what the work there is called.
func (a *API) derivation(ctx context.Context, from string) (d fsapi.Derive, err error) {
	name, rev, revised := strings.Cut(from, "@")
	if d.Repo, err = content.ParseRepoID(name); err != nil {
		return d, err
	}
	if revised {
		if d.Rev, err = content.ParseRevision(rev); err != nil {
			return d, err
		}
	}
	d.Title = a.titleOf(ctx, d.Repo, d.Rev)
	return d, nil
}

// titleOf is what a state of a work calls itself: its only collection's title, or else the
// repository's description. What can't be read has none, and why not is told elsewhere.
func (a *API) titleOf(ctx context.Context, repo content.RepoID, rev content.Revision) string {
	title := ""
	if s, err := a.open(ctx, repo, rev, fsapi.Linearizable); err == nil && len(s.Collections) == 1 {
		title = s.Collections[0].Metadata.Title
	} else if r, err := a.FS.Repo(ctx, repo); err == nil {
		title = r.Description
	}
	for len(title) > fsapi.MaxTitle {
		_, last := utf8.DecodeLastRuneInString(title)
		title = title[:len(title)-last]
	}
	return title
}
