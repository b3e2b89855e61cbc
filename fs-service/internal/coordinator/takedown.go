package coordinator

import (
	"context"
	"log/slog"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Takedowns are in fsapi.Withholder.
func (c *Coordinator) Takedowns(ctx context.Context, id content.RepoID) (access.Takedowns, error) {
	repo, _, err := c.withholding(ctx, id)
	return repo.Takedowns, err
}

// TakeDown withholds a repository or an edition (fsapi.Withholder).
func (c *Coordinator) TakeDown(ctx context.Context, id content.RepoID, t access.Takedown) (access.Takedown, error) {
	if err := t.Check(); err != nil {
		return access.Takedown{}, err
	}
	t.Lifted, t.LiftedBy = access.Takedown{}.Lifted, ""
	err := c.withhold(ctx, id, func(repo refs.Repo, who gate.Caller) (access.Takedowns, error) {
		if _, there := c.refs.Ref(repo.Key, t.Edition); !there && !t.Edition.IsZero() {
			return nil, &fault.Error{Kind: fault.NotFound, Op: "edition", Name: t.Edition.Short()}
		}
		if now, ok := repo.Takedowns.Of(t.Edition); ok && now.Reason == t.Reason && now.BlockedBy == t.BlockedBy {
			t = now
			return repo.Takedowns, nil
		}
		t.By, t.At = who.User, c.clock()
		return repo.Takedowns.With(t)
	})
	if err != nil {
		return access.Takedown{}, err
	}
	c.log.LogAttrs(ctx, slog.LevelInfo, "taken down", slog.String("repo", id.String()), slog.String("edition", t.Edition.String()),
		slog.String("by", t.By), slog.String("blocked_by", t.BlockedBy), slog.String("reason", t.Reason))
	return t, nil
}

// Lift ends a takedown (fsapi.Withholder).
func (c *Coordinator) Lift(ctx context.Context, id content.RepoID, edition content.RefName) error {
	by := ""
	err := c.withhold(ctx, id, func(repo refs.Repo, who gate.Caller) (access.Takedowns, error) {
		by = who.User
		left, lifted := repo.Takedowns.Without(edition, by, c.clock())
		if !lifted {
			return nil, &fault.Error{Kind: fault.NotFound, Op: "takedown", Name: id.String()}
		}
		return left, nil
	})
	if err == nil {
		c.log.LogAttrs(ctx, slog.LevelInfo, "takedown lifted", slog.String("repo", id.String()), slog.String("edition", edition.String()), slog.String("by", by))
	}
	return err
}

// withholding is a repository, and who asks if they may withhold what it holds. Whether they may
// does not depend on it, so whoever may not learns nothing of it.
func (c *Coordinator) withholding(ctx context.Context, id content.RepoID) (refs.Repo, gate.Caller, error) {
	if err := c.refs.Barrier(ctx); err != nil {
		return refs.Repo{}, gate.Caller{}, err
	}
	who, err := c.gate.Who(ctx)
	if err == nil {
		err = who.MayWithhold(id)
	}
	if err != nil {
		return refs.Repo{}, gate.Caller{}, err
	}
	repo, err := Lookup(c.refs, id)
	return repo, who, err
}

// withhold has a repository's takedowns be what change makes of them, as they are when that takes its
// place in the order.
func (c *Coordinator) withhold(ctx context.Context, id content.RepoID, change func(refs.Repo, gate.Caller) (access.Takedowns, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request := content.NewRequestID()
	for {
		repo, who, err := c.withholding(ctx, id)
		if err != nil {
			return err
		}
		if repo.Takedowns, err = change(repo, who); err != nil {
			return err
		}
		repo.Request = request
		if _, err = c.refs.PutRepo(ctx, repo, repo.Revision); !fault.Is(err, fault.Stale) {
			return err
		}
	}
}
