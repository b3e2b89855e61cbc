package node

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// History is in fsapi.Reader.
func (n *Node) History(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.History, error) {
	return n.listed(ctx, at, page, "log", draft(at.Path), (*gitfmt.Past).Log)
}

// Follow is in fsapi.Reader. Where it leads only who may read everything may know.
func (n *Node) Follow(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.History, error) {
	return n.listed(ctx, at, page, "follow", draft(content.Root), (*gitfmt.Past).Follow)
}

// lister is Log or Follow.
type lister func(p *gitfmt.Past, ctx context.Context, tip content.Digest, at content.Path, after gitfmt.Cursor, limit int) ([]gitfmt.Logged, gitfmt.Cursor, error)

// listed returns a page of one of the lists of what became of a path. Its cursors say
// which list they are of: another's would show a part of it as if it were the whole.
func (n *Node) listed(ctx context.Context, at fsapi.At, page fsapi.Page, kind string, judge judgement, list lister) (fsapi.History, error) {
	s, err := n.settle(ctx, at, n.barrier(ctx), judge)
	if err != nil {
		return fsapi.History{}, err
	}
	seal := crc32.ChecksumIEEE(fmt.Appendf(nil, "%s\x00%x\x00%v", kind, s.repo.Key, at.Path))
	after, err := unseal(page.After, seal)
	if err != nil {
		return fsapi.History{}, err
	}
	logged, next, err := list(n.annals.Of(s.repo.Pool), ctx, s.commit.ID, at.Path, after, limit(page))
	if err != nil {
		return fsapi.History{}, err
	}
	if len(logged) == 0 {
		return fsapi.History{}, neverThere(at.Path)
	}
	h := fsapi.History{Items: make([]fsapi.HistoryItem, len(logged))}
	for i, l := range logged {
		h.Items[i] = fsapi.HistoryItem(l)
	}
	if !next.IsZero() {
		h.Next = fmt.Sprintf("%08x-%v", seal, next)
	}
	return h, nil
}

// unseal reads a cursor that was sealed as seal.
func unseal(cursor string, seal uint32) (gitfmt.Cursor, error) {
	if cursor == "" {
		return gitfmt.Cursor{}, nil
	}
	sealed, rest, _ := strings.Cut(cursor, "-")
	if sealed != fmt.Sprintf("%08x", seal) || rest == "" {
		return gitfmt.Cursor{}, fault.Newf(fault.Invalid, "cursor", "it was not given out for this list")
	}
	return gitfmt.ParseCursor(rest)
}

func neverThere(p content.Path) error {
	return fault.Newf(fault.NotFound, "history", "%v never was there", p)
}

// VersionAt is in fsapi.Reader.
func (n *Node) VersionAt(ctx context.Context, at fsapi.At, when time.Time) (fsapi.HistoryItem, error) {
	s, err := n.settle(ctx, at, n.barrier(ctx), draft(at.Path))
	if err != nil {
		return fsapi.HistoryItem{}, err
	}
	version, ok, err := n.annals.Of(s.repo.Pool).VersionAt(ctx, s.commit.ID, at.Path, when)
	if err == nil && !ok {
		err = neverThere(at.Path)
	}
	return fsapi.HistoryItem(version), err
}

// Commit is in fsapi.Reader.
func (n *Node) Commit(ctx context.Context, id content.RepoID, commit content.Digest) (fsapi.CommitDetail, error) {
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.Read(content.Path{}, false)
	}
	if err != nil {
		return fsapi.CommitDetail{}, err
	}
	if err := n.owns(ctx, repo, commit); err != nil {
		return fsapi.CommitDetail{}, err
	}
	src := n.replicas.Pool(repo.Pool)
	c, err := n.commit(ctx, src, commit)
	if err != nil {
		return fsapi.CommitDetail{}, err
	}
	var before content.Digest
	if len(c.Parents) > 0 {
		parent, err := n.graph.Commit(ctx, src, c.Parents[0])
		if err != nil {
			return fsapi.CommitDetail{}, err
		}
		before = parent.Tree
	}
	d := fsapi.CommitDetail{Commit: c}
	d.Truncated, err = n.trees.Diff(ctx, src, before, c.Tree, fsapi.MaxChanges, func(f content.FileChange) error {
		d.Changes = append(d.Changes, f)
		return nil
	})
	return d, err
}

// Repo is in fsapi.Reader.
func (n *Node) Repo(ctx context.Context, id content.RepoID) (fsapi.Repo, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Repo{}, err
	}
	repo, err := n.repo(ctx, id)
	if err != nil {
		return fsapi.Repo{}, err
	}
	if err := n.known(ctx, repo); err != nil {
		return fsapi.Repo{}, err
	}
	return n.coordinator.Describe(ctx, repo), nil
}

// known returns nil if who asks may know of a repository, wherever it is.
func (n *Node) known(ctx context.Context, repo refs.Repo) error {
	pass, err := n.gate.Pass(ctx, repo)
	if err == nil {
		err = pass.Knows()
	}
	return err
}

// Repos is in fsapi.Reader.
func (n *Node) Repos(ctx context.Context, page fsapi.Page) (fsapi.Repos, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Repos{}, err
	}
	if _, err := n.gate.Who(ctx); err != nil {
		return fsapi.Repos{}, err
	}
	var r fsapi.Repos
	for after := page.After; ; {
		records := n.refs.Repos(after, fsapi.MaxPage)
		for _, record := range records {
			if after = record.ID.String(); !record.Deleted.IsZero() || !record.Renamed.IsZero() {
				continue
			}
			switch err := n.known(ctx, record); fault.Of(err) {
			case fault.NotFound, fault.Unauthenticated, fault.Withheld:
				continue
			default:
				if err != nil {
					return fsapi.Repos{}, err
				}
			}
			if len(r.Repos) == limit(page) {
				r.Next = r.Repos[len(r.Repos)-1].ID.String()
				return r, nil
			}
			r.Repos = append(r.Repos, n.coordinator.Describe(ctx, record))
		}
		if len(records) < fsapi.MaxPage {
			return r, nil
		}
	}
}

// Refs is in fsapi.Reader.
func (n *Node) Refs(ctx context.Context, id content.RepoID, prefix string, page fsapi.Page) (fsapi.Refs, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Refs{}, err
	}
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.Walk(strings.HasPrefix(prefix, "refs/tags/v/"))
	}
	if err != nil {
		return fsapi.Refs{}, err
	}
	src, most := n.replicas.Pool(repo.Pool), limit(page)
	var r fsapi.Refs
	for _, record := range n.refs.List(repo.Key, prefix, page.After, most+1) {
		if len(r.Refs) == most {
			r.Next = r.Refs[most-1].Name.String()
			break
		}
		ref, err := n.ref(ctx, src, record.Name, record.Target)
		if err != nil {
			return fsapi.Refs{}, err
		}
		r.Refs = append(r.Refs, ref)
	}
	return r, nil
}

// Ref is in fsapi.Reader.
func (n *Node) Ref(ctx context.Context, id content.RepoID, name content.RefName) (fsapi.Ref, error) {
	if err := n.refs.Barrier(ctx); err != nil {
		return fsapi.Ref{}, err
	}
	repo, pass, err := n.passing(ctx, id)
	if err == nil {
		err = pass.Walk(name.IsEdition())
	}
	if err != nil {
		return fsapi.Ref{}, err
	}
	record, ok := n.refs.Ref(repo.Key, name)
	if !ok {
		return fsapi.Ref{}, fault.New(fault.NotFound, "ref", name.String(), errors.New("there is no such ref"))
	}
	return n.ref(ctx, n.replicas.Pool(repo.Pool), name, record.Target)
}

func (n *Node) ref(ctx context.Context, src gitfmt.Source, name content.RefName, target content.Digest) (fsapi.Ref, error) {
	c, err := n.commit(ctx, src, target)
	return fsapi.Ref{Name: name, Target: target, Commit: c.ID}, err
}
