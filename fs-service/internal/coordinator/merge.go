package coordinator

import (
	"context"
	"fmt"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// Merge brings a revision into a branch (fsapi.Merger).
func (c *Coordinator) Merge(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
	return c.bringIn(ctx, m, merging{c})
}

// joint is what of a commit comes into a branch, and what the commit that it makes is.
type joint interface {
	// join makes one state of a branch's tip and a commit.
	join(ctx context.Context, src gitfmt.Source, ours, theirs content.Digest, r merge.Resolutions) (merge.Result, error)
	// commit is the one that goes on a branch: parents, author and message. Zero times are now.
	commit(m fsapi.Merge, ours content.Digest, theirs content.Commit) content.Commit
	// nothing says whether the result is no news to the branch.
	nothing(ctx context.Context, src gitfmt.Source, ours, theirs content.Digest, r merge.Result) (bool, error)
	// origin says of a commit that was made what it came of.
	origin(ctx context.Context, src gitfmt.Source, made content.Commit) (theirs content.Digest, bases []content.Digest, err error)
}

// bringIn judges and builds at the branch's tip, and anew if the branch moves meanwhile: what
// was clean may be in conflict then.
func (c *Coordinator) bringIn(ctx context.Context, m fsapi.Merge, j joint) (fsapi.Merged, error) {
	resolutions, given, err := resolutionsOf(m)
	if err != nil {
		return fsapi.Merged{}, err
	}
	var merged fsapi.Merged
	err = c.moving(ctx, m.Repo, func(ctx context.Context, p place) (refs.Txn, error) {
		if err := mayBringIn(p.pass, m); err != nil {
			return refs.Txn{}, err
		}
		b := bringing{Coordinator: c, Merge: m, joint: j, at: p, src: c.objects.Pool(p.repo.Pool)}
		if b.source, err = c.sourceOf(ctx, m, p.repo); err != nil {
			return refs.Txn{}, err
		}
		old, found := c.refs.Ref(p.repo.Key, m.Into)
		if commit, ok := find(old.Done, m.Request); ok {
			merged, err = b.again(ctx, commit)
			return b.txn(b.spent()...), err
		}
		if !found {
			return refs.Txn{}, &fault.Error{Kind: fault.NotFound, Op: "branch", Name: m.Into.Short()}
		}
		if err := m.Expect.Judge(m.Into.Short(), &old.Target); err != nil {
			return refs.Txn{}, err
		}
		theirs, err := b.theirs(ctx)
		if err != nil {
			return refs.Txn{}, err
		}
		result, err := j.join(ctx, gitfmt.Overlay{Stored: b.src, Made: given}, old.Target, theirs, resolutions)
		if err != nil {
			return refs.Txn{}, err
		}
		if merged, err = b.outcome(ctx, old.Target, theirs, result); err != nil {
			return refs.Txn{}, err
		}
		switch {
		case m.DryRun || len(merged.Conflicts) > 0:
			return refs.Txn{}, nil
		case !merged.Modified:
			return b.txn(b.spent()...), nil
		}
		return b.commit(ctx, old, &merged, append(values(given), result.Made...), result.Tree)
	})
	return merged, err
}

// mayBringIn says whether who asks may merge, or only see what would come of it.
func mayBringIn(pass gate.Pass, m fsapi.Merge) error {
	if m.DryRun {
		return pass.Read(content.Root, false)
	}
	return pass.Move(m.Into, false)
}

// sourceOf returns what who asks may do in the repository that m brings something in from; nil: it
// is the same. Conflict: the two have no objects in common, so what one has the other can't reach.
func (c *Coordinator) sourceOf(ctx context.Context, m fsapi.Merge, into refs.Repo) (*gate.Pass, error) {
	if m.FromRepo.IsZero() || m.FromRepo == m.Repo {
		return nil, nil
	}
	from, err := Lookup(c.refs, m.FromRepo)
	if err != nil {
		return nil, c.gate.Hide(ctx, m.FromRepo, err)
	}
	pass, err := c.gate.Pass(ctx, from)
	if err == nil {
		err = pass.Knows()
	}
	if err == nil && from.Pool != into.Pool {
		err = fault.Newf(fault.Conflict, "merge", "neither of %v and %v is derived from the other: they have no history in common", m.FromRepo, m.Repo)
	}
	return &pass, err
}

// bringing is one attempt to bring something in.
type bringing struct {
	*Coordinator
	fsapi.Merge
	joint  joint
	at     place
	source *gate.Pass // to where From is; nil: it is in Repo
	src    gitfmt.Source
}

// theirs is the commit that is brought in.
func (b *bringing) theirs(ctx context.Context) (content.Digest, error) {
	if b.source != nil {
		return b.elsewhere(ctx)
	}
	theirs, err := b.Resolve(ctx, b.at.repo, b.From)
	if err != nil {
		return content.Digest{}, err
	}
	return gitfmt.Peel(ctx, b.src, theirs)
}

// elsewhere is the commit that is brought in from another repository, if who asks may read all of it there.
func (b *bringing) elsewhere(ctx context.Context) (content.Digest, error) {
	other := b.source.Repo()
	theirs, err := b.Resolve(ctx, other, b.From)
	if err == nil {
		theirs, err = gitfmt.Peel(ctx, b.src, theirs)
	}
	if refused := b.source.Read(content.Root, false); refused != nil {
		edition := false
		if err == nil {
			edition, err = b.gate.Edition(ctx, other, theirs)
		}
		if refused := b.source.Read(content.Root, edition); refused != nil {
			return content.Digest{}, refused
		}
	}
	if err != nil {
		return content.Digest{}, err
	}
	return theirs, b.gate.EditionWithheld(ctx, *b.source, content.RefName{}, theirs, content.Root)
}

// txn is the transaction of what is brought in, on the grounds of what who asks may do here and there.
func (b *bringing) txn(moves ...refs.Move) refs.Txn {
	txn := b.at.txn(moves...)
	if b.source != nil {
		txn.Grounds = b.source.AppendGrounds(txn.Grounds)
	}
	return txn
}

// commit makes what came of it durable and returns the transaction that moves the branch there.
func (b *bringing) commit(ctx context.Context, old refs.Record, merged *fsapi.Merged, made []content.Object, tree content.Digest) (refs.Txn, error) {
	if err := b.objects.Close(ctx, b.at.repo.Pool, b.at.at, []content.Digest{merged.Theirs}); err != nil {
		return refs.Txn{}, err
	}
	tip, err := b.graph.Commit(ctx, b.src, merged.Ours)
	if err != nil {
		return refs.Txn{}, err
	}
	theirs, err := b.graph.Commit(ctx, b.src, merged.Theirs)
	if err != nil {
		return refs.Txn{}, err
	}
	commit := b.joint.commit(b.Merge, merged.Ours, theirs)
	commit.Tree = tree
	commit.Committer.When = notBefore(tip.Committer.When, b.clock().Truncate(time.Second))
	if commit.Author.When.IsZero() {
		commit.Author.When = commit.Committer.When
	}
	o := gitfmt.EncodeCommit(commit)
	err = b.objects.Write(ctx, b.at.repo.Pool, b.at.at, replica.Batch{
		Objects: append(made, o), Bases: []content.Digest{merged.Ours, merged.Theirs}, Tips: []content.Digest{o.Digest},
	})
	if err != nil {
		return refs.Txn{}, err
	}
	merged.Commit = o.Digest
	move := refs.Move{Name: b.Into, Expect: old.Revision, New: o.Digest}
	if !b.Request.IsZero() {
		move.Done = []refs.Done{{Request: b.Request, Commit: o.Digest}}
	}
	return b.txn(append(b.spent(), move)...), nil
}

// spent drops the draft that was brought in, if it was one.
func (b *bringing) spent() (moves []refs.Move) {
	if b.source != nil {
		return nil
	}
	for _, name := range b.From.Candidates() {
		if _, _, draft := name.Draft(); !draft {
			continue
		}
		if r, found := b.refs.Ref(b.at.repo.Key, name); found {
			moves = append(moves, refs.Move{Name: name, Expect: r.Revision})
		}
	}
	return moves
}

// outcome tells what it came to.
func (b *bringing) outcome(ctx context.Context, ours, theirs content.Digest, r merge.Result) (fsapi.Merged, error) {
	m := fsapi.Merged{Ours: ours, Theirs: theirs, Bases: r.Bases, More: r.More}
	for _, c := range r.Conflicts {
		m.Conflicts = append(m.Conflicts, fsapi.MergeConflict{
			Path: c.Path, Kind: c.Kind.String(), Base: c.Base, Ours: c.Ours, Theirs: c.Theirs,
		})
	}
	if len(r.Conflicts) > 0 {
		return m, nil
	}
	nothing, err := b.joint.nothing(ctx, b.src, ours, theirs, r)
	if nothing {
		m.Commit = ours
	}
	m.Modified = !nothing
	return m, err
}

// again tells what a request was told that has been carried out before.
func (b *bringing) again(ctx context.Context, id content.Digest) (fsapi.Merged, error) {
	made, err := b.graph.Commit(ctx, b.src, id)
	if err != nil || len(made.Parents) == 0 {
		return fsapi.Merged{}, err
	}
	m := fsapi.Merged{Commit: id, Modified: true, Ours: made.Parents[0]}
	m.Theirs, m.Bases, err = b.joint.origin(ctx, b.src, made)
	return m, err
}

// merging joins two commits, as git merge does.
type merging struct{ *Coordinator }

func (m merging) join(ctx context.Context, src gitfmt.Source, ours, theirs content.Digest, r merge.Resolutions) (merge.Result, error) {
	return merge.New(m.trees, m.graph).Commits(ctx, src, merge.Commits{Ours: ours, Theirs: theirs, Resolutions: r})
}

// nothing is to be done if all of it is there already.
func (merging) nothing(_ context.Context, _ gitfmt.Source, _, theirs content.Digest, r merge.Result) (bool, error) {
	return len(r.Bases) == 1 && r.Bases[0] == theirs, nil
}

func (merging) commit(m fsapi.Merge, ours content.Digest, theirs content.Commit) content.Commit {
	message := m.Message
	if message == "" {
		from := m.From.String()
		if !m.FromRepo.IsZero() {
			from = m.FromRepo.String() + "@" + from
		}
		message = fmt.Sprintf("Merge %s into %s\n", from, m.Into.Short())
	}
	return content.Commit{
		Parents: []content.Digest{ours, theirs.ID}, Author: m.Author, Committer: committer(time.Time{}), Message: message,
	}
}

func (m merging) origin(ctx context.Context, src gitfmt.Source, made content.Commit) (theirs content.Digest, bases []content.Digest, err error) {
	if len(made.Parents) != 2 {
		return content.Digest{}, nil, nil
	}
	bases, err = merge.Bases(ctx, m.graph, src, made.Parents[0], made.Parents[1])
	return made.Parents[1], bases, err
}
