package fsapitest

import (
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// derive makes a repository that begins as a revision of d's does.
func (d *desk) derive(rev content.Revision) *desk {
	d.t.Helper()
	child := *d
	child.repo = must(content.ParseRepoID(d.repo.String() + "-derived"))(d.t)
	change := fsapi.RepoChange{
		ID: child.repo, Derive: fsapi.Derive{Repo: d.repo, Rev: rev, Title: "A Book"}, Request: content.NewRequestID(),
	}
	made, created, err := d.PutRepo(d.ctx, change)
	if err != nil || !created {
		d.t.Fatalf("derive: created %v, %v", created, err)
	}
	again, created, err := d.PutRepo(d.ctx, change)
	if err != nil || !created || again.Pool != made.Pool {
		d.t.Fatalf("the same again: %+v, created %v, %v", again, created, err)
	}
	return &child
}

// pull merges a branch of another repository into the default branch.
func (d *desk) pull(from *desk) fsapi.Merge {
	m := d.into(from.main)
	m.FromRepo = from.repo
	return m
}

func derives(t *testing.T, d *desk) {
	first := d.write("text", "a\nb\nc\n")
	child := d.derive(content.AtCommit(first.Commit))
	made := must(d.Repo(d.ctx, child.repo))(t)
	want := fsapi.Origin{Repo: d.repo, Rev: content.AtCommit(first.Commit), Commit: first.Commit, Title: "A Book"}
	if made.Origin != want || made.Default != d.main || made.Pool != must(d.Repo(d.ctx, d.repo))(t).Pool {
		t.Fatalf("derived: %+v", made)
	}
	child.reads("main", "text", "a\nb\nc\n")
	child.reads(first.Commit.String(), "text", "a\nb\nc\n")

	later := d.write("text", "a\nb\nC\n")
	ours := child.write("text", "A\nb\nc\n")
	child.reads("main", "text", "A\nb\nc\n")
	d.reads("main", "text", "a\nb\nC\n")
	pull := child.pull(d)
	m := must(d.Merge(d.ctx, pull))(t)
	if !m.Modified || m.Ours != ours.Commit || m.Theirs != later.Commit || !slices.Equal(m.Bases, []content.Digest{first.Commit}) {
		t.Errorf("pulled: %+v", m)
	}
	child.reads("main", "text", "A\nb\nC\n")
	if again := must(d.Merge(d.ctx, pull))(t); again.Commit != m.Commit {
		t.Errorf("the repeat of it made %v, not %v", again.Commit, m.Commit)
	}
	if nothing := must(d.Merge(d.ctx, child.pull(d)))(t); nothing.Modified {
		t.Errorf("nothing came since: %+v", nothing)
	}

	d.write("text", "theirs\n")
	child.write("text", "ours\n")
	if m := must(d.Merge(d.ctx, child.pull(d)))(t); len(m.Conflicts) != 1 || !m.Commit.IsZero() {
		t.Errorf("in conflict: %+v", m)
	}
	settled := child.pull(d)
	settled.Resolutions = []fsapi.Resolution{{Path: path(t, "text"), Use: fsapi.Theirs}}
	must(d.Merge(d.ctx, settled))(t)
	child.reads("main", "text", "theirs\n")

	stranger := newDesk(t, d.ctx, d.FS)
	stranger.write("text", "of its own\n")
	_, err := d.Merge(d.ctx, child.pull(stranger))
	d.fails(err, fault.Conflict, "a merge across pools")

	parent := must(d.Repo(d.ctx, d.repo))(t)
	if err := d.DeleteRepo(d.ctx, d.repo, parent.Revision); err != nil {
		t.Fatal(err)
	}
	child.reads("main", "text", "theirs\n")
	child.reads(first.Commit.String(), "text", "a\nb\nc\n")
	if o := must(d.Repo(d.ctx, child.repo))(t).Origin; !o.Repo.IsZero() || o.Commit != first.Commit {
		t.Errorf("the origin of what outlived it: %+v", o)
	}
	_, _, err = d.PutRepo(d.ctx, fsapi.RepoChange{ID: must(content.ParseRepoID(d.repo.String() + "-late"))(t), Derive: fsapi.Derive{Repo: d.repo}})
	d.fails(err, fault.Gone, "derivation from what was deleted")
}

// unseen checks that a commit is as good as not there, however it is named. What is read by its
// id is read as a replica knows it, which may be a moment ago: it is asked until every replica,
// whichever of them is asked, has to know.
func (d *desk) unseen(commit, blob content.Digest) {
	d.t.Helper()
	for misses := 0; misses < 30 && d.ctx.Err() == nil; misses++ {
		if _, err := d.stat(commit.String(), ""); err == nil {
			misses = 0
		}
	}
	id := content.AtCommit(commit)
	at := fsapi.At{Repo: d.repo, Rev: id}
	own := content.AtRef(d.main)
	side := must(content.Branch("taken"))(d.t)
	errs := map[string]error{}
	_, errs["stat"] = d.Stat(d.ctx, fsapi.StatQuestion{At: at})
	_, errs["list"] = d.List(d.ctx, at, fsapi.Page{})
	_, errs["history"] = d.History(d.ctx, at, fsapi.Page{})
	_, errs["commit"] = d.Commit(d.ctx, d.repo, commit)
	_, errs["blob"] = d.Blob(d.ctx, fsapi.At{Repo: d.repo, Rev: own, Path: path(d.t, "text")}, blob, 0, -1)
	_, errs["compare"] = d.Compare(d.ctx, fsapi.CompareQuestion{Repo: d.repo, From: own, To: id})
	_, errs["branch"] = d.MoveRef(d.ctx, fsapi.RefMove{Repo: d.repo, Name: side, To: id})
	_, errs["merge"] = d.Merge(d.ctx, fsapi.Merge{Repo: d.repo, Into: d.main, From: id})
	_, errs["pick"] = d.Pick(d.ctx, fsapi.Pick{Merge: fsapi.Merge{Repo: d.repo, Into: d.main, From: id}})
	_, _, errs["derive"] = d.PutRepo(d.ctx, fsapi.RepoChange{
		ID: must(content.ParseRepoID(d.repo.String() + "-taken"))(d.t), Derive: fsapi.Derive{Repo: d.repo, Rev: id},
	})
	for what, err := range errs {
		if !fault.Is(err, fault.NotFound) {
			d.t.Errorf("%s of what only another repository has: %v", what, err)
		}
	}
}

func derivedKeepsToItself(t *testing.T, d *desk) {
	d.write("text", "shared\n")
	child := d.derive(content.Revision{})
	theirs := d.write("text", "of the parent\n")
	ours := child.write("text", "of the child\n")
	d.reads(theirs.Commit.String(), "text", "of the parent\n")
	child.reads(ours.Commit.String(), "text", "of the child\n")
	child.unseen(theirs.Commit, theirs.Outcomes[0].Digest)
	d.unseen(ours.Commit, ours.Outcomes[0].Digest)

	// What a branch has led to is unseen again without it.
	move := fsapi.RefMove{Repo: d.repo, Name: must(content.Branch("passing"))(t), To: content.AtRef(d.main)}
	must(d.MoveRef(d.ctx, move))(t)
	cs := d.set(put(t, "text", "passing\n", content.Expect{}))
	cs.Branch = move.Name
	passing := must(d.Change(d.ctx, cs))(t)
	d.reads(passing.Commit.String(), "text", "passing\n")
	move.To = content.Revision{}
	must(d.MoveRef(d.ctx, move))(t)
	d.unseen(passing.Commit, passing.Outcomes[0].Digest)
}

func derivedAnew(t *testing.T, d *desk) {
	d.write("text", "shared\n")
	child := d.derive(content.Revision{})
	ours := child.write("text", "of the child\n")
	if err := d.DeleteRepo(d.ctx, child.repo, -1); err != nil {
		t.Fatal(err)
	}
	if _, created, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: child.repo}); err != nil || !created {
		t.Fatalf("made anew: created %v, %v", created, err)
	}
	if o := must(d.Repo(d.ctx, child.repo))(t).Origin; o != (fsapi.Origin{}) {
		t.Errorf("made anew, it has the origin %+v", o)
	}
	d.unseen(ours.Commit, ours.Outcomes[0].Digest)
}
