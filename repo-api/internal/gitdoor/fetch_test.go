package gitdoor_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatHTTPWroteIsCloned(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"a.txt": "one\n", "deep/er/b.txt": "two\n"})
		tip := s.write(map[string]string{"a.txt": "three\n"})
		s.clone("first")
		if got := s.git("first", "rev-parse", "HEAD"); got != tip.String() {
			t.Errorf("HEAD is %s, not %v", got, tip)
		}
		if got := s.git("first", "show", "HEAD:deep/er/b.txt"); got != "two" {
			t.Errorf("b.txt holds %q", got)
		}
		if got := s.git("first", "symbolic-ref", "HEAD"); got != "refs/heads/main" {
			t.Errorf("on %s", got)
		}
	})
}

func TestAFetchBringsWhatIsNew(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		for i := range 30 {
			s.write(map[string]string{fmt.Sprintf("d%d/f", i%5): fmt.Sprint(i)})
		}
		s.clone("c")
		for i := range 40 { // so that the client has to go on asking
			s.commit("c", "mine", fmt.Sprint(i))
		}
		tip := s.write(map[string]string{"new": "new\n"})
		s.git("c", "fetch", "-q")
		if got := s.git("c", "rev-parse", "origin/main"); got != tip.String() {
			t.Errorf("origin/main is %s, not %v", got, tip)
		}
		s.git("c", "fsck", "--full")
	})
}

func TestAPartOfTheHistory(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		for i := range 10 {
			s.write(map[string]string{"a": fmt.Sprint(i), fmt.Sprintf("f%d", i): "x"})
		}
		count := func(want int) {
			t.Helper()
			if got := s.git("c", "rev-list", "--count", "HEAD"); got != fmt.Sprint(want) {
				t.Errorf("%s commits, not %d", got, want)
			}
			s.git("c", "fsck", "--full")
		}
		s.clone("c", "--depth", "2")
		count(2)
		s.write(map[string]string{"a": "10"})
		s.git("c", "pull", "-q", "--ff-only")
		count(3)
		s.git("c", "fetch", "-q", "--deepen", "3")
		count(6)
		s.git("c", "fetch", "-q", "--depth", "1")
		count(1)
		s.commit("c", "b", "from a shallow clone")
		s.git("c", "push", "-q", "origin", "main")
		s.git("c", "fetch", "-q", "--unshallow")
		count(12)
		if s.git("c", "rev-parse", "--is-shallow-repository") != "false" {
			t.Error("still shallow")
		}
	})
}

func TestHistorySince(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.git("", "init", "-q", "-b", "main", "old")
		for year := range 6 {
			s.t.Setenv("GIT_COMMITTER_DATE", fmt.Sprintf("%d-06-01T00:00:00Z", 2010+year))
			s.commit("old", "a", fmt.Sprint(year))
			if year == 1 {
				s.git("old", "tag", "early")
			}
		}
		s.git("old", "push", "-q", s.repo(), "main", "early")
		s.clone("since", "--shallow-since", "2013-01-01")
		if got := s.git("since", "rev-list", "--count", "HEAD"); got != "3" {
			t.Errorf("%s commits since 2013", got)
		}
		s.clone("not", "--shallow-exclude", "early")
		if got := s.git("not", "rev-list", "--count", "HEAD"); got != "4" {
			t.Errorf("%s commits that early has not", got)
		}
		s.refused("no commits selected", "", "clone", "-q", "--shallow-since", "2020-01-01", s.repo(), "none")
	})
}

func TestAPartOfTheDocuments(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"small": "s", "large": paragraphs(1000, "")})
		s.write(map[string]string{"small": "t"})
		s.git("", "clone", "-q", "--no-checkout", "--filter=blob:none", s.repo(), "none")
		if got := s.git("none", "rev-list", "--objects", "--all", "--missing=print"); strings.Count(got, "?") != 3 {
			t.Errorf("missing are not three documents:\n%s", got)
		}
		s.git("none", "checkout", "-q", "main") // fetches two documents by their ids
		s.git("none", "cat-file", "-e", "HEAD:large")
		s.git("none", "cat-file", "-e", "HEAD~:small")
		s.git("", "clone", "-q", "--no-checkout", "--filter=blob:limit=1k", s.repo(), "limit")
		if got := s.git("limit", "rev-list", "--objects", "--all", "--missing=print"); strings.Count(got, "?") != 1 {
			t.Errorf("missing is not one document:\n%s", got)
		}
		s.refused("not served", "", "clone", "-q", "--filter=tree:0", s.repo(), "tree")
	})
}

func TestBranchesAndTagsBySelection(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"a": "1"})
		s.clone("c")
		s.git("c", "tag", "-a", "-m", "One", "v1")
		s.git("c", "tag", "-a", "-m", "One again", "v1.tag", "v1")
		s.git("c", "checkout", "-q", "-b", "side")
		s.commit("c", "b", "1")
		s.git("c", "tag", "-a", "-m", "Side", "side1")
		s.git("c", "push", "-q", "origin", "side", "--tags")

		s.clone("single", "--single-branch")
		if got := s.git("single", "tag"); got != "v1\nv1.tag" {
			t.Errorf("with main came the tags %q", got)
		}
		s.clone("branch", "--branch", "side", "--single-branch", "--no-tags")
		if got := s.git("branch", "for-each-ref", "--format=%(refname)"); got != "refs/heads/side\nrefs/remotes/origin/side" {
			t.Errorf("refs %q", got)
		}
		s.clone("tag", "--branch", "v1")
		old := s.git("c", "rev-parse", "side~1")
		s.git("branch", "fetch", "-q", "origin", old)
		s.refused("not our ref", "branch", "fetch", "-q", "origin", strings.Repeat("1", 40))
		s.git("", "clone", "-q", "--mirror", s.repo(), "mirror")
		if got, want := s.git("mirror", "for-each-ref"), s.git("", "ls-remote", "--refs", s.repo()); strings.Count(got, "\n") != strings.Count(want, "\n") {
			t.Errorf("the mirror has\n%s\nof\n%s", got, want)
		}
	})
}

func TestMergesRevertsAndForks(t *testing.T) {
	versions(t, func(t *testing.T, s *site) {
		s.write(map[string]string{"a": "1", "d/x": "1", "d/y": "1"})
		s.clone("c")
		s.clone("reader")
		for i := range 4 { // branches that were forked off before the last fetch, merged after it
			s.git("c", "checkout", "-q", "-b", fmt.Sprint("side", i))
			s.commit("c", fmt.Sprint("d/side", i), fmt.Sprint(i))
			s.git("c", "checkout", "-q", "main")
			s.commit("c", "a", fmt.Sprint("main ", i))
			s.git("c", "push", "-q", "origin", "main")
			s.git("reader", "pull", "-q", "--ff-only")
			s.git("c", "merge", "-q", "--no-ff", "-m", "Merge", fmt.Sprint("side", i))
			s.git("c", "revert", "--no-edit", "HEAD~1")
			s.git("c", "push", "-q", "origin", "main")
			s.git("reader", "pull", "-q", "--ff-only")
			s.git("reader", "fsck", "--full")
		}
		s.clone("fresh")
		if a, b := s.git("c", "rev-parse", "HEAD"), s.git("fresh", "rev-parse", "HEAD"); a != b {
			t.Errorf("at %s, not %s", b, a)
		}
	})
}
