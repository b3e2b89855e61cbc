package node

import (
	"context"
	"encoding/base64"
	"io"
	"strings"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gate"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// Question is one of a batch, and who asks it.
type Question struct {
	fsapi.StatQuestion
	From caller.Credential
}

// maxTogether is how many questions of one batch are answered at a time.
const maxTogether = 8

// Answer is what came of one question.
type Answer struct {
	Stat fsapi.Stat
	Err  error
}

// StatAll answers a batch of questions. One barrier serves all of them.
func (n *Node) StatAll(ctx context.Context, qs []Question) []Answer {
	answers := make([]Answer, len(qs))
	barrier := sync.OnceValue(func() error { return n.refs.Barrier(ctx) })
	if len(qs) == 1 {
		answers[0].Stat, answers[0].Err = n.stat(caller.NewContext(ctx, qs[0].From), qs[0].StatQuestion, barrier)
		return answers
	}
	var wg sync.WaitGroup
	places := make(chan struct{}, maxTogether)
	for i := range qs {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			answers[i].Stat, answers[i].Err = n.stat(caller.NewContext(ctx, qs[i].From), qs[i].StatQuestion, barrier)
		})
	}
	wg.Wait()
	return answers
}

// Stat is in fsapi.Reader.
func (n *Node) Stat(ctx context.Context, q fsapi.StatQuestion) (fsapi.Stat, error) {
	a := n.StatAll(ctx, []Question{{q, caller.FromContext(ctx)}})[0]
	return a.Stat, a.Err
}

func (n *Node) stat(ctx context.Context, q fsapi.StatQuestion, barrier func() error) (fsapi.Stat, error) {
	judge, partly := readable(q.Path), false
	if q.Brief && q.Path.IsRoot() {
		judge = func(pass gate.Pass, edition bool) error {
			partly = pass.Read(q.Path, edition) != nil
			return pass.Walk(edition)
		}
	}
	s, err := n.settle(ctx, q.At, barrier, judge)
	if err != nil {
		return fsapi.Stat{}, err
	}
	stat := fsapi.Stat{Repo: q.Repo, Ref: s.ref, Commit: s.commit.ID}
	if stat.Entry, err = n.trees.Lookup(ctx, s.src, s.commit.Tree, q.Path); err != nil {
		return fsapi.Stat{}, err
	}
	if partly { // a digest tells, to who knows it, what is there
		stat.Entry.Digest = content.Digest{}
	}
	switch {
	case q.Near && !stat.Entry.Mode.IsDir() && s.pass.Read(q.Path, false) == nil: // no edition tells of them
		stat.Modified, stat.Versions, err = n.versions(ctx, s, q.Path)
	case !q.Brief:
		stat.Modified, err = n.modified(ctx, s, q.Path)
	}
	if err != nil {
		return fsapi.Stat{}, err
	}
	if stat.Entry.Mode.IsDir() || stat.Entry.Mode == content.ModeSubmodule {
		return stat, nil
	}
	return stat, n.fill(ctx, s.repo.Pool, q, &stat)
}

// versions returns which version of a document is there, and since when.
func (n *Node) versions(ctx context.Context, s settled, p content.Path) (time.Time, fsapi.Versions, error) {
	tip, _ := n.refs.Ref(s.repo.Key, s.repo.Default)
	vs, err := n.annals.Of(s.repo.Pool).Versions(ctx, s.commit.ID, tip.Target, p)
	return vs.When, fsapi.Versions{This: vs.This, Before: vs.Before, After: vs.After, Line: s.repo.Default}, err
}

// modified returns when a commit last changed a path; zero if that was too long ago.
func (n *Node) modified(ctx context.Context, s settled, p content.Path) (time.Time, error) {
	_, when, ok, err := n.annals.Of(s.repo.Pool).LastChange(ctx, s.commit.ID, p)
	if err != nil || !ok {
		return time.Time{}, err
	}
	return when, nil
}

// fill adds a document's size, and its body if that should come along.
func (n *Node) fill(ctx context.Context, pool content.Pool, q fsapi.StatQuestion, stat *fsapi.Stat) error {
	h, err := n.replicas.Stat(ctx, pool, stat.Entry.Digest)
	if err != nil {
		return err
	}
	stat.Entry.Size = h.Size
	if q.Inline == 0 || h.Size > min(q.Inline, content.InlineLimit) || stat.Entry.Digest == q.Have {
		return nil
	}
	o, err := n.replicas.Object(ctx, pool, stat.Entry.Digest)
	stat.Inline = o.Data
	return err
}

// settled is what a place's repository and revision came to.
type settled struct {
	repo   refs.Repo
	src    gitfmt.Source
	pass   gate.Pass       // of who asks
	ref    content.RefName // zero for a commit id
	commit content.Commit
}

// judgement says whether a pass lets see something of a state of the work, which may be an edition.
type judgement func(pass gate.Pass, edition bool) error

// readable judges what is at and under p.
func readable(p content.Path) judgement {
	return func(pass gate.Pass, edition bool) error { return pass.Read(p, edition) }
}

// draft judges what is at and under p and how it came to be, which no edition tells.
func draft(p content.Path) judgement {
	return func(pass gate.Pass, _ bool) error { return pass.Read(p, false) }
}

// settle finds the repository and the commit of a place, if judge lets who asks see it. A revision
// that is a commit id means the same for ever, so it needs no barrier, and no quorum.
func (n *Node) settle(ctx context.Context, at fsapi.At, barrier func() error, judge judgement) (settled, error) {
	id, immutable := at.Rev.Commit()
	if !immutable && at.Fresh != fsapi.Any {
		if err := barrier(); err != nil {
			return settled{}, err
		}
	}
	repo, pass, err := n.passing(ctx, at.Repo)
	if err != nil {
		return settled{}, err
	}
	s := settled{repo: repo, src: n.replicas.Pool(repo.Pool), pass: pass}
	if immutable {
		err = n.owns(ctx, repo, id)
	} else {
		s.ref, id, err = n.find(repo, at.Rev)
		if err == nil && s.ref.IsEdition() {
			err = n.stands(ctx, repo, s.ref)
		}
	}
	if refused := n.judge(ctx, s, at.Path, id, pass, judge); refused != nil {
		return settled{}, refused
	}
	if err != nil {
		return settled{}, err
	}
	if s.commit, err = n.commit(ctx, s.src, id); err != nil {
		return settled{}, err
	}
	return s, n.gate.EditionWithheld(ctx, pass, s.ref, s.commit.ID, at.Path)
}

// judge lets pass see the state that a revision named, which is zero if it named none: then it is
// no edition, and who may see nothing else does not learn which there are.
func (n *Node) judge(ctx context.Context, s settled, p content.Path, commit content.Digest, pass gate.Pass, judge judgement) error {
	if pass.All() {
		return nil
	}
	edition := fsapi.Published(s.ref, p)
	if s.ref.IsZero() && !commit.IsZero() && judge(pass, true) == nil {
		var err error
		if edition, err = n.gate.Edition(ctx, s.repo, commit); err != nil {
			return err
		}
	}
	return judge(pass, edition)
}

// owns returns NotFound unless a digest that came from outside is in the
// repository's own pool, and its own there. What is remembered of commits and trees is shared by all.
func (n *Node) owns(ctx context.Context, repo refs.Repo, id content.Digest) error {
	if _, err := n.replicas.Stat(ctx, repo.Pool, id); err != nil {
		return err
	}
	return n.gate.Owns(ctx, repo, id)
}

// find returns the ref that a revision names and where it points.
func (n *Node) find(repo refs.Repo, rev content.Revision) (content.RefName, content.Digest, error) {
	candidates := rev.Candidates()
	if rev == (content.Revision{}) {
		candidates = []content.RefName{repo.Default}
	}
	for _, name := range candidates {
		if r, ok := n.refs.Ref(repo.Key, name); ok {
			return name, r.Target, nil
		}
	}
	if rev == (content.Revision{}) {
		return content.RefName{}, content.Digest{}, fault.Newf(fault.NotFound, "revision", "the default branch %v is not there yet: nothing has been written", repo.Default.Short())
	}
	return content.RefName{}, content.Digest{}, &fault.Error{Kind: fault.NotFound, Op: "revision", Name: rev.String()}
}

// stands returns Gone, and why, if an edition is withdrawn.
func (n *Node) stands(ctx context.Context, repo refs.Repo, edition content.RefName) error {
	withdrawal, err := fsapi.Withdrawal(edition)
	if err != nil {
		return err
	}
	r, withdrawn := n.refs.Ref(repo.Key, withdrawal)
	if !withdrawn {
		return nil
	}
	o, err := n.replicas.Object(ctx, repo.Pool, r.Target)
	if err != nil {
		return err
	}
	tag, err := gitfmt.ParseTag(o)
	if err != nil {
		return fault.New(fault.Corrupt, "withdrawal", edition.Short(), err)
	}
	return fault.Newf(fault.Gone, "edition", "%v is withdrawn: %s", edition.Short(), strings.TrimSpace(tag.Message))
}

// commit reads the commit that d is or, as a tag, stands for.
func (n *Node) commit(ctx context.Context, src gitfmt.Source, d content.Digest) (content.Commit, error) {
	c, err := n.graph.Commit(ctx, src, d)
	if err == nil || !fault.Is(err, fault.Corrupt) {
		return c, err
	}
	if d, err = gitfmt.Peel(ctx, src, d); err != nil {
		return content.Commit{}, err
	}
	return n.graph.Commit(ctx, src, d)
}

// Blob is in fsapi.Reader.
func (n *Node) Blob(ctx context.Context, at fsapi.At, blob content.Digest, off, length int64) (io.ReadCloser, error) {
	repo, pass, err := n.passing(ctx, at.Repo)
	if err == nil && (repo.Shared || !pass.All()) {
		err = n.isAt(ctx, at, blob)
	}
	if err != nil {
		return nil, err
	}
	return n.open(ctx, repo, blob, off, length)
}

// isAt returns nil if who asks may read what is at a place, and that is the blob.
func (n *Node) isAt(ctx context.Context, at fsapi.At, blob content.Digest) error {
	s, err := n.settle(ctx, at, n.barrier(ctx), readable(at.Path))
	if err != nil {
		return err
	}
	entry, err := n.trees.Lookup(ctx, s.src, s.commit.Tree, at.Path)
	if err == nil && entry.Digest != blob {
		err = fault.Newf(fault.NotFound, "read", "%v is not at %v", blob, at.Path)
	}
	return err
}

// open opens a blob for who may read it.
func (n *Node) open(ctx context.Context, repo refs.Repo, blob content.Digest, off, length int64) (io.ReadCloser, error) {
	h, err := n.replicas.Stat(ctx, repo.Pool, blob)
	if err != nil {
		return nil, err
	}
	if h.Kind != content.KindBlob || off < 0 || off > h.Size {
		return nil, fault.Newf(fault.Invalid, "read", "%v is a %v of %d bytes, and byte %d of it was asked for", blob, h.Kind, h.Size, off)
	}
	return n.replicas.OpenRange(ctx, repo.Pool, blob, off, length)
}

// List is in fsapi.Reader.
func (n *Node) List(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.Listing, error) {
	s, err := n.settle(ctx, at, n.barrier(ctx), readable(at.Path))
	if err != nil {
		return fsapi.Listing{}, err
	}
	after, err := name(page.After)
	if err != nil {
		return fsapi.Listing{}, err
	}
	stat := fsapi.Stat{Repo: at.Repo, Ref: s.ref, Commit: s.commit.ID}
	if stat.Entry, err = n.trees.Lookup(ctx, s.src, s.commit.Tree, at.Path); err != nil {
		return fsapi.Listing{}, err
	}
	if !stat.Entry.Mode.IsDir() {
		return fsapi.Listing{}, fault.Newf(fault.Conflict, "list", "%v is no directory", at.Path)
	}
	if stat.Modified, err = n.modified(ctx, s, at.Path); err != nil {
		return fsapi.Listing{}, err
	}
	tree, err := n.trees.Tree(ctx, s.src, stat.Entry.Digest)
	if err != nil {
		return fsapi.Listing{}, err
	}
	l := fsapi.Listing{Stat: stat}
	l.Entries, l.Next = cutEntries(tree.Entries(), after, limit(page))
	return l, n.sizes(ctx, s.repo.Pool, l.Entries)
}

// cutEntries returns at most limit of entries behind the one called after, and a
// cursor if there are more.
func cutEntries(entries []content.Entry, after string, limit int) ([]content.Entry, string) {
	if after != "" {
		for i, e := range entries {
			if e.Name == after {
				entries = entries[i+1:]
				break
			}
		}
	}
	if len(entries) <= limit {
		return entries, ""
	}
	return entries[:limit], base64.RawURLEncoding.EncodeToString([]byte(entries[limit-1].Name))
}

func name(cursor string) (string, error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", fault.Newf(fault.Invalid, "cursor", "it was not given out here")
	}
	return string(b), nil
}

func (n *Node) sizes(ctx context.Context, pool content.Pool, entries []content.Entry) error {
	for i, e := range entries {
		if e.Mode.IsDir() || e.Mode == content.ModeSubmodule {
			continue
		}
		h, err := n.replicas.Stat(ctx, pool, e.Digest)
		if err != nil {
			return err
		}
		entries[i].Size = h.Size
	}
	return nil
}

// barrier is a barrier for one question.
func (n *Node) barrier(ctx context.Context) func() error {
	return func() error { return n.refs.Barrier(ctx) }
}

func limit(p fsapi.Page) int {
	if p.Limit <= 0 {
		return fsapi.DefaultPage
	}
	return min(p.Limit, fsapi.MaxPage)
}
