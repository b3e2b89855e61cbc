package book

import (
	"rhapsode/content"
)

// Collection is a book: an ordered tree of modules.
type Collection struct {
	Path       content.Path
	ID         string // its content id, its slug, or its file's name: whichever comes first
	Metadata   Metadata
	Items      []Item
	Parameters map[string]string // "print-style": …
}

// Item is one place in a collection: a module, or a section that holds items.
type Item struct {
	Title  string // a section's; of a module the title that it goes by here, "" for its own
	At     Position
	Module *ModuleRef // nil: a section
	Items  []Item     // of a section
}

// ModuleRef names a module.
type ModuleRef struct {
	ID string // the name of its folder, unique in its repository: "m42119"

	// Of another repository, and there in which edition. A zero Repo is this
	// repository, in the state that the collection is in itself; an empty Version
	// is the latest.
	Repo    content.RepoID
	Version string

	Recorded string // the version that its first home had it at: "1.7". For the record.
}

// Modules calls yield for every module in reading order, with the sections it
// is in, outermost first. The slice is only good during the call.
func (c *Collection) Modules(yield func(in []Item, module Item) bool) {
	walk(nil, c.Items, yield)
}

func walk(in, items []Item, yield func([]Item, Item) bool) bool {
	for _, it := range items {
		if it.Module != nil {
			if !yield(in, it) {
				return false
			}
		} else if !walk(append(in, it), it.Items, yield) {
			return false
		}
	}
	return true
}
