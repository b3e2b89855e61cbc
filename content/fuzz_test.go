package content_test

import (
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Whatever a name is read from, it is refused as invalid, or it is taken as it is
// written and read again as the same.

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"", "a/b.txt", "a//b", "../a", ".GIT/config", "git~1", "a\x00b", "\xff", ".g\u200cit"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := content.ParsePath(s)
		if !taken(t, err) {
			return
		}
		if p.String() != s || strings.HasPrefix(s, "/") || strings.HasSuffix(s, "/") {
			t.Fatalf("%q is taken as %q", s, p)
		}
		for name := range strings.SplitSeq(s, "/") {
			if s != "" && (name == "" || name == "." || name == ".." || strings.EqualFold(name, ".git")) {
				t.Fatalf("%q is taken, with %q in it", s, name)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"main", "refs/heads/main", "a..b", "a.lock", "a b", "@{", "-a", strings.Repeat("0a", 20), "book", "3", "1.12", "v/1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := content.ParseRepoID(s); taken(t, err) && (id.String() != s || strings.ContainsAny(s, "/@ ")) {
			t.Fatalf("the repository %q is taken as %q", s, id)
		}
		if ref, err := content.ParseRefName(s); taken(t, err) && ref.String() != s {
			t.Fatalf("the ref %q is taken as %q", s, ref)
		}
		if branch, err := content.Branch(s); taken(t, err) {
			again, err := content.ParseRefName(branch.String())
			if err != nil || again != branch || branch.Short() != s || !branch.IsBranch() {
				t.Fatalf("the branch %q is %q, then %q, %v", s, branch, again, err)
			}
		}
		if rev, err := content.ParseRevision(s); taken(t, err) {
			again, err := content.ParseRevision(rev.String())
			if err != nil || again != rev || !strings.EqualFold(rev.String(), s) {
				t.Fatalf("the revision %q is %q, then %q, %v", s, rev, again, err)
			}
			rev.Candidates()
		}
		if d, err := content.ParseDigest(s); taken(t, err) && !strings.EqualFold(d.String(), s) {
			t.Fatalf("the digest %q is taken as %v", s, d)
		}
	})
}

// taken says whether a name was taken, and fails unless it is refused in the right way.
func taken(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && !fault.Is(err, fault.Invalid) {
		t.Fatalf("refused with %v, which is not invalid", err)
	}
	return err == nil
}
