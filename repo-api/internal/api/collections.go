package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/resource"
)

// shelf is one state of a work, read.
type shelf struct {
	*book.Library
	readings *book.Readings
	shapes   resource.Shelf
}

// onShelf is a resource that shows something of the state that ?ref= names.
func (a *API) onShelf(r *http.Request, show func(context.Context, *shelf) (shape any, next string, err error)) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	if err != nil {
		return nil, err
	}
	rev, err := revisionIn(r.URL.Query())
	if err != nil {
		return nil, err
	}
	cache := ""
	if isCommit(rev) {
		cache = immutable
	}
	return a.reading(cache, func(x *flow.Exchange) (any, string, error) {
		s, err := a.open(x.Context(), repo, rev, freshness(x.Request))
		if err != nil {
			return nil, "", err
		}
		return show(x.Context(), s)
	}), nil
}

func (a *API) open(ctx context.Context, repo content.RepoID, rev content.Revision, fresh fsapi.Freshness) (*shelf, error) {
	st, err := a.Publisher.States.Open(ctx, repo, rev, fresh)
	if err != nil {
		return nil, err
	}
	library, err := a.Publisher.Readings.Library(ctx, st)
	return &shelf{library, a.Publisher.Readings, resource.Shelf{Repo: repo, Rev: rev, Commit: st.Commit}}, err
}

// collections lists those that a work has, by their paths.
func (a *API) collections(r *http.Request) (flow.Resource, error) {
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	return a.onShelf(r, func(_ context.Context, s *shelf) (any, string, error) {
		var all []resource.Collection
		for _, c := range s.Collections {
			all = append(all, s.shapes.Collection(c))
		}
		for _, m := range s.Malformed {
			all = append(all, s.shapes.Unreadable(m))
		}
		items, next := pick(all, page)
		return resource.List[resource.Collection]{Items: items}, next, nil
	})
}

// pick returns a page of collections; the cursor is the path of the last one.
func pick(all []resource.Collection, page fsapi.Page) (items []resource.Collection, next string) {
	slices.SortFunc(all, func(a, b resource.Collection) int { return strings.Compare(a.Path, b.Path) })
	begin, found := slices.BinarySearchFunc(all, page.After, func(c resource.Collection, after string) int { return strings.Compare(c.Path, after) })
	if found {
		begin++
	}
	limit := cmp.Or(page.Limit, fsapi.DefaultPage)
	items = append([]resource.Collection{}, all[begin:min(begin+limit, len(all))]...)
	if begin+limit < len(all) {
		next = items[limit-1].Path
	}
	return items, next
}

// collection is one, with its tree.
func (a *API) collection(r *http.Request) (flow.Resource, error) {
	id, err := url.PathUnescape(mux.Vars(r)["id"])
	if err != nil {
		return nil, fault.New(fault.Invalid, "url", "", err)
	}
	return a.onShelf(r, func(ctx context.Context, s *shelf) (any, string, error) {
		c, ok := s.Collection(id)
		if !ok {
			return nil, "", s.noCollection(id)
		}
		titles, err := s.titles(ctx, c)
		if err != nil {
			return nil, "", err
		}
		shape := s.shapes.Collection(c)
		shape.Contents = s.shapes.Contents(c.Items, func(ref *book.ModuleRef) (content.Path, string, bool) {
			f, ok := s.Module(c, ref)
			return f.Path, titles[f.Path], ok
		})
		return shape, "", nil
	})
}

// noCollection says why there is no collection to be seen.
func (s *shelf) noCollection(id string) error {
	for _, m := range s.Malformed {
		if book.NameOf(m.Path) == id {
			return fault.New(fault.Conflict, "read collection", "", m)
		}
	}
	return fault.Newf(fault.NotFound, "collection", "the work has none that is called %q", id)
}

// titles are the titles that c's modules give themselves, by their paths.
func (s *shelf) titles(ctx context.Context, c *book.Collection) (map[content.Path]string, error) {
	var files []book.File
	for _, it := range c.Modules {
		if f, ok := s.Module(c, it.Module); ok {
			files = append(files, f)
		}
	}
	modules, err := s.readings.Modules(ctx, s.Source, files)
	titles := make(map[content.Path]string, len(modules))
	for _, m := range modules {
		if m != nil {
			titles[m.Path] = m.Metadata.Title
		}
	}
	return titles, err
}

// module is one, with the collections that have it.
func (a *API) module(r *http.Request) (flow.Resource, error) {
	id, err := url.PathUnescape(mux.Vars(r)["id"])
	if err != nil {
		return nil, fault.New(fault.Invalid, "url", "", err)
	}
	return a.onShelf(r, func(ctx context.Context, s *shelf) (any, string, error) {
		f, ok := s.Index.Module(content.Root, id)
		if !ok {
			return nil, "", fault.Newf(fault.NotFound, "module", "the work has none that is called %q", id)
		}
		m, err := s.readings.Module(ctx, s.Source, f)
		var why *book.Malformed
		if err != nil && !errors.As(err, &why) {
			return nil, "", err
		}
		return s.shapes.Module(id, f.Path, m, why, s.Holders(f.Path)), "", nil
	})
}
