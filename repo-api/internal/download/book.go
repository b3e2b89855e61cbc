package download

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// Book is an edition that has been read. It never changes, and serves any number
// of recipes at once.
type Book struct {
	edition  Edition
	title    string
	language string
	store    Store
	packer   *packer
	own      *work            // of the collection itself
	works    map[string]*work // all, by name

	pages []*page // in reading order, each once
	toc   []entry
	cover *asset
}

// page is a module of the book.
type page struct {
	work    *work
	file    book.File
	name    string // of its file, without what says the form
	title   string
	outline xhtml.Outline
	numbering
}

// entry is a line of the table of contents.
type entry struct {
	title  string
	number string
	page   *page // nil: a section
	within []entry
}

// workers is how much is made at the same time.
func workers() int { return runtime.GOMAXPROCS(0) }

// Open reads an edition: the outlines of its pages and the types of the files
// that they show.
func Open(ctx context.Context, e Edition) (*Book, error) {
	own, err := newWork(ctx, "", e.Source)
	if err != nil {
		return nil, err
	}
	b := &Book{edition: e, own: own, works: map[string]*work{"": own}, store: e.Store, packer: new(packer)}
	if b.store == nil {
		b.store = none{}
	}
	meta := e.Collection.Metadata
	b.title = cmp.Or(meta.Title, e.Collection.ID)
	b.language = cmp.Or(xhtml.LanguageTag(meta.Language), "und")
	if err := b.collect(ctx); err != nil {
		return nil, err
	}
	if err := b.survey(ctx); err != nil {
		return nil, err
	}
	b.toc = number(b.edition.Collection.Items, b.pageOf)
	if err := b.findAssets(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// collect finds the file of each module and names its page.
func (b *Book) collect(ctx context.Context) error {
	c := b.edition.Collection
	taken := map[string]bool{"index": true, "nav": true, "title": true}
	for _, it := range c.Modules {
		w, err := b.workOf(ctx, it.Module)
		if err != nil {
			at := fmt.Sprintf("%s:%d:%d", c.Path, it.At.Line, it.At.Column)
			return fault.New(fault.Of(err), "download", at, err)
		}
		f, there := book.File{}, false
		if w != nil {
			f, there = w.module(c.Path, it.Module.ID)
		}
		if !there {
			return fault.New(fault.Invalid, "download", "", &book.Malformed{
				Path: c.Path, At: it.At, Reason: "the module " + it.Module.ID + " is not there",
			})
		}
		if w.pages[f.Path] == nil {
			w.pages[f.Path] = &page{work: w, file: f, name: pageName(f, it.Module.ID, taken)}
			b.pages = append(b.pages, w.pages[f.Path])
		}
	}
	if len(b.pages) == 0 {
		return fault.Newf(fault.Invalid, "download", "%s: the collection holds no module", c.Path)
	}
	return nil
}

// workOf returns what a module is taken from; nil if it can't be had.
func (b *Book) workOf(ctx context.Context, ref *book.ModuleRef) (*work, error) {
	name := workName(ref)
	if w := b.works[name]; w != nil || b.edition.Elsewhere == nil {
		return w, nil
	}
	src, err := b.edition.Elsewhere(ctx, ref)
	if err != nil {
		return nil, err
	}
	b.works[name], err = newWork(ctx, name, src)
	return b.works[name], err
}

// workName tells works apart.
func workName(ref *book.ModuleRef) string {
	if ref.Repo.IsZero() {
		return ""
	}
	return ref.Repo.String() + "@" + ref.Version
}

// pageOf returns the page of a module, which collect has found.
func (b *Book) pageOf(ref *book.ModuleRef) *page {
	w := b.works[workName(ref)]
	f, _ := w.module(b.edition.Collection.Path, ref.ID)
	return w.pages[f.Path]
}

var unsafeInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// pageName is a name that every file system takes, and no page has yet.
func pageName(f book.File, id string, taken map[string]bool) string {
	if book.KindOf(f.Path) != book.KindCNXML {
		id = strings.TrimSuffix(f.Path.String(), f.Path.Base()) + stem(f.Path.Base())
	}
	base := strings.Trim(unsafeInNames.ReplaceAllString(id, "-"), "-.")
	name := cmp.Or(base, "page")
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

// stem is a file's name without what says its type.
func stem(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[:i]
	}
	return name
}

// survey reads the outline of every page.
func (b *Book) survey(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers())
	for _, p := range b.pages {
		g.Go(func() (err error) {
			p.outline, err = kept(ctx, b.store, keyOf("outline", p.file.Digest, book.KindOf(p.file.Path)), func() (xhtml.Outline, error) {
				data, err := p.work.read(ctx, p.file)
				if err != nil {
					return xhtml.Outline{}, err
				}
				return xhtml.Survey(p.file.Path, data)
			})
			return err
		})
	}
	return g.Wait()
}

// kept returns what the store has under key, or makes it and puts it there.
func kept[T any](ctx context.Context, s Store, key string, make func() (T, error)) (T, error) {
	var v T
	if data, ok := s.Get(ctx, key); ok && json.Unmarshal(data, &v) == nil {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return v, err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return v, fault.New(fault.Internal, "download", "", err)
	}
	s.Put(ctx, key, data)
	return v, nil
}

// sortedAssets are the files that pages show, by path.
func (b *Book) sortedAssets() []*asset {
	var as []*asset
	for _, w := range b.works {
		as = slices.AppendSeq(as, maps.Values(w.assets))
	}
	slices.SortFunc(as, func(x, y *asset) int { return cmp.Compare(x.name, y.name) })
	return as
}
