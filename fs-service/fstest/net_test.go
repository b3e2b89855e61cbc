package fstest_test

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
)

// book is a repository on a net.
type book struct {
	t    *testing.T
	net  *fstest.Net
	id   content.RepoID
	pool content.Pool
	main content.RefName
}

func newBook(t *testing.T, nodes int) *book {
	t.Helper()
	id, _ := content.ParseRepoID("book")
	main, _ := content.Branch("main")
	b := &book{t: t, net: fstest.NewNet(t, nodes), id: id, main: main}
	r, _, err := b.net.FS(0).PutRepo(t.Context(), fsapi.RepoChange{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	b.pool = r.Pool
	return b
}

func (b *book) set(name, text string, e content.Expect) content.ChangeSet {
	p, err := content.ParsePath(name)
	if err != nil {
		b.t.Fatal(err)
	}
	return content.ChangeSet{
		Repo: b.id, Branch: b.main, Author: content.Signature{Name: "Ada"}, Request: content.NewRequestID(),
		Changes: []content.Change{{Path: p, Body: content.InlineBody([]byte(text)), Expect: e}},
	}
}

// write changes name through node via.
func (b *book) write(via int, name, text string) content.Changed {
	b.t.Helper()
	c, err := b.net.FS(via).Change(b.t.Context(), b.set(name, text, content.Expect{}))
	if err != nil {
		b.t.Fatalf("write %s through node %d: %v", name, via+1, err)
	}
	return c
}

// read returns what node via shows at name.
func (b *book) read(via int, rev content.Revision, name string) (string, error) {
	b.t.Helper()
	p, err := content.ParsePath(name)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	s, err := b.net.FS(via).Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: b.id, Rev: rev, Path: p}, Inline: content.InlineLimit})
	return string(s.Inline), err
}

func TestAReplicaThatWasAwayCatchesUpByItself(t *testing.T) {
	b := newBook(t, 3)
	b.write(0, "a", "before")
	b.net.Cut(2)
	var last content.Changed
	for i := range 20 {
		last = b.write(0, fmt.Sprintf("d%d/f", i%3), fmt.Sprint("while away ", i))
	}
	large := bytes.Repeat([]byte("a large body "), 100_000)
	d, err := b.net.FS(0).Upload(t.Context(), b.id, int64(len(large)), bytes.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	cs := b.set("large", "", content.Expect{})
	cs.Changes[0].Body = content.Body{Digest: d, Size: int64(len(large))}
	if last, err = b.net.FS(0).Change(t.Context(), cs); err != nil {
		t.Fatal(err)
	}
	b.net.Join(2)
	b.net.Holds(2, b.pool, last.Commit)

	b.net.Cut(2) // what it shows now is its own
	if got, err := b.read(2, content.AtCommit(last.Commit), "d1/f"); got != "while away 19" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	r, err := b.net.FS(2).Blob(t.Context(), fsapi.At{Repo: b.id}, d, 0, -1)
	if err != nil {
		t.Fatalf("the large body: %v", err)
	}
	r.Close()
}

func TestAReadOfWhatIsMissingHereFetchesIt(t *testing.T) {
	b := newBook(t, 3)
	b.net.Cut(1)
	c := b.write(0, "a", "one")
	b.net.Join(1)
	if got, err := b.read(1, content.AtCommit(c.Commit), "a"); got != "one" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestWithoutAQuorumNothingIsWrittenAndEditionsAreRead(t *testing.T) {
	b := newBook(t, 3)
	before := b.write(0, "a", "one")
	b.net.Holds(0, b.pool, before.Commit)
	b.net.Cut(1)
	b.net.Cut(2)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cs := b.set("a", "two", content.Expect{})
	if _, err := b.net.FS(0).Change(ctx, cs); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("a write on one replica of three: %v", err)
	}
	if got, err := b.read(0, content.AtCommit(before.Commit), "a"); got != "one" || err != nil {
		t.Errorf("read of a commit: %q, %v", got, err)
	}
	b.net.Join(1)
	if got, err := b.read(0, content.Revision{}, "a"); got != "one" || err != nil {
		t.Errorf("the branch moved: %q, %v", got, err)
	}
	if _, err := b.net.FS(0).Change(t.Context(), cs); err != nil {
		t.Errorf("the same again, with two of three: %v", err)
	}
}

// Two coordinators at once are safe: the transaction arbitrates.
func TestCoordinatorsOfOneBranchLoseNothing(t *testing.T) {
	b := newBook(t, 3)
	b.write(0, "seed", "x")
	const writers, rounds = 6, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			expect := content.Absent()
			for i := range rounds {
				cs := b.set(fmt.Sprintf("f%d", w), fmt.Sprint(i), expect)
				c, err := b.net.FS(w%3).Change(t.Context(), cs)
				if err != nil {
					t.Errorf("writer %d, round %d: %v", w, i, err)
					return
				}
				again, err := b.net.FS((w+1)%3).Change(t.Context(), cs)
				if err != nil || again.Commit != c.Commit {
					t.Errorf("writer %d, round %d, repeated elsewhere: %v in place of %v, %v", w, i, again.Commit, c.Commit, err)
				}
				expect = content.OneOf(c.Outcomes[0].Digest)
			}
		})
	}
	wg.Wait()
	h, err := b.net.FS(1).History(t.Context(), fsapi.At{Repo: b.id}, fsapi.Page{Limit: fsapi.MaxPage})
	if err != nil || len(h.Items) != 1+writers*rounds {
		t.Errorf("%d commits, not %d, %v", len(h.Items), 1+writers*rounds, err)
	}
}

// A lost update is refused whichever coordinator is asked.
func TestOneWriterWinsAcrossCoordinators(t *testing.T) {
	b := newBook(t, 3)
	base := b.write(0, "a", "base").Outcomes[0].Digest
	const writers = 6
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			_, errs[w] = b.net.FS(w%3).Change(t.Context(), b.set("a", fmt.Sprint("by ", w), content.OneOf(base)))
		})
	}
	wg.Wait()
	won := 0
	for w, err := range errs {
		switch {
		case err == nil:
			won++
		case !fault.Is(err, fault.Stale):
			t.Errorf("writer %d: %v", w, err)
		}
	}
	if won != 1 {
		t.Errorf("%d writers won", won)
	}
}
