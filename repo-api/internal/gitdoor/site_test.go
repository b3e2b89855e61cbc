package gitdoor_test

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/repo-api/internal/gitdoor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a repository called book behind the door, and folders for clones of it.
type site struct {
	t    testing.TB
	fs   fsapi.FS
	book content.RepoID
	url  string // of the server
	dir  string
}

func newSite(t testing.TB, fs fsapi.FS) *site {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git here")
	}
	server := httptest.NewServer(gitdoor.New(fs, fstest.Log(t)))
	t.Cleanup(server.Close)
	s := &site{t: t, fs: fs, url: server.URL, dir: t.TempDir()}
	s.book, _ = content.ParseRepoID("book")
	if _, _, err := fs.PutRepo(t.Context(), fsapi.RepoChange{ID: s.book}); err != nil {
		t.Fatal(err)
	}
	return s
}

// repo is where git finds the book.
func (s *site) repo() string { return s.url + gitdoor.Prefix + s.book.String() + ".git" }

// try runs git in a folder of the site's and returns what it said.
func (s *site) try(dir string, args ...string) (string, error) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir = filepath.Join(s.dir, dir)
	cmd.Env = append(os.Environ(),
		"HOME="+s.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
	)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// git is try, and has to succeed.
func (s *site) git(dir string, args ...string) string {
	s.t.Helper()
	out, err := s.try(dir, args...)
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// refused runs git, which has to fail and to say why.
func (s *site) refused(why, dir string, args ...string) {
	s.t.Helper()
	out, err := s.try(dir, args...)
	if err == nil || !strings.Contains(out, why) {
		s.t.Errorf("git %s: %v, without %q:\n%s", strings.Join(args, " "), err, why, out)
	}
}

// write puts documents on main through the file system, as HTTP does, in one commit.
func (s *site) write(files map[string]string) content.Digest {
	s.t.Helper()
	main, _ := content.Branch("main")
	cs := content.ChangeSet{Repo: s.book, Branch: main, Author: content.Signature{Name: "Ada"}}
	for name, text := range files {
		p, err := content.ParsePath(name)
		if err != nil {
			s.t.Fatal(err)
		}
		cs.Changes = append(cs.Changes, content.Change{Path: p, Body: content.InlineBody([]byte(text))})
	}
	changed, err := s.fs.Change(s.t.Context(), cs)
	if err != nil {
		s.t.Fatal(err)
	}
	return changed.Commit
}

// text is what the file system shows at a place.
func (s *site) text(rev, name string) string {
	s.t.Helper()
	p, err := content.ParsePath(name)
	if err != nil {
		s.t.Fatal(err)
	}
	at := fsapi.At{Repo: s.book, Path: p}
	if at.Rev, err = content.ParseRevision(rev); err != nil {
		s.t.Fatal(err)
	}
	stat, err := s.fs.Stat(s.t.Context(), fsapi.StatQuestion{At: at, Inline: content.InlineLimit})
	if err != nil {
		return err.Error()
	}
	return string(stat.Inline)
}

// save writes a file of a clone.
func (s *site) save(clone, name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, clone, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// commit saves a file of a clone and commits it.
func (s *site) commit(clone, name, text string) string {
	s.t.Helper()
	s.save(clone, name, text)
	s.git(clone, "add", "-A")
	s.git(clone, "commit", "-q", "-m", "Write "+name)
	return s.git(clone, "rev-parse", "HEAD")
}

// clone clones the book, and checks that all is there.
func (s *site) clone(name string, options ...string) {
	s.t.Helper()
	s.git("", append(append([]string{"clone", "-q"}, options...), s.repo(), name)...)
	if out := s.git(name, "fsck", "--full", "--strict"); strings.Contains(out, "error") || strings.Contains(out, "missing") {
		s.t.Errorf("fsck of %s:\n%s", name, out)
	}
}

// paragraphs is a text of n lines that compresses badly and deltifies well.
func paragraphs(n int, mark string) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%d %x\n", i, i*i*2654435761)
	}
	return b.String() + mark + "\n"
}

// versions runs f with both versions of the protocol.
func versions(t *testing.T, f func(t *testing.T, s *site)) {
	for _, v := range []string{"0", "2"} {
		t.Run("version "+v, func(t *testing.T) {
			s := newSite(t, fstest.Memory(t))
			s.git("", "config", "--global", "protocol.version", v)
			f(t, s)
		})
	}
}
