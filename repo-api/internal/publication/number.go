package publication

import (
	"slices"

	"rhapsode/repo-api/internal/book"
)

// numbered gives every work its number by what it was in the edition before, and says whether
// the repository's own number is a major one.
//
// A module counts 1, 2, 3. A collection has major.minor: where its title or structure
// changed it is a major edition, where only what it holds did, a minor one. A work that is
// as it was keeps its number. The edition of the repository is major where one of its
// collections is, where one came or went, and, where there are no collections, where a module
// came or went.
//
// Where only some collections are wanted, others stay as they were published last, unless they
// hold a module that is published with these and has changed.
func numbered(works, before []Work, wanted []string) (now []Work, major bool) {
	was := make(map[string]Work, len(before))
	collections := false // the repository has some, or had
	for _, w := range before {
		was[w.key()] = w
		collections = collections || w.Kind == kindCollection
	}
	for _, w := range works {
		collections = collections || w.Kind == kindCollection
	}
	published := chosen(works, was, wanted)
	for _, w := range works {
		old, known := was[w.key()]
		delete(was, w.key())
		if !published[w.key()] {
			if known {
				old.Changed = false
				now = append(now, old)
			}
			continue
		}
		w.Number, w.Changed = old.Number, !w.same(old)
		switch {
		case !w.Changed:
		case w.Kind != kindCollection:
			w.Number = book.NextOfModule(old.Number)
		case old.Structure != w.Structure:
			w.Number = book.NextOfCollection(old.Number, book.MajorChange)
			major = true
		default:
			w.Number = book.NextOfCollection(old.Number, book.MinorChange)
		}
		major = major || !known && (!collections || w.Kind == kindCollection)
		now = append(now, w)
	}
	for _, gone := range was {
		major = major || !collections || gone.Kind == kindCollection
	}
	return now, major
}

// chosen returns the keys of the works that are published.
func chosen(works []Work, was map[string]Work, wanted []string) map[string]bool {
	published := make(map[string]bool, len(works))
	for _, w := range works {
		if len(wanted) == 0 {
			published[w.key()] = true
		} else if w.Kind == kindCollection && slices.Contains(wanted, w.ID) {
			published[w.key()] = true
			for _, id := range w.holds {
				published[Work{Kind: kindModule, ID: id}.key()] = true
			}
		}
	}
	changed := map[string]bool{} // ids of modules
	for _, w := range works {
		if w.Kind == kindModule && published[w.key()] && !w.same(was[w.key()]) {
			changed[w.ID] = true
		}
	}
	for _, w := range works {
		if w.Kind == kindCollection && slices.ContainsFunc(w.holds, func(id string) bool { return changed[id] }) {
			published[w.key()] = true
		}
	}
	return published
}
