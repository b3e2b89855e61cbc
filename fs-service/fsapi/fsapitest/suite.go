// Package fsapitest holds every implementation of fsapi.FS to its contract. Each case makes a
// repository of its own, so that one file system serves the whole suite.
package fsapitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// Run runs the suite over fs.
func Run(t *testing.T, fs fsapi.FS) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *desk)
	}{
		{"a first change begins the default branch", beginsDefaultBranch},
		{"a write is read back at its branch, its commit and for ever", readBack},
		{"expectations are judged at the tip", expectations},
		{"a repeated request gets the first answer", repeats},
		{"one request id with other content is another request", repeatsOfOthers},
		{"a change is all or nothing", allOrNothing},
		{"writers to different files never refuse each other", manyWriters},
		{"of writers to one version one wins", oneWins},
		{"a large body is uploaded, changed in and read in parts", largeBody},
		{"an upload of the wrong size leaves nothing", shortUpload},
		{"paths that cannot be are refused", badPaths},
		{"a directory lists its entries in pages", lists},
		{"history pages fit together while the branch moves", history},
		{"a document is followed to its earlier name", follow},
		{"a commit tells what it changed", commitDetail},
		{"refs are created, moved forward and deleted", refs},
		{"a branch is merged into another", merges},
		{"a merge in conflict changes nothing until it is resolved", mergeConflicts},
		{"editions and their record are made together, and stay", releases},
		{"a withdrawn edition is gone, and says why", withdraws},
		{"a commit is done over elsewhere, and undone", picks},
		{"of a merge a pick has to say which parent counts", picksOfMerges},
		{"what was refused is kept as a draft until it is merged", drafts},
		{"a draft is built on what its author had seen", draftBases},
		{"drafts are bounded, each owner's by themselves", draftsAreBounded},
		{"a large body is kept", largeDraft},
		{"a draft that makes no sense is refused", badDrafts},
		{"two branches are compared since they parted", compares},
		{"what has no ancestor in common is compared as it is", comparesUnrelated},
		{"git applies the patch of a comparison", patches},
		{"a patch that is too large is refused whole", patchTooLarge},
		{"each line is blamed on the commit that it came with", blames},
		{"a repository is made, changed, deleted and made again", repos},
		{"a repository is renamed", renamed},
		{"a repository begins as another is, and pulls what came later", derives},
		{"a shared pool shows nobody what only others' refs reach", derivedKeepsToItself},
		{"the name of what was derived is free again, and nothing of it is seen", derivedAnew},
		{"a repository and an edition are taken down", takesDown},
		{"a note is read, changed and deleted as it was seen", notes},
		{"of many who claim a note one does", oneClaims},
		{"what is not there is not found", notFound},
		{"an errand has one owner, and one answer", errands},
		{"an errand that its owner left is begun again", openErrands},
		{"git clones, fetches and pushes", speaksGit},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c.test(t, newDesk(t, ctx, fs))
		})
	}
}

// desk is a repository and somebody who works on it.
type desk struct {
	fsapi.FS
	t    *testing.T
	ctx  context.Context
	repo content.RepoID
	main content.RefName
}

func newDesk(t *testing.T, ctx context.Context, fs fsapi.FS) *desk {
	t.Helper()
	main, _ := content.Branch("main")
	d := &desk{FS: fs, t: t, ctx: ctx, main: main}
	d.repo = must(content.ParseRepoID(fmt.Sprintf("r%016x", rand.Uint64())))(t)
	if _, created, err := fs.PutRepo(ctx, fsapi.RepoChange{ID: d.repo}); err != nil || !created {
		t.Fatalf("PutRepo: created %v, %v", created, err)
	}
	return d
}

func must[V any](v V, err error) func(*testing.T) V {
	return func(t *testing.T) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func path(t *testing.T, s string) content.Path {
	t.Helper()
	return must(content.ParsePath(s))(t)
}

// set is a change set on the default branch.
func (d *desk) set(changes ...content.Change) content.ChangeSet {
	author := content.Signature{Name: "Ada", Email: "ada@example.invalid"}
	return content.ChangeSet{Repo: d.repo, Branch: d.main, Changes: changes, Author: author, Request: content.NewRequestID()}
}

func put(t *testing.T, name, text string, e content.Expect) content.Change {
	t.Helper()
	return content.Change{Path: path(t, name), Body: content.InlineBody([]byte(text)), Expect: e}
}

// write puts text at name, whatever is there.
func (d *desk) write(name, text string) content.Changed {
	d.t.Helper()
	return must(d.Change(d.ctx, d.set(put(d.t, name, text, content.Expect{}))))(d.t)
}

func (d *desk) stat(rev, name string) (fsapi.Stat, error) {
	d.t.Helper()
	var r content.Revision
	if rev != "" {
		r = must(content.ParseRevision(rev))(d.t)
	}
	return d.Stat(d.ctx, fsapi.StatQuestion{At: fsapi.At{Repo: d.repo, Rev: r, Path: path(d.t, name)}, Inline: content.InlineLimit})
}

// reads checks what rev holds at name.
func (d *desk) reads(rev, name, want string) {
	d.t.Helper()
	s, err := d.stat(rev, name)
	if err != nil {
		d.t.Fatalf("%s at %q: %v", name, rev, err)
	}
	if got := string(s.Inline); got != want || s.Entry.Size != int64(len(want)) || s.Entry.Digest != content.InlineBody([]byte(want)).Digest {
		d.t.Fatalf("%s at %q: %q (%d bytes, %v), not %q", name, rev, got, s.Entry.Size, s.Entry.Digest, want)
	}
}

func (d *desk) fails(err error, kind fault.Kind, what string) {
	d.t.Helper()
	if !fault.Is(err, kind) {
		d.t.Fatalf("%s: %v, not a failure that is %v", what, err, kind)
	}
}

func beginsDefaultBranch(t *testing.T, d *desk) {
	_, err := d.stat("", "a")
	d.fails(err, fault.NotFound, "read of an empty repository")
	c := d.write("a", "one")
	if !c.Modified || !c.Outcomes[0].Created {
		t.Fatalf("first change: %+v", c)
	}
	d.reads("", "a", "one")
	other := d.set(put(t, "a", "x", content.Expect{}))
	other.Branch, _ = content.Branch("other")
	_, err = d.Change(d.ctx, other)
	d.fails(err, fault.NotFound, "change on a branch that is not there")
}

func readBack(t *testing.T, d *desk) {
	first := d.write("dir/a.txt", "one")
	second := d.write("dir/a.txt", "two")
	if second.Outcomes[0].Created {
		t.Error("the second change says that it created")
	}
	d.reads("main", "dir/a.txt", "two")
	d.reads(first.Commit.String(), "dir/a.txt", "one")
	d.reads(second.Commit.String(), "dir/a.txt", "two")
	s := must(d.stat("main", "dir/a.txt"))(t)
	if s.Commit != second.Commit || s.Ref != d.main || s.Modified.IsZero() {
		t.Errorf("stat: %+v", s)
	}
	same := d.write("dir/a.txt", "two")
	if same.Modified || same.Commit != second.Commit {
		t.Errorf("a change to what is there already made a commit: %+v", same)
	}
	del := content.Change{Path: path(t, "dir/a.txt"), Delete: true, Expect: content.Present()}
	must(d.Change(d.ctx, d.set(del)))(t)
	_, err := d.stat("main", "dir/a.txt")
	d.fails(err, fault.NotFound, "read of a deleted document")
	_, err = d.stat("main", "dir")
	d.fails(err, fault.NotFound, "read of a directory that lost its last document")
	_, err = d.Change(d.ctx, d.set(content.Change{Path: path(t, "dir/a.txt"), Delete: true}))
	d.fails(err, fault.NotFound, "a second deletion")
	d.reads(first.Commit.String(), "dir/a.txt", "one")
}

func expectations(t *testing.T, d *desk) {
	d.write("a", "one")
	one, two := content.InlineBody([]byte("one")).Digest, content.InlineBody([]byte("two")).Digest
	for _, c := range []struct {
		name   string
		path   string
		text   string
		expect content.Expect
		kind   fault.Kind
		ok     bool
	}{
		{"absent, but there", "a", "x", content.Absent(), fault.Stale, false},
		{"another version", "a", "x", content.OneOf(two), fault.Stale, false},
		{"present, but not there", "b", "x", content.Present(), fault.Stale, false},
		{"a version, but not there", "b", "x", content.OneOf(one), fault.Stale, false},
		{"none of what is there", "a", "x", content.NoneOf(one), fault.Stale, false},
		{"absent, and not there", "c", "x", content.Absent(), 0, true},
		{"this version", "a", "two", content.OneOf(two, one), 0, true},
		{"an old version, but the very change is there", "a", "two", content.OneOf(one), 0, true},
		{"present, and there", "a", "three", content.Present(), 0, true},
	} {
		_, err := d.Change(d.ctx, d.set(put(t, c.path, c.text, c.expect)))
		if c.ok && err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if !c.ok {
			d.fails(err, c.kind, c.name)
		}
	}
	d.reads("main", "a", "three")
	head := d.set(put(t, "a", "four", content.Expect{}))
	head.Head = content.OneOf(one)
	_, err := d.Change(d.ctx, head)
	d.fails(err, fault.Stale, "another head")
}

func repeats(t *testing.T, d *desk) {
	cs := d.set(put(t, "a", "one", content.Absent()))
	first := must(d.Change(d.ctx, cs))(t)
	d.write("b", "between")
	again := must(d.Change(d.ctx, cs))(t)
	if again.Commit != first.Commit || !again.Modified || !slices.Equal(again.Outcomes, first.Outcomes) {
		t.Errorf("first %+v, again %+v", first, again)
	}
	del := d.set(content.Change{Path: path(t, "a"), Delete: true})
	gone := must(d.Change(d.ctx, del))(t)
	if again := must(d.Change(d.ctx, del))(t); again.Commit != gone.Commit {
		t.Errorf("deleted in %v, and then in %v", gone.Commit, again.Commit)
	}
}

func repeatsOfOthers(t *testing.T, d *desk) {
	id := func(text string) content.RequestID { return content.RequestIDOf("same", []byte(text)) }
	one, two := d.set(put(t, "a", "one", content.Expect{})), d.set(put(t, "a", "two", content.Expect{}))
	one.Request, two.Request = id("one"), id("two")
	must(d.Change(d.ctx, one))(t)
	must(d.Change(d.ctx, two))(t)
	d.reads("main", "a", "two")
}

func allOrNothing(t *testing.T, d *desk) {
	before := d.write("a", "one")
	_, err := d.Change(d.ctx, d.set(
		put(t, "b", "new", content.Absent()),
		put(t, "a", "changed", content.Absent()),
	))
	d.fails(err, fault.Stale, "two changes, one of them refused")
	_, err = d.stat("main", "b")
	d.fails(err, fault.NotFound, "the other one")
	s := must(d.stat("main", "a"))(t)
	if s.Commit != before.Commit {
		t.Errorf("the branch moved from %v to %v", before.Commit, s.Commit)
	}
	both := must(d.Change(d.ctx, d.set(put(t, "b", "new", content.Absent()), put(t, "d/c", "new", content.Absent()))))(t)
	detail := must(d.Commit(d.ctx, d.repo, both.Commit))(t)
	if len(detail.Changes) != 2 || detail.Commit.Parents[0] != before.Commit {
		t.Errorf("one commit of both: %+v", detail)
	}
}

func manyWriters(t *testing.T, d *desk) {
	d.write("seed", "x")
	const writers, rounds = 8, 6
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			expect := content.Absent()
			for i := range rounds {
				text := fmt.Sprintf("%d of %d", i, w)
				c, err := d.Change(d.ctx, d.set(put(t, fmt.Sprintf("f%d", w), text, expect)))
				if err != nil {
					t.Errorf("writer %d, round %d: %v", w, i, err)
					return
				}
				expect = content.OneOf(c.Outcomes[0].Digest)
			}
		})
	}
	wg.Wait()
	for w := range writers {
		d.reads("main", fmt.Sprintf("f%d", w), fmt.Sprintf("%d of %d", rounds-1, w))
	}
	h := must(d.History(d.ctx, fsapi.At{Repo: d.repo}, fsapi.Page{Limit: fsapi.MaxPage}))(t)
	if len(h.Items) != 1+writers*rounds {
		t.Errorf("%d commits, not %d", len(h.Items), 1+writers*rounds)
	}
}

func oneWins(t *testing.T, d *desk) {
	base := d.write("a", "base").Outcomes[0].Digest
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			_, errs[w] = d.Change(d.ctx, d.set(put(t, "a", fmt.Sprint("by ", w), content.OneOf(base))))
		})
	}
	wg.Wait()
	winner := -1
	for w, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = w
		case err == nil:
			t.Fatalf("writers %d and %d both won", winner, w)
		default:
			d.fails(err, fault.Stale, "a loser")
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	d.reads("main", "a", fmt.Sprint("by ", winner))
}

func largeBody(t *testing.T, d *desk) {
	data := make([]byte, 3<<20+17)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	digest := must(d.Upload(d.ctx, d.repo, int64(len(data)), bytes.NewReader(data)))(t)
	if want := content.NewObject(content.KindBlob, data).Digest; digest != want {
		t.Fatalf("digest %v, not git's %v", digest, want)
	}
	change := content.Change{Path: path(t, "big.bin"), Body: content.Body{Digest: digest, Size: int64(len(data))}}
	c := must(d.Change(d.ctx, d.set(change)))(t)
	s := must(d.stat(c.Commit.String(), "big.bin"))(t)
	if s.Entry.Digest != digest || s.Entry.Size != int64(len(data)) || s.Inline != nil {
		t.Fatalf("stat: %+v", s.Entry)
	}
	for _, part := range []struct{ off, n int64 }{{0, -1}, {0, 10}, {1 << 20, 100}, {int64(len(data)) - 3, -1}, {int64(len(data)), -1}, {5, 1 << 40}} {
		r := must(d.Blob(d.ctx, fsapi.At{Repo: d.repo, Rev: content.AtCommit(c.Commit), Path: path(t, "big.bin")}, digest, part.off, part.n))(t)
		got, err := io.ReadAll(r)
		r.Close()
		want := data[part.off:]
		if part.n >= 0 && part.n < int64(len(want)) {
			want = want[:part.n]
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("from %d, %d bytes: got %d, want %d, %v", part.off, part.n, len(got), len(want), err)
		}
	}
	unknown := content.Change{Path: path(t, "none.bin"), Body: content.Body{Digest: content.Digest{1}, Size: 2 << 20}}
	_, err := d.Change(d.ctx, d.set(unknown))
	d.fails(err, fault.NotFound, "a change that names a body that was never uploaded")
}

func shortUpload(t *testing.T, d *desk) {
	_, err := d.Upload(d.ctx, d.repo, 2<<20, strings.NewReader("too short"))
	d.fails(err, fault.Invalid, "an upload that is too short")
	_, err = d.Upload(d.ctx, d.repo, 2<<20, io.LimitReader(zeros{}, 3<<20))
	d.fails(err, fault.Invalid, "an upload that is too long")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func badPaths(t *testing.T, d *desk) {
	d.write("file", "x")
	d.write("dir/file", "x")
	_, err := d.Change(d.ctx, d.set(put(t, "file/below", "x", content.Expect{})))
	d.fails(err, fault.Conflict, "a path through a document")
	_, err = d.Change(d.ctx, d.set(put(t, "dir", "x", content.Expect{})))
	d.fails(err, fault.Conflict, "a document in place of a directory")
	_, err = d.Change(d.ctx, d.set(put(t, "a\nb", "x", content.Expect{})))
	d.fails(err, fault.Invalid, "a control character in a new name")
	twice := put(t, "twice", "x", content.Expect{})
	_, err = d.Change(d.ctx, d.set(twice, twice))
	d.fails(err, fault.Invalid, "a path that is named twice")
}

func lists(t *testing.T, d *desk) {
	for _, name := range []string{"d/b", "d/a", "d/sub/x", "d/sub.txt", "d/c"} {
		d.write(name, name)
	}
	at := fsapi.At{Repo: d.repo, Path: path(t, "d")}
	var names []string
	for after, pages := "", 0; ; pages++ {
		l := must(d.List(d.ctx, at, fsapi.Page{After: after, Limit: 2}))(t)
		for _, e := range l.Entries {
			names = append(names, e.Name)
			if want := int64(len("d/" + e.Name)); !e.Mode.IsDir() && e.Size != want {
				t.Errorf("%s: %d bytes, not %d", e.Name, e.Size, want)
			}
		}
		if after = l.Next; after == "" || pages > 5 {
			break
		}
	}
	if want := []string{"a", "b", "c", "sub.txt", "sub"}; !slices.Equal(names, want) {
		t.Errorf("listed %q, not %q", names, want)
	}
	_, err := d.List(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "d/a")}, fsapi.Page{})
	d.fails(err, fault.Conflict, "a list of a document")
}

func history(t *testing.T, d *desk) {
	var want []content.Digest
	for i := range 5 {
		c := d.write("a", fmt.Sprint("version ", i))
		want = slices.Insert(want, 0, c.Commit)
		d.write("other", fmt.Sprint(i))
	}
	var got []content.Digest
	for after, pages := "", 0; ; pages++ {
		h := must(d.History(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "a")}, fsapi.Page{After: after, Limit: 2}))(t)
		for _, i := range h.Items {
			got = append(got, i.Commit.ID)
		}
		d.write("a", fmt.Sprint("meanwhile ", pages))
		if after = h.Next; after == "" || pages > 5 {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("history %v, not %v", got, want)
	}
	versions(t, d, want)
	_, err := d.History(d.ctx, fsapi.At{Repo: d.repo, Path: path(t, "never")}, fsapi.Page{})
	d.fails(err, fault.NotFound, "history of what never was there")
}

func commitDetail(t *testing.T, d *desk) {
	d.write("a", "one")
	cs := d.set(put(t, "a", "two", content.Expect{}), put(t, "b", "new", content.Expect{}))
	cs.Message = "Say it better\n\nTwice.\n"
	c := must(d.Change(d.ctx, cs))(t)
	detail := must(d.Commit(d.ctx, d.repo, c.Commit))(t)
	if detail.Commit.Message != cs.Message || detail.Commit.Author.Name != "Ada" || detail.Commit.Subject() != "Say it better" {
		t.Errorf("commit: %+v", detail.Commit)
	}
	var paths []string
	for _, f := range detail.Changes {
		paths = append(paths, fmt.Sprint(f.Path, f.Old.Digest.IsZero()))
	}
	if want := []string{"a false", "b true"}; !slices.Equal(paths, want) {
		t.Errorf("changes %q, not %q", paths, want)
	}
}

func refs(t *testing.T, d *desk) {
	first, second := d.write("a", "one"), d.write("a", "two")
	side, _ := content.Branch("side/way")
	move := func(to content.Revision, e content.Expect, force bool) (fsapi.Ref, error) {
		return d.MoveRef(d.ctx, fsapi.RefMove{Repo: d.repo, Name: side, To: to, Expect: e, Force: force, Request: content.NewRequestID()})
	}
	r := must(move(content.AtCommit(first.Commit), content.Absent(), false))(t)
	if r.Commit != first.Commit || r.Name != side {
		t.Errorf("created: %+v", r)
	}
	d.reads("side/way", "a", "one")
	_, err := move(content.AtCommit(first.Commit), content.Absent(), false)
	d.fails(err, fault.Stale, "creation of what is there")
	must(move(content.AtRef(d.main), content.OneOf(first.Commit), false))(t)
	d.reads("side/way", "a", "two")
	_, err = move(content.AtCommit(first.Commit), content.OneOf(second.Commit), false)
	d.fails(err, fault.Conflict, "a move that is no fast-forward")
	must(move(content.AtCommit(first.Commit), content.OneOf(second.Commit), true))(t)
	_, err = move(content.AtCommit(content.Digest{7}), content.Expect{}, true)
	d.fails(err, fault.NotFound, "a move to what is not there")
	all := must(d.Refs(d.ctx, d.repo, "refs/heads/", fsapi.Page{}))(t)
	if len(all.Refs) != 2 || all.Refs[0].Name != d.main || all.Refs[1].Commit != first.Commit {
		t.Errorf("refs: %+v", all.Refs)
	}
	must(move(content.Revision{}, content.OneOf(first.Commit), false))(t)
	_, err = d.Ref(d.ctx, d.repo, side)
	d.fails(err, fault.NotFound, "a deleted branch")
	_, err = d.MoveRef(d.ctx, fsapi.RefMove{Repo: d.repo, Name: d.main})
	d.fails(err, fault.Conflict, "deletion of the default branch")
}

func repos(t *testing.T, d *desk) {
	old := d.write("a", "one")
	r := must(d.Repo(d.ctx, d.repo))(t)
	_, _, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: d.repo})
	d.fails(err, fault.Stale, "creation of what is there")
	text := "a book"
	changed, created, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: d.repo, Description: &text, Revision: r.Revision})
	if err != nil || created || changed.Description != text || changed.Revision <= r.Revision {
		t.Fatalf("changed: %+v, created %v, %v", changed, created, err)
	}
	d.fails(d.DeleteRepo(d.ctx, d.repo, r.Revision), fault.Stale, "deletion of an old revision")
	if err := d.DeleteRepo(d.ctx, d.repo, changed.Revision); err != nil {
		t.Fatal(err)
	}
	_, err = d.stat("main", "a")
	d.fails(err, fault.Gone, "read of a deleted repository")
	again, created, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: d.repo})
	if err != nil || !created || again.Pool == r.Pool {
		t.Fatalf("made again: %+v, created %v, %v", again, created, err)
	}
	_, err = d.stat(old.Commit.String(), "a")
	d.fails(err, fault.NotFound, "read of the old one's commit through the new one's name")
	all := must(d.Repos(d.ctx, fsapi.Page{Limit: fsapi.MaxPage}))(t)
	if !slices.ContainsFunc(all.Repos, func(r fsapi.Repo) bool { return r.ID == d.repo }) {
		t.Error("it is not listed")
	}
}

// A repository that is renamed is the same, under another name. The former one leads to it,
// for reads and changes alike, until it is taken again.
func renamed(t *testing.T, d *desk) {
	first := d.write("a", "one")
	r, former := must(d.Repo(d.ctx, d.repo))(t), d.repo
	name := must(content.ParseRepoID(former.String() + "-renamed"))(t)
	other := newDesk(t, d.ctx, d.FS)
	rename := func(to content.RepoID, revision int64) (fsapi.Repo, error) {
		r, created, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: former, Name: to, Revision: revision, Request: content.RequestIDOf("rename to " + to.String())})
		if created {
			t.Error("a repository was created")
		}
		return r, err
	}
	_, err := rename(other.repo, r.Revision)
	d.fails(err, fault.Conflict, "a name that is taken")
	_, err = rename(name, r.Revision+1000)
	d.fails(err, fault.Stale, "a record that is not as expected")
	now := must(rename(name, r.Revision))(t)
	if now.ID != name || now.Pool != r.Pool || !now.Created.Equal(r.Created) || now.Revision <= r.Revision {
		t.Fatalf("renamed: %+v, before %+v", now, r)
	}
	if again := must(rename(name, r.Revision))(t); again != now {
		t.Errorf("the repeat got %+v, the first %+v", again, now)
	}

	d.repo = name
	d.reads("main", "a", "one")
	d.write("a", "two")
	d.reads(first.Commit.String(), "a", "one")

	d.repo = former
	_, err = d.stat("main", "a")
	d.movedTo(err, name)
	_, err = d.stat(first.Commit.String(), "a")
	d.movedTo(err, name)
	_, err = d.Change(d.ctx, d.set(put(t, "a", "three", content.Expect{})))
	d.movedTo(err, name)
	_, err = d.Repo(d.ctx, former)
	d.movedTo(err, name)
	_, err = rename(must(content.ParseRepoID(former.String()+"-again"))(t), -1)
	d.movedTo(err, name)
	d.movedTo(d.DeleteRepo(d.ctx, former, -1), name)
	var ids []content.RepoID
	for after := ""; ; {
		all := must(d.Repos(d.ctx, fsapi.Page{After: after, Limit: fsapi.MaxPage}))(t)
		for _, r := range all.Repos {
			ids = append(ids, r.ID)
		}
		if after = all.Next; after == "" {
			break
		}
	}
	if slices.Contains(ids, former) || !slices.Contains(ids, name) {
		t.Errorf("listed are %v, with %v and without %v are due", ids, name, former)
	}

	second, created, err := d.PutRepo(d.ctx, fsapi.RepoChange{ID: former})
	if err != nil || !created || second.Pool == r.Pool {
		t.Fatalf("another of the former name: %+v, created %v, %v", second, created, err)
	}
	d.write("a", "another")
	d.reads("main", "a", "another")
	d.repo = name
	d.reads("main", "a", "two")
	if err := d.DeleteRepo(d.ctx, name, -1); err != nil {
		t.Fatal(err)
	}
	d.repo = former
	d.reads("main", "a", "another")
}

// movedTo checks that err leads to a name.
func (d *desk) movedTo(err error, name content.RepoID) {
	d.t.Helper()
	d.fails(err, fault.Moved, "use of a former name")
	var e *fault.Error
	if errors.As(err, &e) && e.Facts["to"] != name.String() {
		d.t.Errorf("it leads to %q, not %v", e.Facts["to"], name)
	}
}

func notFound(t *testing.T, d *desk) {
	d.write("a", "one")
	for _, c := range []struct{ rev, path string }{
		{"main", "b"}, {"main", "a/b"}, {"nowhere", "a"}, {content.Digest{9}.String(), "a"},
	} {
		_, err := d.stat(c.rev, c.path)
		d.fails(err, fault.NotFound, c.path+" at "+c.rev)
	}
	none := must(content.ParseRepoID("none-such"))(t)
	_, err := d.Stat(d.ctx, fsapi.StatQuestion{At: fsapi.At{Repo: none}})
	d.fails(err, fault.NotFound, "a repository that is not there")
	_, err = d.Import(d.ctx, d.repo, fsapi.ImportID{1})
	d.fails(err, fault.NotFound, "an import that never began")
}
