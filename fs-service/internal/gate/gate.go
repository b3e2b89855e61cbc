// Package gate finds out who asks and what they may do: it resolves what a request
// brought against the tokens, reads a repository's settings, and puts both to the rules
// (fs-service/access). It keeps no decision. It decides from the view that the node has
// reached, so whoever needs the newest asks for a barrier first, and whoever changes
// something names the Grounds in the transaction: a right that was taken away
// meanwhile changes nothing any more.
//
// Everything may be called from any goroutine.
package gate

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
)

// Options are what a Gate is made of.
type Options struct {
	Refs      refs.Refs
	Pool      func(content.Pool) gitfmt.Source // reads any object of a pool, wherever it is
	Trees     *gitfmt.Trees
	Graph     *gitfmt.Graph
	Clock     func() time.Time
	Anonymous access.Role // of who brings no token, everywhere; "": none
	Log       *slog.Logger
}

// Memory for settings that were read, by the commit that holds them.
const (
	settingsBytes = 8 << 20
	settingsWorth = 4 // a parsed document takes about so many times its text
)

// Gate says who may do what.
type Gate struct {
	Options
	settings *lru.Cache[content.Digest, *access.Settings]
	reaches  *lru.Cache[refs.Key, *reach] // of repositories whose pools are shared
}

// New makes a gate.
func New(o Options) *Gate {
	return &Gate{
		Options:  o,
		settings: lru.New[content.Digest, *access.Settings](settingsBytes, settingsBytes/2),
		reaches:  lru.New[refs.Key, *reach](reachBytes, reachBytes),
	}
}

// Caller is who asks, and the record that says so.
type Caller struct {
	access.Caller
	token refs.Token // zero: nothing was brought
}

// Who returns who asks in ctx. Unauthenticated: what they brought is no token, or one
// that is no longer good.
func (g *Gate) Who(ctx context.Context) (Caller, error) {
	c := caller.FromContext(ctx)
	if c.IsZero() {
		return Caller{Caller: access.Anonymous(g.Anonymous)}, nil
	}
	if c.IsCell() {
		return Caller{Caller: access.Anonymous(access.Publisher)}, nil
	}
	t, good := g.token(c)
	if !good {
		return Caller{}, access.NoToken()
	}
	return Caller{Caller: t.Holder(), token: t}, nil
}

// token returns the token that c is, or stands for, and whether it is good.
func (g *Gate) token(c caller.Credential) (t refs.Token, good bool) {
	if id := c.For(); id != "" {
		t, _ = g.Refs.Token(id)
		return t, t.Lives(g.Clock())
	}
	id, secret, ok := access.ParseText(c.Reveal())
	if !ok {
		return t, false
	}
	t, _ = g.Refs.Token(id) // the zero token is opened by nothing
	return t, t.Opens(secret, g.Clock())
}

// Pass is what somebody may do in a repository, and what that rests on.
type Pass struct {
	access.Rights
	Caller Caller
	repo   refs.Repo
	config refs.Record
}

// Pass returns the rights of who asks in a repository. Withheld: it was taken down.
func (g *Gate) Pass(ctx context.Context, repo refs.Repo) (Pass, error) {
	who, err := g.Who(ctx)
	if err != nil {
		return Pass{}, err
	}
	p := Pass{Caller: who, repo: repo}
	p.config, _ = g.Refs.Ref(repo.Key, content.ConfigRef)
	settings, err := g.read(ctx, repo, p.config.Target)
	if err != nil {
		return Pass{}, err
	}
	p.Rights = access.In(who.Caller, repo.ID, settings, func() bool { return g.published(repo) })
	return p, p.withheld()
}

// Repo is the repository that the pass is to.
func (p Pass) Repo() refs.Repo { return p.repo }

// AppendGrounds appends the records that a pass rests on, but for those that are named already.
func (p Pass) AppendGrounds(to []refs.Ground) []refs.Ground {
	add := func(g refs.Ground) {
		if !slices.Contains(to, g) {
			to = append(to, g)
		}
	}
	add(refs.GroundOf(p.repo.Key, content.ConfigRef, p.config))
	if p.Caller.Known() {
		add(p.Caller.token.Ground())
	}
	return to
}

// Grounds are the records that a pass rests on.
func (p Pass) Grounds() []refs.Ground { return p.AppendGrounds(nil) }

// Hide returns what who asks may hear of a repository that is not there, where err says why.
func (g *Gate) Hide(ctx context.Context, id content.RepoID, err error) error {
	kind := fault.Of(err)
	if kind != fault.NotFound && kind != fault.Gone && kind != fault.Moved {
		return err
	}
	who, unknown := g.Who(ctx)
	if unknown != nil {
		return unknown
	}
	repo, _ := g.Refs.Repo(id)
	if kind == fault.Moved {
		now, _ := g.Refs.RepoOf(repo.Key)
		pass, refused := g.Pass(ctx, now)
		switch {
		case fault.Is(refused, fault.Withheld):
			return refused
		case refused == nil && pass.Knows() == nil:
			return err
		}
		return access.Hidden(who.Caller, id)
	}
	mayKnow := who.Role.Permits().Has(access.Delete) || who.User != "" && who.User == repo.Owner
	if kind == fault.Gone && mayKnow {
		return err
	}
	return access.Hidden(who.Caller, id)
}

// published says whether something of a repository was.
func (g *Gate) published(repo refs.Repo) bool {
	return len(g.Refs.List(repo.Key, tags, "", 1)) > 0
}

// Edition says whether a commit is a state of the work that was published, and not
// withdrawn.
func (g *Gate) Edition(ctx context.Context, repo refs.Repo, commit content.Digest) (bool, error) {
	src := g.Pool(repo.Pool)
	for after := ""; ; {
		some := g.Refs.List(repo.Key, tags, after, page)
		for _, tag := range some {
			if g.withdrawn(repo, tag.Name) {
				continue
			}
			stands, err := gitfmt.Peel(ctx, src, tag.Target)
			if err == nil && stands == commit {
				return true, nil
			}
			if err != nil && !fault.Is(err, fault.Invalid) {
				return false, err
			}
		}
		if len(some) < page {
			return false, nil
		}
		after = some[len(some)-1].Name.String()
	}
}

func (g *Gate) withdrawn(repo refs.Repo, edition content.RefName) bool {
	name, err := fsapi.Withdrawal(edition)
	_, is := g.Refs.Ref(repo.Key, name)
	return err == nil && is
}

const (
	tags = "refs/tags/v/"
	page = 1000
)
