package coordinator_test

import (
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

func TestDraftsThatAreTooOldAreDropped(t *testing.T) {
	d := newDesk(t)
	defer d.end()
	repo, _ := d.refs.Repo(d.book)
	keep := func(owner, text string) {
		t.Helper()
		path, _ := content.ParsePath("a")
		change := content.Change{Path: path, Body: content.InlineBody([]byte(text)), Expect: content.Present()}
		set := content.ChangeSet{Repo: d.book, Branch: d.main, Changes: []content.Change{change}, Author: content.Signature{Name: owner}}
		if _, err := d.Keep(t.Context(), fsapi.Refused{ChangeSet: set, Owner: owner}); err != nil {
			t.Fatal(err)
		}
	}
	stay := func(want int, when string) {
		t.Helper()
		if got := len(d.refs.List(repo.Key, content.DraftsPrefix, "", 100)); got != want {
			t.Errorf("%s %d drafts are there, not %d", when, got, want)
		}
	}
	keep("ada", "one")
	keep("bob", "one")
	d.ahead = fsapi.DraftAge / 2
	keep("ada", "two")
	d.ahead = fsapi.DraftAge + fsapi.DraftAge/4
	if err := d.DropOldDrafts(t.Context(), d.book); err != nil {
		t.Fatal(err)
	}
	stay(1, "after a round")
	d.ahead = 2 * fsapi.DraftAge
	keep("ada", "three")
	stay(1, "after another one was kept")
}
