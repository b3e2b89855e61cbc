package fsapitest

import (
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// record is a change of the record of editions.
func (d *desk) record(name, text string, e content.Expect) content.ChangeSet {
	d.t.Helper()
	cs := d.set(put(d.t, name, text, e))
	cs.Branch = must(content.ParseRefName("refs/meta/publications"))(d.t)
	return cs
}

// edition is a tag of one.
func (d *desk) edition(number string, target content.Digest) fsapi.NewTag {
	d.t.Helper()
	return fsapi.NewTag{Name: must(fsapi.Edition(number))(d.t), Target: target, Message: "Edition " + number}
}

func releases(t *testing.T, d *desk) {
	first := d.write("text", "first\n")
	release := fsapi.Release{
		Record: d.record("1.json", "done", content.Absent()),
		Tags:   []fsapi.NewTag{d.edition("1.1", first.Commit), d.edition("m10030/1", first.Commit)},
	}
	made := must(d.Release(d.ctx, release))(t)
	if !made.Modified || len(made.Tags) != 2 || made.Tags[0].Commit != first.Commit {
		t.Fatalf("released: %+v", made)
	}
	d.write("text", "second\n")
	d.reads("1.1", "text", "first\n")
	d.reads("v/m10030/1", "text", "first\n")
	d.reads("refs/meta/publications", "1.json", "done")

	again := must(d.Release(d.ctx, release))(t)
	if again.Commit != made.Commit || again.Tags[0] != made.Tags[0] {
		t.Errorf("the same request again: %+v, not %+v", again, made)
	}
	for _, c := range []struct {
		what    string
		release fsapi.Release
		kind    fault.Kind
	}{
		{"an edition that is there", fsapi.Release{Record: d.record("2.json", "x", content.Absent()), Tags: []fsapi.NewTag{d.edition("1.2", first.Commit), d.edition("1.1", first.Commit)}}, fault.Conflict},
		{"a record that moved", fsapi.Release{Record: d.record("1.json", "x", content.Absent()), Tags: []fsapi.NewTag{d.edition("1.2", first.Commit)}}, fault.Stale},
		{"a target that is not there", fsapi.Release{Record: d.record("2.json", "x", content.Absent()), Tags: []fsapi.NewTag{d.edition("1.2", content.Digest{7})}}, fault.NotFound},
		{"no edition", fsapi.Release{Record: d.record("2.json", "x", content.Absent()), Tags: []fsapi.NewTag{{Name: d.main, Target: first.Commit}}}, fault.Invalid},
		{"a record on a branch", fsapi.Release{Record: d.set(put(t, "2.json", "x", content.Absent())), Tags: []fsapi.NewTag{d.edition("1.2", first.Commit)}}, fault.Invalid},
	} {
		_, err := d.Release(d.ctx, c.release)
		d.fails(err, c.kind, c.what)
	}
	_, err := d.stat("refs/meta/publications", "2.json")
	d.fails(err, fault.NotFound, "the record of what was refused")
	_, err = d.stat("1.2", "text")
	d.fails(err, fault.NotFound, "an edition that was refused")

	for what, to := range map[string]content.Revision{"deleted": {}, "moved": content.AtRef(d.main)} {
		_, err = d.MoveRef(d.ctx, fsapi.RefMove{Repo: d.repo, Name: release.Tags[0].Name, To: to, Force: true})
		d.fails(err, fault.Conflict, "an edition that is "+what)
	}
}

func withdraws(t *testing.T, d *desk) {
	first := d.write("text", "first\n")
	edition := d.edition("1.1", first.Commit)
	must(d.Release(d.ctx, fsapi.Release{Record: d.record("1.json", "done", content.Absent()), Tags: []fsapi.NewTag{edition}}))(t)
	withdrawal := fsapi.NewTag{Name: must(fsapi.Withdrawal(edition.Name))(t), Target: first.Commit, Message: "a licence was missing"}
	must(d.Release(d.ctx, fsapi.Release{Record: d.record("1.json", "withdrawn", content.Expect{}), Tags: []fsapi.NewTag{withdrawal}}))(t)
	_, err := d.stat("1.1", "text")
	d.fails(err, fault.Gone, "a withdrawn edition")
	if err != nil && !strings.Contains(err.Error(), withdrawal.Message) {
		t.Errorf("the reason is not told: %v", err)
	}
	d.reads(first.Commit.String(), "text", "first\n")
	if ref := must(d.Ref(d.ctx, d.repo, edition.Name))(t); ref.Commit != first.Commit {
		t.Errorf("the tag of a withdrawn edition is at %v", ref.Commit)
	}
	withdrawal.Name = must(content.ParseRefName("refs/withdrawn/v/9.9"))(t)
	_, err = d.Release(d.ctx, fsapi.Release{Record: d.record("1.json", "x", content.Expect{}), Tags: []fsapi.NewTag{withdrawal}})
	d.fails(err, fault.Conflict, "the withdrawal of what never was")
}
