package fsapitest

import (
	"fmt"
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// pick is a pick of a commit onto the default branch, by Bob.
func (d *desk) pick(commit content.Digest) fsapi.Pick {
	return fsapi.Pick{Merge: fsapi.Merge{
		Repo: d.repo, Into: d.main, From: content.AtCommit(commit), Author: content.Signature{Name: "Bob", Email: "bob@example.invalid"},
		Request: content.NewRequestID(),
	}}
}

func (d *desk) revert(commit content.Digest) fsapi.Pick {
	p := d.pick(commit)
	p.Revert = true
	return p
}

func picks(t *testing.T, d *desk) {
	root := d.write("text", "a\nb\nc\nd\ne\n")
	side := d.fork("side", put(t, "unwanted", "x", content.Expect{}))
	change := d.set(put(t, "text", "a\nb\nc\nd\nE\n", content.Expect{}))
	change.Branch, change.Message = side, "Better\n"
	wanted := must(d.Change(d.ctx, change))(t)
	ours := d.write("text", "A\nb\nc\nd\ne\n")

	dry := d.pick(wanted.Commit)
	dry.DryRun = true
	if m := must(d.Pick(d.ctx, dry))(t); !m.Modified || !m.Commit.IsZero() {
		t.Errorf("dry run: %+v", m)
	}
	pick := d.pick(wanted.Commit)
	m := must(d.Pick(d.ctx, pick))(t)
	d.reads("main", "text", "A\nb\nc\nd\nE\n")
	_, err := d.stat("main", "unwanted")
	d.fails(err, fault.NotFound, "what came with another commit")
	c := must(d.Commit(d.ctx, d.repo, m.Commit))(t).Commit
	if !slices.Equal(c.Parents, []content.Digest{ours.Commit}) || c.Author.Name != "Ada" || c.Committer.Name != "Bob" || c.Message != "Better\n" {
		t.Errorf("picked: %+v", c)
	}
	if again := must(d.Pick(d.ctx, pick))(t); again.Commit != m.Commit || again.Theirs != wanted.Commit || !slices.Equal(again.Bases, m.Bases) {
		t.Errorf("the same request again: %+v, not %+v", again, m)
	}
	if nothing := must(d.Pick(d.ctx, d.pick(wanted.Commit)))(t); nothing.Modified || nothing.Commit != m.Commit {
		t.Errorf("a pick of what is there: %+v", nothing)
	}

	back := must(d.Pick(d.ctx, d.revert(ours.Commit)))(t)
	d.reads("main", "text", "a\nb\nc\nd\nE\n")
	c = must(d.Commit(d.ctx, d.repo, back.Commit))(t).Commit
	if want := fmt.Sprintf("Revert \"Write text\"\n\nThis reverts commit %v.\n", ours.Commit); c.Message != want || c.Author.Name != "Bob" {
		t.Errorf("reverted by %v: %q, not %q", c.Author, c.Message, want)
	}

	gone := must(d.Pick(d.ctx, d.revert(root.Commit)))(t)
	if len(gone.Conflicts) != 1 || gone.Conflicts[0].Kind != "modify/delete" {
		t.Errorf("a revert of the root: %+v", gone)
	}
	settled := d.revert(root.Commit)
	settled.Resolutions = []fsapi.Resolution{{Path: path(t, "text"), Use: fsapi.Given, Given: []byte("mine\n")}}
	must(d.Pick(d.ctx, settled))(t)
	d.reads("main", "text", "mine\n")
}

func picksOfMerges(t *testing.T, d *desk) {
	d.write("text", "a\nb\nc\nd\ne\n")
	side := d.fork("side", put(t, "new", "from the side", content.Expect{}))
	d.write("text", "A\nb\nc\nd\ne\n")
	merged := must(d.Merge(d.ctx, d.into(side)))(t)
	for _, mainline := range []int{0, 3, -1} {
		p := d.revert(merged.Commit)
		p.Mainline = mainline
		_, err := d.Pick(d.ctx, p)
		d.fails(err, fault.Invalid, fmt.Sprintf("mainline %d of a merge", mainline))
	}
	p := d.revert(merged.Commit)
	p.Mainline = 1
	must(d.Pick(d.ctx, p))(t)
	_, err := d.stat("main", "new")
	d.fails(err, fault.NotFound, "what came with a merge that was reverted")
	d.reads("main", "text", "A\nb\nc\nd\ne\n")

	plain := d.pick(d.write("other", "x").Commit)
	plain.Mainline = 2
	_, err = d.Pick(d.ctx, plain)
	d.fails(err, fault.Invalid, "mainline 2 of what has one parent")
	stale := d.revert(merged.Commit)
	stale.Mainline, stale.Expect = 1, content.OneOf(content.Digest{1})
	_, err = d.Pick(d.ctx, stale)
	d.fails(err, fault.Stale, "a pick that expects another tip")
	_, err = d.Pick(d.ctx, d.pick(content.Digest{1}))
	d.fails(err, fault.NotFound, "a pick of what is not there")
}
