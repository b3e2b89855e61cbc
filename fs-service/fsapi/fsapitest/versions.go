package fsapitest

import (
	"slices"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// versions tells what is next to each of the versions of "a", of which the five oldest
// are known, newest first, and what was there at a time.
func versions(t *testing.T, d *desk, known []content.Digest) {
	at := fsapi.At{Repo: d.repo, Path: path(t, "a")}
	h := must(d.History(d.ctx, at, fsapi.Page{}))(t)
	newest := h.Items[0].Commit
	for i, commit := range known {
		at.Rev = content.AtCommit(commit)
		got := must(d.Stat(d.ctx, fsapi.StatQuestion{At: at, Near: true}))(t)
		want := fsapi.Versions{This: commit, After: h.Items[len(h.Items)-len(known)+i-1].Commit.ID, Line: d.main}
		if i < len(known)-1 {
			want.Before = known[i+1]
		}
		if got.Versions != want || got.Modified.IsZero() {
			t.Errorf("version %d: %+v, want %+v", i, got.Versions, want)
		}
	}
	at.Rev = content.Revision{}
	for when, want := range map[time.Time]content.Digest{
		newest.Committer.When.Add(time.Hour): newest.ID,
		time.Unix(1, 0):                      known[len(known)-1],
	} {
		item := must(d.VersionAt(d.ctx, at, when))(t)
		if item.Commit.ID != want || item.Path != at.Path || item.Entry.Digest.IsZero() {
			t.Errorf("at %v: %+v, want %v", when, item, want)
		}
	}
	_, err := d.VersionAt(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "never")}, time.Now())
	d.fails(err, fault.NotFound, "a version of what never was there")

	next := must(d.History(d.ctx, at, fsapi.Page{Limit: 2}))(t).Next
	_, err = d.History(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "other")}, fsapi.Page{After: next})
	d.fails(err, fault.Invalid, "a cursor of another path")
	_, err = d.Follow(d.ctx, at, fsapi.Page{After: next})
	d.fails(err, fault.Invalid, "a cursor of another list")
}

// follow: a document is followed to the name that it had before, page by page.
func follow(t *testing.T, d *desk) {
	d.write("old", "a line\nanother line\na third line\n")
	d.write("old", "a line\nanother line\na third line\na fourth line\n")
	body := content.InlineBody([]byte("a line\nanother line\na third line\nthe last line\n"))
	must(d.Change(d.ctx, d.set(
		content.Change{Path: path(t, "old"), Delete: true, Expect: content.Present()},
		content.Change{Path: path(t, "new"), Body: body},
	)))(t)
	var called []string
	for after := ""; ; {
		h := must(d.Follow(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "new")}, fsapi.Page{After: after, Limit: 2}))(t)
		for _, item := range h.Items {
			called = append(called, item.Path.String())
		}
		if after = h.Next; after == "" {
			break
		}
	}
	if want := []string{"new", "old", "old"}; !slices.Equal(called, want) {
		t.Errorf("it was called %q, want %q", called, want)
	}
}
