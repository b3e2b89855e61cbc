// Package state has the state of a work at a commit as a book.Source.
//
// A State never changes: it is of one commit, whatever becomes of the branch that
// led there. Directories are remembered by their digests, so that the state after
// a small change asks only for the directories that changed. What is remembered
// is bounded; nothing is durable.
package state

import (
	"cmp"
	"context"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
	"rhapsode/repo-api/internal/book"
)

// MaxFiles is how many documents a state has at the most.
const MaxFiles = 200_000

// atOnce is how many directories are asked for at a time.
const atOnce = 8

// States opens states. It may be used from any goroutine.
type States struct {
	fs   fsapi.Reader
	dirs *lru.Cache[content.Digest, []content.Entry]
}

// New makes States over fs that remember directories of about most bytes.
func New(fs fsapi.Reader, most int64) *States {
	return &States{fs: fs, dirs: lru.New[content.Digest, []content.Entry](most, most/4)}
}

// State is all documents of a commit.
type State struct {
	Repo   content.RepoID
	Ref    content.RefName // what led to the commit; zero if that was its id
	Commit content.Digest

	fs    fsapi.Reader
	files []book.File
}

var _ book.Source = (*State)(nil)

// Open finds all documents of a revision. NotFound and Gone are as fsapi.Reader's;
// TooLarge: there are more than MaxFiles.
func (s *States) Open(ctx context.Context, repo content.RepoID, rev content.Revision, fresh fsapi.Freshness) (*State, error) {
	root, err := s.fs.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: repo, Rev: rev, Fresh: fresh}, Brief: true})
	if err != nil {
		return nil, err
	}
	st := &State{Repo: repo, Ref: root.Ref, Commit: root.Commit, fs: s.fs}
	w := walk{States: s, repo: repo, rev: content.AtCommit(root.Commit)}
	if st.files, err = w.all(ctx, dir{content.Root, root.Entry.Digest}); err != nil {
		return nil, err
	}
	slices.SortFunc(st.files, func(a, b book.File) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
	return st, nil
}

// Files returns every document.
func (s *State) Files(context.Context) ([]book.File, error) { return s.files, nil }

// Open reads one of Files.
func (s *State) Open(ctx context.Context, f book.File) (io.ReadCloser, error) {
	at := fsapi.At{Repo: s.Repo, Rev: content.AtCommit(s.Commit), Path: f.Path}
	return s.fs.Blob(ctx, at, f.Digest, 0, -1)
}

// walk collects the documents of one commit, level by level.
type walk struct {
	*States
	repo content.RepoID
	rev  content.Revision
}

type dir struct {
	path   content.Path
	digest content.Digest
}

func (w walk) all(ctx context.Context, root dir) ([]book.File, error) {
	var files []book.File
	for level := []dir{root}; len(level) > 0; {
		listings := make([][]content.Entry, len(level))
		g, inner := errgroup.WithContext(ctx)
		g.SetLimit(atOnce)
		for i, d := range level {
			g.Go(func() (err error) {
				listings[i], err = w.entries(inner, d)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		var next []dir
		for i, d := range level {
			for _, e := range listings[i] {
				path, err := d.path.Join(e.Name)
				switch {
				case err != nil: // an imported tree may hold what no path may name
				case e.Mode.IsDir():
					next = append(next, dir{path, e.Digest})
				case e.Mode.IsFile():
					files = append(files, book.File{Path: path, Digest: e.Digest, Size: e.Size})
				}
			}
		}
		if len(files)+len(next) > MaxFiles {
			return nil, fault.Newf(fault.TooLarge, "read the work", "it has more than %d documents", MaxFiles)
		}
		level = next
	}
	return files, nil
}

// entries returns what is in a directory.
func (w walk) entries(ctx context.Context, d dir) ([]content.Entry, error) {
	if held, ok := w.dirs.Get(d.digest); ok {
		return held, nil
	}
	var all []content.Entry
	for page := (fsapi.Page{Limit: fsapi.MaxPage}); ; {
		listing, err := w.fs.List(ctx, fsapi.At{Repo: w.repo, Rev: w.rev, Path: d.path}, page)
		if err != nil {
			return nil, err
		}
		if all = append(all, listing.Entries...); len(all) > MaxFiles {
			return nil, fault.Newf(fault.TooLarge, "read the work", "it has more than %d documents", MaxFiles)
		}
		if page.After = listing.Next; page.After == "" {
			break
		}
	}
	const each = 96 // bytes that an entry takes, with its name
	w.dirs.Put(d.digest, all, int64(len(all))*each)
	return all, nil
}
