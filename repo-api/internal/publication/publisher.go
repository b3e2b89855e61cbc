package publication

import (
	"archive/zip"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
	"rhapsode/internal/run"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/state"
)

// Options are what a Publisher is made of.
type Options struct {
	FS       FS
	States   *state.States  // nil: its own
	Readings *book.Readings // nil: its own
	Recipe   Recipe         // nil: all that package download makes
	Clock    func() time.Time
	Log      *slog.Logger
	Spool    string // the folder for downloads that are being made; "": the system's
}

// Publisher takes orders for publications and carries them out.
type Publisher struct {
	Options
	tasks tasks
	crew  *run.Crew
	room  chan struct{} // of those that are worked on at once
	sites *lru.Cache[content.Digest, *zip.Reader]
	files files
}

// atOnce is how many publications one process works on.
const atOnce = 2

// What is remembered of works, in bytes: their directories, what their documents say, and
// their pages.
const (
	dirBytes      = 16 << 20
	readingBytes  = 64 << 20
	renderedBytes = 64 << 20
)

// New makes a Publisher at rest.
func New(o Options) *Publisher {
	if o.States == nil {
		o.States = state.New(o.FS, dirBytes)
	}
	if o.Readings == nil {
		o.Readings = book.NewReadings(readingBytes)
	}
	if o.Recipe == nil {
		o.Recipe = NewRecipes(renderedBytes)
	}
	return &Publisher{
		Options: o, crew: run.NewCrew(), room: make(chan struct{}, atOnce), sites: lru.New[content.Digest, *zip.Reader](siteBytes, maxSite), files: newFiles(),
		tasks: tasks{notes: o.FS, owner: content.NewRequestID().String(), now: o.Clock},
	}
}

func (p *Publisher) ledger(repo content.RepoID) ledger { return ledger{p.FS, repo} }

// Order is what is asked for.
type Order struct {
	Ref         content.Revision
	Message     string
	Collections []string
	PublishAt   time.Time // zero: now
	By          Person
}

// The limits of an order.
const (
	maxCollections = 100
	maxAhead       = 5 * 366 * 24 * time.Hour
)

func (o Order) check(now time.Time) error {
	switch {
	case len(o.Message) > content.MaxMessage:
		return fault.Newf(fault.TooLarge, "publish", "a message of %d bytes, more than %d", len(o.Message), content.MaxMessage)
	case len(o.Collections) > maxCollections:
		return fault.Newf(fault.Invalid, "publish", "%d collections, more than %d", len(o.Collections), maxCollections)
	case o.PublishAt.After(now.Add(maxAhead)):
		return fault.Newf(fault.Invalid, "publish", "publish_at is more than five years ahead")
	}
	return nil
}

// Ask records an order and sees to it that somebody carries it out. If the state that is
// asked for is that of the latest edition already, there is nothing to do: the edition is
// returned, and no publication.
//
// NotFound: the revision, or a collection. Invalid, TooLarge: the order. On return the order is durable.
func (p *Publisher) Ask(ctx context.Context, repo content.RepoID, o Order) (Publication, *Edition, error) {
	now := p.now()
	if err := o.check(now); err != nil {
		return Publication{}, nil, err
	}
	root, err := p.FS.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: repo, Rev: o.Ref}, Brief: true})
	if err != nil {
		return Publication{}, nil, err
	}
	l := p.ledger(repo)
	same, err := p.unchanged(ctx, l, root, o.Collections)
	if err != nil || same != nil {
		return Publication{}, same, err
	}
	ref := o.Ref.String()
	if !root.Ref.IsZero() {
		ref = root.Ref.Short()
	}
	pub := Publication{
		Ref: ref, Commit: root.Commit, Message: o.Message, Collections: o.Collections, PublishAt: o.PublishAt,
		Publisher: o.By, Asked: now, State: Processing,
	}
	if err := l.add(ctx, &pub); err != nil {
		return Publication{}, nil, err
	}
	return pub, nil, p.hand(ctx, repo, pub.ID)
}

// unchanged returns the latest edition if it has that very tree, and nothing changed that it follows.
func (p *Publisher) unchanged(ctx context.Context, l ledger, root fsapi.Stat, collections []string) (*Edition, error) {
	x, _, err := l.index(ctx)
	if err != nil || x.Latest.IsZero() || x.Latest != x.Newest() {
		return nil, err
	}
	latest, _, err := l.edition(ctx, x.Latest)
	if err != nil || latest.Tree != root.Entry.Digest {
		return nil, err
	}
	if !slices.ContainsFunc(latest.Borrowed, func(b Borrowed) bool { return b.Follows }) {
		return &latest, nil
	}
	j := job{Publisher: p, ledger: l}
	s, err := j.survey(ctx, root.Commit, collections, latest)
	if err != nil {
		return nil, err
	}
	works, _ := numbered(s.works, latest.Works, s.wanted)
	if slices.ContainsFunc(works, func(w Work) bool { return w.Changed }) {
		return nil, nil
	}
	return &latest, nil
}

// hand makes a task of a publication and begins to work on it here, if there is room. The
// record came first: if this process dies before there is a task, whoever looks at the
// publication makes it again (Get).
func (p *Publisher) hand(ctx context.Context, repo content.RepoID, id int) error {
	if err := p.tasks.add(ctx, task{Repo: repo, ID: id}); err != nil {
		return err
	}
	p.start(task{Repo: repo, ID: id}.name())
	return nil
}

// Get returns a publication as it is now. One that has work to be done and is no task
// any more (its front end died at a bad moment) is made one again.
func (p *Publisher) Get(ctx context.Context, repo content.RepoID, id int) (Publication, error) {
	pub, _, err := p.ledger(repo).publication(ctx, id)
	if err != nil || !pub.Working() || p.now().Sub(pub.Asked) < lease {
		return pub, err
	}
	_, err = p.FS.Note(ctx, task{Repo: repo, ID: id}.name())
	if fault.Is(err, fault.NotFound) {
		err = p.hand(ctx, repo, id)
	}
	return pub, err
}

// List returns at most limit publications, the newest first, that were asked for before the one
// called before; 0: from the newest on. More says whether there are others.
func (p *Publisher) List(ctx context.Context, repo content.RepoID, before, limit int) (pubs []Publication, more bool, err error) {
	l := p.ledger(repo)
	next := 0
	if _, _, err := l.read(ctx, nextFile, &next); err != nil {
		return nil, false, err
	}
	id := next
	if before > 0 {
		id = min(id, before-1)
	}
	for ; id > 0 && len(pubs) < limit; id-- {
		pub, _, err := l.publication(ctx, id)
		if err != nil {
			return nil, false, err
		}
		pubs = append(pubs, pub)
	}
	return pubs, id > 0, nil
}

// Cancel ends a publication that is not being published yet. Conflict: it is too late.
func (p *Publisher) Cancel(ctx context.Context, repo content.RepoID, id int, by Person) (Publication, error) {
	return p.amend(ctx, repo, id, by, "Cancel", func(pub *Publication) error {
		switch {
		case by.User != pub.Publisher.User:
			return fault.Newf(fault.Forbidden, "cancel", "only %s can cancel publication %d, and %s asks", pub.Publisher.name(), id, by.name())
		case pub.State == Cancelled:
			return nil
		case !pub.State.Cancellable():
			return fault.Newf(fault.Conflict, "cancel", "publication %d is %s", id, pub.State)
		}
		pub.fail(Cancelled, "cancelled by "+by.name())
		return nil
	})
}

// Accept is the word of somebody who is named in what is to be published. Nobody gives another's:
// Forbidden. Conflict: theirs is not asked for, or no longer.
func (p *Publisher) Accept(ctx context.Context, repo content.RepoID, id int, user string, by Person, yes bool, why string) (Publication, error) {
	if by.User != user {
		return Publication{}, fault.Newf(fault.Forbidden, "accept", "only %s can give the word of %s, and %s asks", user, user, by.name())
	}
	return p.amend(ctx, repo, id, by, "Answer for", func(pub *Publication) error {
		a := pub.answers(user)
		switch {
		case a == nil:
			return fault.Newf(fault.Conflict, "accept", "publication %d does not ask for the word of %s", id, by.name())
		case pub.State != WaitingForAcceptance:
			return fault.Newf(fault.Conflict, "accept", "publication %d is %s", id, pub.State)
		}
		a.State, a.At, a.Why = answered(yes), p.now(), why
		return nil
	})
}

// Moderate is the word of a moderator: the file system judges whether it is. Conflict: it is not
// asked for.
func (p *Publisher) Moderate(ctx context.Context, repo content.RepoID, id int, by Person, yes bool, why string) (Publication, error) {
	if err := p.ledger(repo).moderated(ctx, id, by, yes, why); err != nil {
		return Publication{}, err
	}
	return p.amend(ctx, repo, id, by, "Moderate", func(pub *Publication) error {
		if pub.State != WaitingForModeration {
			return fault.Newf(fault.Conflict, "moderate", "publication %d is %s", id, pub.State)
		}
		pub.Moderation = &Moderation{State: answered(yes), By: by.User, At: p.now(), Why: why}
		return nil
	})
}

func answered(yes bool) Answer {
	if yes {
		return Accepted
	}
	return Declined
}

func (p Person) name() string {
	if p.User == "" {
		return "somebody without a name"
	}
	return p.User
}

// amend changes a record by what a person says, and has the work go on. The record is written in
// the name of who publishes: those who are asked for their word need no right to publish.
func (p *Publisher) amend(ctx context.Context, repo content.RepoID, id int, by Person, verb string, f func(*Publication) error) (Publication, error) {
	l := p.ledger(repo)
	for {
		pub, e, err := l.publication(ctx, id)
		if err == nil {
			err = f(&pub)
		}
		if err != nil {
			return Publication{}, err
		}
		var d draft
		d.json(publicationFile(id), pub, e)
		_, err = l.write(pub.Publisher.asks(ctx), d, by.User, fmt.Sprintf("%s publication %d\n", verb, id))
		if fault.Is(err, fault.Stale) {
			continue // somebody else said something meanwhile
		}
		if err == nil && !pub.State.Ended() {
			err = p.hand(ctx, repo, id)
		}
		return pub, err
	}
}

// now is a time as it is written down.
func (p *Publisher) now() time.Time { return p.Clock().UTC().Truncate(time.Millisecond) }
