package publication

import (
	"time"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/check"
)

// Edition is what was published. All of it but State, Downloads and Withdrawn is
// as it was when it was made.
type Edition struct {
	Number      book.Number     `json:"number"`
	Previous    book.Number     `json:"previous,omitzero"`
	Publication int             `json:"publication"`
	Ref         string          `json:"ref"`
	Commit      content.Digest  `json:"commit"`
	Tree        content.Digest  `json:"tree"`
	Date        time.Time       `json:"date"`
	Publisher   string          `json:"publisher"`
	Message     string          `json:"message"`
	Works       []Work          `json:"works"`
	Borrowed    []Borrowed      `json:"borrowed,omitempty"`
	Accepted    []Acceptance    `json:"accepted,omitempty"`
	Findings    []check.Finding `json:"findings"` // warnings, all of them
	State       EditionState    `json:"state"`
	Why         string          `json:"why,omitempty"` // it is incomplete
	Downloads   []Download      `json:"downloads"`
	Withdrawn   *Withdrawal     `json:"withdrawn,omitempty"`
}

// EditionState is whether an edition has all its downloads.
type EditionState string

// The states of an edition.
const (
	Building   EditionState = "building"
	Good       EditionState = "good"
	Incomplete EditionState = "incomplete" // some download could not be made; the sources are there
)

// Work is a module or a collection, as it is in an edition.
type Work struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind"` // collection or module
	Path     string      `json:"path"`
	Title    string      `json:"title"`
	UUID     string      `json:"uuid,omitempty"`
	Language string      `json:"language,omitempty"`
	Licence  string      `json:"licence,omitempty"`
	Number   book.Number `json:"number"`  // the work's own
	Changed  bool        `json:"changed"` // since the edition before
	// By these it is seen what changed: digests of what it is built of.
	Structure string `json:"structure,omitempty"` // of a collection: its title and tree
	Contents  string `json:"contents"`

	holds []string // of a collection: the ids of its modules
}

// The kinds of works.
const (
	kindCollection = "collection"
	kindModule     = "module"
)

// key tells works apart.
func (w Work) key() string { return w.Kind + " " + w.ID }

// same says whether w is built of what old was built of.
func (w Work) same(old Work) bool { return w.Contents == old.Contents && w.Structure == old.Structure }

// Download is a file that was made of an edition.
type Download struct {
	Name   string         `json:"name"`
	Type   string         `json:"type"`
	Size   int64          `json:"size"`
	SHA256 string         `json:"sha256"`
	Blob   content.Digest `json:"blob"`
	Work   string         `json:"work,omitempty"` // the collection that it is of; "": all of the edition
	Recipe string         `json:"recipe"`
}

// Withdrawal is why an edition is gone.
type Withdrawal struct {
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Index is what there is of editions in a repository. Numbers have no gaps, so that
// of each major number it is enough to know how many there are.
type Index struct {
	Latest     book.Number `json:"latest,omitzero"` // that is good
	Majors     []int       `json:"majors"`          // how many minors each has
	Publishers []string    `json:"publishers"`      // who published before: they need no moderator
}

// Newest is the edition that was made last, good or not.
func (x Index) Newest() book.Number {
	if len(x.Majors) == 0 {
		return book.Number{}
	}
	return book.Number{Major: len(x.Majors), Minor: x.Majors[len(x.Majors)-1]}
}

// Has says whether n was given.
func (x Index) Has(n book.Number) bool {
	return n.Major >= 1 && n.Major <= len(x.Majors) && n.Minor >= 1 && n.Minor <= x.Majors[n.Major-1]
}

// Before is the edition that was made before n; zero: n is the first.
func (x Index) Before(n book.Number) book.Number {
	switch {
	case n.Minor > 1:
		return book.Number{Major: n.Major, Minor: n.Minor - 1}
	case n.Major > 1 && n.Major-1 <= len(x.Majors):
		return book.Number{Major: n.Major - 1, Minor: x.Majors[n.Major-2]}
	}
	return book.Number{}
}

// with returns x with the next edition in it, and its number.
func (x Index) with(major bool) (Index, book.Number) {
	x.Majors = append([]int(nil), x.Majors...)
	if major || len(x.Majors) == 0 {
		x.Majors = append(x.Majors, 1)
	} else {
		x.Majors[len(x.Majors)-1]++
	}
	return x, x.Newest()
}
