package resource

import (
	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// Merge is what came of a merge.
type Merge struct {
	Outcome string           `json:"outcome"` // merged, would-merge, or up-to-date
	Commit  *content.Digest  `json:"commit,omitempty"`
	Ours    content.Digest   `json:"ours"`
	Theirs  content.Digest   `json:"theirs"`
	Bases   []content.Digest `json:"bases"`
	URL     string           `json:"href,omitempty"`
	Content string           `json:"content_url,omitempty"`
}

// MergeOf is the shape of a merge that is not in conflict.
func MergeOf(repo content.RepoID, m fsapi.Merged) Merge {
	shape := Merge{Outcome: "up-to-date", Ours: m.Ours, Theirs: m.Theirs, Bases: m.Bases}
	switch {
	case m.Modified && m.Commit.IsZero():
		shape.Outcome = "would-merge"
	case m.Modified:
		shape.Outcome = "merged"
	}
	if !m.Commit.IsZero() {
		shape.Commit, shape.URL = &m.Commit, CommitURL(repo, m.Commit)
		shape.Content = Place{Repo: repo, Rev: content.AtCommit(m.Commit), Dir: true}.URL()
	}
	return shape
}

// MergeConflict is a path in conflict; a stage that is absent is null.
type MergeConflict struct {
	Path   string `json:"path"`
	Kind   string `json:"kind"`
	Base   *Stage `json:"base"`
	Ours   *Stage `json:"ours"`
	Theirs *Stage `json:"theirs"`
}

// Stage is what one state of the work holds at a path.
type Stage struct {
	Mode   string         `json:"mode"`
	Digest content.Digest `json:"digest"`
	URL    string         `json:"href,omitempty"` // a submodule has none, nor a base that is itself a merge of several
}

// ConflictsOf are the shapes of all conflicts of a merge into a repository, of what from, which may be another, has.
func ConflictsOf(repo, from content.RepoID, m fsapi.Merged) []MergeConflict {
	var base content.Digest
	if len(m.Bases) == 1 {
		base = m.Bases[0]
	}
	shapes := make([]MergeConflict, len(m.Conflicts))
	for i, c := range m.Conflicts {
		shapes[i] = MergeConflict{
			Path: c.Path.String(), Kind: c.Kind,
			Base: stageOf(repo, base, c.Path, c.Base), Ours: stageOf(repo, m.Ours, c.Path, c.Ours), Theirs: stageOf(from, m.Theirs, c.Path, c.Theirs),
		}
	}
	return shapes
}

func stageOf(repo content.RepoID, commit content.Digest, path content.Path, e content.Entry) *Stage {
	if e.Mode == 0 {
		return nil
	}
	s := &Stage{Mode: modeOf(e.Mode), Digest: e.Digest}
	if !commit.IsZero() && e.Mode != content.ModeSubmodule {
		s.URL = Place{Repo: repo, Rev: content.AtCommit(commit), Path: path, Dir: e.Mode.IsDir()}.URL()
	}
	return s
}
