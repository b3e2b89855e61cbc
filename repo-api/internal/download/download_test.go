package download_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/download"
	"rhapsode/repo-api/internal/xhtml"
)

// memory is a Store that counts.
type memory struct {
	mu   sync.Mutex
	data map[string][]byte
	puts int
}

func newMemory() *memory { return &memory{data: make(map[string][]byte)} }

func (m *memory) Get(_ context.Context, key string) ([]byte, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.data[key]
	return data, ok
}

func (m *memory) Put(_ context.Context, key string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	m.data[key] = bytes.Clone(data)
}

// edition makes one of the only collection of src.
func edition(t testing.TB, src book.Source) download.Edition {
	t.Helper()
	l, err := book.NewReadings(1<<20).Library(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Collections) != 1 {
		t.Fatalf("%d collections, not 1", len(l.Collections))
	}
	return download.Edition{
		Source: src, Collection: l.Collections[0], Number: "1.1",
		Time: time.Date(2025, 5, 20, 12, 0, 0, 0, time.UTC), Publisher: "The Press",
		Address: "https://rhapsode.example/content/book@1.1/",
	}
}

func corpusEdition(t testing.TB) download.Edition {
	t.Helper()
	return edition(t, booktest.Dir(t, filepath.Join(booktest.Corpus(t), "book")))
}

func open(t testing.TB, e download.Edition) *download.Book {
	t.Helper()
	b, err := download.Open(context.Background(), e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func makeIt(t testing.TB, b *download.Book, r download.Recipe) ([]byte, []xhtml.Finding) {
	t.Helper()
	var out bytes.Buffer
	findings, err := r.Make(context.Background(), b, &out)
	if err != nil {
		t.Fatalf("%s: %v", r.Name(), err)
	}
	return out.Bytes(), findings
}

// unzip returns the files of an archive, and their order.
func unzip(t testing.TB, data []byte) (files map[string][]byte, order []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files = make(map[string][]byte)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r) // checks the checksum
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if _, twice := files[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		files[f.Name], order = content, append(order, f.Name)
	}
	return files, order
}

func TestTheSameEditionIsTheSameBytes(t *testing.T) {
	src := everythingSource(t)
	plain, kept := edition(t, src), edition(t, src)
	kept.Store = newMemory()
	for _, r := range download.Recipes() {
		first, _ := makeIt(t, open(t, plain), r)
		makeIt(t, open(t, kept), r)
		again, _ := makeIt(t, open(t, kept), r) // from the store
		if !bytes.Equal(first, again) {
			t.Errorf("%s: other bytes from the store than without it", r.Name())
		}
		later := plain
		later.Time = later.Time.Add(time.Hour)
		if other, _ := makeIt(t, open(t, later), r); bytes.Equal(first, other) {
			t.Errorf("%s: an edition of another time has the same bytes", r.Name())
		}
	}
}

func TestWhatDidNotChangeIsNotMadeAgain(t *testing.T) {
	const pages = 7 // of the made-up book
	store := newMemory()
	putsOf := func(files map[string]string) int {
		before := store.puts
		e := edition(t, booktest.Files(t, files))
		e.Store = store
		b := open(t, e)
		for _, r := range download.Recipes() {
			makeIt(t, b, r)
		}
		return store.puts - before
	}
	const forms = 2 // epub and site

	files := everything(t)
	if n := putsOf(files); n < pages*forms+pages {
		t.Errorf("a new book put %d things into the store; its outlines and pages alone are %d", n, pages*forms+pages)
	}
	if n := putsOf(files); n != 0 {
		t.Errorf("the same book made %d things again", n)
	}
	files["modules/m0/index.cnxml"] = module("Preface", `<para id="a">Changed.</para>`)
	const itself = 2 // its outline and its source, packed
	if n := putsOf(files); n != itself+forms {
		t.Errorf("one changed module made %d things again, not its outline, its source and its page for each of %d forms", n, forms)
	}
	files["modules/m0/index.cnxml"] = module("Foreword", `<para id="a">Changed.</para>`)
	if n := putsOf(files); n != itself+forms+1 {
		t.Errorf("a changed title made %d things again, not those and the next page of the site, which names it", n)
	}
}

func TestFailuresNameThePlace(t *testing.T) {
	tests := []struct {
		name   string
		change func(files map[string]string)
		want   string
	}{
		{"a module that is not there", func(f map[string]string) { delete(f, "modules/m2/index.cnxml") },
			"collections/all.collection.xml:9:76: the module m2 is not there"},
		{"a module that is not well formed", func(f map[string]string) {
			f["modules/m2/index.cnxml"] = "<document xmlns='http://cnx.rice.edu/cnxml'>\n<a></b>"
		},
			"modules/m2/index.cnxml:2:"},
		{"no modules", func(f map[string]string) {
			f["collections/all.collection.xml"] = `<collection xmlns="http://cnx.rice.edu/collxml"><content/></collection>`
		}, "collections/all.collection.xml: the collection holds no module"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := everything(t)
			tt.change(files)
			_, err := download.Open(context.Background(), edition(t, booktest.Files(t, files)))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("the error is %v; it should be invalid and say %q", err, tt.want)
			}
		})
	}
}

func TestModulesOfOtherRepositories(t *testing.T) {
	files := everything(t)
	files["collections/all.collection.xml"] = strings.Replace(collection, `<module document="m0"/>`,
		`<module document="m0" repository="other@2"/><module document="m0"/>`, 1)
	e := edition(t, booktest.Files(t, files))
	e.Elsewhere = func(_ context.Context, ref *book.ModuleRef) (book.Source, error) {
		if ref.Repo.String() != "other" || ref.Version != "2" {
			t.Errorf("asked for %v@%s", ref.Repo, ref.Version)
		}
		return booktest.Files(t, map[string]string{
			"modules/m0/index.cnxml": module("Borrowed", `<para><media alt="dog"><image src="../m1/cat.png"/></media></para>`),
			"modules/m1/cat.png":     picture(t, "jpeg"), // another of the same name
		}), nil
	}
	b := open(t, e)
	for _, r := range []download.Recipe{download.Site{}, download.EPUB{}} {
		data, _ := makeIt(t, b, r)
		names := filesOf(t, data)
		for _, want := range []string{"files/other_2/modules/m1/cat.png", "files/modules/m1/cat.png", "m0.", "m0-2."} {
			if !strings.Contains(names, "/"+want) {
				t.Errorf("%s lacks %s: it holds\n%s", r.Name(), want, names)
			}
		}
	}

	e.Elsewhere = nil
	if _, err := download.Open(context.Background(), e); !fault.Is(err, fault.Invalid) {
		t.Errorf("a module of another repository, which can't be had: %v", err)
	}
}

func filesOf(t *testing.T, data []byte) string {
	t.Helper()
	_, order := unzip(t, data)
	return strings.Join(order, "\n")
}

// broken is a Source that fails to open one file.
type broken struct {
	book.Source
	path string
}

func (b broken) Open(ctx context.Context, f book.File) (io.ReadCloser, error) {
	if f.Path.String() == b.path {
		return nil, fault.Newf(fault.Unavailable, "open", "no replica answers")
	}
	return b.Source.Open(ctx, f)
}

func TestAFileThatCannotBeReadFailsTheRecipe(t *testing.T) {
	e := edition(t, everythingSource(t))
	for _, tt := range []struct {
		path   string
		recipe download.Recipe
	}{
		{"LICENSE", download.Complete{}},
		{"modules/m2/index.cnxml", download.EPUB{}},
		{"modules/m1/cat.png", download.Site{}},
	} {
		good, bad := open(t, e), download.Broken(open(t, e), func(s book.Source) book.Source { return broken{s, tt.path} })
		if _, err := tt.recipe.Make(context.Background(), bad, io.Discard); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s without %s: %v", tt.recipe.Name(), tt.path, err)
		}
		canceled, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := tt.recipe.Make(canceled, good, io.Discard); err == nil {
			t.Errorf("%s went on after it was canceled", tt.recipe.Name())
		}
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
