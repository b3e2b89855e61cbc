package check

import (
	"context"
	"slices"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// collection checks what c says itself, and returns the modules that it names.
func (w *work) collection(ctx context.Context, c *book.Collection) ([]book.File, error) {
	fs := &findings{path: c.Path}
	defer func() { w.found = append(w.found, fs.all...) }()

	w.metadata(fs, &c.Metadata)
	if c.Metadata.Title == "" {
		fs.fail(NoTitle, c.Metadata.At, "add <md:title> to its <metadata>", "the collection has no title")
	}
	if c.Metadata.Licence.URL == "" && w.Known.Licence.URL == "" {
		fs.fail(NoLicence, c.Metadata.At, `add <md:license url="…"/> to its <metadata>`, "the collection has no licence")
	}
	if len(c.Metadata.Who(book.Author)) == 0 && len(w.Known.Who(book.Author)) == 0 {
		fs.fail(NoAuthor, c.Metadata.At, `add <md:role type="author"> to the <md:roles> of its <metadata>`, "the collection has no author")
	}
	if c.Metadata.Language == "" && w.Known.Language == "" {
		fs.warn(NoLanguage, c.Metadata.At, "add <md:language> to its <metadata>", "the collection does not say its language")
	}

	var files []book.File
	named := make(map[book.ModuleRef]bool)
	for _, it := range c.Modules {
		ref := *it.Module
		ref.Recorded = ""
		if named[ref] {
			fs.warn(RepeatedModule, it.At, "take one of them out", "the module %q is in the collection twice", ref.ID)
			continue
		}
		named[ref] = true
		f, err := w.member(ctx, fs, c, it)
		if err != nil {
			return nil, err
		}
		if !f.Path.IsRoot() {
			files = append(files, f)
		}
	}
	if len(named) == 0 {
		fs.fail(EmptyCollection, c.Metadata.At, `add a <module document="…"/> to its <content>`, "the collection has no modules")
	}
	w.chapters(fs, c.Items)
	return files, nil
}

// member looks for a module that c names; the zero File is in another repository,
// or nowhere.
func (w *work) member(ctx context.Context, fs *findings, c *book.Collection, it book.Item) (book.File, error) {
	ref := it.Module
	if ref.Repo.IsZero() {
		f, ok := w.lib.Module(c, ref)
		if !ok {
			fs.fail(MissingModule, it.At, "add modules/"+ref.ID+"/index.cnxml, or take the line out", "the module %q is not in the work", ref.ID)
		}
		return f, nil
	}
	known := false
	if w.Elsewhere != nil {
		var err error
		if known, err = w.Elsewhere(ctx, *ref); err != nil {
			return book.File{}, err
		}
	}
	if !known {
		edition := "any edition"
		if ref.Version != "" {
			edition = "edition " + ref.Version
		}
		fs.fail(MissingModule, it.At, "name a module and an edition that have been published there, or take the line out",
			"the repository %q has no module %q in %s", ref.Repo, ref.ID, edition)
	}
	return book.File{}, nil
}

func (w *work) chapters(fs *findings, items []book.Item) {
	for _, it := range items {
		if it.Module != nil {
			continue
		}
		if it.Title == "" {
			fs.warn(UntitledChapter, it.At, "add <md:title>", "the section has no title")
		}
		if len(it.Items) == 0 {
			fs.warn(EmptyChapter, it.At, "add modules to its <content>, or take it out", "nothing is in the section %q", it.Title)
		}
		w.chapters(fs, it.Items)
	}
}

// metadata checks what collections and modules say alike.
func (w *work) metadata(fs *findings, m *book.Metadata) {
	if l := m.Licence; l.URL != "" && !w.Licences.Allow(l.URL) {
		fs.fail(ForbiddenLicence, l.At, "choose a licence that allows to pass the work on, such as https://creativecommons.org/licenses/by/4.0/",
			"works under %q may not be published here", l.URL)
	}
	for _, s := range m.Subjects {
		if !slices.ContainsFunc(w.Subjects, func(known string) bool { return strings.EqualFold(known, s.Text) }) {
			fs.warn(UnknownSubject, s.At, "choose of: "+strings.Join(w.Subjects, ", "), "the subject %q is not known", s.Text)
		}
	}
}
