package resource

import (
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// Draft is a save that was refused and kept.
type Draft struct {
	ID      string         `json:"id"`
	Ref     string         `json:"ref"` // what a merge is asked for with
	Commit  content.Digest `json:"commit"`
	URL     string         `json:"href"`
	Content string         `json:"content_url"`
	Merges  string         `json:"merges_url"`
}

// DraftOf is the shape of the draft that is kept under a ref.
func DraftOf(repo content.RepoID, name content.RefName, commit content.Digest) Draft {
	_, id, _ := name.Draft()
	return Draft{
		ID: id, Ref: name.String(), Commit: commit, URL: DraftURL(repo, name), Merges: MergesURL(repo),
		Content: Place{Repo: repo, Rev: content.AtRef(name), Dir: true}.URL(),
	}
}

// DraftDetail is a draft and what it would have changed.
type DraftDetail struct {
	Draft
	Branch    string          `json:"branch"` // for which it is meant
	Base      *content.Digest `json:"base"`   // what it is built on
	Message   string          `json:"message"`
	Author    Person          `json:"author"`
	Kept      time.Time       `json:"kept"`
	Until     time.Time       `json:"until"` // it may go away then
	Changes   []Change        `json:"changes"`
	Truncated bool            `json:"truncated,omitempty"`
}

// DraftDetailOf is the shape of the draft that is kept under a ref.
func DraftDetailOf(repo content.RepoID, name content.RefName, d fsapi.CommitDetail) DraftDetail {
	kept, commit := d.Commit.Committer.When.UTC(), CommitDetailOf(repo, d)
	message, branch, _ := strings.Cut(d.Commit.Message, "\n\n"+fsapi.DraftOf+": ")
	shape := DraftDetail{
		Draft: DraftOf(repo, name, d.Commit.ID), Branch: strings.TrimSpace(branch), Message: message,
		Author: commit.Author, Kept: kept, Until: kept.Add(fsapi.DraftAge), Changes: commit.Changes, Truncated: commit.Truncated,
	}
	if len(d.Commit.Parents) > 0 {
		shape.Base = &d.Commit.Parents[0]
	}
	return shape
}

// State is a state of the work at which a change is looked at.
type State struct {
	Commit content.Digest `json:"commit"`
	URL    string         `json:"href"`
}

// StateOf is the shape of a commit as far as it concerns a change set: the document, if it is
// about one; nil: there is no commit.
func StateOf(cs content.ChangeSet, commit content.Digest) *State {
	if commit.IsZero() {
		return nil
	}
	at := Place{Repo: cs.Repo, Rev: content.AtCommit(commit), Dir: true}
	if len(cs.Changes) == 1 {
		at.Path, at.Dir = cs.Changes[0].Path, false
	}
	return &State{commit, at.URL()}
}

// Preview is what a merge of a draft would come to.
type Preview struct {
	Outcome   string          `json:"outcome"` // would-merge, up-to-date, or in-conflict
	Into      string          `json:"into"`
	From      string          `json:"from"`
	URL       string          `json:"href"` // where to ask for it
	Conflicts []MergeConflict `json:"conflicts,omitempty"`
}

// PreviewOf is the shape of a rehearsal.
func PreviewOf(repo content.RepoID, into, from content.RefName, m fsapi.Merged) Preview {
	p := Preview{Outcome: MergeOf(repo, m).Outcome, Into: into.Short(), From: from.String(), URL: MergesURL(repo)}
	if len(m.Conflicts) > 0 {
		p.Outcome, p.Conflicts = "in-conflict", ConflictsOf(repo, repo, m)
	}
	return p
}
