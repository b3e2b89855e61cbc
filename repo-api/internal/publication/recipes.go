package publication

import (
	"cmp"
	"context"
	"io"
	"sync"

	"rhapsode/internal/lru"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/download"
)

// Recipes make the downloads of package download: of each collection every kind, but the
// complete one, which holds all the edition's files, once. Where there are no collections, all
// pages in the order of their paths are one.
type Recipes struct{ kept *rendered }

var _ Recipe = Recipes{}

// NewRecipes makes Recipes that remember at most so many bytes of what was rendered.
func NewRecipes(most int64) Recipes { return Recipes{&rendered{lru.New[string, []byte](most, most/8)}} }

// For is as Recipe says. A book is opened when the first of its downloads is made.
func (r Recipes) For(m *Made) (products []Product) {
	for i, c := range collections(m) {
		open := opener(download.Edition{
			Source: m.Library.Source, Elsewhere: m.Lend, Collection: c, Number: m.Edition.Number.String(), Time: m.Edition.Date,
			Publisher: m.Edition.Publisher, Store: r.kept,
		})
		for _, recipe := range download.Recipes() {
			if recipe.Name() == complete && i > 0 {
				continue
			}
			products = append(products, Product{
				Recipe: recipe.Name(), Type: recipe.MediaType(), Work: c.ID,
				Name: func(ctx context.Context) (string, error) {
					b, err := open(ctx)
					if err != nil {
						return "", err
					}
					return recipe.FileName(b), nil
				},
				Make: func(ctx context.Context, w io.Writer) error {
					b, err := open(ctx)
					if err != nil {
						return err
					}
					_, err = recipe.Make(ctx, b, w)
					return err
				},
			})
		}
	}
	return products
}

// complete names the recipe that takes everything along.
const complete = "complete"

// opener opens a book once, for whoever comes first.
func opener(e download.Edition) func(context.Context) (*download.Book, error) {
	var once sync.Once
	var b *download.Book
	var err error
	return func(ctx context.Context) (*download.Book, error) {
		once.Do(func() { b, err = download.Open(ctx, e) })
		return b, err
	}
}

// collections are those that are part of an edition.
func collections(m *Made) (all []*book.Collection) {
	published := map[string]Work{}
	for _, w := range m.Edition.Works {
		published[w.key()] = w
	}
	for _, c := range m.Library.Collections {
		if _, ok := published[Work{Kind: kindCollection, ID: c.ID}.key()]; ok {
			all = append(all, c)
		}
	}
	if len(m.Library.Collections) == 0 {
		if c := everyPage(m); len(c.Items) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// everyPage is a collection of all pages, in the order of their paths.
func everyPage(m *Made) *book.Collection {
	c := &book.Collection{ID: m.Repo}
	c.Metadata.Title = cmp.Or(m.Title, m.Repo)
	for _, f := range m.Library.Index.Of(book.KindCNXML, book.KindHTML, book.KindMarkdown, book.KindPlain) {
		id := f.Path.String()
		if book.KindOf(f.Path) == book.KindCNXML {
			id = f.Path.Parent().Base()
		}
		c.Items = append(c.Items, book.Item{Module: &book.ModuleRef{ID: id}})
	}
	return c
}

// rendered remembers pages that were rendered, by all that they depend on.
type rendered struct{ held *lru.Cache[string, []byte] }

var _ download.Store = (*rendered)(nil)

func (r *rendered) Get(_ context.Context, key string) ([]byte, bool) { return r.held.Get(key) }

func (r *rendered) Put(_ context.Context, key string, data []byte) {
	r.held.Put(key, append([]byte(nil), data...), int64(len(data)))
}
