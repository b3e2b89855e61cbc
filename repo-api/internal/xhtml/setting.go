package xhtml

import (
	"strconv"
)

// Medium is what a page is made for.
type Medium string

// The media.
const (
	EPUB Medium = "epub" // a page of a book: what is not in the book can't be shown, only led to
	Site Medium = "site" // a page beside the files that it shows
)

// Setting is all that a page depends on beside its own document.
type Setting struct {
	Medium   Medium `json:"medium"`
	Language string `json:"language"` // of the book: of the words that are added, and of the page if it says none
	Title    string `json:"title,omitempty"`

	Number  string         `json:"number,omitempty"`  // of the page: "2.3"
	Chapter string         `json:"chapter,omitempty"` // before the number of a figure: "2", "A", ""
	Before  map[string]int `json:"before,omitempty"`  // how many of a kind there are before this page in its chapter

	Destinations map[string]Destination `json:"destinations,omitempty"` // by Reference.Key
}

// Destination is where a Reference leads from this page.
type Destination struct {
	URL    string `json:"url,omitempty"`    // escaped; "" if it leads nowhere
	Away   string `json:"away,omitempty"`   // of a file that can be shown but not led to: where it is out of the work
	Label  string `json:"label,omitempty"`  // what a link without words of its own reads
	Type   string `json:"type,omitempty"`   // the media type of a file of the work
	Remote bool   `json:"remote,omitempty"` // out of the work
}

// leads returns the URL that a link to d has: a book of EPUB leads to its pages
// and to the world, and to no other file in it.
func (s Setting) leads(d Destination) string {
	if s.Medium == EPUB && d.Type != "" {
		return d.Away
	}
	return d.URL
}

// Key names r in Setting.Destinations.
func (r Reference) Key() string { return r.Document + "\x00" + r.Target + "\x00" + r.URL }

// Label returns the words for an anchor: "Figure 2.3", or its title.
func (s Setting) Label(a Anchor) string {
	if a.Ordinal == 0 {
		return a.Title
	}
	w := wordsOf(s.Language)
	return w.kind(a.Kind) + " " + s.numberOf(a.Kind, a.Ordinal)
}

// numberOf is the number of the nth thing of a kind on this page.
func (s Setting) numberOf(kind string, n int) string {
	if kind == Exercise {
		return strconv.Itoa(n)
	}
	number := strconv.Itoa(s.Before[kind] + n)
	switch {
	case s.Chapter == "":
		return number
	case s.Chapter[0] >= '0' && s.Chapter[0] <= '9':
		return s.Chapter + "." + number
	}
	return s.Chapter + number
}
