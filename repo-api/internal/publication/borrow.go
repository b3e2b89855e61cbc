package publication

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// Borrowed is a module that a collection has from another repository: in a certain edition, or in
// the latest that there is when the collection is published.
type Borrowed struct {
	Repo     content.RepoID `json:"repository"`
	ID       string         `json:"id"`
	Number   book.Number    `json:"number"`
	Commit   content.Digest `json:"commit"` // of the edition that it is read in
	Contents string         `json:"contents"`
	Follows  bool           `json:"follows,omitempty"` // the latest is meant
}

// borrow finds the module that ref names in another repository; ok is false if there is none.
func (p *Publisher) borrow(ctx context.Context, ref book.ModuleRef) (b Borrowed, ok bool, err error) {
	var n book.Number
	if ref.Version != "" {
		if n, err = book.ParseNumber(ref.Version); err != nil {
			return b, false, nil
		}
	}
	e, w, err := p.EditionOf(ctx, Home{Repo: ref.Repo, Kind: kindModule, ID: ref.ID}, n)
	if err != nil {
		return b, false, ignore(err, fault.NotFound, fault.Gone)
	}
	return Borrowed{Repo: ref.Repo, ID: ref.ID, Number: w.Number, Commit: e.Commit, Contents: w.Contents, Follows: n.IsZero()}, true, nil
}

// elsewhere says whether another repository has a module in an edition.
func (j *job) elsewhere(ctx context.Context, ref book.ModuleRef) (bool, error) {
	_, ok, err := j.borrow(ctx, ref)
	return ok, err
}

// borrowed finds what a collection has from elsewhere, ordered.
func (j *job) borrowed(ctx context.Context, c *book.Collection) (all []Borrowed, err error) {
	for _, it := range c.Modules {
		if it.Module.Repo.IsZero() {
			continue
		}
		b, ok, err := j.borrow(ctx, *it.Module)
		if err != nil {
			return nil, err
		}
		if ok && !slices.Contains(all, b) { // otherwise it is a finding
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b Borrowed) int {
		return cmp.Or(strings.Compare(a.Repo.String(), b.Repo.String()), strings.Compare(a.ID, b.ID), a.Number.Compare(b.Number))
	})
	return all, nil
}

// lend opens the state that an edition has a borrowed module from: that of its publication,
// whatever is the latest by now.
func (j *job) lend(e Edition) func(context.Context, *book.ModuleRef) (book.Source, error) {
	return func(ctx context.Context, ref *book.ModuleRef) (book.Source, error) {
		for _, b := range e.Borrowed {
			if b.Repo == ref.Repo && b.ID == ref.ID && (ref.Version == "" && b.Follows || ref.Version == b.Number.String()) {
				src, err := j.States.Open(ctx, b.Repo, content.AtCommit(b.Commit), fsapi.Any)
				if err != nil {
					return nil, err
				}
				return j.files.of(src), nil
			}
		}
		return nil, fault.Newf(fault.Invalid, "publish", "%s of %v is not among what the edition borrows", ref.ID, ref.Repo)
	}
}

// followPrefix begins the notes that say which repository follows a module of another: its
// name, then the module's id, then who follows.
const followPrefix = "follow/"

// follow notes what an edition follows, so that its repository hears of new ones.
func (j *job) follow(ctx context.Context, e Edition) error {
	for _, b := range e.Borrowed {
		if !b.Follows {
			continue
		}
		name := fmt.Sprintf("%s%v/%s/%v", followPrefix, b.Repo, b.ID, j.repo)
		if _, err := j.fs.PutNote(ctx, fsapi.Note{Name: name, Value: []byte("{}")}); ignore(err, fault.Stale) != nil {
			return err
		}
	}
	return nil
}

// tell has the repositories publish anew that follow a module which changed. They do it in the name
// of who published them last. It ends: what a collection borrows changes none of its repository's
// own modules.
func (j *job) tell(ctx context.Context, e Edition) error {
	told := map[content.RepoID]bool{j.repo: true}
	for _, w := range e.Works {
		if w.Kind != kindModule || !w.Changed {
			continue
		}
		prefix := fmt.Sprintf("%s%v/%s/", followPrefix, j.repo, w.ID)
		for page := (fsapi.Page{Limit: fsapi.MaxPage}); ; {
			notes, err := j.fs.Notes(ctx, prefix, page)
			if err != nil {
				return err
			}
			for _, n := range notes.Notes {
				repo, err := content.ParseRepoID(strings.TrimPrefix(n.Name, prefix))
				if err != nil || told[repo] {
					continue
				}
				told[repo] = true
				if err := j.wake(ctx, repo, e); err != nil {
					j.Log.Warn("follower is not told", "repo", repo, "of", j.repo, "edition", e.Number, "error", err)
				}
			}
			if page.After = notes.Next; notes.Next == "" {
				break
			}
		}
	}
	return nil
}

// wake asks for a publication of a repository's latest edition, as it is with what changed elsewhere.
func (j *job) wake(ctx context.Context, repo content.RepoID, because Edition) error {
	l := j.Publisher.ledger(repo)
	x, _, err := l.index(ctx)
	if err != nil || x.Latest.IsZero() {
		return err
	}
	latest, _, err := l.edition(ctx, x.Latest)
	if err != nil {
		return err
	}
	last, _, err := l.publication(ctx, latest.Publication)
	if err != nil {
		return err
	}
	pub := Publication{
		Ref: latest.Ref, Commit: latest.Commit, Collections: last.Collections, Publisher: last.Publisher,
		Message: fmt.Sprintf("Follow edition %v of %v", because.Number, j.repo), Asked: j.now(), State: Processing,
	}
	ctx = last.Publisher.asks(ctx)
	if err := l.add(ctx, &pub); err != nil {
		return err
	}
	return j.hand(ctx, repo, pub.ID)
}
