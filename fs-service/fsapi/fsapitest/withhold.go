package fsapitest

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
)

// reader is d as a token's holder sees it who may read all of the repository, and no more.
func (d *desk) reader() context.Context {
	d.t.Helper()
	text, token, err := access.Mint(access.Token{User: "reader", Scope: access.Scope{Verbs: access.Verbs()}}, rand.Reader)
	if err == nil {
		err = d.PutToken(d.ctx, token)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	cs := d.set(put(d.t, access.SettingsFile, `{"roles":{"reader":["reader"]}}`, content.Expect{}))
	cs.Branch = content.ConfigRef
	must(d.Change(d.ctx, cs))(d.t)
	return caller.NewContext(d.ctx, caller.Bearing(text))
}

// withheldFrom checks that err says why, and who carries it out.
func (d *desk) withheldFrom(err error, t access.Takedown, what string) {
	d.t.Helper()
	d.fails(err, fault.Withheld, what)
	var e *fault.Error
	if errors.As(err, &e) && (e.Facts["reason"] != t.Reason || e.Facts["blocked_by"] != t.BlockedBy) {
		d.t.Errorf("%s: the facts are %v", what, e.Facts)
	}
}

// What was taken down is read by admins alone, until that is lifted. It stays on record, also when
// the repository is renamed.
func takesDown(t *testing.T, d *desk) {
	first := d.write("a", "one")
	edition := d.edition("1.1", first.Commit)
	must(d.Release(d.ctx, fsapi.Release{Record: d.record("1.json", "done", content.Absent()), Tags: []fsapi.NewTag{edition}}))(t)
	d.write("a", "two")
	admin, reader := d.ctx, d.reader()
	read := func(rev string) error {
		d.ctx = reader
		defer func() { d.ctx = admin }()
		_, err := d.stat(rev, "a")
		return err
	}
	for _, rev := range []string{"main", "1.1", first.Commit.String()} {
		if err := read(rev); err != nil {
			t.Fatal(err)
		}
	}
	order := access.Takedown{Reason: "an order", BlockedBy: "https://court.example/7"}
	_, err := d.TakeDown(reader, d.repo, order)
	d.fails(err, fault.Forbidden, "a takedown by a reader")
	_, err = d.Takedowns(reader, d.repo)
	d.fails(err, fault.Forbidden, "a look at takedowns by a reader")
	_, err = d.TakeDown(admin, d.repo, access.Takedown{})
	d.fails(err, fault.Invalid, "a takedown without a reason")

	of := order
	of.Edition = edition.Name
	begun := must(d.TakeDown(admin, d.repo, of))(t)
	if begun.At.IsZero() || !begun.InForce() || begun.Edition != of.Edition || begun.Reason != of.Reason {
		t.Errorf("taken down: %+v", begun)
	}
	if again := must(d.TakeDown(admin, d.repo, of))(t); !again.At.Equal(begun.At) {
		t.Errorf("the repeat began another: %+v", again)
	}
	d.withheldFrom(read("1.1"), of, "the edition")
	d.withheldFrom(read(first.Commit.String()), of, "the edition's commit")
	if err := read("main"); err != nil {
		t.Errorf("the branch: %v", err)
	}
	d.reads("1.1", "a", "one")
	none := of
	none.Edition = must(fsapi.Edition("7.7"))(t)
	_, err = d.TakeDown(admin, d.repo, none)
	d.fails(err, fault.NotFound, "an edition that is not there")

	must(d.TakeDown(admin, d.repo, order))(t)
	former := d.repo
	name := must(content.ParseRepoID(former.String() + "-renamed"))(t)
	if _, _, err := d.PutRepo(admin, fsapi.RepoChange{ID: former, Name: name, Revision: -1}); err != nil {
		t.Fatal(err)
	}
	for _, d.repo = range []content.RepoID{former, name} {
		d.withheldFrom(read("main"), order, "the repository as "+d.repo.String())
	}
	_, err = d.Repo(reader, name)
	d.withheldFrom(err, order, "its record")
	d.reads("main", "a", "two")

	if err := d.Lift(admin, name, content.RefName{}); err != nil {
		t.Fatal(err)
	}
	d.fails(d.Lift(admin, name, content.RefName{}), fault.NotFound, "what is lifted already")
	if err := read("main"); err != nil {
		t.Errorf("after it was lifted: %v", err)
	}
	d.withheldFrom(read("1.1"), of, "the edition still")
	all := must(d.Takedowns(admin, name))(t)
	if len(all) != 2 || !all[0].InForce() || all[1].InForce() || all[1].Reason != order.Reason {
		t.Errorf("on record are %+v", all)
	}
}
