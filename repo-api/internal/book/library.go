package book

import (
	"context"
	"errors"
	"slices"

	"rhapsode/content"
)

// Library is what a state of a work holds: where everything is, and which
// collections there are.
type Library struct {
	Source      Source
	Index       *Index
	Collections []*Collection // ordered by path; those that can be read
	Malformed   []*Malformed  // the others

	holders map[content.Path][]*Collection // by the module's path
}

// Library reads all collections of src.
func (r *Readings) Library(ctx context.Context, src Source) (*Library, error) {
	files, err := src.Files(ctx)
	if err != nil {
		return nil, err
	}
	l := &Library{Source: src, Index: NewIndex(files), holders: make(map[content.Path][]*Collection)}
	for _, f := range l.Index.Of(KindCollection) {
		c, err := r.Collection(ctx, src, f)
		var malformed *Malformed
		switch {
		case errors.As(err, &malformed) && malformed.Foreign && f.Path.Base() == "collection.xml":
			continue // many programs call something else so
		case malformed != nil:
			l.Malformed = append(l.Malformed, malformed)
			continue
		case err != nil:
			return nil, err
		}
		l.Collections = append(l.Collections, c)
		l.hold(c)
	}
	return l, nil
}

func (l *Library) hold(c *Collection) {
	for _, it := range c.Modules {
		f, ok := l.Module(c, it.Module)
		if ok && !slices.Contains(l.holders[f.Path], c) {
			l.holders[f.Path] = append(l.holders[f.Path], c)
		}
	}
}

// Module returns where the module is that c names; false also if it is in
// another repository.
func (l *Library) Module(c *Collection, ref *ModuleRef) (File, bool) {
	if !ref.Repo.IsZero() {
		return File{}, false
	}
	return l.Index.Module(c.Path, ref.ID)
}

// Holders returns the collections that the module at p is in.
func (l *Library) Holders(p content.Path) []*Collection { return l.holders[p] }

// Collection returns the one that goes by name: its id, its uuid, its slug or its
// file's name, in this order.
func (l *Library) Collection(name string) (*Collection, bool) {
	for _, called := range [...]func(*Collection) string{
		func(c *Collection) string { return c.ID },
		func(c *Collection) string { return c.Metadata.UUID },
		func(c *Collection) string { return c.Metadata.Slug },
		func(c *Collection) string { return NameOf(c.Path) },
	} {
		for _, c := range l.Collections {
			if name != "" && called(c) == name {
				return c, true
			}
		}
	}
	return nil, false
}
