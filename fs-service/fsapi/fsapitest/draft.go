package fsapitest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// refused sends changes that are stale, and keeps them for ada.
func (d *desk) refused(changes ...content.Change) fsapi.Draft {
	d.t.Helper()
	cs := d.set(changes...)
	_, err := d.Change(d.ctx, cs)
	d.fails(err, fault.Stale, "a stale change")
	return must(d.Keep(d.ctx, fsapi.Refused{ChangeSet: cs, Owner: "ada"}))(d.t)
}

func version(text string) content.Expect {
	return content.OneOf(content.InlineBody([]byte(text)).Digest)
}

// drafts returns the names of ada's.
func (d *desk) drafts() (names []content.RefName) {
	d.t.Helper()
	for _, r := range must(d.Refs(d.ctx, d.repo, content.DraftsPrefix+"ada/", fsapi.Page{Limit: fsapi.MaxPage}))(d.t).Refs {
		names = append(names, r.Name)
	}
	return names
}

func drafts(t *testing.T, d *desk) {
	d.write("text", "a\nb\nc\nd\n")
	seen := d.write("other", "1\n")
	d.write("text", "A\nb\nc\nd\n")
	tip := d.write("other", "2\n")

	draft := d.refused(put(t, "text", "a\nb\nc\nD\n", version("a\nb\nc\nd\n")))
	if draft.Base != seen.Commit || draft.Tip != tip.Commit {
		t.Errorf("base %v and tip %v, not %v and %v", draft.Base, draft.Tip, seen.Commit, tip.Commit)
	}
	d.reads(draft.Name.String(), "text", "a\nb\nc\nD\n")
	d.reads(draft.Name.String(), "other", "1\n")
	d.reads("main", "text", "A\nb\nc\nd\n")
	commit := must(d.Commit(d.ctx, d.repo, draft.Commit))(t).Commit
	if !slices.Equal(commit.Parents, []content.Digest{seen.Commit}) || commit.Author.Name != "Ada" || !strings.HasSuffix(commit.Message, "\n\n"+fsapi.DraftOf+": main\n") {
		t.Errorf("the draft's commit: %+v", commit)
	}
	if again := d.refused(put(t, "text", "a\nb\nc\nD\n", version("a\nb\nc\nd\n"))); again.Name != draft.Name || len(d.drafts()) != 1 {
		t.Errorf("the same again is %v; there are %v", again.Name, d.drafts())
	}

	merge := d.into(draft.Name)
	merge.DryRun = true
	must(d.Merge(d.ctx, merge))(t)
	if len(d.drafts()) != 1 {
		t.Error("a rehearsal dropped the draft")
	}
	merge.DryRun = false
	m := must(d.Merge(d.ctx, merge))(t)
	d.reads("main", "text", "A\nb\nc\nD\n")
	d.reads("main", "other", "2\n")
	if left := d.drafts(); m.Theirs != draft.Commit || len(left) > 0 {
		t.Errorf("merged %v; drafts %v stay", m.Theirs, left)
	}
	// A repeat of the whole save keeps the draft again before it hears that it was merged.
	d.refused(put(t, "text", "a\nb\nc\nD\n", version("a\nb\nc\nd\n")))
	if again := must(d.Merge(d.ctx, merge))(t); again.Commit != m.Commit || len(d.drafts()) > 0 {
		t.Errorf("the repeat made %v, not %v; drafts %v stay", again.Commit, m.Commit, d.drafts())
	}
}

// draftBases is where a draft is built, by what was expected.
func draftBases(t *testing.T, d *desk) {
	d.write("first", "x")
	one := d.write("a", "one")
	seen := d.write("b", "1")
	two := d.write("a", "two")
	must(d.Change(d.ctx, d.set(content.Change{Path: path(t, "a"), Delete: true, Expect: content.Present()})))(t)
	d.write("a/below", "there is a directory now")
	d.write("b", "2")
	tip := d.write("b", "3")
	for _, c := range []struct {
		name    string
		base    content.Digest
		changes []content.Change
	}{
		{"a version", seen.Commit, []content.Change{put(t, "a", "x", version("one"))}},
		{"a later one", two.Commit, []content.Change{put(t, "a", "x", version("two"))}},
		{"one of several", two.Commit, []content.Change{put(t, "a", "x", content.OneOf(content.InlineBody([]byte("one")).Digest, content.InlineBody([]byte("two")).Digest))}},
		{"nothing", one.Commit, []content.Change{put(t, "b", "x", content.Absent()), put(t, "first", "y", version("x"))}},
		{"two at once", two.Commit, []content.Change{put(t, "a", "x", version("two")), put(t, "b", "x", version("1"))}},
		{"two that never were", content.Digest{}, []content.Change{put(t, "a", "x", version("two")), put(t, "b", "x", version("3"))}},
		{"what never was", content.Digest{}, []content.Change{put(t, "b", "x", version("never"))}},
		{"what never was, of a deletion", content.Digest{}, []content.Change{{Path: path(t, "gone"), Delete: true, Expect: content.Present()}, put(t, "new", "x", content.Expect{})}},
		{"what never was, below a document", content.Digest{}, []content.Change{put(t, "b/c", "x", version("never"))}},
	} {
		draft := d.kept(c.name, c.changes)
		if draft.Base != c.base || draft.Tip != tip.Commit {
			t.Errorf("%s: base %v, tip %v, not %v and %v", c.name, draft.Base, draft.Tip, c.base, tip.Commit)
		}
		for _, change := range c.changes {
			if !change.Delete {
				d.reads(draft.Name.String(), change.Path.String(), string(change.Body.Inline))
			}
		}
	}
}

// kept keeps changes that are refused, or would be.
func (d *desk) kept(name string, changes []content.Change) fsapi.Draft {
	d.t.Helper()
	draft, err := d.Keep(d.ctx, fsapi.Refused{ChangeSet: d.set(changes...), Owner: "ada"})
	if err != nil {
		d.t.Fatalf("%s: %v", name, err)
	}
	return draft
}

func draftsAreBounded(t *testing.T, d *desk) {
	d.write("a", "one")
	d.write("a", "two")
	bob := d.set(put(t, "a", "bob's", version("one")))
	other := must(d.Keep(d.ctx, fsapi.Refused{ChangeSet: bob, Owner: "bob"}))(t)
	var names []content.RefName
	for i := range fsapi.MaxDrafts + 3 {
		names = append(names, d.kept("many", []content.Change{put(t, "a", fmt.Sprint(i), version("one"))}).Name)
	}
	want := slices.Clone(names[3:])
	slices.SortFunc(want, func(a, b content.RefName) int { return strings.Compare(a.String(), b.String()) })
	if got := d.drafts(); !slices.Equal(got, want) {
		t.Errorf("%d drafts stay, not the newest %d", len(got), len(want))
	}
	d.reads(other.Name.String(), "a", "bob's")
	drop := fsapi.RefMove{Repo: d.repo, Name: names[50]}
	must(d.MoveRef(d.ctx, drop))(t)
	if got := d.drafts(); len(got) != len(want)-1 || slices.Contains(got, names[50]) {
		t.Errorf("%v was dropped, and %d stay", names[50], len(got))
	}
}

func largeDraft(t *testing.T, d *desk) {
	d.write("a", "one")
	d.write("a", "two")
	body := bytes.Repeat([]byte("0123456789abcdef"), content.InlineLimit/8)
	digest := must(d.Upload(d.ctx, d.repo, int64(len(body)), bytes.NewReader(body)))(t)
	draft := d.refused(content.Change{Path: path(t, "a"), Body: content.Body{Digest: digest, Size: int64(len(body))}, Expect: version("one")})
	if s := must(d.stat(draft.Name.String(), "a"))(t); s.Entry.Digest != digest || s.Entry.Size != int64(len(body)) {
		t.Errorf("the draft holds %+v", s.Entry)
	}
}

func badDrafts(t *testing.T, d *desk) {
	cs := d.set(put(t, "a", "x", content.Present()))
	first := must(d.Keep(d.ctx, fsapi.Refused{ChangeSet: cs, Owner: "ada"}))(t)
	if !first.Base.IsZero() || !first.Tip.IsZero() {
		t.Errorf("in an empty repository: %+v", first)
	}
	d.reads(first.Name.String(), "a", "x")
	for _, owner := range []string{"", "a/b", "..", "a b", ".a", "x.lock"} {
		_, err := d.Keep(d.ctx, fsapi.Refused{ChangeSet: cs, Owner: owner})
		d.fails(err, fault.Invalid, fmt.Sprintf("an owner called %q", owner))
	}
	none := cs
	none.Changes = nil
	_, err := d.Keep(d.ctx, fsapi.Refused{ChangeSet: none, Owner: "ada"})
	d.fails(err, fault.Invalid, "a draft of nothing")
	cs.Branch, _ = content.Branch("missing")
	_, err = d.Keep(d.ctx, fsapi.Refused{ChangeSet: cs, Owner: "ada"})
	d.fails(err, fault.NotFound, "a draft for a branch that is not there")
}
