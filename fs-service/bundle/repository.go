package bundle

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// fromRepository bundles the refs of a repository and all that they reach. The
// git program packs smaller, as it finds differences; where it is not there, or
// refuses, the same objects are packed whole.
func fromRepository(ctx context.Context, dir string, repo *gitfmt.Repository, o Options) (*File, error) {
	if repo.Shallow() {
		return nil, fault.Newf(fault.Invalid, "import", "%s is shallow: its older history is not there (git fetch --unshallow)", dir)
	}
	h, branch, err := headerOf(repo)
	if err != nil {
		return nil, err
	}
	if len(h.Refs) == 0 {
		return nil, fault.Newf(fault.Invalid, "import", "%s has no branches and no tags", dir)
	}
	f, err := withGit(ctx, dir, h, o)
	if f == nil && err == nil {
		f, err = temporary(ctx, o, func(out *os.File) error { return writeRepository(ctx, out, h, repo, o) })
	}
	if err != nil {
		return nil, err
	}
	f.Default = branch
	return f, nil
}

// taken are the parts of a repository's refs that are imported.
var taken = []string{"refs/heads/", "refs/tags/", "refs/notes/", "refs/meta/"}

// headerOf lists the refs that are taken, ordered by name, and HEAD with its
// branch. A HEAD that is detached or unborn is left out, and the branch guessed.
func headerOf(repo *gitfmt.Repository) (h Header, branch content.RefName, err error) {
	refs, err := repo.Refs()
	if err != nil {
		return Header{}, content.RefName{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if !slices.ContainsFunc(taken, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		if _, err := content.ParseRefName(name); err != nil {
			return Header{}, content.RefName{}, err
		}
		h.Refs = append(h.Refs, Ref{name, refs[name]})
	}
	head, err := repo.Head()
	if err != nil {
		return Header{}, content.RefName{}, err
	}
	if name, err := content.ParseRefName(head); err == nil && name.IsBranch() && !refs[head].IsZero() {
		h.HEAD = refs[head]
		return h, name, nil
	}
	return h, h.defaultBranch(), nil
}

// withGit lets the git program make the bundle. It returns nil if there is no
// git, or if what it made is not what h asks for.
func withGit(ctx context.Context, dir string, h Header, o Options) (*File, error) {
	git, err := exec.LookPath("git")
	if err != nil || o.PureGo {
		return nil, nil
	}
	f, err := temporary(ctx, o, func(out *os.File) error {
		o.progress(Packing, 0, 0)
		// One thread: several find other differences each time. Git's own check
		// of who owns the repository stays: its configuration can name programs.
		cmd := exec.CommandContext(ctx, git, "-c", "pack.threads=1", "bundle", "create", "-q", "-", "--stdin")
		cmd.Dir = dir
		cmd.Env = append(withoutGit(os.Environ()), "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0")
		cmd.Stdin = strings.NewReader(names(h))
		cmd.Stdout = out
		return cmd.Run()
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, nil
	case !sameRefs(f.Header, h):
		return nil, f.Close()
	}
	return f, nil
}

func names(h Header) string {
	var b strings.Builder
	if !h.HEAD.IsZero() {
		fmt.Fprintln(&b, "HEAD")
	}
	for _, r := range h.Refs {
		fmt.Fprintln(&b, r.Name)
	}
	return b.String()
}

// withoutGit drops what would make git look elsewhere than in its folder.
func withoutGit(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "GIT_") })
}

func sameRefs(a, b Header) bool {
	return len(a.Prerequisites) == 0 && a.HEAD == b.HEAD && maps.Equal(byName(a), byName(b))
}

func byName(h Header) map[string]content.Digest {
	refs := make(map[string]content.Digest, len(h.Refs))
	for _, r := range h.Refs {
		refs[r.Name] = r.Target
	}
	return refs
}

// writeRepository packs what h's refs reach.
func writeRepository(ctx context.Context, out *os.File, h Header, repo *gitfmt.Repository, o Options) error {
	var tips, ids []content.Digest
	for _, r := range h.Refs {
		tips = append(tips, r.Target)
	}
	err := gitfmt.Closure(ctx, repo, tips, nil, func(d content.Digest, _ content.Kind) error {
		ids = append(ids, d)
		o.progress(Walking, int64(len(ids)), 0)
		return nil
	})
	if err == nil {
		err = write(ctx, out, h, repo, ids, o)
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "import", "", fmt.Errorf("the repository is not whole: %w", err))
	}
	return err
}
