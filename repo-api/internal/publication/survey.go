package publication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/check"
)

// survey is what a state of the work holds, and what is wrong with it.
type survey struct {
	library  *book.Library
	findings []check.Finding
	works    []Work                   // all of the repository, not numbered yet; modules first, both in the order of their paths
	credits  map[string][]book.Credit // by the works' keys
	wanted   []string                 // ids of collections; none: all
	borrowed []Borrowed
	rules    rules
}

// errors counts the findings that forbid publication.
func (s survey) errors() (n int) {
	for _, f := range s.findings {
		if f.Severity == check.Error {
			n++
		}
	}
	return n
}

// survey checks a state, and lists the works in it. Before is the edition that was made last.
func (j *job) survey(ctx context.Context, commit content.Digest, wanted []string, before Edition) (s survey, err error) {
	if s.rules, err = j.rules(ctx); err != nil {
		return s, err
	}
	known := s.rules.Known
	if s.library, err = j.library(ctx, commit); err != nil {
		return s, err
	}
	if len(known.Credits) == 0 {
		if known.Credits, err = j.committers(ctx, commit); err != nil {
			return s, err
		}
	}
	report, err := check.Run(ctx, s.library.Source, j.Readings, check.Options{
		Collections: wanted, Known: known, Elsewhere: j.elsewhere, Published: before.has,
	})
	if err != nil {
		return s, err
	}
	s.findings = report.Findings
	for _, name := range wanted {
		if c, ok := s.library.Collection(name); ok { // otherwise it is a finding
			s.wanted = append(s.wanted, c.ID)
		}
	}
	s.credits = map[string][]book.Credit{}
	return s, j.enumerate(ctx, &s)
}

// committers are who wrote the last commits: they stand in where a work does not name its authors.
func (j *job) committers(ctx context.Context, commit content.Digest) (credits []book.Credit, err error) {
	const looked = 100
	at := fsapi.At{Repo: j.repo, Rev: content.AtCommit(commit)}
	history, err := j.fs.History(ctx, at, fsapi.Page{Limit: looked})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, item := range history.Items {
		if name := item.Commit.Author.Name; name != "" && !seen[name] {
			seen[name] = true
			credits = append(credits, book.Credit{Role: book.Author, Person: book.Person{ID: name, Name: name}})
		}
	}
	return credits, nil
}

// library is what a commit holds.
func (j *job) library(ctx context.Context, commit content.Digest) (*book.Library, error) {
	src, err := j.States.Open(ctx, j.repo, content.AtCommit(commit), fsapi.Any)
	if err != nil {
		return nil, err
	}
	return j.Readings.Library(ctx, j.files.of(src))
}

// has says whether a module was published under a number.
func (e Edition) has(module, number string) bool {
	n, err := book.ParseNumber(number)
	if err != nil {
		return false
	}
	for _, w := range e.Works {
		if w.Kind == kindModule && w.ID == module {
			return n.Major <= w.Number.Major
		}
	}
	return false
}

// enumerate lists the works.
func (j *job) enumerate(ctx context.Context, s *survey) error {
	var files []book.File
	for _, f := range s.library.Index.Of(book.KindCNXML) {
		if len(s.library.Collections) == 0 || len(s.library.Holders(f.Path)) > 0 {
			files = append(files, f)
		}
	}
	read, err := j.Readings.Modules(ctx, s.library.Source, files)
	if err != nil {
		return err
	}
	modules := map[content.Path]*book.Module{}
	for i, m := range read {
		if m == nil {
			continue // malformed: it is a finding
		}
		w := work(kindModule, m.ID, m.Path, m.Metadata)
		w.Contents = s.contents(m, files[i])
		modules[m.Path] = m
		s.works = append(s.works, w)
		s.credits[w.key()] = m.Metadata.Credits
	}
	for _, c := range s.library.Collections {
		w := work(kindCollection, c.ID, c.Path, c.Metadata)
		var held []*book.Module
		for _, it := range c.Modules {
			if f, ok := s.library.Module(c, it.Module); ok && modules[f.Path] != nil {
				held = append(held, modules[f.Path])
				w.holds = append(w.holds, it.Module.ID)
			}
		}
		borrowed, err := j.borrowed(ctx, c)
		if err != nil {
			return err
		}
		print := book.FingerprintOf(c, s.library.Shown(c, held))
		h := sha256.New()
		h.Write(print.Contents[:])
		for _, b := range borrowed {
			fmt.Fprintln(h, b.Repo, b.ID, b.Contents)
			s.borrowed = with(s.borrowed, b)
		}
		w.Structure, w.Contents = hex.EncodeToString(print.Structure[:]), hex.EncodeToString(h.Sum(nil))
		s.works = append(s.works, w)
		s.credits[w.key()] = c.Metadata.Credits
	}
	if len(s.works) == 0 {
		s.works = append(s.works, j.pages(s.library))
	}
	return nil
}

// pages is a repository without modules and collections as one work: which pages there are is
// its structure.
func (j *job) pages(l *book.Library) Work {
	structure, contents := sha256.New(), sha256.New()
	for _, f := range l.Index.Of(book.KindHTML, book.KindMarkdown, book.KindPlain, book.KindMedia) {
		if book.KindOf(f.Path).IsPage() {
			fmt.Fprintln(structure, f.Path)
		}
		fmt.Fprintln(contents, f.Path, f.Digest)
	}
	return Work{
		ID: j.repo.String(), Kind: kindCollection, Title: j.repo.String(),
		Structure: hex.EncodeToString(structure.Sum(nil)), Contents: hex.EncodeToString(contents.Sum(nil)),
	}
}

func work(kind, id string, at content.Path, m book.Metadata) Work {
	return Work{
		ID: id, Kind: kind, Path: at.String(), Title: m.Title,
		UUID: m.UUID, Language: m.Language, Licence: m.Licence.URL,
	}
}

// contents is a digest of all that a module is made of: its document, and the files it shows.
func (s *survey) contents(m *book.Module, f book.File) string {
	h := sha256.New()
	fmt.Fprintln(h, f.Digest)
	for _, r := range m.References {
		if r.Kind == book.Link {
			continue
		}
		if t := s.library.Index.Find(f.Path, r.URL); t.Place == book.Inside {
			fmt.Fprintln(h, t.File.Path, t.File.Digest)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
