package fsapitest

import (
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// fork makes a branch at the default branch's tip and writes to it.
func (d *desk) fork(name string, changes ...content.Change) content.RefName {
	d.t.Helper()
	side, err := content.Branch(name)
	if err != nil {
		d.t.Fatal(err)
	}
	move := fsapi.RefMove{Repo: d.repo, Name: side, To: content.AtRef(d.main), Expect: content.Absent()}
	if _, err := d.MoveRef(d.ctx, move); err != nil {
		d.t.Fatal(err)
	}
	cs := d.set(changes...)
	cs.Branch = side
	must(d.Change(d.ctx, cs))(d.t)
	return side
}

// into is a merge into the default branch.
func (d *desk) into(from content.RefName, resolutions ...fsapi.Resolution) fsapi.Merge {
	return fsapi.Merge{
		Repo: d.repo, Into: d.main, From: content.AtRef(from), Author: content.Signature{Name: "Ada"},
		Resolutions: resolutions, Request: content.NewRequestID(),
	}
}

func merges(t *testing.T, d *desk) {
	d.write("text", "a\nb\nc\nd\ne\n")
	side := d.fork("side", put(t, "text", "a\nb\nc\nd\nE\n", content.Expect{}), put(t, "new", "from the side", content.Expect{}))
	ours := d.write("text", "A\nb\nc\nd\ne\n")

	dry := d.into(side)
	dry.DryRun = true
	m := must(d.Merge(d.ctx, dry))(t)
	if !m.Modified || !m.Commit.IsZero() || m.Ours != ours.Commit {
		t.Errorf("dry run: %+v", m)
	}
	d.reads("main", "text", "A\nb\nc\nd\ne\n")

	stale := d.into(side)
	stale.Expect = content.OneOf(content.Digest{1})
	_, err := d.Merge(d.ctx, stale)
	d.fails(err, fault.Stale, "a merge that expects another tip")

	merge := d.into(side)
	m = must(d.Merge(d.ctx, merge))(t)
	d.reads("main", "text", "A\nb\nc\nd\nE\n")
	d.reads("main", "new", "from the side")
	detail := must(d.Commit(d.ctx, d.repo, m.Commit))(t)
	if want := []content.Digest{m.Ours, m.Theirs}; !slices.Equal(detail.Commit.Parents, want) {
		t.Errorf("parents %v, not %v", detail.Commit.Parents, want)
	}
	if again := must(d.Merge(d.ctx, merge))(t); again.Commit != m.Commit {
		t.Errorf("the same request again made %v", again.Commit)
	}
	nothing := must(d.Merge(d.ctx, d.into(side)))(t)
	if nothing.Modified || nothing.Commit != m.Commit || len(nothing.Conflicts) > 0 {
		t.Errorf("a merge of what is there: %+v", nothing)
	}
	itself := must(d.Merge(d.ctx, d.into(d.main)))(t)
	if itself.Modified || itself.Commit != m.Commit {
		t.Errorf("a merge into itself: %+v", itself)
	}
	d.pushRoot("root", must(d.stat("main", ""))(t).Entry.Digest)
	root, _ := content.Branch("root")
	_, err = d.Merge(d.ctx, d.into(root))
	d.fails(err, fault.Conflict, "a merge of what has no history in common")
	missing, _ := content.Branch("missing")
	_, err = d.Merge(d.ctx, d.into(missing))
	d.fails(err, fault.NotFound, "a merge of what is not there")
}

func mergeConflicts(t *testing.T, d *desk) {
	d.write("text", "base\n")
	d.write("gone", "base\n")
	side := d.fork("side",
		put(t, "text", "theirs\n", content.Expect{}), put(t, "gone", "theirs\n", content.Expect{}), put(t, "added", "theirs\n", content.Expect{}))
	must(d.Change(d.ctx, d.set(
		put(t, "text", "ours\n", content.Expect{}), put(t, "added", "ours\n", content.Expect{}),
		content.Change{Path: path(t, "gone"), Delete: true},
	)))(t)
	before := must(d.stat("main", "text"))(t)

	m := must(d.Merge(d.ctx, d.into(side)))(t)
	var kinds []string
	for _, c := range m.Conflicts {
		kinds = append(kinds, c.Path.String()+" "+c.Kind)
	}
	if want := []string{"added add/add", "gone modify/delete", "text content"}; !slices.Equal(kinds, want) || m.Modified {
		t.Fatalf("conflicts %q, not %q (%+v)", kinds, want, m)
	}
	if now := must(d.stat("main", "text"))(t); now.Commit != before.Commit {
		t.Fatal("the branch moved")
	}
	_, err := d.Merge(d.ctx, d.into(side, fsapi.Resolution{Path: path(t, "elsewhere"), Use: fsapi.Ours}))
	d.fails(err, fault.Invalid, "a resolution of what is not in conflict")

	m = must(d.Merge(d.ctx, d.into(side,
		fsapi.Resolution{Path: path(t, "text"), Use: fsapi.Given, Given: []byte("both\n")},
		fsapi.Resolution{Path: path(t, "added"), Use: fsapi.Theirs},
		fsapi.Resolution{Path: path(t, "gone"), Use: fsapi.Gone},
	)))(t)
	if !m.Modified || len(m.Conflicts) > 0 {
		t.Fatalf("resolved: %+v", m)
	}
	d.reads("main", "text", "both\n")
	d.reads("main", "added", "theirs\n")
	_, err = d.stat("main", "gone")
	d.fails(err, fault.NotFound, "what was resolved as gone")
}
