package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/publication"
	"rhapsode/repo-api/internal/resource"
)

// publications is where states of the work are asked to become editions.
func (a *API) publications(r *http.Request) (flow.Resource, error) {
	repo, err := resource.ParseRepo(mux.Vars(r)["repo"])
	return &publications{api: a, view: a.view(), repo: repo}, err
}

type publications struct {
	api *API
	view
	jsonContent
	repo content.RepoID
	wait bool // what was asked for is on its way
}

var (
	_ flow.Getter  = (*publications)(nil)
	_ flow.Poster  = (*publications)(nil)
	_ flow.Fielder = (*publications)(nil)
)

func (*publications) Methods(*flow.Exchange) (flow.Methods, error) {
	return flow.GET | flow.POST, nil
}

// Look lists publications, the newest first. The cursor is the id of the last one shown.
func (p *publications) Look(x *flow.Exchange) (flow.State, error) {
	if !reads(x.Request) {
		return flow.State{Exists: true}, nil
	}
	page, err := pageOf(x.Request)
	if err != nil {
		return flow.State{}, err
	}
	before := 0
	if page.After != "" {
		if before, err = resource.ParsePublicationID(page.After); err != nil {
			return flow.State{}, fault.New(fault.Invalid, "cursor", "", err)
		}
	}
	pubs, more, err := p.api.Publisher.List(x.Context(), p.repo, before, most(page))
	if err != nil {
		return absent(err)
	}
	if more {
		p.next(x.Request, strconv.Itoa(pubs[len(pubs)-1].ID))
	}
	return p.show(x, resource.ListOf(pubs, func(pub publication.Publication) resource.Publication {
		return resource.PublicationOf(p.repo, pub)
	}))
}

func most(p fsapi.Page) int {
	if p.Limit == 0 {
		return fsapi.DefaultPage
	}
	return p.Limit
}

// Post asks for a publication. 202: it is on its way. 200: there is nothing to publish, or it was a
// rehearsal.
func (p *publications) Post(x *flow.Exchange) (flow.Done, error) {
	var asked newPublication
	if _, err := readJSON(x.Request, &asked); err != nil {
		return flow.Done{}, err
	}
	order, err := asked.order()
	if err != nil {
		return flow.Done{}, err
	}
	if order.By, err = p.api.person(x); err != nil {
		return flow.Done{}, err
	}
	if asked.DryRun {
		rehearsed, err := p.api.Publisher.Rehearse(x.Context(), p.repo, order)
		if err == nil {
			_, err = p.show(x, resource.RehearsalOf(rehearsed))
		}
		return flow.Done{Content: p.representation()}, err
	}
	pub, same, err := p.api.Publisher.Ask(x.Context(), p.repo, order)
	if err != nil {
		return flow.Done{}, err
	}
	if same != nil {
		_, err := p.show(x, resource.Unchanged{State: "unchanged", Edition: resource.VersionOf(p.repo, *same)})
		return flow.Done{Content: p.representation()}, err
	}
	p.wait = true
	_, err = p.show(x, resource.PublicationOf(p.repo, pub))
	return flow.Done{Pending: true, Location: resource.PublicationURL(p.repo, pub.ID), Content: p.representation()}, err
}

// Fields says when to ask again for what is on its way.
func (p *publications) Fields(x *flow.Exchange, h http.Header) {
	p.view.Fields(x, h)
	if p.wait {
		h.Set("Retry-After", "1")
	}
}

// person is who asks, as a publication knows them.
func (a *API) person(x *flow.Exchange) (publication.Person, error) {
	who, err := a.FS.Whoami(x.Context())
	return publication.Person{User: who.User, Token: who.Token}, err
}

// newPublication is what is asked to be published.
type newPublication struct {
	Ref         string     `json:"ref"`
	Message     string     `json:"message,omitempty"`
	Collections []string   `json:"collections,omitempty"`
	DryRun      bool       `json:"dry_run,omitempty"`
	PublishAt   *time.Time `json:"publish_at,omitempty"`
}

func (n newPublication) order() (o publication.Order, err error) {
	if n.Ref != "" {
		if o.Ref, err = content.ParseRevision(n.Ref); err != nil {
			return o, err
		}
	}
	o.Message, o.Collections = n.Message, n.Collections
	if n.PublishAt != nil {
		o.PublishAt = n.PublishAt.UTC()
	}
	return o, nil
}

// publication is one of them: how far it has come.
func (a *API) publication(r *http.Request) (flow.Resource, error) {
	repo, id, err := publicationIn(r)
	return &onePublication{api: a, view: a.view(), repo: repo, id: id}, err
}

func publicationIn(r *http.Request) (repo content.RepoID, id int, err error) {
	if repo, err = resource.ParseRepo(mux.Vars(r)["repo"]); err != nil {
		return repo, 0, err
	}
	if id, err = resource.ParsePublicationID(mux.Vars(r)["id"]); err != nil {
		err = fault.New(fault.NotFound, "publication", "", err)
	}
	return repo, id, err
}

type onePublication struct {
	api *API
	view
	repo content.RepoID
	id   int
	pub  publication.Publication
}

var (
	_ flow.Getter  = (*onePublication)(nil)
	_ flow.Deleter = (*onePublication)(nil)
	_ flow.Fielder = (*onePublication)(nil)
)

// Methods are GET and, as long as it can be cancelled, DELETE.
func (p *onePublication) Methods(x *flow.Exchange) (flow.Methods, error) {
	if reads(x.Request) {
		return flow.GET | flow.DELETE, nil
	}
	err := p.load(x)
	if err != nil || !p.pub.State.Cancellable() {
		return flow.GET, ignoring(err, fault.NotFound)
	}
	return flow.GET | flow.DELETE, nil
}

// ignoring is err unless it is of that kind: Look will tell.
func ignoring(err error, k fault.Kind) error {
	if fault.Is(err, k) {
		return nil
	}
	return err
}

func (p *onePublication) load(x *flow.Exchange) (err error) {
	if p.pub.ID == 0 {
		p.pub, err = p.api.Publisher.Get(x.Context(), p.repo, p.id)
	}
	return err
}

func (p *onePublication) Look(x *flow.Exchange) (flow.State, error) {
	if err := p.load(x); err != nil {
		return absent(err)
	}
	return p.show(x, resource.PublicationOf(p.repo, p.pub))
}

// Delete cancels the publication.
func (p *onePublication) Delete(x *flow.Exchange) (flow.Done, error) {
	by, err := p.api.person(x)
	if err != nil {
		return flow.Done{}, err
	}
	p.pub, err = p.api.Publisher.Cancel(x.Context(), p.repo, p.id, by)
	if err != nil {
		return flow.Done{}, err
	}
	_, err = p.show(x, resource.PublicationOf(p.repo, p.pub))
	return flow.Done{Content: p.representation()}, err
}

// Fields says when to ask again, as long as something may change by itself.
func (p *onePublication) Fields(x *flow.Exchange, h http.Header) {
	p.view.Fields(x, h)
	if p.pub.ID == 0 || p.pub.State.Ended() {
		return
	}
	after := 1
	if p.pub.State.Waits() && !p.pub.Working() {
		after = 60
	} else if p.pub.State == publication.Scheduled {
		after = max(1, min(3600, int(p.pub.PublishAt.Sub(p.api.Clock()).Seconds())+1))
	}
	h.Set("Retry-After", strconv.Itoa(after))
}

// acceptance is where somebody who is named in a publication gives their word.
func (a *API) acceptance(r *http.Request) (flow.Resource, error) {
	repo, id, err := publicationIn(r)
	return &word{api: a, view: a.view(), repo: repo, id: id, user: mux.Vars(r)["user"]}, err
}

// moderation is where a moderator does.
func (a *API) moderation(r *http.Request) (flow.Resource, error) {
	repo, id, err := publicationIn(r)
	return &word{api: a, view: a.view(), repo: repo, id: id}, err
}

// word is what a person says of a publication: one that is named, or a moderator.
type word struct {
	api *API
	view
	jsonContent
	repo content.RepoID
	id   int
	user string // ""; it is the moderator's
}

var (
	_ flow.Getter = (*word)(nil)
	_ flow.Putter = (*word)(nil)
)

func (*word) Methods(*flow.Exchange) (flow.Methods, error) { return flow.GET | flow.PUT, nil }

func (w *word) Look(x *flow.Exchange) (flow.State, error) {
	pub, err := w.api.Publisher.Get(x.Context(), w.repo, w.id)
	if err != nil {
		return absent(err)
	}
	return w.shown(x, pub)
}

func (w *word) shown(x *flow.Exchange, pub publication.Publication) (flow.State, error) {
	if w.user == "" {
		if pub.Moderation == nil {
			return flow.State{Why: fault.Newf(fault.NotFound, "moderation", "no moderator is asked about publication %d", w.id)}, nil
		}
		return w.show(x, pub.Moderation)
	}
	for _, a := range pub.Acceptances {
		if a.User == w.user {
			return w.show(x, a)
		}
	}
	return flow.State{Why: fault.Newf(fault.NotFound, "acceptance", "the word of %s is not asked for in publication %d", w.user, w.id)}, nil
}

// Put gives the word: {"accept": true, "reason"}. Whose it is, is whose token came with it.
func (w *word) Put(x *flow.Exchange) (flow.Done, error) {
	if !x.State.Exists {
		return flow.Done{}, fault.New(fault.Conflict, "publication", "", x.State.Why)
	}
	var said newWord
	if _, err := readJSON(x.Request, &said); err != nil {
		return flow.Done{}, err
	}
	if said.Accept == nil {
		return flow.Done{}, fault.Newf(fault.Invalid, "publication", `"accept" is true or false`)
	}
	by, err := w.api.person(x)
	if err != nil {
		return flow.Done{}, err
	}
	var pub publication.Publication
	if w.user == "" {
		pub, err = w.api.Publisher.Moderate(x.Context(), w.repo, w.id, by, *said.Accept, said.Reason)
	} else {
		pub, err = w.api.Publisher.Accept(x.Context(), w.repo, w.id, w.user, by, *said.Accept, said.Reason)
	}
	if err == nil {
		_, err = w.shown(x, pub)
	}
	return flow.Done{Content: w.representation()}, err
}

type newWord struct {
	Accept *bool  `json:"accept"`
	Reason string `json:"reason,omitempty"`
}
