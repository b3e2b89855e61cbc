package gitfmt_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// fill writes a history of n commits with git.
func fill(t *testing.T, dir string, seed uint64, n int) {
	t.Helper()
	git(t, dir, []byte(history(seed, n)), "fast-import", "--quiet", "--done")
}

func TestRepositoriesAreReadAsGitReadsThem(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, dir string) // in an empty folder; with HEAD on c9
	}{
		{"bare and packed", func(t *testing.T, dir string) {
			git(t, dir, nil, "init", "-q", "--bare")
			fill(t, dir, 1, 20)
			git(t, dir, nil, "symbolic-ref", "HEAD", "refs/heads/c9")
			git(t, dir, nil, "repack", "-q", "-a", "-d", "-f")
			git(t, dir, nil, "pack-refs", "--all")
			git(t, dir, nil, "update-ref", "refs/heads/c3", "refs/heads/c4") // loose over packed
		}},
		{"loose, with a work tree", func(t *testing.T, dir string) {
			git(t, dir, nil, "init", "-q", "-b", "c9")
			fill(t, dir, 2, 20) // so few objects that git leaves them loose
			git(t, dir, nil, "symbolic-ref", "refs/heads/alias", "refs/heads/c4")
			git(t, dir, nil, "symbolic-ref", "refs/heads/dangling", "refs/heads/absent")
			git(t, dir, nil, "tag", "-a", "-m", "m", "v1", "c4")
		}},
		{"alternates of alternates", func(t *testing.T, dir string) {
			first, second := t.TempDir(), t.TempDir()
			git(t, first, nil, "init", "-q", "--bare")
			fill(t, first, 3, 20)
			git(t, second, nil, "clone", "-q", "--bare", "--shared", first, ".")
			git(t, dir, nil, "clone", "-q", "--bare", "--shared", second, ".")
			git(t, dir, nil, "symbolic-ref", "HEAD", "refs/heads/c9")
			relative, err := filepath.Rel(filepath.Join(dir, "objects"), filepath.Join(second, "objects"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "objects/info/alternates"), []byte("# why\n"+relative+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a work tree of another repository", func(t *testing.T, dir string) {
			first := t.TempDir()
			git(t, first, nil, "init", "-q", "-b", "c9")
			fill(t, first, 4, 20)
			git(t, first, nil, "worktree", "add", "-q", "--no-checkout", dir, "c5")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.make(t, dir)
			repo := open(t, dir)
			refs, err := repo.Refs()
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for name, d := range refs {
				got[name] = d.String()
			}
			want := map[string]string{}
			for line := range strings.Lines(git(t, dir, nil, "for-each-ref", "--format=%(objectname) %(refname)")) {
				id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
				want[name] = id
			}
			if !maps.Equal(got, want) {
				t.Errorf("refs %v\ngit has %v", got, want)
			}
			if head, err := repo.Head(); head != "refs/heads/c9" || err != nil {
				t.Errorf("HEAD is %q, %v", head, err)
			}
			if repo.Shallow() {
				t.Error("it is not shallow")
			}
			objects := git(t, dir, nil, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
			for line := range strings.Lines(objects) {
				id, _, _ := strings.Cut(line, " ")
				o, err := repo.Object(t.Context(), digest(t, id))
				if err != nil || fmt.Sprintf("%v %v %d\n", o.Digest, o.Kind, len(o.Data)) != line {
					t.Errorf("%v %v %d, %v; git has %s", o.Digest, o.Kind, len(o.Data), err, line)
				}
			}
			_, err = repo.Object(t.Context(), content.Digest{1})
			wantKind(t, err, fault.NotFound)
		})
	}
}

func TestWhatIsNoRepository(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, dir string)
		want fault.Kind
	}{
		{"a plain folder", func(t *testing.T, dir string) {}, fault.NotFound},
		{"a .git that leads nowhere", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, ".git"), []byte("gitdir: absent\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.NotFound},
		{"SHA-256", func(t *testing.T, dir string) {
			git(t, dir, nil, "init", "-q", "--bare", "--object-format=sha256")
		}, fault.Invalid},
		{"an alternate that is gone", func(t *testing.T, dir string) {
			git(t, dir, nil, "init", "-q", "--bare")
			if err := os.WriteFile(filepath.Join(dir, "objects/info/alternates"), []byte("/absent/objects\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.Invalid},
		{"its own alternate", func(t *testing.T, dir string) {
			git(t, dir, nil, "init", "-q", "--bare")
			if err := os.WriteFile(filepath.Join(dir, "objects/info/alternates"), []byte("../objects\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.make(t, dir)
			repo, err := gitfmt.OpenRepository(dir)
			wantKind(t, err, tt.want)
			if repo != nil {
				t.Error("and yet it was opened")
			}
		})
	}
}

func TestABrokenObjectIsCorrupt(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare")
	d := digest(t, git(t, dir, []byte("right"), "hash-object", "-w", "--stdin"))
	other := git(t, dir, []byte("wrong"), "hash-object", "-w", "--stdin")
	loose := func(id string) string { return filepath.Join(dir, "objects", id[:2], strings.TrimSpace(id[2:])) }
	if err := os.Rename(loose(other), loose(d.String())); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, dir).Object(t.Context(), d)
	wantKind(t, err, fault.Corrupt)
}
