package check

import (
	"context"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
)

// Options say what is checked, and by what measure.
type Options struct {
	// Collections are the ids of those that would be published; nil: all of them.
	Collections []string

	// Known is what is known of the work beside its documents, such as the authors
	// of its commits. It stands in for what a collection or a page does not say.
	Known book.Metadata

	Licences Licences // nil: OpenLicences
	Subjects []string // nil: the six of the first repository

	// Elsewhere says whether another repository has a module in an edition. Nil:
	// no other repository is known.
	Elsewhere func(context.Context, book.ModuleRef) (bool, error)
	// Published says whether a module of this repository has an edition of this
	// number. Nil: nothing was published yet.
	Published func(module, number string) bool

	Workers int // documents read at a time; 0: four
}

// subjects are those that the first repository offered.
var subjects = []string{
	"Arts", "Business", "Humanities", "Mathematics and Statistics", "Science and Technology", "Social Sciences",
}

// work is one check.
type work struct {
	Options
	lib      *book.Library
	readings *book.Readings

	pages map[content.Path]*page // what is checked, and what is linked to
	found []Finding
}

// page is a document that was read.
type page struct {
	file      book.File
	module    *book.Module    // nil: it can't be read
	malformed *book.Malformed // … and this is why
	judged    bool            // it is part of what would be published
}

// Run checks a state of a work. It fails if the state can't be read, not because
// of what is in it.
func Run(ctx context.Context, src book.Source, readings *book.Readings, o Options) (*Report, error) {
	if o.Licences == nil {
		o.Licences = OpenLicences
	}
	if o.Subjects == nil {
		o.Subjects = subjects
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	l, err := readings.Library(ctx, src)
	if err != nil {
		return nil, err
	}
	w := &work{Options: o, lib: l, readings: readings, pages: make(map[content.Path]*page)}
	documents, err := w.run(ctx)
	if err != nil {
		return nil, err
	}
	return report(w.found, documents), nil
}

func (w *work) run(ctx context.Context) (documents int, err error) {
	chosen := w.chosen()
	for _, m := range w.lib.Malformed {
		if w.wants(m.Path) {
			w.malformed(m)
			documents++
		}
	}
	var judged []book.File
	for _, c := range chosen {
		files, err := w.collection(ctx, c)
		if err != nil {
			return 0, err
		}
		judged = append(judged, files...)
	}
	plain := len(w.lib.Collections) == 0 && len(w.lib.Malformed) == 0
	if plain {
		judged = w.lib.Index.Of(book.KindCNXML, book.KindHTML, book.KindMarkdown, book.KindPlain)
		w.whole()
	} else {
		w.unused()
	}
	if err := w.read(ctx, judged, true); err != nil {
		return 0, err
	}
	documents += len(chosen) + len(w.pages)
	if err := w.read(ctx, w.linked(), false); err != nil {
		return 0, err
	}
	for _, f := range judged {
		if p := w.pages[f.Path]; p.judged {
			w.page(p)
			p.judged = false // a module that is in several collections is judged once
		}
	}
	return documents, nil
}

// chosen are the collections that would be published.
func (w *work) chosen() []*book.Collection {
	if w.Collections == nil {
		return w.lib.Collections
	}
	var cs []*book.Collection
	for _, id := range w.Collections {
		c, ok := w.lib.Collection(id)
		switch {
		case ok && !slices.Contains(cs, c):
			cs = append(cs, c)
		case !ok && !slices.ContainsFunc(w.lib.Malformed, func(m *book.Malformed) bool { return book.NameOf(m.Path) == id }):
			fs := findings{}
			fs.fail(MissingCollection, book.Position{}, "ask for one that the work has: "+ids(w.lib.Collections), "there is no collection %q", id)
			w.found = append(w.found, fs.all...)
		}
	}
	return cs
}

// wants says whether the collection at p, which can't be read, is meant: nobody
// knows its id.
func (w *work) wants(p content.Path) bool {
	return w.Collections == nil || slices.Contains(w.Collections, book.NameOf(p))
}

func ids(cs []*book.Collection) string {
	var all []string
	for _, c := range cs[:min(len(cs), 10)] {
		all = append(all, c.ID)
	}
	return strings.Join(all, ", ")
}

func (w *work) malformed(m *book.Malformed) {
	fs := findings{path: m.Path}
	fs.fail(Malformed, m.At, "make it well-formed XML; any XML editor shows the place", "%s", m.Reason)
	w.found = append(w.found, fs.all...)
}

// read reads those of files that were not read before, some at a time.
func (w *work) read(ctx context.Context, files []book.File, judged bool) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(w.Workers)
	for _, f := range files {
		if w.pages[f.Path] != nil {
			continue
		}
		p := &page{file: f, judged: judged}
		w.pages[f.Path] = p
		g.Go(func() (err error) {
			p.module, err = w.readings.Module(ctx, w.lib.Source, p.file)
			if errors.As(err, &p.malformed) {
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// linked are the documents that links lead to with a place in them, as far as
// they can hold one.
func (w *work) linked() []book.File {
	var files []book.File
	for _, p := range w.pages {
		if p.module == nil {
			continue
		}
		for _, r := range p.module.References {
			if f, ok := w.leadsTo(p.module, r); ok && book.KindOf(f.Path).IsPage() {
				files = append(files, f)
			}
		}
	}
	return files
}

// leadsTo is the document of this work, but not m itself, that a link leads
// into.
func (w *work) leadsTo(m *book.Module, r book.Reference) (book.File, bool) {
	if r.Kind != book.Link {
		return book.File{}, false
	}
	if r.Document != "" {
		return w.lib.Index.Module(m.Path, r.Document)
	}
	if t := w.lib.Index.Find(m.Path, r.URL); t.Place == book.Inside && t.Fragment != "" {
		return t.File, true
	}
	return book.File{}, false
}

// whole checks what has to be said of a work without collections.
func (w *work) whole() {
	fs := findings{}
	if w.Known.Licence.URL == "" && !slices.ContainsFunc(w.lib.Index.Of(book.KindMedia, book.KindPlain, book.KindMarkdown), isLicence) {
		fs.fail(NoLicence, book.Position{}, "put a file LICENSE at the top of the work, or say it in the repository's settings", "nothing says under which licence the work may be used")
	}
	if len(w.Known.Who(book.Author)) == 0 {
		fs.fail(NoAuthor, book.Position{}, "say who wrote it in the repository's settings", "nothing says who wrote the work")
	}
	w.found = append(w.found, fs.all...)
}

func isLicence(f book.File) bool {
	name := strings.ToUpper(book.NameOf(f.Path))
	return f.Path.Parent().IsRoot() && (name == "LICENSE" || name == "LICENCE" || name == "COPYING")
}

// unused warns of modules that no collection names.
func (w *work) unused() {
	if w.Collections != nil || len(w.lib.Malformed) > 0 {
		return // who publishes one book does not ask for the others, and one that can't be read may have any
	}
	for _, f := range w.lib.Index.Of(book.KindCNXML) {
		if len(w.lib.Holders(f.Path)) == 0 {
			fs := findings{path: f.Path}
			fs.warn(UnusedModule, book.Position{Line: 1, Column: 1}, "put it into a collection, or take it out of the work", "no collection has this module")
			w.found = append(w.found, fs.all...)
		}
	}
}
