package imports

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/fault"
)

// carry takes a whole bundle from its file to the repository's refs.
func (m *Imports) carry(ctx context.Context, t Target, k key, j *job) error {
	f, err := os.Open(m.path(k))
	if err != nil {
		return fault.Disk("import", err)
	}
	defer f.Close()
	header, err := bundle.ParseHeader(f)
	if err != nil {
		return err
	}
	want, err := wanted(header)
	if err != nil {
		return err
	}
	promised := replica.Pack{Bases: header.Prerequisites, Tips: tips(want)}
	stored, brought, err := m.store(ctx, t, k.id, f, header, j)
	if err != nil {
		return err
	}
	if err := m.check(ctx, t, promised.Tips, brought); err != nil {
		return err
	}
	if want, err = m.peel(ctx, t, want); err != nil {
		return err
	}
	if err := m.spread(ctx, t, stored, promised, j); err != nil {
		return err
	}
	if err := m.Adopter.Adopt(ctx, t.Repo.ID, want); err != nil {
		return err
	}
	j.set(func(s *fsapi.ImportStatus) { s.Refs = want })
	return nil
}

// wanted returns the refs that an import brings: branches, tags and what lies
// under refs/meta. The rest (HEAD, remotes, pull requests, stashes) is the source's own business.
func wanted(h bundle.Header) ([]fsapi.Ref, error) {
	var want []fsapi.Ref
	for _, r := range h.Refs {
		name, err := content.ParseRefName(r.Name)
		if err != nil {
			if r.Name == "HEAD" {
				continue
			}
			return nil, err
		}
		if name.IsBranch() || name.IsTag() || strings.HasPrefix(r.Name, "refs/meta/") {
			want = append(want, fsapi.Ref{Name: name, Target: r.Target})
		}
	}
	if len(want) == 0 {
		return nil, fault.Newf(fault.Invalid, "import", "the bundle names no branch and no tag")
	}
	return want, nil
}

func tips(refs []fsapi.Ref) (ds []content.Digest) {
	for _, r := range refs {
		ds = append(ds, r.Target)
	}
	return ds
}

// store puts the bundle's pack among this node's objects. It returns what the pack holds, if
// that has to be told from what others have in the pool.
func (m *Imports) store(ctx context.Context, t Target, id fsapi.ImportID, f *os.File, h bundle.Header, j *job) (stored objects.PackInfo, brought map[content.Digest]bool, err error) {
	file, size, err := m.unwrap(id, f, h.PackOffset)
	if err != nil {
		return stored, nil, err
	}
	defer os.Remove(file.Name()) // gone already where TakePack took it
	defer file.Close()
	if t.Repo.Shared {
		idx, err := pack.Index(ctx, file, size, pack.IndexOptions{})
		if err != nil {
			return stored, nil, err
		}
		brought = make(map[content.Digest]bool, idx.Len())
		for _, d := range idx.Digests() {
			brought[d] = true
		}
	}
	if err := file.Close(); err != nil {
		return stored, nil, fault.Disk("import", err)
	}
	progress := func(done, total int64) {
		j.set(func(s *fsapi.ImportStatus) { s.Done, s.Total = done, total })
	}
	stored, err = m.Replicas.Disk().TakePack(ctx, t.Repo.Pool, replica.Pack{}, file.Name(), progress)
	return stored, brought, err
}

// unwrap copies the pack, which begins at offset, to a file of its own, which the caller closes
// and removes. Invalid: the bundle's bytes are not those that the import is named after.
func (m *Imports) unwrap(id fsapi.ImportID, f *os.File, offset int64) (file *os.File, size int64, err error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, offset)); err != nil {
		return nil, 0, fault.Disk("import", err)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, 0, fault.Disk("import", err)
	}
	file, size, err = m.Replicas.Disk().Spool(io.TeeReader(f, sum), m.MaxBytes)
	if err == nil && fsapi.ImportID(sum.Sum(nil)) != id {
		err = errors.Join(fault.Newf(fault.Invalid, "import", "the bytes that arrived have another sha256 than the import's name"),
			file.Close(), os.Remove(file.Name()))
	}
	return file, size, err
}

// check walks everything that the tips reach: all of it has to be there and, if the pool is
// shared, brought or the repository's own; no tree may hold a name that leaves the tree or hides as .git.
func (m *Imports) check(ctx context.Context, t Target, tips []content.Digest, brought map[content.Digest]bool) error {
	err := m.Replicas.Complete(ctx, t.Repo.Pool, tips, func(o content.Object) error {
		if o.Kind != content.KindTree {
			return nil
		}
		return gitfmt.CheckTree(o)
	})
	if err == nil && t.Repo.Shared {
		err = m.founded(ctx, t, tips, brought)
	}
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "import", "the bundle is not complete", err)
	}
	return err
}

func (m *Imports) founded(ctx context.Context, t Target, tips []content.Digest, brought map[content.Digest]bool) error {
	own, err := m.Own(ctx, t.Repo)
	if err != nil {
		return err
	}
	return gitfmt.Founded(ctx, m.Replicas.Pool(t.Repo.Pool), tips, own, func(d content.Digest) bool { return brought[d] })
}

func (m *Imports) peel(ctx context.Context, t Target, want []fsapi.Ref) ([]fsapi.Ref, error) {
	src := m.Replicas.Pool(t.Repo.Pool)
	for i := range want {
		commit, err := gitfmt.Peel(ctx, src, want[i].Target)
		if err != nil {
			return nil, fault.New(fault.Invalid, "import", want[i].Name.String(), err)
		}
		want[i].Commit = commit
	}
	return want, nil
}

func (m *Imports) spread(ctx context.Context, t Target, stored objects.PackInfo, pack replica.Pack, j *job) error {
	total := stored.Size * int64(len(t.At.Replicas)-1)
	j.set(func(s *fsapi.ImportStatus) { s.Phase, s.Done, s.Total = fsapi.ImportReplicating, 0, total })
	var sent atomic.Int64
	return m.Replicas.SpreadPack(ctx, t.Repo.Pool, t.At, stored.ID, pack, func(n int) {
		done := sent.Add(int64(n))
		j.set(func(s *fsapi.ImportStatus) { s.Done = done })
	})
}
