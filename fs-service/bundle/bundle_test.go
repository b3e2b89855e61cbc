package bundle_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to compare with")
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.invalid", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.invalid")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func from(t *testing.T, source string, o bundle.Options) *bundle.File {
	t.Helper()
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	f, err := bundle.From(t.Context(), source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func clone(t *testing.T, f *bundle.File) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone.git")
	git(t, "", "clone", "-q", "--mirror", f.Path, dir)
	git(t, dir, "bundle", "verify", "-q", f.Path)
	git(t, dir, "fsck", "--strict", "--full")
	judgeFile(t, f)
	return dir
}

func judgeFile(t *testing.T, f *bundle.File) {
	t.Helper()
	data, err := os.ReadFile(f.Path)
	if err != nil {
		t.Fatal(err)
	}
	if f.Size != int64(len(data)) || f.SHA256 != sha256.Sum256(data) {
		t.Errorf("size %d and %x are not those of the file", f.Size, f.SHA256)
	}
	if !bytes.HasPrefix(data[f.PackOffset:], []byte("PACK")) {
		t.Errorf("there is no pack at %d", f.PackOffset)
	}
}

func refs(f *bundle.File) map[string]string {
	m := map[string]string{}
	for _, r := range f.Refs {
		m[r.Name] = r.Target.String()
	}
	return m
}

func TestABundleIsTakenAsItIs(t *testing.T) {
	dir := book(t)
	path := filepath.Join(t.TempDir(), "a.bundle")
	tests := []struct {
		name          string
		args          []string
		branch        string
		prerequisites int
	}{
		{"whole", []string{"--all"}, "refs/heads/trunk", 0},
		{"version 3", []string{"--version=3", "--all"}, "refs/heads/trunk", 0},
		{"one branch, without HEAD", []string{"side/branch"}, "refs/heads/side/branch", 0},
		{"a part", []string{"trunk~1..trunk"}, "refs/heads/trunk", 1},
		{"tags only", []string{"v1"}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version := []string{"bundle", "create", "-q"}
			args := tt.args
			if strings.HasPrefix(args[0], "--version") {
				version, args = append(version, args[0]), args[1:]
			}
			git(t, dir, append(append(version, path), args...)...)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := bundle.From(t.Context(), path, bundle.Options{})
			if err != nil {
				t.Fatal(err)
			}
			judgeFile(t, f)
			if f.Path != path || f.Default.String() != tt.branch || len(f.Prerequisites) != tt.prerequisites {
				t.Errorf("%+v", f)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("Close touched a file that was given: %v", err)
			}
		})
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	full := book(t)
	tests := []struct {
		name string
		make func(t *testing.T, dir string) string
		says string
	}{
		{"nothing", func(t *testing.T, dir string) string { return filepath.Join(dir, "absent") }, "does not exist"},
		{"an empty folder", func(t *testing.T, dir string) string { return dir }, "holds no files"},
		{"a file that is no bundle", func(t *testing.T, dir string) string {
			put(t, dir, map[string]string{"f": "hello\n"})
			return filepath.Join(dir, "f")
		}, "line 1"},
		{"a repository without a commit", func(t *testing.T, dir string) string {
			git(t, dir, "init", "-q")
			return dir
		}, "no branches"},
		{"a shallow repository", func(t *testing.T, dir string) string {
			git(t, dir, "clone", "-q", "--depth=1", "file://"+full, ".")
			return dir
		}, "shallow"},
		{"a repository that lacks an object", func(t *testing.T, dir string) string {
			git(t, dir, "init", "-q")
			put(t, dir, map[string]string{"a": "one"})
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "m")
			id := strings.TrimSpace(git(t, dir, "rev-parse", "HEAD:a"))
			if err := os.Remove(filepath.Join(dir, ".git/objects", id[:2], id[2:])); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "not whole"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			temp := t.TempDir()
			_, err := bundle.From(t.Context(), tt.make(t, t.TempDir()), bundle.Options{TempDir: temp})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want an Invalid that says %q", err, tt.says)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestClosingRemovesWhatWasMadeAndProgressIsTold(t *testing.T) {
	told := map[string]int64{}
	f, err := bundle.From(t.Context(), book(t), bundle.Options{
		TempDir: t.TempDir(), PureGo: true,
		Progress: func(phase string, done, total int64) { told[phase] = max(told[phase], done) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if told[bundle.Walking] == 0 || told[bundle.Packing] != told[bundle.Walking] || told[bundle.Hashing] != f.Size {
		t.Errorf("told %v", told)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestACanceledImportLeavesNothing(t *testing.T) {
	dir := book(t)
	for _, pureGo := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		temp := t.TempDir()
		_, err := bundle.From(ctx, dir, bundle.Options{
			TempDir: temp, PureGo: pureGo,
			Progress: func(phase string, _, _ int64) {
				if phase == bundle.Packing {
					cancel()
				}
			},
		})
		if !fault.Is(err, fault.Canceled) {
			t.Errorf("%v, want a Canceled", err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}
