package gitdoor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// derive makes a repository that begins as the book is, and returns its site.
func (s *site) derive(name string) *site {
	s.t.Helper()
	child := *s
	child.book, _ = content.ParseRepoID(name)
	if _, _, err := s.fs.PutRepo(s.t.Context(), fsapi.RepoChange{ID: child.book, Derive: fsapi.Derive{Repo: s.book}}); err != nil {
		s.t.Fatal(err)
	}
	return &child
}

func TestStockGitWorksOnWhatIsDerived(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"sub/a.txt": paragraphs(2000, "shared"), "sub/b.txt": "b\n"})
		child := s.derive("copy")
		child.clone("c")
		child.commit("c", "sub/a.txt", paragraphs(2000, "ours")) // a delta against what the parent brought
		child.git("c", "push", "-q", "origin", "main")
		if got := child.text("main", "sub/a.txt"); got != paragraphs(2000, "ours") {
			t.Errorf("pushed: %d bytes", len(got))
		}
		child.git("c", "revert", "--no-edit", "HEAD") // documents that are older than the tip
		child.git("c", "push", "-q", "origin", "main")
		s.clone("p")
		s.commit("p", "sub/b.txt", "of the parent\n")
		s.git("p", "push", "-q", "origin", "main")
		child.git("c", "pull", "-q", "--no-rebase", "--no-edit", s.repo(), "main") // brings what the child has not
		child.git("c", "push", "-q", "origin", "main")
		child.clone("again")
		if got := child.text("main", "sub/b.txt"); got != "of the parent\n" {
			t.Errorf("pulled: %q", got)
		}
	})
}

// TestAPushTakesNothingOfOthersOutOfASharedPool names objects that only the parent's refs
// reach in every way in which a push can name what it does not bring.
func TestAPushTakesNothingOfOthersOutOfASharedPool(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.write(map[string]string{"a": "shared"})
	child := s.derive("copy")
	secret := s.write(map[string]string{"a": "secret", "b": "secret too"})
	stored, err := s.fs.Commit(t.Context(), s.book, secret)
	if err != nil {
		t.Fatal(err)
	}
	document := stored.Changes[0].New.Digest
	holds := tree(document, "a")
	copied := append(append(varint(len("secret")), varint(len("secret"))...), 0x90, byte(len("secret")))
	blobbed := tree(blob("secret").Digest, "a")
	tests := []struct {
		name, why string
		make      func() (content.Digest, []byte)
	}{
		{"a commit", "missing necessary objects", func() (content.Digest, []byte) { return secret, packOf() }},
		{"a parent", "missing necessary objects", func() (content.Digest, []byte) {
			c := content.NewObject(content.KindCommit, fmt.Appendf(nil, "tree %v\nparent %v\nauthor %s\ncommitter %s\n\nWords\n", stored.Commit.Tree, secret, ada, ada))
			return c.Digest, packOf(whole(c))
		}},
		{"a tree", "missing necessary objects", func() (content.Digest, []byte) {
			c := commit(stored.Commit.Tree, ada)
			return c.Digest, packOf(whole(c))
		}},
		{"a document", "missing necessary objects", func() (content.Digest, []byte) {
			c := commit(holds.Digest, ada)
			return c.Digest, packOf(whole(holds), whole(c))
		}},
		{"what a delta is made from", "base missing", func() (content.Digest, []byte) {
			c := commit(blobbed.Digest, ada)
			return c.Digest, packOf(whole(blobbed), whole(c), entry(7, copied, document[:]...))
		}},
	}
	var padding [][]byte
	for i := range 1001 {
		padding = append(padding, whole(blob(fmt.Sprint("padding ", i))))
	}
	before := child.refs()
	for _, tt := range tests {
		for _, size := range []string{"few", "many"} {
			t.Run(tt.name+"/"+size, func(t *testing.T) {
				tip, pack := tt.make()
				if size == "many" {
					pack = padded(pack, padding)
				}
				if _, text := child.push("refs/heads/taken", tip, pack); !strings.Contains(text, tt.why) || !strings.Contains(text, "ng refs/heads/taken") {
					t.Errorf("without %q:\n%s", tt.why, text)
				}
				if after := child.refs(); after != before {
					t.Errorf("refs are %s", after)
				}
			})
		}
	}
	want := line("command=fetch") + "0001" + line("want %v", secret) + line("done") + "0000"
	status, text := child.post("git-upload-pack", "application/x-git-upload-pack-request", want, "Git-Protocol", "version=2")
	if status != http.StatusOK || !strings.Contains(text, "not our ref") {
		t.Errorf("a fetch: %d\n%s", status, text)
	}
}
