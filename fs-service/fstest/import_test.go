package fstest_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"os"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// send gives a bundle to a file system in pieces of at most size bytes, and waits for its end.
func send(t *testing.T, fs fsapi.FS, repo content.RepoID, data []byte, size int) fsapi.ImportStatus {
	t.Helper()
	id := fsapi.ImportID(sha256.Sum256(data))
	for off := 0; off < len(data); off += size {
		part := data[off:min(off+size, len(data))]
		piece := fsapi.ImportPiece{
			Repo: repo, Import: id, Offset: int64(off), Size: int64(len(part)), Last: off+len(part) == len(data),
		}
		if _, err := fs.Receive(t.Context(), piece, bytes.NewReader(part)); err != nil {
			t.Fatalf("piece at %d: %v", off, err)
		}
	}
	return finished(t, fs, repo, id)
}

func finished(t *testing.T, fs fsapi.FS, repo content.RepoID, id fsapi.ImportID) fsapi.ImportStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		s, err := fs.Import(ctx, repo, id)
		if err != nil {
			t.Fatal(err)
		}
		if s.Phase == fsapi.ImportDone || s.Phase == fsapi.ImportFailed {
			return s
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the import is still %s", s.Phase)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func newRepo(t *testing.T, fs fsapi.FS, name string) content.RepoID {
	t.Helper()
	id, err := content.ParseRepoID(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := fs.PutRepo(t.Context(), fsapi.RepoChange{ID: id}); err != nil {
		t.Fatal(err)
	}
	return id
}

// aBundle is a history of three commits.
func aBundle(t *testing.T) []byte {
	t.Helper()
	ada := content.Signature{Name: "Ada", Email: "ada@example.invalid", When: time.Unix(1_700_000_000, 0)}
	f, err := bundle.FromCommits(t.Context(), []bundle.Overlay{
		{Author: ada, Message: "one", When: ada.When, Put: map[string][]byte{"a": []byte("one"), "d/b": []byte("<not-closed>")}},
		{Author: ada, Message: "two", When: ada.When.Add(time.Hour), Put: map[string][]byte{"a": []byte("two")}},
		{Author: ada, Message: "three", When: ada.When.Add(2 * time.Hour), Delete: []string{"d/b"}},
	}, bundle.Options{TempDir: t.TempDir(), PureGo: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bundled is a bundle of just these objects whose main branch is at tip.
func bundled(tip content.Digest, objs ...content.Object) []byte {
	var codec pack.Codec
	p := append([]byte("PACK"), 0, 0, 0, 2, 0, 0, 0, byte(len(objs)))
	for _, o := range objs {
		p = codec.AppendEntry(p, o)
	}
	sum := sha1.Sum(p)
	return append([]byte("# v2 git bundle\n"+tip.String()+" refs/heads/main\n\n"), append(p, sum[:]...)...)
}

func TestABundleBecomesARepository(t *testing.T) {
	net := fstest.NewNet(t, 3)
	fs := net.FS(0)
	repo := newRepo(t, fs, "book")
	data := aBundle(t)
	s := send(t, fs, repo, data, 100)
	if s.Phase != fsapi.ImportDone || len(s.Refs) != 1 || s.Received != int64(len(data)) {
		t.Fatalf("import: %+v", s)
	}
	r, err := fs.Repo(t.Context(), repo)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		net.Holds(i, r.Pool, s.Refs[0].Commit)
	}
	h, err := fs.History(t.Context(), fsapi.At{Repo: repo}, fsapi.Page{})
	if err != nil || len(h.Items) != 3 || h.Items[0].Commit.Message != "three" {
		t.Errorf("history: %+v, %v", h, err)
	}
	if again := send(t, fs, repo, data, len(data)); again.Phase != fsapi.ImportDone {
		t.Errorf("again: %+v", again)
	}
	other := send(t, net.FS(1), repo, data, len(data))
	if other.Phase != fsapi.ImportDone || other.Refs[0] != s.Refs[0] {
		t.Errorf("again, through another node: %+v", other)
	}
}

func TestAnImportGoesOnWhereItBroke(t *testing.T) {
	fs := fstest.Memory(t)
	repo := newRepo(t, fs, "book")
	data := aBundle(t)
	id := fsapi.ImportID(sha256.Sum256(data))
	piece := fsapi.ImportPiece{Repo: repo, Import: id, Size: 200}
	if _, err := fs.Receive(t.Context(), piece, bytes.NewReader(data[:120])); !fault.Is(err, fault.Invalid) {
		t.Fatalf("a piece that breaks off: %v", err)
	}
	s, err := fs.Import(t.Context(), repo, id)
	if err != nil || s.Received != 120 || s.Phase != fsapi.ImportReceiving {
		t.Fatalf("then: %+v, %v", s, err)
	}
	if s, err := fs.Receive(t.Context(), piece, bytes.NewReader(data[:200])); !fault.Is(err, fault.Stale) || s.Received != 120 {
		t.Errorf("the same piece from its beginning: %+v, %v", s, err)
	}
	rest := fsapi.ImportPiece{Repo: repo, Import: id, Offset: 120, Size: int64(len(data) - 120), Last: true}
	if _, err := fs.Receive(t.Context(), rest, bytes.NewReader(data[120:])); err != nil {
		t.Fatal(err)
	}
	if s := finished(t, fs, repo, id); s.Phase != fsapi.ImportDone {
		t.Errorf("in the end: %+v", s)
	}
}

// A bundle that is no good is refused by what is wrong with it, and nothing of it is seen.
func TestABundleThatIsNoGoodIsRefused(t *testing.T) {
	ada := content.Signature{Name: "Ada", Email: "a", When: time.Unix(1_700_000_000, 0)}
	commit := func(tree content.Digest) content.Object {
		return gitfmt.EncodeCommit(content.Commit{Tree: tree, Author: ada, Committer: ada, Message: "x"})
	}
	blob := content.NewObject(content.KindBlob, []byte("text"))
	tree := func(name string) content.Object {
		return gitfmt.EncodeTree([]content.Entry{{Name: name, Mode: content.ModeRegular, Digest: blob.Digest}})
	}
	good, hidden := tree("a"), tree(".GIT")
	whole := aBundle(t)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-30] ^= 1
	for _, c := range []struct {
		name string
		data []byte
		says string
	}{
		{"no bundle", []byte("hello, this is not a bundle\n"), "bundle"},
		{"a broken object", flipped, "offset"},
		{"a pack cut short", whole[:len(whole)-25], "offset"},
		{"a missing tree", bundled(commit(good.Digest).Digest, commit(good.Digest)), good.Digest.String()},
		{"a missing document", bundled(commit(good.Digest).Digest, commit(good.Digest), good), blob.Digest.String()},
		{"a missing tip", bundled(content.Digest{1}, blob), content.Digest{1}.String()},
		{"a name that hides .git", bundled(commit(hidden.Digest).Digest, commit(hidden.Digest), hidden, blob), ".GIT"},
		{"a branch that is a document", bundled(blob.Digest, blob), "refs/heads/main"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := fstest.Memory(t)
			repo := newRepo(t, fs, "book")
			s := send(t, fs, repo, c.data, len(c.data))
			if s.Phase != fsapi.ImportFailed || s.Kind != fault.Invalid.String() || !strings.Contains(s.Error, c.says) {
				t.Errorf("%+v, where %q was due", s, c.says)
			}
			if refs, err := fs.Refs(t.Context(), repo, "refs/", fsapi.Page{}); err != nil || len(refs.Refs) != 0 {
				t.Errorf("refs: %+v, %v", refs, err)
			}
		})
	}
}

// Old histories hold names that are not UTF-8. They come through, and over the network too.
func TestNamesThatAreNotUTF8ComeThrough(t *testing.T) {
	fs := fstest.NewCluster(t, 1)
	repo := newRepo(t, fs, "book")
	zoe := content.Signature{Name: "Zo\xeb", Email: "zo\xeb@example.invalid", When: time.Unix(1_700_000_000, 0)}
	blob := content.NewObject(content.KindBlob, []byte("text"))
	tree := gitfmt.EncodeTree([]content.Entry{{Name: "caf\xe9", Mode: content.ModeRegular, Digest: blob.Digest}})
	commit := gitfmt.EncodeCommit(content.Commit{Tree: tree.Digest, Author: zoe, Committer: zoe, Message: "d\xe9j\xe0 vu\n"})
	data := bundled(commit.Digest, commit, tree, blob)
	if s := send(t, fs, repo, data, len(data)); s.Phase != fsapi.ImportDone {
		t.Fatalf("import: %+v", s)
	}
	cafe, err := content.ParsePath("caf\xe9")
	if err != nil {
		t.Fatal(err)
	}
	at := fsapi.At{Repo: repo, Path: cafe}
	s, err := fs.Stat(t.Context(), fsapi.StatQuestion{At: at, Inline: 100})
	if err != nil || string(s.Inline) != "text" {
		t.Errorf("read: %q, %v", s.Inline, err)
	}
	h, err := fs.History(t.Context(), at, fsapi.Page{})
	if err != nil || len(h.Items) != 1 || h.Items[0].Commit.Author.Name != zoe.Name || h.Items[0].Commit.ID != commit.Digest {
		t.Errorf("history: %+v, %v", h, err)
	}
	none, _ := content.ParsePath("caf\xe8")
	if _, err := fs.Stat(t.Context(), fsapi.StatQuestion{At: fsapi.At{Repo: repo, Path: none}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("what is not there: %v", err)
	}
	l, err := fs.List(t.Context(), fsapi.At{Repo: repo}, fsapi.Page{})
	if err != nil || len(l.Entries) != 1 || l.Entries[0].Name != "caf\xe9" {
		t.Errorf("list: %+v, %v", l, err)
	}
}

func TestAnImportMovesRefsOnlyForward(t *testing.T) {
	fs := fstest.Memory(t)
	repo := newRepo(t, fs, "book")
	main, _ := content.Branch("main")
	a, _ := content.ParsePath("a")
	cs := content.ChangeSet{
		Repo: repo, Branch: main, Author: content.Signature{Name: "Ada"},
		Changes: []content.Change{{Path: a, Body: content.InlineBody([]byte("mine"))}},
	}
	mine, err := fs.Change(t.Context(), cs)
	if err != nil {
		t.Fatal(err)
	}
	data := aBundle(t)
	s := send(t, fs, repo, data, len(data))
	if s.Phase != fsapi.ImportFailed || s.Kind != fault.Conflict.String() || !strings.Contains(s.Error, "refs/heads/main") {
		t.Errorf("import over another history: %+v", s)
	}
	if ref, err := fs.Ref(t.Context(), repo, main); err != nil || ref.Commit != mine.Commit {
		t.Errorf("main: %+v, %v", ref, err)
	}
}
