package publication_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/publication"
)

// holder makes a token for a user, and returns who they are and a context in which they ask.
func (h *house) holder(user string) (publication.Person, context.Context) {
	h.t.Helper()
	text, token, err := access.Mint(access.Token{User: user, Created: time.Now(), Scope: access.Scope{Verbs: access.Verbs()}}, rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.PutToken(h.ctx, token); err != nil {
		h.t.Fatal(err)
	}
	return publication.Person{User: user, Token: token.ID}, caller.NewContext(h.t.Context(), caller.Bearing(text))
}

// TestWhoPublishesIsAskedToTheEnd has nobody do what their token does not let them: the
// judge is the file system, and a publication goes no further than its publisher may by then.
func TestWhoPublishesIsAskedToTheEnd(t *testing.T) {
	h := &house{t: t, clock: &clock{}}
	fs, admin := fstest.Closed(t, h.clock.now)
	h.FS, h.ctx = fs, caller.NewContext(t.Context(), caller.Bearing(admin))
	h.furnish()
	h.settings(`{"acceptance": false, "moderation": true, "roles": {"ada": ["publisher"], "mod": ["moderator"], "aut": ["author"]}}`)
	ada, asAda := h.holder("ada")
	mod, asMod := h.holder("mod")
	aut, asAut := h.holder("aut")
	p, stop := h.publisher(h.FS)
	defer stop()

	main, _ := content.ParseRevision("main")
	order := publication.Order{Ref: main, By: ada}
	for who, ctx := range map[string]context.Context{"an author": asAut, "a moderator": asMod} {
		if _, _, err := p.Ask(ctx, h.repo, order); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s asks for a publication: %v", who, err)
		}
	}
	pub, _, err := p.Ask(asAda, h.repo, order)
	if err != nil {
		t.Fatal(err)
	}
	h.ctx = asAda
	h.until(p, pub.ID, publication.WaitingForModeration)
	for who, ctx := range map[publication.Person]context.Context{ada: asAda, aut: asAut} {
		if _, err := p.Moderate(ctx, h.repo, pub.ID, who, true, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s moderates: %v", who.User, err)
		}
	}
	if _, err := p.Moderate(asMod, h.repo, pub.ID, mod, true, ""); err != nil {
		t.Fatal(err)
	}
	if done := h.until(p, pub.ID, publication.Done); done.Edition != "1.1" {
		t.Errorf("edition %s", done.Edition)
	}
	for rev, open := range map[string]bool{"1.1": true, "main": false} {
		r, _ := content.ParseRevision(rev)
		if _, err := h.Stat(t.Context(), fsapi.StatQuestion{At: fsapi.At{Repo: h.repo, Rev: r}}); (err == nil) != open {
			t.Errorf("who brings nothing reads %s: %v", rev, err)
		}
	}
	if e, err := p.Edition(t.Context(), h.repo, book.Number{Major: 1, Minor: 1}); err != nil || e.Publisher != "ada" {
		t.Errorf("who brings nothing reads of the edition %+v, %v", e, err)
	}
	if _, err := p.Get(t.Context(), h.repo, pub.ID); err == nil {
		t.Error("who brings nothing reads how it was published")
	}

	order.PublishAt = h.clock.now().Add(time.Hour)
	order.Message = "later"
	h.ctx = asAut
	h.write("modules/m1/index.cnxml", moduleXML("m1", "One", "second"))
	later, _, err := p.Ask(asAda, h.repo, order)
	if err != nil {
		t.Fatal(err)
	}
	h.until(p, later.ID, publication.Scheduled)
	if err := h.DeleteToken(asAda, ada.Token); err != nil {
		t.Fatal(err)
	}
	h.clock.advance(time.Hour)
	if failed := h.until(p, later.ID, publication.Failed); !strings.Contains(failed.Why, "token") {
		t.Errorf("after its publisher's token was revoked: %s", failed.Why)
	}
}
