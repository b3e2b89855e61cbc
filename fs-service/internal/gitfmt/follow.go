package gitfmt

import (
	"context"

	"rhapsode/content"
)

// Follow is Log as `git log --follow -- at` has it: it goes on with what a document
// was called before, or copied from, where it seems to begin. That is another choice
// of commits, as git's is: each commit that is no merge counts, whichever way leads to
// it, and the name that was found counts for every commit that comes after.
func (p *Past) Follow(ctx context.Context, tip content.Digest, at content.Path, after Cursor, limit int) (items []Logged, next Cursor, err error) {
	return p.page(ctx, tip, after, limit, func(v int32) steps {
		return &pursuit{past: p, all: p.walk(v, content.Root), at: at, path: p.number(at)}
	})
}

// pursuit is one Follow under way.
type pursuit struct {
	past *Past
	all  *walk // of every commit
	at   content.Path
	path int32 // its number
}

func (f *pursuit) next(ctx context.Context) (int32, content.Path, bool, error) {
	for {
		v, _, ok, err := f.all.next(ctx)
		if err != nil || !ok {
			return none, f.at, false, err
		}
		parents := f.past.parents(v)
		if len(parents) > 1 {
			continue
		}
		parent := none
		if len(parents) == 1 {
			parent = parents[0]
		}
		verdict, err := f.past.compare(ctx, v, 0, parent, f.at, f.path)
		if err != nil {
			return none, f.at, false, err
		}
		if verdict == same {
			continue
		}
		called := f.at
		if parent != none {
			if f.at, err = f.past.origin(ctx, v, parent, called); err != nil {
				return none, called, false, err
			}
			f.path = f.past.number(f.at)
		}
		return v, called, true, nil
	}
}

// renamed is a document that the commit did not get from its parent under this name.
type renamed struct {
	commit content.Digest
	path   content.Path
}

// origin returns what the document at, as it is in the commit v, was called in v's
// parent: at, unless it is new and came from somewhere else.
func (p *Past) origin(ctx context.Context, v, parent int32, at content.Path) (content.Path, error) {
	key := renamed{p.place(v).id, at}
	if from, ok := p.graph.origins.Get(key); ok {
		return from, nil
	}
	was, err := p.holds(ctx, parent, at)
	if err != nil || was.Mode != 0 {
		return at, err
	}
	now, err := p.holds(ctx, v, at)
	if err != nil || now.Mode == 0 || now.Mode.IsDir() {
		return at, err
	}
	old, err := p.graph.Commit(ctx, p.src, p.place(parent).id)
	if err != nil {
		return at, err
	}
	new, err := p.graph.Commit(ctx, p.src, p.place(v).id)
	if err != nil {
		return at, err
	}
	s := search{trees: p.graph.trees, src: p.src, at: at, now: now}
	from, err := s.origin(ctx, old.Tree, new.Tree)
	if err != nil {
		return at, err
	}
	p.graph.origins.Put(key, from, int64(len(at.String())+len(from.String())))
	return from, nil
}
