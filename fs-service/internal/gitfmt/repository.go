package gitfmt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-billy/v6"
	"github.com/go-git/go-billy/v6/osfs"
	"github.com/go-git/go-git/v6/plumbing"
	gogit "github.com/go-git/go-git/v6/plumbing/cache"
	"github.com/go-git/go-git/v6/plumbing/format/config"
	"github.com/go-git/go-git/v6/plumbing/storer"
	"github.com/go-git/go-git/v6/storage/filesystem"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Repository reads a git repository on disk, without the git program: packs,
// loose objects, packed refs, alternates. It is a Source. Nobody may repack the
// repository meanwhile.
type Repository struct {
	dir    string                // with HEAD and refs
	stores []*filesystem.Storage // its own objects first, then its alternates'
}

var _ Source = (*Repository)(nil)

const (
	repositoryCache = 64 * gogit.MiByte // of the bases of deltas, for all stores together
	streamedFrom    = 1 << 20           // larger loose objects are inflated as they are read
	maxAlternates   = 64
)

// OpenRepository opens the repository in dir: a bare one, or one with a work tree
// and .git, which may be a file. NotFound: there is none. Invalid: its digests
// are not SHA-1, or an alternate is not there.
func OpenRepository(dir string) (*Repository, error) {
	gitDir, err := findGitDir(dir)
	if err != nil {
		return nil, err
	}
	r := &Repository{dir: gitDir}
	objects := gogit.NewObjectLRU(repositoryCache)
	if err := r.add(filepath.Join(gitDir, "objects"), objects); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	cfg, err := r.stores[0].Config()
	if err != nil {
		return nil, errors.Join(fault.New(fault.Invalid, "open repository", dir, err), r.Close())
	}
	if cfg.Extensions.ObjectFormat == config.SHA256 {
		return nil, errors.Join(fault.Newf(fault.Invalid, "open repository", "%s: its digests are SHA-256, not SHA-1", dir), r.Close())
	}
	return r, nil
}

// findGitDir returns the folder with HEAD, refs and objects that belongs to dir.
func findGitDir(dir string) (string, error) {
	candidates := []string{filepath.Join(dir, ".git"), dir}
	if text, err := os.ReadFile(candidates[0]); err == nil {
		if link, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: "); ok {
			candidates[0] = within(dir, link)
		}
	}
	for _, c := range candidates {
		if text, err := os.ReadFile(filepath.Join(c, "commondir")); err == nil {
			c = within(c, strings.TrimSpace(string(text)))
		}
		if isFolder(filepath.Join(c, "objects")) && isFile(filepath.Join(c, "HEAD")) {
			return filepath.Abs(c)
		}
	}
	return "", fault.Newf(fault.NotFound, "open repository", "%s is not a git repository", dir)
}

// within reads a path that a file in dir gave.
func within(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// add opens a folder of objects, and those that its alternates name. go-git
// does not find relative alternates, nor those of alternates.
func (r *Repository) add(objects string, shared gogit.Object) error {
	if len(r.stores) > maxAlternates {
		return fault.Newf(fault.Invalid, "open repository", "%s: more than %d alternates, or a circle of them", r.dir, maxAlternates)
	}
	if !isFolder(objects) || filepath.Base(objects) != "objects" {
		return fault.Newf(fault.Invalid, "open repository", "%s: %s is no folder of objects", r.dir, objects)
	}
	r.stores = append(r.stores, filesystem.NewStorageWithOptions(
		withoutAlternates{osfs.New(filepath.Dir(objects))},
		shared,
		filesystem.Options{LargeObjectThreshold: streamedFrom},
	))
	text, err := os.ReadFile(filepath.Join(objects, "info", "alternates"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.Internal, "open repository", "", err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := r.add(within(objects, line), shared); err != nil {
			return err
		}
	}
	return nil
}

// withoutAlternates hides objects/info/alternates from go-git.
type withoutAlternates struct{ billy.Filesystem }

func (f withoutAlternates) Open(name string) (billy.File, error) {
	if filepath.Base(name) == "alternates" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.Filesystem.Open(name)
}

// Close lets go of the repository's files.
func (r *Repository) Close() error {
	var errs []error
	for _, s := range r.stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// Shallow says whether the repository was cloned without its older history.
func (r *Repository) Shallow() bool {
	text, err := os.ReadFile(filepath.Join(r.dir, "shallow"))
	return err == nil && len(bytes.TrimSpace(text)) > 0
}

// Head returns the full name of the ref that HEAD stands for; "" if HEAD is
// detached. The ref need not exist.
func (r *Repository) Head() (string, error) {
	head, err := r.stores[0].Reference(plumbing.HEAD)
	if err != nil {
		return "", fault.New(fault.Invalid, "read HEAD", r.dir, err)
	}
	if head.Type() != plumbing.SymbolicReference {
		return "", nil
	}
	return head.Target().String(), nil
}

// Refs returns where each ref under "refs/" points. A ref that stands for
// another one points where that does, and is left out if that is not there.
func (r *Repository) Refs() (map[string]content.Digest, error) {
	all, err := r.stores[0].IterReferences()
	if err != nil {
		return nil, fault.New(fault.Invalid, "read refs", r.dir, err)
	}
	refs := make(map[string]content.Digest)
	err = all.ForEach(func(ref *plumbing.Reference) error {
		if !strings.HasPrefix(ref.Name().String(), "refs/") {
			return nil
		}
		at, err := storer.ResolveReference(r.stores[0], ref.Name())
		switch {
		case errors.Is(err, plumbing.ErrReferenceNotFound):
			return nil
		case err != nil:
			return err
		}
		refs[ref.Name().String()] = content.Digest(at.Hash().Bytes())
		return nil
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "read refs", r.dir, err)
	}
	return refs, nil
}

// Object returns the object d, with its bytes checked. Corrupt: they are not what d says.
func (r *Repository) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	if d == EmptyTree {
		return content.NewObject(content.KindTree, nil), nil
	}
	kind, size, body, err := r.Open(ctx, d)
	if err != nil {
		return content.Object{}, err
	}
	defer body.Close()
	o := content.Object{Digest: d, Kind: kind, Data: make([]byte, size)}
	if _, err := io.ReadFull(body, o.Data); err != nil {
		return content.Object{}, fault.New(fault.Corrupt, "read object", d.String(), err)
	}
	if !o.Intact() {
		return content.Object{}, fault.Newf(fault.Corrupt, "read object", "%v: its bytes are others", d)
	}
	return o, nil
}

// Open returns the kind, the size and the unchecked bytes of the object d. What is
// stored as a difference from another object is put together in memory first;
// anything else is inflated as it is read. The caller closes the reader.
func (r *Repository) Open(ctx context.Context, d content.Digest) (content.Kind, int64, io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, nil, err
	}
	id, _ := plumbing.FromBytes(d[:])
	for _, s := range r.stores {
		o, err := s.EncodedObject(plumbing.AnyObject, id)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue
		}
		if err != nil {
			return 0, 0, nil, fault.New(fault.Corrupt, "read object", d.String(), err)
		}
		body, err := o.Reader()
		if err != nil {
			return 0, 0, nil, fault.New(fault.Corrupt, "read object", d.String(), err)
		}
		return content.Kind(o.Type()), o.Size(), body, nil
	}
	return 0, 0, nil, fault.Newf(fault.NotFound, "read object", "%v is not in the repository", d)
}
