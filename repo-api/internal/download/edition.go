package download

import (
	"context"
	"io"
	"time"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// Edition is what downloads are made of.
type Edition struct {
	Source     book.Source
	Collection *book.Collection // whose modules are the pages; a page that is no CNXML goes by its path

	// Elsewhere returns the state of another repository that a module is taken
	// from; nil if none may be.
	Elsewhere func(context.Context, *book.ModuleRef) (book.Source, error)

	Number     string // "2.1"; "" if it has none
	Time       time.Time
	Publisher  string
	Identifier string // a URN or URL; "" for the collection's uuid
	Address    string // of the edition's files, with a slash at the end; "" if they are nowhere

	Cover content.Path // a picture; the root for the one that the collection is known by

	// Store keeps what was rendered; nil keeps nothing.
	Store Store
}

// Store keeps bytes by a key that says all they depend on: what is under a key
// never changes. It may forget. Calls come from many goroutines.
type Store interface {
	// Get returns what is under key; false if nothing is, or it can't be had.
	Get(ctx context.Context, key string) ([]byte, bool)

	// Put keeps data, if it can. It does not keep data itself for longer than the call.
	Put(ctx context.Context, key string, data []byte)
}

// Recipe writes a Book as one file.
type Recipe interface {
	Name() string // in URLs and on record: "epub"
	MediaType() string
	FileName(b *Book) string

	// Make writes the file. Findings are what could not be shown as it was meant.
	// An error about a document is a fault.Invalid that names its path and line;
	// what was written until then is worth nothing.
	Make(ctx context.Context, b *Book, w io.Writer) ([]xhtml.Finding, error)
}

// Recipes returns one of each.
func Recipes() []Recipe { return []Recipe{Complete{}, EPUB{}, Site{}} }

// none is the Store of those who have none.
type none struct{}

func (none) Get(context.Context, string) ([]byte, bool) { return nil, false }
func (none) Put(context.Context, string, []byte)        {}
