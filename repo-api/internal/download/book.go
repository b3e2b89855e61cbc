package download

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
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
	index    *book.Index
	files    []book.File

	pages  []*page // in reading order, each once
	byPath map[content.Path]*page
	toc    []entry
	assets map[content.Path]*asset
	cover  *asset
}

// page is a module of the book.
type page struct {
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
	files, err := e.Source.Files(ctx)
	if err != nil {
		return nil, err
	}
	b := &Book{
		edition: e, files: files, index: book.NewIndex(files), store: e.Store, packer: new(packer),
		byPath: make(map[content.Path]*page), assets: make(map[content.Path]*asset),
	}
	if b.store == nil {
		b.store = none{}
	}
	meta := e.Collection.Metadata
	b.title = cmp.Or(meta.Title, e.Collection.ID)
	b.language = cmp.Or(languageTag(meta.Language), "und")
	if err := b.collect(); err != nil {
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
func (b *Book) collect() error {
	taken := map[string]bool{"index": true, "nav": true, "title": true}
	for _, it := range b.edition.Collection.Modules {
		f, ok := b.fileOf(it.Module)
		if !ok {
			return fault.New(fault.Invalid, "download", "", &book.Malformed{
				Path: b.edition.Collection.Path, At: it.At, Reason: "the module " + it.Module.ID + " is not there",
			})
		}
		if b.byPath[f.Path] != nil {
			continue
		}
		p := &page{file: f, name: pageName(f, it.Module.ID, taken)}
		b.pages = append(b.pages, p)
		b.byPath[f.Path] = p
	}
	if len(b.pages) == 0 {
		return fault.Newf(fault.Invalid, "download", "%s: the collection holds no module", b.edition.Collection.Path)
	}
	return nil
}

func (b *Book) fileOf(ref *book.ModuleRef) (book.File, bool) {
	if !ref.Repo.IsZero() {
		return book.File{}, false
	}
	if f, ok := b.index.Module(b.edition.Collection.Path, ref.ID); ok {
		return f, true
	}
	t := b.index.Find(content.Root, "/"+ref.ID)
	return t.File, t.Place == book.Inside && book.KindOf(t.File.Path).IsPage()
}

func (b *Book) pageOf(ref *book.ModuleRef) *page {
	f, _ := b.fileOf(ref)
	return b.byPath[f.Path]
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
				data, err := b.read(ctx, p.file)
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

func (b *Book) read(ctx context.Context, f book.File) ([]byte, error) {
	r, err := b.edition.Source.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, 0, f.Size)
	buf := [32 << 10]byte{}
	for {
		n, err := r.Read(buf[:])
		data = append(data, buf[:n]...)
		if int64(len(data)) > f.Size {
			return nil, wrongSize(f)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if int64(len(data)) != f.Size {
		return nil, wrongSize(f)
	}
	return data, nil
}

func wrongSize(f book.File) error {
	return fault.Newf(fault.Corrupt, "read", "%s is not of the %d bytes that it was said to be", f.Path, f.Size)
}

var tagForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func languageTag(s string) string {
	if s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-"); tagForm.MatchString(s) {
		return s
	}
	return ""
}

// sortedAssets are the files that pages show, by path.
func (b *Book) sortedAssets() []*asset {
	var as []*asset
	for _, a := range b.assets {
		as = append(as, a)
	}
	slices.SortFunc(as, func(x, y *asset) int { return cmp.Compare(x.name, y.name) })
	return as
}
