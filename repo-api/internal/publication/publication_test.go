package publication_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/publication"
)

// clock runs as any clock, and can be put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// listing is a recipe: it lists what an edition holds.
type listing struct{ fails *atomic.Bool }

func (l listing) For(m *publication.Made) []publication.Product {
	return []publication.Product{{Recipe: "listing", Type: "text/plain", Name: named("listing.txt"), Make: func(_ context.Context, w io.Writer) error {
		if l.fails.Load() {
			return fault.Newf(fault.Invalid, "list", "m1/index.cnxml:3: no")
		}
		for _, work := range m.Edition.Works {
			fmt.Fprintln(w, work.ID, work.Number)
		}
		return nil
	}}}
}

func named(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

// house is a repository with a small book, and who publishes it.
type house struct {
	publication.FS
	t     *testing.T
	repo  content.RepoID
	ctx   context.Context // of who works there
	clock *clock
	fails atomic.Bool // the recipe does
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, ctx: t.Context(), clock: &clock{}}
	h.FS = fstest.MemoryAt(t, h.clock.now)
	h.furnish()
	return h
}

// furnish writes the book.
func (h *house) furnish() {
	h.t.Helper()
	var err error
	if h.repo, err = content.ParseRepoID("book"); err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.PutRepo(h.ctx, fsapi.RepoChange{ID: h.repo}); err != nil {
		h.t.Fatal(err)
	}
	h.write("collections/book.collection.xml", collectionXML("A Book", "m1", "m2"))
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "first"))
	h.write("modules/m2/index.cnxml", moduleXML("m2", "Two", "first"))
}

const metadata = `<md:content-id>%s</md:content-id><md:title>%s</md:title><md:license url="http://creativecommons.org/licenses/by/4.0/"/>
<md:language>en</md:language><md:actors><md:person userid="ada"><md:fullname>Ada</md:fullname></md:person><md:person userid="ben"><md:fullname>Ben</md:fullname></md:person></md:actors>
<md:roles><md:role type="author">%s</md:role></md:roles>`

func collectionXML(title string, modules ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><col:metadata>`+metadata+`</col:metadata><col:content>`, "col1", title, "ada ben")
	for _, m := range modules {
		fmt.Fprintf(&b, `<col:module document="%s"/>`, m)
	}
	return b.String() + `</col:content></col:collection>`
}

func moduleXML(id, title, text string) string {
	return fmt.Sprintf(`<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>%s</title><metadata>`+metadata+`</metadata><content><para id="p">%s</para></content></document>`,
		title, id, title, "ada", text)
}

func (h *house) write(name, text string) {
	h.t.Helper()
	main, _ := content.Branch("main")
	h.writeTo(main, name, text)
}

func (h *house) writeTo(branch content.RefName, name, text string) {
	h.t.Helper()
	path, err := content.ParsePath(name)
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = h.Change(h.ctx, content.ChangeSet{
		Repo: h.repo, Branch: branch, Author: content.Signature{Name: "Ada"},
		Changes: []content.Change{{Path: path, Body: content.InlineBody([]byte(text))}},
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) settings(text string) {
	h.t.Helper()
	config, _ := content.ParseRefName("refs/meta/config")
	h.writeTo(config, "settings.json", text)
}

// publisher makes one over fs that works until the test, or its stop, ends it.
func (h *house) publisher(fs publication.FS) (p *publication.Publisher, stop func()) {
	p = publication.New(publication.Options{
		FS: fs, Clock: h.clock.now, Log: fstest.Log(h.t), Spool: h.t.TempDir(),
		Recipe: listing{&h.fails},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("publisher: %v", err)
		}
	}
	return p, stop
}

func ada() publication.Order {
	main, _ := content.ParseRevision("main")
	return publication.Order{Ref: main, Message: "An edition", By: publication.Person{User: "ada"}}
}

// until waits for a publication to be as wanted.
func (h *house) until(p *publication.Publisher, id int, want ...publication.State) publication.Publication {
	h.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		pub, err := p.Get(h.ctx, h.repo, id)
		if err == nil && slices.Contains(want, pub.State) {
			return pub
		}
		if err == nil && pub.State.Ended() {
			h.t.Fatalf("publication %d is %s (%s), not %v; %v", id, pub.State, pub.Why, want, pub.Findings)
		}
		select {
		case <-deadline:
			h.t.Fatalf("publication %d is %s, not %v: %v", id, pub.State, want, err)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// publishes asks for an edition and waits for it.
func (h *house) publishes(p *publication.Publisher, o publication.Order) publication.Edition {
	h.t.Helper()
	pub, same, err := p.Ask(h.ctx, h.repo, o)
	if err != nil || same != nil {
		h.t.Fatalf("ask: %v, %v", same, err)
	}
	n, err := book.ParseNumber(h.until(p, pub.ID, publication.Done).Edition)
	if err != nil {
		h.t.Fatal(err)
	}
	e, err := p.Edition(h.ctx, h.repo, n)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// reads checks what a revision holds.
func (h *house) reads(rev, name, want string) {
	h.t.Helper()
	r, err := content.ParseRevision(rev)
	if err != nil {
		h.t.Fatal(err)
	}
	path, _ := content.ParsePath(name)
	stat, err := h.Stat(h.ctx, fsapi.StatQuestion{At: fsapi.At{Repo: h.repo, Rev: r, Path: path}, Inline: content.InlineLimit})
	if err != nil || !strings.Contains(string(stat.Inline), want) {
		h.t.Fatalf("%s at %s: %q, %v; not %q", name, rev, stat.Inline, err, want)
	}
}

func works(e publication.Edition) (s []string) {
	for _, w := range e.Works {
		s = append(s, w.ID+" "+w.Number.String())
	}
	return s
}

func TestEditionsAreMade(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()

	first := h.publishes(p, ada())
	if got := fmt.Sprintf("%v %v %s", first.Number, works(first), first.State); got != "1.1 [m1 1 m2 1 col1 1.1] good" {
		t.Errorf("the first edition is %s", got)
	}
	h.write("modules/m2/index.cnxml", moduleXML("m2", "Two", "second"))
	h.reads("1.1", "modules/m2/index.cnxml", "first")
	h.reads("v/col1/1.1", "modules/m2/index.cnxml", "first")
	h.reads("refs/meta/publications", "downloads/1.1/listing.txt", "m1 1\nm2 1\ncol1 1.1\n")

	second := h.publishes(p, ada())
	if got := fmt.Sprint(second.Number, works(second), second.Previous); got != "1.2 [m1 1 m2 2 col1 1.2] 1.1" {
		t.Errorf("after a module changed: %s", got)
	}
	if _, same, err := p.Ask(t.Context(), h.repo, ada()); err != nil || same == nil || same.Number != second.Number {
		t.Errorf("nothing changed: %+v, %v", same, err)
	}
	h.write("collections/book.collection.xml", collectionXML("A Book", "m2", "m1"))
	third := h.publishes(p, ada())
	if got := fmt.Sprint(third.Number, works(third)); got != "2.1 [m1 1 m2 2 col1 2.1]" {
		t.Errorf("after the order changed: %s", got)
	}

	var all []string
	for before := (book.Number{}); ; {
		list, next, err := p.Editions(t.Context(), h.repo, before, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			all = append(all, e.Number.String())
		}
		if before = next; next.IsZero() {
			break
		}
	}
	if got := fmt.Sprint(all); got != "[2.1 1.2 1.1]" {
		t.Errorf("editions %s", got)
	}
	pubs, more, err := p.List(t.Context(), h.repo, 0, 2)
	if err != nil || !more || len(pubs) != 2 || pubs[0].ID != 3 {
		t.Errorf("publications %+v, more %v, %v", pubs, more, err)
	}
}

func TestWhatIsWrongIsFoundAndReservesNothing(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()
	h.write("modules/m1/index.cnxml", strings.Replace(moduleXML("m1", "One", "x"), "</para>", "", 1))
	h.write("collections/book.collection.xml", collectionXML("A Book", "m1", "m2", "m3"))

	r, err := p.Rehearse(t.Context(), h.repo, ada())
	if err != nil || r.Passes || !r.Edition.IsZero() || len(r.Findings) < 2 {
		t.Fatalf("rehearsal: %+v, %v", r, err)
	}
	if pubs, _, err := p.List(t.Context(), h.repo, 0, 10); err != nil || len(pubs) != 0 {
		t.Errorf("a rehearsal left %v, %v", pubs, err)
	}
	pub, _, err := p.Ask(t.Context(), h.repo, ada())
	if err != nil {
		t.Fatal(err)
	}
	failed := h.until(p, pub.ID, publication.Failed)
	if len(failed.Findings) != len(r.Findings) || failed.Edition != "" {
		t.Errorf("failed with %v, rehearsed %v", failed.Findings, r.Findings)
	}
	if n, err := p.Latest(t.Context(), h.repo); err != nil || !n.IsZero() {
		t.Errorf("latest is %v, %v", n, err)
	}
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "x"))
	h.write("modules/m3/index.cnxml", moduleXML("m3", "Three", "x"))
	if e := h.publishes(p, ada()); e.Number.String() != "1.1" {
		t.Errorf("after mending: %v", e.Number)
	}
}

func TestPeopleAreAsked(t *testing.T) {
	h := newHouse(t)
	h.settings(`{"acceptance": true, "moderation": true}`)
	p, stop := h.publisher(h.FS)
	defer stop()
	ben, eve := publication.Person{User: "ben"}, publication.Person{User: "eve"}

	pub, _, err := p.Ask(t.Context(), h.repo, ada())
	if err != nil {
		t.Fatal(err)
	}
	waiting := h.until(p, pub.ID, publication.WaitingForAcceptance)
	if len(waiting.Acceptances) != 2 || waiting.Acceptances[0].State != publication.Accepted || waiting.Acceptances[1].State != publication.Pending {
		t.Fatalf("ada accepts by publishing, ben is asked: %+v", waiting.Acceptances)
	}
	if _, err := p.Accept(t.Context(), h.repo, pub.ID, "ben", eve, true, ""); err == nil {
		t.Error("eve gave the word of ben")
	}
	if _, err := p.Accept(t.Context(), h.repo, pub.ID, "eve", eve, true, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("eve was not asked: %v", err)
	}
	if _, err := p.Accept(t.Context(), h.repo, pub.ID, "ben", ben, true, ""); err != nil {
		t.Fatal(err)
	}
	h.until(p, pub.ID, publication.WaitingForModeration)
	if _, err := p.Moderate(t.Context(), h.repo, pub.ID, eve, true, ""); err != nil {
		t.Fatal(err)
	}
	h.until(p, pub.ID, publication.Done)

	h.write("collections/book.collection.xml", collectionXML("Another Title", "m1", "m2"))
	pub, _, err = p.Ask(t.Context(), h.repo, ada())
	if err != nil {
		t.Fatal(err)
	}
	h.until(p, pub.ID, publication.WaitingForAcceptance)
	if _, err := p.Accept(t.Context(), h.repo, pub.ID, "ben", ben, false, "not my title"); err != nil {
		t.Fatal(err)
	}
	if rejected := h.until(p, pub.ID, publication.Rejected); !strings.Contains(rejected.Why, "not my title") {
		t.Errorf("rejected: %s", rejected.Why)
	}
	if n, _ := p.Latest(t.Context(), h.repo); n.String() != "1.1" {
		t.Errorf("latest is %v", n)
	}
}

func TestALaterTimeIsWaitedFor(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()
	order := ada()
	order.PublishAt = h.clock.now().Add(time.Hour)
	pub, _, err := p.Ask(t.Context(), h.repo, order)
	if err != nil {
		t.Fatal(err)
	}
	h.until(p, pub.ID, publication.Scheduled)
	other, _, err := p.Ask(t.Context(), h.repo, order)
	if err != nil {
		t.Fatal(err)
	}
	h.until(p, other.ID, publication.Scheduled)
	if _, err := p.Cancel(t.Context(), h.repo, other.ID, order.By); err != nil {
		t.Fatal(err)
	}
	h.clock.advance(time.Hour)
	h.until(p, pub.ID, publication.Done)
	if cancelled, err := p.Get(t.Context(), h.repo, other.ID); err != nil || cancelled.State != publication.Cancelled {
		t.Errorf("%+v, %v", cancelled, err)
	}
	if _, err := p.Cancel(t.Context(), h.repo, pub.ID, order.By); !fault.Is(err, fault.Conflict) {
		t.Errorf("too late to cancel: %v", err)
	}
}

func TestDownloadsThatFailLeaveTheLatestWhereItWas(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()
	h.publishes(p, ada())
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "second"))
	h.fails.Store(true)
	pub, _, err := p.Ask(t.Context(), h.repo, ada())
	if err != nil {
		t.Fatal(err)
	}
	failed := h.until(p, pub.ID, publication.Failed)
	if !strings.Contains(failed.Why, "m1/index.cnxml:3") || failed.Edition != "1.2" {
		t.Errorf("edition %s: %s", failed.Edition, failed.Why)
	}
	h.reads("1.2", "modules/m1/index.cnxml", "second")
	if n, _ := p.Latest(t.Context(), h.repo); n.String() != "1.1" {
		t.Errorf("latest is %v", n)
	}
	h.fails.Store(false)
	if e := h.publishes(p, ada()); e.Number.String() != "1.3" || e.State != publication.Good {
		t.Errorf("asked again: %v, %s", e.Number, e.State)
	}
}

func TestAFollowerHearsOfWhatItFollows(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()
	h.publishes(p, ada())

	reader, err := content.ParseRepoID("reader")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.PutRepo(t.Context(), fsapi.RepoChange{ID: reader}); err != nil {
		t.Fatal(err)
	}
	b := &house{FS: h.FS, t: t, ctx: h.ctx, repo: reader, clock: h.clock}
	xml := collectionXML("A Reader", "m9", "book/m1", "book/m2")
	xml = strings.Replace(xml, `document="book/m1"`, `document="m1" repository="book" version="latest"`, 1)
	xml = strings.Replace(xml, `document="book/m2"`, `document="m2" repository="book" version="1"`, 1)
	b.write("collections/r.collection.xml", xml)
	b.write("modules/m9/index.cnxml", moduleXML("m9", "Nine", "own"))
	first := b.publishes(p, ada())
	if len(first.Borrowed) != 2 {
		t.Fatalf("borrowed: %+v", first.Borrowed)
	}
	if _, same, err := p.Ask(t.Context(), reader, ada()); err != nil || same == nil {
		t.Errorf("nothing changed anywhere: %v, %v", same, err)
	}

	h.write("modules/m2/index.cnxml", moduleXML("m2", "Two", "pinned elsewhere"))
	h.publishes(p, ada())
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "followed"))
	h.publishes(p, ada())
	pub := b.until(p, 2, publication.Done)
	if pub.Edition != "1.2" || !strings.Contains(pub.Message, "book") {
		t.Errorf("the follower's publication: %+v", pub)
	}
	n, err := p.Latest(t.Context(), reader)
	if err != nil || n.String() != "1.2" {
		t.Errorf("latest is %v, %v", n, err)
	}
	second, err := p.Edition(t.Context(), reader, n)
	if err != nil || second.Borrowed[0].Number.String() != "2" || second.Borrowed[1].Number.String() != "1" || second.Works[0].Changed {
		t.Errorf("the follower borrows %+v, and has %+v, %v", second.Borrowed, second.Works, err)
	}
	if pubs, _, err := p.List(t.Context(), h.repo, 0, 10); err != nil || len(pubs) != 3 {
		t.Errorf("%d publications of what is followed, %v", len(pubs), err)
	}
}

func TestAWithdrawnEditionIsGone(t *testing.T) {
	h := newHouse(t)
	p, stop := h.publisher(h.FS)
	defer stop()
	h.publishes(p, ada())
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "second"))
	second := h.publishes(p, ada())
	if err := p.Withdraw(t.Context(), h.repo, second.Number, ada().By, "a mistake"); err != nil {
		t.Fatal(err)
	}
	if err := p.Withdraw(t.Context(), h.repo, second.Number, ada().By, "again"); err != nil {
		t.Fatal(err)
	}
	if e, err := p.Edition(t.Context(), h.repo, second.Number); err != nil || e.Withdrawn == nil || e.Withdrawn.Reason != "a mistake" {
		t.Errorf("%+v, %v", e.Withdrawn, err)
	}
	if n, _ := p.Latest(t.Context(), h.repo); n.String() != "1.1" {
		t.Errorf("latest is %v", n)
	}
	rev, _ := content.ParseRevision("1.2")
	if _, err := h.Stat(t.Context(), fsapi.StatQuestion{At: fsapi.At{Repo: h.repo, Rev: rev}}); !fault.Is(err, fault.Gone) {
		t.Errorf("read by number: %v", err)
	}
}
