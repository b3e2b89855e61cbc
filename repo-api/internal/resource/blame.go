package resource

import (
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// Blamed is neighbouring lines of a document that came with one commit.
type Blamed struct {
	Lines    [2]int `json:"lines"` // the first and the last, counted from 1
	Commit   string `json:"commit"`
	Subject  string `json:"subject"`
	Author   string `json:"author"`
	When     string `json:"when"`      // RFC 3339, as of the author
	PathThen string `json:"path_then"` // a path is a document's identity, so it is the same
	LineThen int    `json:"line_then"` // where the first line was
	URL      string `json:"href"`      // of the commit
	Document string `json:"document_url"`
}

// BlamedOf is the shape of b, lines of the document at path.
func BlamedOf(repo content.RepoID, path content.Path, b fsapi.Blamed) Blamed {
	return Blamed{
		Lines: [2]int{b.First, b.Last}, Commit: b.Commit.String(), Subject: b.Subject,
		Author: b.Author.Name, When: b.Author.When.Format(time.RFC3339),
		PathThen: path.String(), LineThen: b.Then, URL: CommitURL(repo, b.Commit),
		Document: Place{Repo: repo, Rev: content.AtCommit(b.Commit), Path: path}.URL(),
	}
}
