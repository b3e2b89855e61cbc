package resource

import (
	"encoding/hex"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// The JSON shapes. A field that says where something is is called href, or url
// after what is there.

// List is a page of things of one kind. Link rel="next" leads to the page after it.
type List[T any] struct {
	Items []T `json:"items"`
}

// ListOf makes a list of the shapes of things.
func ListOf[S, T any](things []S, shape func(S) T) List[T] {
	l := List[T]{Items: make([]T, len(things))}
	for i, thing := range things {
		l.Items[i] = shape(thing)
	}
	return l
}

// Root is where everything can be found from.
type Root struct {
	Repos   string `json:"repos"`
	Repo    string `json:"repo"`
	Content string `json:"content"`
	History string `json:"history"`
	Me      string `json:"me"`
	Tokens  string `json:"tokens"`
	Docs    string `json:"docs"`
	OpenAPI string `json:"openapi"`
	Health  string `json:"health"`
	Ready   string `json:"ready"`
	Metrics string `json:"metrics"`
}

// RootOf is the shape of the root; what is in braces is to be filled in.
func RootOf() Root {
	return Root{
		Repos: "/repos", Repo: "/repos/{repo}", Content: "/content/{repo}@{ref}/{path}",
		History: "/repos/{repo}/history/{path}?ref={ref}",
		Me:      "/me", Tokens: "/tokens",
		Docs: "/docs", OpenAPI: "/openapi.json", Health: "/healthz", Ready: "/readyz", Metrics: "/metrics",
	}
}

// Repo is a repository.
type Repo struct {
	Name         string    `json:"name"`
	Description  string    `json:"description"`
	Default      string    `json:"default_branch"`
	Created      time.Time `json:"created"`
	Replicas     int       `json:"replicas"`
	URL          string    `json:"href"`
	Branches     string    `json:"branches_url"`
	Versions     string    `json:"versions_url"`
	Publications string    `json:"publications_url"`
	Commits      string    `json:"commits_url"`
	Collections  string    `json:"collections_url"`
	Drafts       string    `json:"drafts_url"`
	Settings     string    `json:"settings_url"`
	Content      string    `json:"content_url"`
	Origin       *Origin   `json:"origin,omitempty"`
}

// Origin is what a repository was derived from. What is no more, or who asks may not know of, has no name.
type Origin struct {
	Repo   string `json:"repo,omitempty"`
	Ref    string `json:"ref"`
	Commit string `json:"commit"`
	Title  string `json:"title"`
	URL    string `json:"href,omitempty"`
}

// originOf is the shape of o; nil if there was none.
func originOf(o fsapi.Origin) *Origin {
	if o.Commit.IsZero() {
		return nil
	}
	shape := &Origin{Ref: o.Rev.String(), Commit: o.Commit.String(), Title: o.Title}
	if !o.Repo.IsZero() {
		shape.Repo, shape.URL = o.Repo.String(), Place{Repo: o.Repo, Rev: content.AtCommit(o.Commit), Dir: true}.URL()
	}
	return shape
}

// RepoOf is the shape of r.
func RepoOf(r fsapi.Repo) Repo {
	return Repo{
		Name: r.ID.String(), Description: r.Description, Default: r.Default.Short(),
		Created: r.Created.UTC(), Replicas: r.Replicas,
		URL: RepoURL(r.ID), Branches: BranchesURL(r.ID), Versions: VersionsURL(r.ID), Publications: PublicationsURL(r.ID), Commits: CommitsURL(r.ID),
		Collections: CollectionsURL(r.ID), Drafts: DraftsURL(r.ID), Settings: SettingsURL(r.ID),
		Content: Place{Repo: r.ID, Rev: content.AtRef(r.Default), Dir: true}.URL(),
		Origin:  originOf(r.Origin),
	}
}

// Branch is a branch and where it points.
type Branch struct {
	Name      string `json:"name"`
	Commit    string `json:"commit"`
	URL       string `json:"href"`
	CommitURL string `json:"commit_url"`
	Content   string `json:"content_url"`
}

// BranchOf is the shape of r.
func BranchOf(repo content.RepoID, r fsapi.Ref) Branch {
	return Branch{
		Name: r.Name.Short(), Commit: r.Commit.String(),
		URL: BranchURL(repo, r.Name), CommitURL: CommitURL(repo, r.Commit),
		Content: Place{Repo: repo, Rev: content.AtRef(r.Name), Dir: true}.URL(),
	}
}

// Entry is a name in a directory.
type Entry struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // document, directory, link or submodule
	Mode    string `json:"mode"`
	Digest  string `json:"digest"`
	Size    *int64 `json:"size,omitempty"` // of a document
	Type    string `json:"type,omitempty"`
	URL     string `json:"href,omitempty"` // a submodule has none
	History string `json:"history_url,omitempty"`
	Blame   string `json:"blame_url,omitempty"` // of what may be text
}

// EntryOf is the shape of e in the directory dir. A name that is not UTF-8 is
// exact in its URL only.
func EntryOf(dir Place, e content.Entry) Entry {
	shape := Entry{Name: e.Name, Kind: kindOf(e.Mode), Mode: modeOf(e.Mode), Digest: e.Digest.String()}
	path, err := dir.Path.Join(e.Name)
	if err != nil || e.Mode == content.ModeSubmodule {
		return shape // an imported tree may go deeper, or hold more, than a URL may name
	}
	shape.URL = Place{Repo: dir.Repo, Rev: dir.Rev, Path: path, Dir: e.Mode.IsDir()}.URL()
	shape.History = HistoryURL(dir.Repo, path, dir.Rev)
	if !e.Mode.IsDir() {
		if shape.Type = MediaType(e); MayBeText(shape.Type) {
			shape.Blame = BlameURL(dir.Repo, path, dir.Rev)
		}
		if e.Size >= 0 {
			shape.Size = &e.Size
		}
	}
	return shape
}

func kindOf(m content.Mode) string {
	switch {
	case m.IsDir():
		return "directory"
	case m == content.ModeSymlink:
		return "link"
	case m == content.ModeSubmodule:
		return "submodule"
	}
	return "document"
}

// modeOf writes a mode as git shows it.
func modeOf(m content.Mode) string {
	const digits = "01234567"
	var b [6]byte
	for i := range b {
		b[i] = digits[m>>(3*(len(b)-1-i))&7]
	}
	return string(b[:])
}

// Directory is a page of a directory's entries.
type Directory struct {
	Path      string  `json:"path"`
	Commit    string  `json:"commit"`
	Digest    string  `json:"digest"` // of the tree
	CommitURL string  `json:"commit_url"`
	History   string  `json:"history_url"`
	Items     []Entry `json:"items"`
}

// DirectoryOf is the shape of l, found at dir.
func DirectoryOf(dir Place, l fsapi.Listing) Directory {
	shape := Directory{
		Path: dir.Path.String(), Commit: l.Stat.Commit.String(), Digest: l.Stat.Entry.Digest.String(),
		CommitURL: CommitURL(dir.Repo, l.Stat.Commit), History: HistoryURL(dir.Repo, dir.Path, dir.Rev),
		Items: make([]Entry, len(l.Entries)),
	}
	for i, e := range l.Entries {
		shape.Items[i] = EntryOf(dir, e)
	}
	return shape
}

// Person is who did something and when.
type Person struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	When  string `json:"when"` // RFC 3339; an imported year may have more than four digits
}

func personOf(s content.Signature) Person {
	return Person{s.Name, s.Email, s.When.Format(time.RFC3339)}
}

// Commit is a commit.
type Commit struct {
	ID        string   `json:"commit"`
	Subject   string   `json:"subject"`
	Message   string   `json:"message"`
	Author    Person   `json:"author"`
	Committer Person   `json:"committer"`
	Tree      string   `json:"tree"`
	Parents   []string `json:"parents"`
	URL       string   `json:"href"`
	Content   string   `json:"content_url"`
	Compare   string   `json:"compare_url,omitempty"` // with its first parent
}

// CommitOf is the shape of c.
func CommitOf(repo content.RepoID, c content.Commit) Commit {
	parents := make([]string, len(c.Parents))
	for i, p := range c.Parents {
		parents[i] = p.String()
	}
	shape := Commit{
		ID: c.ID.String(), Subject: c.Subject(), Message: c.Message,
		Author: personOf(c.Author), Committer: personOf(c.Committer),
		Tree: c.Tree.String(), Parents: parents, URL: CommitURL(repo, c.ID),
		Content: Place{Repo: repo, Rev: content.AtCommit(c.ID), Dir: true}.URL(),
	}
	if len(c.Parents) > 0 {
		shape.Compare = CompareURL(repo, c.Parents[0], c.ID)
	}
	return shape
}

// Event is a commit that changed a path, and what the path held after it.
type Event struct {
	Commit
	Path     string `json:"path"` // what it was called then
	Deleted  bool   `json:"deleted,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Document string `json:"document_url,omitempty"` // the path as of this commit
}

// EventOf is the shape of an item of a path's history.
func EventOf(repo content.RepoID, item fsapi.HistoryItem) Event {
	shape := Event{Commit: CommitOf(repo, item.Commit), Path: item.Path.String()}
	if item.Entry.Digest.IsZero() {
		shape.Deleted = true
		return shape
	}
	shape.Digest = item.Entry.Digest.String()
	shape.Document = Place{
		Repo: repo, Rev: content.AtCommit(item.Commit.ID), Path: item.Path, Dir: item.Entry.Mode.IsDir(),
	}.URL()
	return shape
}

// Change is a difference that a commit made.
type Change struct {
	Path    string `json:"path"`
	Kind    string `json:"kind"` // added, changed or deleted
	Old     string `json:"old,omitempty"`
	New     string `json:"new,omitempty"`
	URL     string `json:"href,omitempty"`       // the path as of the commit
	Before  string `json:"before_url,omitempty"` // … and as of its first parent
	History string `json:"history_url"`          // of the path, up to the commit
}

// CommitDetail is a commit and what it changed against its first parent.
type CommitDetail struct {
	Commit
	Changes   []Change `json:"changes"`
	Truncated bool     `json:"truncated,omitempty"`
}

// CommitDetailOf is the shape of d.
func CommitDetailOf(repo content.RepoID, d fsapi.CommitDetail) CommitDetail {
	shape := CommitDetail{
		Commit: CommitOf(repo, d.Commit), Changes: make([]Change, len(d.Changes)), Truncated: d.Truncated,
	}
	for i, c := range d.Changes {
		shape.Changes[i] = changeOf(repo, d.Commit, c)
	}
	return shape
}

func changeOf(repo content.RepoID, commit content.Commit, c content.FileChange) Change {
	shape := Change{Path: c.Path.String(), Kind: "changed", History: HistoryURL(repo, c.Path, content.AtCommit(commit.ID))}
	at := Place{Repo: repo, Rev: content.AtCommit(commit.ID), Path: c.Path}
	if c.Old.Digest.IsZero() {
		shape.Kind = "added"
	} else {
		shape.Old = c.Old.Digest.String()
		before := at.At(content.AtCommit(commit.Parents[0]))
		before.Dir = c.Old.Mode.IsDir()
		shape.Before = before.URL()
	}
	if c.New.Digest.IsZero() {
		shape.Kind = "deleted"
		return shape
	}
	shape.New = c.New.Digest.String()
	at.Dir = c.New.Mode.IsDir()
	shape.URL = at.URL()
	return shape
}

// Import is how far an import has come.
type Import struct {
	ID       string      `json:"sha256"`
	Phase    string      `json:"phase"`
	Received int64       `json:"received"`
	Done     int64       `json:"done"`
	Total    int64       `json:"total"`
	Refs     []ImportRef `json:"refs,omitempty"`
	Error    string      `json:"error,omitempty"`
	Kind     string      `json:"kind,omitempty"`
}

// ImportRef is a ref that an import brought.
type ImportRef struct {
	Name   string `json:"name"`
	Target string `json:"target"`
	Commit string `json:"commit"`
}

// ImportOf is the shape of s.
func ImportOf(id fsapi.ImportID, s fsapi.ImportStatus) Import {
	shape := Import{
		ID: hex.EncodeToString(id[:]), Phase: string(s.Phase), Received: s.Received, Done: s.Done, Total: s.Total,
		Error: s.Error, Kind: s.Kind,
	}
	for _, r := range s.Refs {
		shape.Refs = append(shape.Refs, ImportRef{r.Name.String(), r.Target.String(), r.Commit.String()})
	}
	return shape
}
