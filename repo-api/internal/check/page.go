package check

import (
	"fmt"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// page checks a document that would be published.
func (w *work) page(p *page) {
	if p.module == nil {
		w.malformed(p.malformed)
		return
	}
	m, fs := p.module, &findings{path: p.file.Path}
	w.metadata(fs, &m.Metadata)
	if m.Kind == book.KindCNXML {
		w.module(fs, m)
	}
	for _, r := range m.References {
		switch {
		case r.Document != "":
			w.linkToModule(fs, m, r)
		case r.Target != "":
			target(fs, m, r)
		default:
			w.url(fs, m, r)
		}
	}
	w.found = append(w.found, fs.all...)
}

// module checks what is asked of CNXML only.
func (w *work) module(fs *findings, m *book.Module) {
	if m.Metadata.Title == "" {
		fs.fail(NoTitle, m.Metadata.At, "add <title> to its <document>", "the module has no title")
	}
	if len(m.Metadata.Credits) > 0 && len(m.Metadata.Who(book.Author)) == 0 {
		fs.fail(NoAuthor, m.Metadata.At, `add <md:role type="author"> to its <md:roles>`, "the module names who worked on it, but no author")
	}
	for _, r := range m.Remarks {
		message, mend := remark(r)
		if r.Count > 1 {
			message += fmt.Sprintf(" (%d times)", r.Count)
		}
		fs.warn(Format, r.At, mend, "%s", message)
	}
}

// remark puts a rule that is broken into words.
func remark(r book.Remark) (message, mend string) {
	switch r.Rule {
	case book.UnknownElement:
		return "CNXML has no element <" + r.Element + ">", "use one that it has"
	case book.MisplacedElement:
		return "<" + r.Element + "> may not be in <" + r.Detail + ">", "put it where it belongs"
	case book.MissingAttribute:
		return "<" + r.Element + "> has no " + r.Detail, "add " + r.Detail + `="…"`
	case book.MissingElement:
		return "<" + r.Element + "> has no <" + r.Detail + ">", "add it"
	}
	return "the id " + r.Detail + " is there before", "give each element an id of its own" // RepeatedID
}

// linkToModule checks document=, version= and target-id= of a link.
func (w *work) linkToModule(fs *findings, m *book.Module, r book.Reference) {
	f, ok := w.lib.Index.Module(m.Path, r.Document)
	if !ok {
		if _, ok := w.lib.Collection(r.Document); ok && r.Target == "" {
			return
		}
		fs.fail(MissingLinkModule, r.At, "link to a module that is in the work, or by url= to where it is", "the link leads to the module %q, which is not in the work", r.Document)
		return
	}
	to := w.pages[f.Path]
	if to == nil || to.module == nil {
		return // it is malformed, and found to be if it is published
	}
	if v := r.Version; v != "" && v != "latest" && v != to.module.Metadata.Version && (w.Published == nil || !w.Published(r.Document, v)) {
		fs.fail(MissingVersion, r.At, "take version= out, to follow the module", "the link leads to version %q of the module %q, which there is not", v, r.Document)
	}
	if r.Target != "" {
		target(fs, to.module, r)
	}
}

// target checks that a link's target-id= is an id of to.
func target(fs *findings, to *book.Module, r book.Reference) {
	if _, ok := to.Anchors[r.Target]; !ok {
		fs.fail(MissingTarget, r.At, "link to an id that is there, or give the element that is meant this one", "the link leads to the id %q, which is not in %s", r.Target, to.Path)
	}
}

// url checks a reference by URL.
func (w *work) url(fs *findings, m *book.Module, r book.Reference) {
	t := w.lib.Index.Find(m.Path, r.URL)
	switch t.Place {
	case book.Missing:
		w.missing(fs, m, r, t)
	case book.Folder:
		if r.Kind != book.Link {
			fs.fail(MissingFile, r.At, "name a file in it", "<%s> refers to %q, which is a folder", r.Element, r.URL)
		}
	case book.Itself:
		fragment(fs, m, r, t.Fragment)
	case book.Inside:
		if !t.Exact {
			fs.warn(InexactPath, r.At, "write "+t.File.Path.Base(), "%q is spelled another way than %s", r.URL, t.File.Path)
		}
		if to := w.pages[t.File.Path]; to != nil && to.module != nil {
			fragment(fs, to.module, r, t.Fragment)
		}
	}
}

func (w *work) missing(fs *findings, m *book.Module, r book.Reference, t book.Target) {
	if r.Kind == book.Link && strings.HasPrefix(r.URL, "/") {
		fs.warn(LinkOutside, r.At, "write the whole URL, with https://", "%q leads to wherever the work is shown", r.URL)
		return
	}
	what := map[book.RefKind]string{book.Picture: "the picture", book.Object: "the file", book.Link: "the file"}[r.Kind]
	fs.fail(MissingFile, r.At, "add "+t.Wanted+", or mend the reference", "%s %q is not in the work", what, r.URL)
}

// fragment checks that a page has what the fragment of a URL names. Fragments
// with a slash are words between CNXML and the tools of its makers; those of
// Markdown depend on who renders it.
func fragment(fs *findings, to *book.Module, r book.Reference, name string) {
	if name == "" || name == "top" || strings.Contains(name, "/") || to.Kind == book.KindMarkdown || to.Kind == book.KindPlain || r.Kind != book.Link {
		return
	}
	if _, ok := to.Anchors[name]; !ok {
		fs.warn(MissingFragment, r.At, "link to an id that is there", "%q leads to the id %q, which is not in %s", r.URL, name, to.Path)
	}
}
