package gitdoor_test

import (
	"fmt"
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
