package resource

import (
	"net/url"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// Collection is a collection, or why there is none to be seen.
type Collection struct {
	ID        string        `json:"id"`
	Path      string        `json:"path"`
	Commit    string        `json:"commit"`
	Metadata  *BookMetadata `json:"metadata,omitempty"`
	Contents  []BookItem    `json:"contents,omitempty"`
	Malformed *Malformed    `json:"malformed,omitempty"`
	URL       string        `json:"href,omitempty"`
	Document  string        `json:"document_url"`
}

// BookItem is a module in a collection, or a section that holds items.
type BookItem struct {
	Kind     string     `json:"kind"`            // module or section
	Title    string     `json:"title,omitempty"` // that it goes by here
	Module   string     `json:"module,omitempty"`
	Repo     string     `json:"repo,omitempty"`    // another one, that has the module
	Version  string     `json:"version,omitempty"` // … in this edition; without one, in the latest
	Missing  bool       `json:"missing,omitempty"` // the work does not have the module
	URL      string     `json:"href,omitempty"`
	Document string     `json:"document_url,omitempty"`
	Contents []BookItem `json:"contents,omitempty"`
}

// Module is a module, and where it is used.
type Module struct {
	ID          string        `json:"id"`
	Path        string        `json:"path"`
	Commit      string        `json:"commit"`
	Metadata    *BookMetadata `json:"metadata,omitempty"`
	Collections []Holder      `json:"collections"` // that have it
	Malformed   *Malformed    `json:"malformed,omitempty"`
	URL         string        `json:"href"`
	Document    string        `json:"document_url"`
	History     string        `json:"history_url"`
}

// Holder is a collection that has a module.
type Holder struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	URL   string `json:"href"`
}

// Malformed is why a document can't be read.
type Malformed struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Reason string `json:"reason"`
}

// BookMetadata is what a document says of itself.
type BookMetadata struct {
	Title       string       `json:"title"`
	Slug        string       `json:"slug,omitempty"`
	Language    string       `json:"language,omitempty"`
	Licence     string       `json:"license,omitempty"`
	ContentID   string       `json:"content_id,omitempty"`
	UUID        string       `json:"uuid,omitempty"`
	Version     string       `json:"version,omitempty"` // as the document records it
	Created     string       `json:"created,omitempty"` // likewise
	Revised     string       `json:"revised,omitempty"` // likewise
	Roles       []BookCredit `json:"roles,omitempty"`
	Subjects    []string     `json:"subjects,omitempty"`
	Keywords    []string     `json:"keywords,omitempty"`
	Abstract    string       `json:"abstract,omitempty"`
	DerivedFrom []BookOrigin `json:"derived_from,omitempty"`
}

// BookCredit is what a person did for a document.
type BookCredit struct {
	Role string `json:"role"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// BookOrigin is a work from which a document was made.
type BookOrigin struct {
	URL   string `json:"href"`
	Title string `json:"title,omitempty"`
}

// Shelf is where the shapes of one state of a work are made.
type Shelf struct {
	Repo   content.RepoID
	Rev    content.Revision // that was asked for; zero: the default branch
	Commit content.Digest
}

// CollectionsURL is where a repository's collections are.
func CollectionsURL(repo content.RepoID) string { return RepoURL(repo) + "/collections" }

func (s Shelf) collectionURL(id string) string {
	return CollectionsURL(s.Repo) + "/" + url.PathEscape(id) + refQuery(s.Rev)
}

func (s Shelf) moduleURL(id string) string {
	return RepoURL(s.Repo) + "/modules/" + url.PathEscape(id) + refQuery(s.Rev)
}

// document is where the bytes are, for as long as the state is talked about.
func (s Shelf) document(p content.Path) string {
	return Place{Repo: s.Repo, Rev: content.AtCommit(s.Commit), Path: p}.URL()
}

// Collection is the shape of c without its contents.
func (s Shelf) Collection(c *book.Collection) Collection {
	return Collection{
		ID: c.ID, Path: c.Path.String(), Commit: s.Commit.String(), Metadata: metadataOf(&c.Metadata),
		URL: s.collectionURL(c.ID), Document: s.document(c.Path),
	}
}

// Unreadable is the shape of a collection that can't be read.
func (s Shelf) Unreadable(m *book.Malformed) Collection {
	return Collection{
		ID: book.NameOf(m.Path), Path: m.Path.String(), Commit: s.Commit.String(),
		Malformed: malformedOf(m), Document: s.document(m.Path),
	}
}

// Contents is the shape of items. Find returns a module's place and its own
// title; false: the work does not have it.
func (s Shelf) Contents(items []book.Item, find func(*book.ModuleRef) (at content.Path, title string, ok bool)) []BookItem {
	shapes := make([]BookItem, len(items))
	for i, it := range items {
		if it.Module == nil {
			shapes[i] = BookItem{Kind: "section", Title: it.Title, Contents: s.Contents(it.Items, find)}
			continue
		}
		shape := BookItem{Kind: "module", Title: it.Title, Module: it.Module.ID, Version: it.Module.Version}
		if at, title, ok := find(it.Module); ok {
			shape.URL, shape.Document = s.moduleURL(it.Module.ID), s.document(at)
			if shape.Title == "" {
				shape.Title = title
			}
		} else if it.Module.Repo.IsZero() {
			shape.Missing = true
		} else {
			shape.Repo = it.Module.Repo.String()
			shape.URL = Shelf{Repo: it.Module.Repo}.moduleURL(it.Module.ID)
		}
		shapes[i] = shape
	}
	return shapes
}

// Module is the shape of the module at p. It has metadata, or is malformed.
func (s Shelf) Module(id string, p content.Path, m *book.Module, why *book.Malformed, holders []*book.Collection) Module {
	shape := Module{
		ID: id, Path: p.String(), Commit: s.Commit.String(), Collections: make([]Holder, len(holders)),
		URL: s.moduleURL(id), Document: s.document(p), History: HistoryURL(s.Repo, p, s.Rev),
	}
	if m != nil {
		shape.Metadata = metadataOf(&m.Metadata)
	} else {
		shape.Malformed = malformedOf(why)
	}
	for i, c := range holders {
		shape.Collections[i] = Holder{c.ID, c.Metadata.Title, s.collectionURL(c.ID)}
	}
	return shape
}

func malformedOf(m *book.Malformed) *Malformed {
	return &Malformed{Line: m.At.Line, Column: m.At.Column, Reason: m.Reason}
}

func metadataOf(m *book.Metadata) *BookMetadata {
	shape := &BookMetadata{
		Title: m.Title, Slug: m.Slug, Language: m.Language, Licence: m.Licence.URL,
		ContentID: m.ContentID, UUID: m.UUID, Version: m.Version, Created: m.Created, Revised: m.Revised,
		Abstract: m.Abstract, Subjects: terms(m.Subjects), Keywords: terms(m.Keywords),
	}
	for _, c := range m.Credits {
		shape.Roles = append(shape.Roles, BookCredit{string(c.Role), c.Person.ID, c.Person.Name})
	}
	for _, o := range m.DerivedFrom {
		shape.DerivedFrom = append(shape.DerivedFrom, BookOrigin{o.URL, o.Title})
	}
	return shape
}

func terms(ts []book.Term) []string {
	var texts []string
	for _, t := range ts {
		texts = append(texts, t.Text)
	}
	return texts
}
