package resource

import (
	"net/url"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// Diff is the media type of a patch as git makes it.
const Diff = "text/x-diff"

// AsDiff is the value of ?as= that asks for a patch.
const AsDiff = "diff"

// Comparison is how two states differ since they parted.
type Comparison struct {
	Base      *content.Digest `json:"base,omitempty"`
	Unrelated bool            `json:"unrelated,omitempty"` // there is no base: they are compared as they are
	From      content.Digest  `json:"from"`
	To        content.Digest  `json:"to"`
	Changes   []Difference    `json:"changes"`
	Truncated bool            `json:"truncated"`
	Diff      string          `json:"diff_url"`
}

// Difference is a path that differs.
type Difference struct {
	Path string `json:"path"`
	Kind string `json:"kind"` // added, modified, deleted, or mode (that alone)
	Old  *Stage `json:"old,omitempty"`
	New  *Stage `json:"new,omitempty"`
}

// ComparisonOf is the shape of c, found at the URL at.
func ComparisonOf(repo content.RepoID, c fsapi.Comparison, at *url.URL) Comparison {
	shape := Comparison{From: c.From, To: c.To, Changes: make([]Difference, len(c.Changes)), Truncated: c.Truncated, Diff: As(at, AsDiff)}
	before := c.From
	if c.Base.IsZero() {
		shape.Unrelated = true
	} else {
		shape.Base, before = &c.Base, c.Base
	}
	for i, f := range c.Changes {
		shape.Changes[i] = Difference{
			Path: f.Path.String(), Kind: kindOfChange(f),
			Old: stageOf(repo, before, f.Path, f.Old), New: stageOf(repo, c.To, f.Path, f.New),
		}
	}
	return shape
}

func kindOfChange(f content.FileChange) string {
	switch {
	case f.Old.Digest.IsZero():
		return "added"
	case f.New.Digest.IsZero():
		return "deleted"
	case f.Old.Digest == f.New.Digest:
		return "mode"
	}
	return "modified"
}

// ParseRange reads one escaped piece of a URL as two revisions with three dots
// between them. No revision holds two dots, so there is one way to read it.
func ParseRange(escaped string) (from, to content.Revision, err error) {
	s, err := unescape(escaped)
	if err != nil {
		return from, to, err
	}
	left, right, _ := strings.Cut(s, "...")
	if from, err = content.ParseRevision(left); err != nil {
		return from, to, err
	}
	to, err = content.ParseRevision(right)
	return from, to, err
}
