package coordinator

import (
	"context"
	"fmt"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// Merge brings a revision into a branch (fsapi.Merger). It is judged and built at the tip, and
// anew if the branch moves meanwhile: what was clean may be in conflict then.
func (c *Coordinator) Merge(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
	resolutions, given, err := resolutionsOf(m)
	if err != nil {
		return fsapi.Merged{}, err
	}
	var merged fsapi.Merged
	err = c.moving(ctx, m.Repo, func(ctx context.Context, p place) (refs.Txn, error) {
		src := c.objects.Pool(p.repo.Pool)
		old, found := c.refs.Ref(p.repo.Key, m.Into)
		if commit, ok := find(old.Done, m.Request); ok {
			merged, err = c.repeatMerge(ctx, src, commit)
			return refs.Txn{}, err
		}
		if !found {
			return refs.Txn{}, &fault.Error{Kind: fault.NotFound, Op: "branch", Name: m.Into.Short()}
		}
		if err := m.Expect.Judge(m.Into.Short(), &old.Target); err != nil {
			return refs.Txn{}, err
		}
		theirs, err := c.Resolve(ctx, p.repo, m.From)
		if err == nil {
			theirs, err = gitfmt.Peel(ctx, src, theirs)
		}
		if err != nil {
			return refs.Txn{}, err
		}
		result, err := merge.New(c.trees, c.graph).Commits(ctx, gitfmt.Overlay{Stored: src, Made: given}, merge.Commits{
			Ours: old.Target, Theirs: theirs, Resolutions: resolutions,
		})
		if err != nil {
			return refs.Txn{}, err
		}
		merged = outcome(old.Target, theirs, result)
		if !merged.Modified || m.DryRun {
			return refs.Txn{}, nil
		}
		return c.mergeCommit(ctx, p, src, m, old, &merged, append(values(given), result.Made...), result.Tree)
	})
	return merged, err
}

// mergeCommit makes the commit durable and returns the transaction that moves the branch to it.
func (c *Coordinator) mergeCommit(ctx context.Context, p place, src gitfmt.Source, m fsapi.Merge, old refs.Record, merged *fsapi.Merged, made []content.Object, tree content.Digest) (refs.Txn, error) {
	if err := c.objects.Close(ctx, p.repo.Pool, p.at, []content.Digest{merged.Theirs}); err != nil {
		return refs.Txn{}, err
	}
	tip, err := c.graph.Commit(ctx, src, old.Target)
	if err != nil {
		return refs.Txn{}, err
	}
	commit := content.Commit{
		Tree: tree, Parents: []content.Digest{merged.Ours, merged.Theirs}, Author: m.Author, Message: m.Message,
		Committer: committer(notBefore(tip.Committer.When, c.clock().Truncate(time.Second))),
	}
	if commit.Author.When.IsZero() {
		commit.Author.When = commit.Committer.When
	}
	if commit.Message == "" {
		commit.Message = fmt.Sprintf("Merge %v into %s\n", m.From, m.Into.Short())
	}
	o := gitfmt.EncodeCommit(commit)
	err = c.objects.Write(ctx, p.repo.Pool, p.at, replica.Batch{
		Objects: append(made, o), Bases: commit.Parents, Tips: []content.Digest{o.Digest},
	})
	if err != nil {
		return refs.Txn{}, err
	}
	merged.Commit = o.Digest
	move := refs.Move{Name: m.Into, Expect: old.Revision, New: o.Digest}
	if !m.Request.IsZero() {
		move.Done = []refs.Done{{Request: m.Request, Commit: o.Digest}}
	}
	return p.txn(move), nil
}

// outcome tells what a merge came to.
func outcome(ours, theirs content.Digest, r merge.Result) fsapi.Merged {
	m := fsapi.Merged{Ours: ours, Theirs: theirs, Bases: r.Bases, More: r.More}
	for _, c := range r.Conflicts {
		m.Conflicts = append(m.Conflicts, fsapi.MergeConflict{
			Path: c.Path, Kind: c.Kind.String(), Base: c.Base, Ours: c.Ours, Theirs: c.Theirs,
		})
	}
	switch {
	case len(r.Bases) == 1 && r.Bases[0] == theirs:
		m.Commit = ours // all of it is there already
	case len(r.Conflicts) == 0:
		m.Modified = true
	}
	return m
}

// repeatMerge tells again what a request was told that has been carried out before.
func (c *Coordinator) repeatMerge(ctx context.Context, src gitfmt.Source, id content.Digest) (fsapi.Merged, error) {
	commit, err := c.graph.Commit(ctx, src, id)
	if err != nil || len(commit.Parents) != 2 {
		return fsapi.Merged{}, err
	}
	bases, err := merge.Bases(ctx, c.graph, src, commit.Parents[0], commit.Parents[1])
	return fsapi.Merged{Commit: id, Modified: true, Ours: commit.Parents[0], Theirs: commit.Parents[1], Bases: bases}, err
}

// resolutionsOf checks what is said of paths in conflict, and returns the documents that come with it.
func resolutionsOf(m fsapi.Merge) (merge.Resolutions, map[content.Digest]content.Object, error) {
	if !m.Into.IsBranch() {
		return nil, nil, fault.Newf(fault.Invalid, "merge", "%v is not a branch", m.Into)
	}
	if len(m.Resolutions) > fsapi.MaxResolutions {
		return nil, nil, fault.Newf(fault.Invalid, "merge", "%d resolutions, more than %d", len(m.Resolutions), fsapi.MaxResolutions)
	}
	given := map[content.Digest]content.Object{}
	resolutions := merge.Resolutions{}
	for _, r := range m.Resolutions {
		if _, twice := resolutions[r.Path]; twice {
			return nil, nil, fault.Newf(fault.Invalid, "merge", "%v is resolved twice", r.Path)
		}
		switch r.Use {
		case fsapi.Ours:
			resolutions[r.Path] = merge.UseOurs()
		case fsapi.Theirs:
			resolutions[r.Path] = merge.UseTheirs()
		case fsapi.Base:
			resolutions[r.Path] = merge.UseBase()
		case fsapi.Gone:
			resolutions[r.Path] = merge.Remove()
		case fsapi.Given:
			if len(r.Given) > content.InlineLimit {
				return nil, nil, fault.Newf(fault.TooLarge, "merge", "%v: %d bytes given, more than %d", r.Path, len(r.Given), content.InlineLimit)
			}
			o := content.NewObject(content.KindBlob, r.Given)
			given[o.Digest] = o
			resolutions[r.Path] = merge.Use(content.ModeRegular, o.Digest)
		default:
			return nil, nil, fault.Newf(fault.Invalid, "merge", "%v: resolution %d is not known", r.Path, r.Use)
		}
	}
	return resolutions, given, nil
}

func values(given map[content.Digest]content.Object) (objs []content.Object) {
	for _, o := range given {
		objs = append(objs, o)
	}
	return objs
}
