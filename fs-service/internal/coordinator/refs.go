package coordinator

import (
	"context"
	"fmt"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// MoveRef creates, moves or deletes one ref (fsapi.Writer).
func (c *Coordinator) MoveRef(ctx context.Context, m fsapi.RefMove) (fsapi.Ref, error) {
	var ref fsapi.Ref
	err := c.moving(ctx, m.Repo, func(ctx context.Context, p place) (refs.Txn, error) {
		if err := p.pass.Move(m.Name, m.Force); err != nil {
			return refs.Txn{}, err
		}
		src := c.objects.Pool(p.repo.Pool)
		old, _ := c.refs.Ref(p.repo.Key, m.Name)
		if target, ok := find(old.Done, m.Request); ok {
			var err error
			ref, err = describe(ctx, src, m.Name, target)
			return refs.Txn{}, err
		}
		target, err := c.target(ctx, src, p, m, old)
		if err != nil {
			return refs.Txn{}, err
		}
		if ref, err = describe(ctx, src, m.Name, target); err != nil {
			return refs.Txn{}, err
		}
		move := refs.Move{Name: m.Name, Expect: old.Revision, New: target}
		if !m.Request.IsZero() {
			move.Done = []refs.Done{{Request: m.Request, Commit: target}}
		}
		return p.txn(move), nil
	})
	return ref, err
}

// moving prepares a transaction on refs and applies it, and prepares it anew when somebody
// else was faster. Refs are moved by name rarely, so it asks for the newest view first
// and every refusal is final. A transaction without moves is not applied.
func (c *Coordinator) moving(ctx context.Context, repo content.RepoID, prepare func(context.Context, place) (refs.Txn, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := c.refs.Barrier(ctx); err != nil {
		return err
	}
	for round := range maxRounds {
		if err := giveWay(ctx, round); err != nil {
			return err
		}
		p, err := c.place(ctx, repo)
		if err != nil {
			return err
		}
		txn, err := prepare(ctx, p)
		if err != nil || len(txn.Moves) == 0 {
			return err
		}
		if _, err = c.refs.Apply(ctx, txn); !fault.Is(err, fault.Stale) {
			return err
		}
	}
	return fault.Newf(fault.Unavailable, "move", "the refs of %v moved %d times meanwhile", repo, maxRounds)
}

// target returns where m lets its ref point: the zero digest, nowhere.
func (c *Coordinator) target(ctx context.Context, src gitfmt.Source, p place, m fsapi.RefMove, old refs.Record) (content.Digest, error) {
	var current *content.Digest
	if !old.Target.IsZero() {
		current = &old.Target
	}
	deletes := m.To == content.Revision{}
	switch {
	case m.Name.IsEdition():
		return content.Digest{}, fault.Newf(fault.Conflict, "move", "%v is an edition: it is made by publishing, and stays", m.Name.Short())
	case deletes && current == nil:
		return content.Digest{}, &fault.Error{Kind: fault.NotFound, Op: "ref", Name: m.Name.String()}
	case deletes && m.Name == p.repo.Default:
		return content.Digest{}, fault.Newf(fault.Conflict, "delete", "%v is the default branch", m.Name.Short())
	}
	if err := m.Expect.Judge(m.Name.String(), current); err != nil || deletes {
		return content.Digest{}, err
	}
	target, err := c.Resolve(ctx, p.repo, m.To)
	if err != nil {
		return content.Digest{}, err
	}
	if m.Name.IsBranch() {
		if target, err = gitfmt.Peel(ctx, src, target); err != nil {
			return content.Digest{}, err
		}
	}
	if current != nil && *current != target {
		if err := c.mayMove(ctx, src, m, *current, target); err != nil {
			return content.Digest{}, err
		}
	}
	return target, c.objects.Close(ctx, p.repo.Pool, p.at, []content.Digest{target})
}

// mayMove says whether a ref that is at old may go to target.
func (c *Coordinator) mayMove(ctx context.Context, src gitfmt.Source, m fsapi.RefMove, old, target content.Digest) error {
	if m.Name.IsTag() {
		return fault.Newf(fault.Conflict, "move", "%v is a tag, and a tag does not move", m.Name.Short())
	}
	if m.Force {
		return nil
	}
	forward, err := c.graph.IsAncestor(ctx, src, old, target)
	if err == nil && !forward {
		err = fault.Newf(fault.Conflict, "move", "%v is at %v, which %v does not build on", m.Name.Short(), old, target)
	}
	return err
}

// Resolve returns what a revision names: a commit of the repository's by its id, or a ref's target.
func (c *Coordinator) Resolve(ctx context.Context, repo refs.Repo, rev content.Revision) (content.Digest, error) {
	if d, ok := rev.Commit(); ok {
		if err := c.gate.Owns(ctx, repo, d); err != nil {
			return content.Digest{}, err
		}
		return gitfmt.Peel(ctx, c.objects.Pool(repo.Pool), d)
	}
	for _, name := range rev.Candidates() {
		if r, ok := c.refs.Ref(repo.Key, name); ok {
			return r.Target, nil
		}
	}
	return content.Digest{}, &fault.Error{Kind: fault.NotFound, Op: "revision", Name: rev.String()}
}

func describe(ctx context.Context, src gitfmt.Source, name content.RefName, target content.Digest) (fsapi.Ref, error) {
	if target.IsZero() {
		return fsapi.Ref{Name: name}, nil
	}
	commit, err := gitfmt.Peel(ctx, src, target)
	return fsapi.Ref{Name: name, Target: target, Commit: commit}, err
}

// Adopt points refs at what an import has brought, all or none. A ref that is there is
// left where it is right already, and moved only forward. Conflict names those that
// cannot be.
func (c *Coordinator) Adopt(ctx context.Context, repo content.RepoID, want []fsapi.Ref) error {
	return c.moving(ctx, repo, func(ctx context.Context, p place) (refs.Txn, error) {
		src := c.objects.Pool(p.repo.Pool)
		txn := p.txn()
		var refused []string
		for _, ref := range want {
			old, found := c.refs.Ref(p.repo.Key, ref.Name)
			if found && old.Target == ref.Target {
				continue
			}
			if err := c.mayAdopt(ctx, p.pass, src, ref); err != nil {
				return refs.Txn{}, err
			}
			if found {
				err := c.mayMove(ctx, src, fsapi.RefMove{Name: ref.Name}, old.Target, ref.Target)
				if fault.Is(err, fault.Conflict) {
					refused = append(refused, fmt.Sprintf("%v (at %v, not %v)", ref.Name, old.Target, ref.Target))
					continue
				} else if err != nil {
					return refs.Txn{}, err
				}
			}
			txn.Moves = append(txn.Moves, refs.Move{Name: ref.Name, Expect: old.Revision, New: ref.Target})
		}
		if len(refused) > 0 {
			return refs.Txn{}, fault.Newf(fault.Conflict, "import", "the repository went another way: %s", strings.Join(refused, ", "))
		}
		return txn, nil
	})
}

// mayAdopt says whether an import may point a ref where it wants to.
func (c *Coordinator) mayAdopt(ctx context.Context, pass gate.Pass, src gitfmt.Source, ref fsapi.Ref) error {
	err := pass.Move(ref.Name, false)
	if err == nil && ref.Name == content.ConfigRef {
		err = c.gate.Check(ctx, src, ref.Commit)
	}
	return err
}
