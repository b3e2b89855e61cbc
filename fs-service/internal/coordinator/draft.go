package coordinator

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Keep makes a draft of what was refused (fsapi.Drafter).
func (c *Coordinator) Keep(ctx context.Context, r fsapi.Refused) (fsapi.Draft, error) {
	if _, err := c.admit(ctx, r.ChangeSet); err != nil {
		return fsapi.Draft{}, err
	}
	var draft fsapi.Draft
	err := c.moving(ctx, r.Repo, func(ctx context.Context, p place) (refs.Txn, error) {
		if err := p.pass.Keep(r.ChangeSet); err != nil {
			return refs.Txn{}, err
		}
		if user := p.pass.Caller.User; user != "" {
			r.Owner = content.DraftOwner(user)
		}
		name, err := draftName(r)
		if err != nil {
			return refs.Txn{}, err
		}
		tip, found := c.refs.Ref(p.repo.Key, r.Branch)
		if !found && r.Branch != p.repo.Default {
			return refs.Txn{}, &fault.Error{Kind: fault.NotFound, Op: "branch", Name: r.Branch.Short()}
		}
		base, err := c.seen(ctx, p.repo.Pool, tip.Target, r.ChangeSet)
		if err != nil {
			return refs.Txn{}, err
		}
		made, err := c.draft(ctx, p, cmp.Or(base, tip.Target), r.ChangeSet)
		if err != nil {
			return refs.Txn{}, err
		}
		if err := c.objects.Write(ctx, p.repo.Pool, p.at, made.batch()); err != nil {
			return refs.Txn{}, err
		}
		draft = fsapi.Draft{Name: name, Commit: made.tip, Base: base, Tip: tip.Target}
		moves, err := c.overdue(ctx, p, name)
		old, _ := c.refs.Ref(p.repo.Key, name)
		return p.txn(append(moves, refs.Move{Name: name, Expect: old.Revision, New: made.tip})...), err
	})
	return draft, err
}

// draftName is where r is kept. It is made from what r asks for, so that the same again
// is the same draft.
func draftName(r fsapi.Refused) (content.RefName, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%v\n", r.Branch)
	for _, change := range r.Changes {
		fmt.Fprintf(h, "%q %v %v %v %v\n", change.Path, change.Delete, change.Body.Digest, change.Mode, change.Expect)
	}
	return content.Draft(r.Owner, hex.EncodeToString(h.Sum(nil)[:10]))
}

// draft makes a commit on parent of what cs asks for, whatever it expects. Where cs can't be built
// on parent, a document being where it needs a directory, it is built on nothing.
func (c *Coordinator) draft(ctx context.Context, at place, parent content.Digest, cs content.ChangeSet) (*plan, error) {
	cs.Message = strings.TrimRight(message(cs), "\n") + "\n\n" + draftOf + cs.Branch.Short() + "\n"
	made, err := c.draftOn(ctx, at, parent, cs)
	if fault.Is(err, fault.Conflict) && !parent.IsZero() {
		return c.draftOn(ctx, at, content.Digest{}, cs)
	}
	return made, err
}

// draftOf is the trailer that says for which branch a draft is meant.
const draftOf = fsapi.DraftOf + ": "

func (c *Coordinator) draftOn(ctx context.Context, at place, parent content.Digest, cs content.ChangeSet) (*plan, error) {
	p, err := c.planner(ctx, at, refs.Record{Target: parent})
	if err != nil {
		return nil, err
	}
	var edits []gitfmt.Edit
	for _, change := range cs.Changes {
		old, err := p.lookup(ctx, change.Path)
		if err != nil {
			return nil, err
		}
		if change.Delete && old == nil {
			continue
		}
		edits = append(edits, gitfmt.Edit{Path: change.Path, Mode: mode(change, old), Digest: change.Body.Digest})
	}
	_, err = p.build(ctx, cs, edits)
	return p.plan, err
}

// The bounds of the search for what an author has seen.
const (
	maxSearched = 10_000 // commits
	maxLookups  = 50_000 // paths in them
	firstSearch = 32     // commits: what was seen is mostly not long ago
)

// seen returns the newest commit behind tip of which all that cs expects held; the zero
// digest if there is none, or none near enough. Of one document only the versions are
// looked at, of several every commit.
func (c *Coordinator) seen(ctx context.Context, pool content.Pool, tip content.Digest, cs content.ChangeSet) (content.Digest, error) {
	if tip.IsZero() {
		return content.Digest{}, nil
	}
	src, past, where := c.objects.Pool(pool), c.past(pool), content.Root
	if len(cs.Changes) == 1 && cs.Head.IsZero() {
		where = cs.Changes[0].Path
	}
	most := min(maxSearched, max(1, maxLookups/len(cs.Changes)))
	var after gitfmt.Cursor
	for n := min(firstSearch, most); n > 0; n = most {
		items, next, err := past.Log(ctx, tip, where, after, n)
		if err != nil {
			return content.Digest{}, err
		}
		for _, item := range items {
			found, err := c.heldAround(ctx, src, item.Commit, cs)
			if err != nil || !found.IsZero() {
				return found, err
			}
		}
		if after, most = next, most-len(items); next.IsZero() {
			break
		}
	}
	return content.Digest{}, nil
}

// heldAround returns the commit, or one of its parents, if all that cs expects held there.
func (c *Coordinator) heldAround(ctx context.Context, src gitfmt.Source, commit content.Commit, cs content.ChangeSet) (content.Digest, error) {
	for _, d := range append([]content.Digest{commit.ID}, commit.Parents...) {
		at, err := c.graph.Commit(ctx, src, d)
		if err != nil {
			return content.Digest{}, err
		}
		if held, err := c.held(ctx, src, at, cs); err != nil || held {
			return d, err
		}
	}
	return content.Digest{}, nil
}

// held says whether all that cs expects held at a commit.
func (c *Coordinator) held(ctx context.Context, src gitfmt.Source, at content.Commit, cs content.ChangeSet) (bool, error) {
	if cs.Head.Judge("", &at.ID) != nil {
		return false, nil
	}
	for _, change := range cs.Changes {
		var current *content.Digest
		switch e, err := c.trees.Lookup(ctx, src, at.Tree, change.Path); {
		case err == nil:
			current = &e.Digest
		case !fault.Is(err, fault.NotFound):
			return false, err
		}
		if change.Expect.Judge("", current) != nil {
			return false, nil
		}
	}
	return true, nil
}

// listed is how many drafts of one owner are looked at: there are more than MaxDrafts only
// where several were kept at once.
const listed = 10 * fsapi.MaxDrafts

// overdue are the moves that make room for the draft name: its owner's drafts that are too old
// or too many, but name itself.
func (c *Coordinator) overdue(ctx context.Context, p place, name content.RefName) ([]refs.Move, error) {
	prefix := name.String()[:strings.LastIndexByte(name.String(), '/')+1]
	drafts := c.refs.List(p.repo.Key, prefix, "", listed)
	drafts = slices.DeleteFunc(drafts, func(d refs.Named) bool { return d.Name == name })
	return c.tooOld(ctx, p, drafts, fsapi.MaxDrafts-1)
}

// tooOld are the moves that drop all but the newest of drafts, and those older than DraftAge.
func (c *Coordinator) tooOld(ctx context.Context, p place, drafts []refs.Named, newest int) (moves []refs.Move, err error) {
	slices.SortFunc(drafts, func(a, b refs.Named) int { return cmp.Compare(a.Revision, b.Revision) })
	for i, d := range drafts {
		if i >= len(drafts)-newest {
			commit, err := c.graph.Commit(ctx, c.objects.Pool(p.repo.Pool), d.Target)
			if err != nil {
				return nil, err
			}
			if c.clock().Sub(commit.Committer.When) <= fsapi.DraftAge {
				break // and so are those after it
			}
		}
		if len(moves) < refs.MaxMoves-1 {
			moves = append(moves, refs.Move{Name: d.Name, Expect: d.Revision})
		}
	}
	return moves, nil
}

// DropOldDrafts drops the drafts of a repository that are older than DraftAge.
func (c *Coordinator) DropOldDrafts(ctx context.Context, repo content.RepoID) error {
	return c.moving(ctx, repo, func(ctx context.Context, p place) (refs.Txn, error) {
		drafts := c.refs.List(p.repo.Key, content.DraftsPrefix, "", maxDropped)
		moves, err := c.tooOld(ctx, p, drafts, len(drafts))
		return p.txn(moves...), err
	})
}

// maxDropped is how many drafts are looked at in one round; the rest have to wait for the next.
const maxDropped = 20 * listed
