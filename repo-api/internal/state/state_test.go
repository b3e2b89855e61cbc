package state_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counted counts how often directories are asked for.
type counted struct {
	fsapi.FS
	lists atomic.Int32
}

func (c *counted) List(ctx context.Context, at fsapi.At, page fsapi.Page) (fsapi.Listing, error) {
	c.lists.Add(1)
	return c.FS.List(ctx, at, page)
}

func repo(t *testing.T, fs fsapi.FS) content.RepoID {
	t.Helper()
	id, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := fs.PutRepo(t.Context(), fsapi.RepoChange{ID: id, Request: content.RequestIDOf("repo")}); err != nil {
		t.Fatal(err)
	}
	return id
}

func write(t *testing.T, fs fsapi.FS, repo content.RepoID, request string, files map[string]string) {
	t.Helper()
	main, err := content.Branch("main")
	if err != nil {
		t.Fatal(err)
	}
	set := content.ChangeSet{Repo: repo, Branch: main, Message: "Write", Request: content.RequestIDOf(request)}
	set.Author = content.Signature{Name: "Ann", Email: "ann@example.org"}
	for path, text := range files {
		p, err := content.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		set.Changes = append(set.Changes, content.Change{Path: p, Body: content.InlineBody([]byte(text))})
	}
	if _, err := fs.Change(t.Context(), set); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, states *state.States, repo content.RepoID, rev content.Revision) *state.State {
	t.Helper()
	s, err := states.Open(t.Context(), repo, rev, fsapi.Linearizable)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAStateIsOfOneCommit(t *testing.T) {
	fs := &counted{FS: fstest.Memory(t)}
	book := repo(t, fs)
	files := map[string]string{"README.md": "r", "a/b/c.txt": "c"}
	for i := range fsapi.MaxPage + 5 {
		files[fmt.Sprintf("media/%04d.txt", i)] = fmt.Sprint(i)
	}
	write(t, fs, book, "1", files)
	states := state.New(fs, 1<<20)
	before := open(t, states, book, content.Revision{})
	all, err := before.Files(t.Context())
	if err != nil || len(all) != len(files) {
		t.Fatalf("%d documents, not %d, %v", len(all), len(files), err)
	}
	asked := fs.lists.Load()

	write(t, fs, book, "2", map[string]string{"a/b/c.txt": "C", "a/d.txt": "d"})
	after := open(t, states, book, content.Revision{})
	if n := fs.lists.Load() - asked; n != 3 {
		t.Errorf("%d directories were asked for again, not the 3 that changed", n)
	}
	for s, want := range map[*state.State]map[string]string{
		before: files, after: {"a/b/c.txt": "C", "a/d.txt": "d", "media/0007.txt": "7"},
	} {
		all, err := s.Files(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for i, f := range all {
			if i > 0 && all[i-1].Path.String() >= f.Path.String() {
				t.Fatalf("%s comes after %s", f.Path, all[i-1].Path)
			}
			text, asked := want[f.Path.String()]
			if !asked {
				continue
			}
			found++
			body, err := s.Open(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			body.Close()
			if err != nil || string(got) != text || f.Size != int64(len(text)) {
				t.Errorf("%s holds %q of %d bytes, %v", f.Path, got, f.Size, err)
			}
		}
		if found != len(want) {
			t.Errorf("found %d of %d", found, len(want))
		}
	}
	if then := open(t, states, book, content.AtCommit(before.Commit)); then.Commit != before.Commit || !then.Ref.IsZero() {
		t.Errorf("by its id, %v is %v of %v", before.Commit, then.Commit, then.Ref)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	fs := fstest.Memory(t)
	states := state.New(fs, 1<<20)
	id, err := content.ParseRepoID("none")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := states.Open(t.Context(), id, content.Revision{}, fsapi.Linearizable); !fault.Is(err, fault.NotFound) {
		t.Errorf("no repository: %v", err)
	}
	if _, err := states.Open(t.Context(), repo(t, fs), content.AtCommit(content.Digest{1}), fsapi.Linearizable); !fault.Is(err, fault.NotFound) {
		t.Errorf("no commit: %v", err)
	}
}
