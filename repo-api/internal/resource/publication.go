package resource

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/check"
	"rhapsode/repo-api/internal/publication"
)

// PublicationsURL is where publications are asked for.
func PublicationsURL(repo content.RepoID) string { return RepoURL(repo) + "/publications" }

// PublicationURL is where it is told how far a publication has come.
func PublicationURL(repo content.RepoID, id int) string {
	return PublicationsURL(repo) + "/" + strconv.Itoa(id)
}

// VersionsURL is where a repository's editions are.
func VersionsURL(repo content.RepoID) string { return RepoURL(repo) + "/versions" }

// VersionURL is where an edition is.
func VersionURL(repo content.RepoID, n book.Number) string {
	return VersionsURL(repo) + "/" + n.String()
}

// DownloadsURL is where the downloads of an edition are.
func DownloadsURL(repo content.RepoID, n book.Number) string {
	return VersionURL(repo, n) + "/downloads"
}

// DownloadURL is where a download of an edition is.
func DownloadURL(repo content.RepoID, n book.Number, name string) string {
	return DownloadsURL(repo, n) + "/" + url.PathEscape(name)
}

// SiteURL is where a site that was made of an edition is read, by the name of its file.
func SiteURL(repo content.RepoID, n book.Number, name string) string {
	return VersionURL(repo, n) + "/read/" + url.PathEscape(name) + "/index.html"
}

// IdentityURL is where a work is found by its identity; the zero number is that of the latest edition.
func IdentityURL(uuid string, n book.Number) string {
	if n.IsZero() {
		return "/ids/" + uuid
	}
	return "/ids/" + uuid + "@" + n.String()
}

// Publication is an edition on its way.
type Publication struct {
	publication.Publication
	URL         string `json:"href,omitempty"`
	CommitURL   string `json:"commit_url"`
	EditionURL  string `json:"edition_url,omitempty"`
	Acceptances string `json:"acceptance_url,omitempty"` // where {user} gives their word
	Moderation  string `json:"moderation_url,omitempty"` // where a moderator does
}

// PublicationOf is the shape of p.
func PublicationOf(repo content.RepoID, p publication.Publication) Publication {
	p.Publisher.Token = ""
	p.Findings, p.Steps = orNone(p.Findings), orNone(p.Steps)
	shape := Publication{Publication: p, URL: PublicationURL(repo, p.ID), CommitURL: CommitURL(repo, p.Commit)}
	if n, err := book.ParseNumber(p.Edition); err == nil {
		shape.EditionURL = VersionURL(repo, n)
	}
	switch p.State {
	case publication.WaitingForAcceptance:
		shape.Acceptances = shape.URL + "/acceptances/{user}"
	case publication.WaitingForModeration:
		shape.Moderation = shape.URL + "/moderation"
	}
	return shape
}

// Rehearsal is what would be found if a state were published.
type Rehearsal struct {
	Commit   content.Digest     `json:"commit"`
	Passes   bool               `json:"passes"`
	Edition  book.Number        `json:"edition,omitzero"` // the number that it would get now
	Works    []publication.Work `json:"works"`
	Findings []check.Finding    `json:"findings"`
}

// RehearsalOf is the shape of r.
func RehearsalOf(r publication.Rehearsal) Rehearsal {
	return Rehearsal{Commit: r.Commit, Passes: r.Passes, Edition: r.Edition, Works: orNone(r.Works), Findings: orNone(r.Findings)}
}

// Unchanged is the answer where there is nothing to publish.
type Unchanged struct {
	State   string  `json:"state"` // unchanged
	Edition Version `json:"edition"`
}

// Version is an edition.
type Version struct {
	Number      book.Number              `json:"number"`
	Previous    book.Number              `json:"previous,omitzero"`
	Date        time.Time                `json:"date"`
	Publisher   string                   `json:"publisher"`
	Message     string                   `json:"message"`
	Ref         string                   `json:"ref"`
	Commit      content.Digest           `json:"commit"`
	State       publication.EditionState `json:"state"`
	Why         string                   `json:"why,omitempty"`
	Works       []Work                   `json:"works"`
	Findings    []check.Finding          `json:"findings"`
	Withdrawn   *publication.Withdrawal  `json:"withdrawn,omitempty"`
	Downloads   []Download               `json:"downloads"`
	URL         string                   `json:"href"`
	Content     string                   `json:"content_url"`
	CommitURL   string                   `json:"commit_url"`
	Publication string                   `json:"publication_url"`
	PreviousURL string                   `json:"previous_url,omitempty"`
}

// Work is a module or a collection in an edition.
type Work struct {
	publication.Work
	URL string `json:"href,omitempty"` // where it is read
}

// Download is a file made of an edition.
type Download struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Work   string `json:"work,omitempty"`
	URL    string `json:"href"`
	Site   string `json:"read_url,omitempty"` // of a site: where it is read page by page
}

// VersionOf is the shape of e.
func VersionOf(repo content.RepoID, e publication.Edition) Version {
	shape := Version{
		Number: e.Number, Previous: e.Previous, Date: e.Date, Publisher: e.Publisher, Message: e.Message,
		Ref: e.Ref, Commit: e.Commit, State: e.State, Why: e.Why, Findings: orNone(e.Findings),
		Works: make([]Work, len(e.Works)), Withdrawn: e.Withdrawn, Downloads: DownloadsOf(repo, e).Items,
		URL: VersionURL(repo, e.Number), Content: EditionPlace(repo, e.Number).URL(),
		CommitURL: CommitURL(repo, e.Commit), Publication: PublicationURL(repo, e.Publication),
	}
	if !e.Previous.IsZero() {
		shape.PreviousURL = VersionURL(repo, e.Previous)
	}
	for i, w := range e.Works {
		shape.Works[i] = Work{Work: w, URL: EditionPlace(repo, e.Number).file(w.Path)}
	}
	return shape
}

// file is the URL of a document in p; "" if there can be none.
func (p Place) file(name string) string {
	path, err := content.ParsePath(name)
	if err != nil {
		return ""
	}
	p.Path, p.Dir = path, false
	return p.URL()
}

// orNone is a list that is not null in JSON.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// EditionPlace is the root of an edition.
func EditionPlace(repo content.RepoID, n book.Number) Place {
	rev, err := content.ParseRevision(n.String())
	if err != nil {
		panic(err) // numbers are good names
	}
	return Place{Repo: repo, Rev: rev, Dir: true}
}

// DownloadsOf lists the downloads of e.
func DownloadsOf(repo content.RepoID, e publication.Edition) List[Download] {
	return ListOf(e.Downloads, func(d publication.Download) Download {
		shape := Download{Name: d.Name, Type: d.Type, Size: d.Size, SHA256: d.SHA256, Work: d.Work, URL: DownloadURL(repo, e.Number, d.Name)}
		if d.IsSite() {
			shape.Site = SiteURL(repo, e.Number, d.Name)
		}
		return shape
	})
}

// ParsePublicationID reads the id of a publication.
func ParsePublicationID(s string) (int, error) {
	id, err := strconv.Atoi(s)
	if err == nil && (id < 1 || strconv.Itoa(id) != s) {
		err = fmt.Errorf("%.20q is no number of a publication", s)
	}
	return id, err
}
