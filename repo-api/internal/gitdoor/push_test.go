package gitdoor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

func TestWhatGitPushedIsThereAtOnce(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.clone("c") // of nothing
		s.git("c", "symbolic-ref", "HEAD", "refs/heads/main")
		s.commit("c", "a.txt", "from git\n")
		s.git("c", "push", "-q", "origin", "HEAD")
		if got := s.text("main", "a.txt"); got != "from git\n" {
			t.Errorf("a.txt holds %q", got)
		}
		s.write(map[string]string{"a.txt": "from HTTP\n"})
		s.git("c", "pull", "-q", "--ff-only", "origin", "main")
		head := s.commit("c", "sub/b.txt", paragraphs(2000, "one"))
		s.git("c", "push", "-q", "origin", "main")
		s.commit("c", "sub/b.txt", paragraphs(2000, "two")) // a delta against what is there: a thin pack
		s.git("c", "tag", "-a", "-m", "First", "v1", head)
		s.git("c", "tag", "light", head)
		s.git("c", "push", "-q", "--follow-tags", "origin", "main", "light")
		if got := s.text("v1", "sub/b.txt"); got != paragraphs(2000, "one") {
			t.Errorf("v1 holds %d bytes", len(got))
		}
		s.clone("again")
		if got := s.git("again", "tag"); got != "light\nv1" {
			t.Errorf("tags %q", got)
		}
	})
}

// Git goes where a renamed repository is now, and stays there for the rest of a fetch or push.
func TestGitFollowsARename(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"a.txt": "from HTTP\n"})
		s.clone("c")
		novel, err := content.ParseRepoID("novel")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.fs.PutRepo(t.Context(), fsapi.RepoChange{ID: s.book, Name: novel, Revision: -1}); err != nil {
			t.Fatal(err)
		}
		s.commit("c", "b.txt", "from git\n")
		s.git("c", "push", "-q", "origin", "main")
		s.clone("again")
		if got := s.git("again", "ls-files"); got != "a.txt\nb.txt" {
			t.Errorf("files %q", got)
		}
		s.git("c", "fetch", "-q", "origin")
	})
}

func TestALargePushIsAPack(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.git("", "init", "-q", "-b", "main", "c")
	s.git("c", "remote", "add", "origin", s.repo())
	for i := range 1500 {
		s.save("c", fmt.Sprintf("d%d/f%d", i%40, i), paragraphs(20, fmt.Sprint(i)))
	}
	s.commit("c", "large", strings.Repeat("a large body ", 200_000))
	s.git("c", "push", "-q", "origin", "main")
	s.clone("first")
	for i := range 1500 { // thin: every file is a delta against what is there
		s.save("c", fmt.Sprintf("d%d/f%d", i%40, i), paragraphs(20, fmt.Sprint(-i)))
	}
	s.commit("c", "last", "last")
	s.git("c", "push", "-q", "origin", "main")
	s.git("first", "pull", "-q", "--ff-only")
	s.git("first", "fsck", "--full")
	s.clone("second")
	if a, b := s.git("c", "rev-parse", "HEAD^{tree}"), s.git("second", "rev-parse", "HEAD^{tree}"); a != b {
		t.Errorf("the clone has tree %s, not %s", b, a)
	}
}

func TestWhichRefsAPushMayMove(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.write(map[string]string{"a": "1"})
	s.clone("c")
	s.git("c", "tag", "v1")
	s.git("c", "checkout", "-q", "-b", "side/one")
	s.commit("c", "b", "1")
	s.git("c", "push", "-q", "origin", "side/one", "v1")

	s.git("c", "commit", "-q", "--amend", "-m", "Other words")
	s.git("c", "push", "-q", "--force-with-lease", "origin", "side/one")
	s.git("c", "checkout", "-q", "--orphan", "new")
	s.commit("c", "c", "1")
	tests := []struct {
		name string
		why  string
		args []string
	}{
		{"the default branch stays", "default branch", []string{"origin", ":main"}},
		{"a tag stays where it is", "a tag does not move", []string{"-f", "origin", "new:refs/tags/v1"}},
		{"a branch under a branch", "there is side/one", []string{"origin", "new:refs/heads/side/one/two"}},
		{"a branch above a branch", "there is side/one", []string{"origin", "new:refs/heads/side"}},
		{"a branch that is a tree", "not a commit", []string{"origin", "new^{tree}:refs/tags/tree"}},
		{"settings", "there is no settings.json", []string{"origin", "new:refs/meta/config"}},
		{"a name that is an id", "commit id", []string{"origin", "new:refs/heads/" + strings.Repeat("a", 40)}},
		{"all or nothing", "another ref of this atomic push", []string{"--atomic", "origin", ":main", "new:refs/heads/fresh"}},
		{"all or nothing, names too", "another ref of this atomic push", []string{"--atomic", "origin", "new:refs/meta/x", "new:refs/heads/fresh"}},
	}
	before := s.git("", "ls-remote", s.repo())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.refused(tt.why, "c", append([]string{"push"}, tt.args...)...)
			if after := s.git("", "ls-remote", s.repo()); after != before {
				t.Errorf("moved from\n%s\nto\n%s", before, after)
			}
		})
	}
	s.git("c", "push", "-q", "--atomic", "origin", "new:one", "new:two")
	s.git("c", "push", "-q", "origin", ":side/one", ":one", ":v1")
	if got := s.git("", "ls-remote", "--heads", "--tags", s.repo()); strings.Count(got, "\n") != 1 {
		t.Errorf("left are\n%s", got)
	}
}

func TestAPushThatSomebodyWasFasterThanIsRefused(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.write(map[string]string{"a": "1"})
	s.clone("c")
	s.git("c", "push", "-q", "origin", "main:side")
	s.clone("d")
	s.commit("c", "b", "1")
	s.commit("d", "b", "2")
	s.git("c", "push", "-q", "origin", "main", "main:side")
	s.refused("fetch first", "d", "push", "origin", "main")
	s.refused("stale info", "d", "push", "--force-with-lease", "origin", "main:side")

	// A hook holds the push back between what it saw and what it asks for.
	hook := filepath.Join(s.dir, "d", ".git", "hooks", "pre-push")
	racer := fmt.Sprintf("#!/bin/sh\ncd %q && git commit -q --allow-empty -m racer && git push -q origin HEAD:side\n", filepath.Join(s.dir, "c"))
	s.git("d", "fetch", "-q")
	if err := os.WriteFile(hook, []byte(racer), 0o755); err != nil {
		t.Fatal(err)
	}
	s.refused("by now: fetch first", "d", "push", "-f", "origin", "main:side")
	if got, want := s.git("", "ls-remote", s.repo(), "side"), s.git("c", "rev-parse", "HEAD"); !strings.HasPrefix(got, want) {
		t.Errorf("side is at %s, not %s", got, want)
	}
}
