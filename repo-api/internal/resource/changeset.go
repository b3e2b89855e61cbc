package resource

import "rhapsode/content"

// Changeset is what came of a set of changes.
type Changeset struct {
	Outcome string          `json:"outcome"` // committed, would-commit, or unchanged
	Commit  *content.Digest `json:"commit,omitempty"`
	URL     string          `json:"href,omitempty"`
	Changes []Changed       `json:"changes"` // in the order in which they were asked for
}

// Changed is what came of one change: a document that was put, or one that is gone.
type Changed struct {
	Path    string `json:"path"`
	Created bool   `json:"created"`
	Deleted bool   `json:"deleted"`
	ETag    string `json:"etag,omitempty"`
	URL     string `json:"href,omitempty"` // of this very version
}

// ChangesetOf is the shape of what came of a change set.
func ChangesetOf(cs content.ChangeSet, c content.Changed) Changeset {
	shape := Changeset{Outcome: "would-commit", Changes: make([]Changed, len(cs.Changes))}
	if !c.Commit.IsZero() {
		shape.Outcome, shape.Commit, shape.URL = "committed", &c.Commit, CommitURL(cs.Repo, c.Commit)
	}
	if !c.Modified {
		shape.Outcome = "unchanged"
	}
	for i, change := range cs.Changes {
		at := Changed{Path: change.Path.String(), Deleted: change.Delete}
		if !change.Delete {
			at.Created, at.ETag = c.Outcomes[i].Created, string(TagOf(c.Outcomes[i].Digest))
		}
		if !change.Delete && shape.Commit != nil {
			at.URL = Place{Repo: cs.Repo, Rev: content.AtCommit(c.Commit), Path: change.Path}.URL()
		}
		shape.Changes[i] = at
	}
	return shape
}
