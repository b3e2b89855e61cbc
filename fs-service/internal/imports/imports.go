// Package imports takes in git bundles piece by piece, checks them, and makes
// their refs the repository's.
//
// A bundle is spooled to a file of this node until it is whole; its sha256 is its
// name, so an upload that was interrupted, by whomever's death, goes on where the file ends. Then
// every object is parsed and hashed, every tree's names are checked and everything
// the refs reach is looked for, the pack goes to the other replicas, and one
// transaction moves all refs. Until that transaction nothing of it can be seen.
package imports

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/replica"
	"rhapsode/internal/caller"
	"rhapsode/internal/fault"
	"rhapsode/internal/run"
)

// Bounds.
const (
	maxRunning = 2                  // imports that are checked at the same time on one node
	maxKnown   = 1000               // imports whose end is remembered
	keepPart   = 7 * 24 * time.Hour // an upload that nobody goes on with
)

// Adopter points refs at what was brought (coordinator.Coordinator).
type Adopter interface {
	Adopt(ctx context.Context, repo content.RepoID, want []fsapi.Ref) error
}

// Owner says of the objects of a shared pool which are a repository's own (gitserve.Server.Own).
type Owner func(context.Context, refs.Repo) (func(content.Digest) bool, error)

// Options are what Imports are made of.
type Options struct {
	Dir      string // on the same file system as the objects
	MaxBytes int64  // of one bundle
	Replicas *replica.Replicas
	Adopter  Adopter
	Own      Owner
	Log      *slog.Logger
}

// Imports are the bundles that come in at this node.
type Imports struct {
	Options

	crew    *run.Crew
	running chan struct{} // capacity maxRunning

	mu   sync.Mutex
	jobs map[key]*job // guarded by mu
}

// key names an import: the same bundle into another repository is another import,
// and so is one into a repository that only has the same name.
type key struct {
	repo refs.Key
	id   fsapi.ImportID
}

func (k key) file() string { return k.repo.String() + "-" + hex.EncodeToString(k.id[:]) + ".part" }

// job is one import.
type job struct {
	writing sync.Mutex // one piece at a time

	mu     sync.Mutex
	status fsapi.ImportStatus // guarded by mu
}

// Target is where an import goes.
type Target struct {
	Repo refs.Repo
	At   placement.Placement
}

// New opens the folder of unfinished uploads and forgets those that nobody went on with for a
// week.
func New(o Options) (*Imports, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.New(fault.Internal, "open imports", o.Dir, err)
	}
	parts, err := filepath.Glob(filepath.Join(o.Dir, "*.part"))
	if err != nil {
		return nil, fault.New(fault.Internal, "open imports", o.Dir, err)
	}
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil && time.Since(info.ModTime()) > keepPart {
			os.Remove(part) // tried again at the next start
		}
	}
	return &Imports{Options: o, crew: run.NewCrew(), jobs: map[key]*job{}, running: make(chan struct{}, maxRunning)}, nil
}

// Run owns the imports that are being checked. When ctx ends they are given up; what was
// uploaded stays for another try.
func (m *Imports) Run(ctx context.Context) error { return m.crew.Run(ctx) }

// Status says how far an import has come (fsapi.Importer).
func (m *Imports) Status(t Target, id fsapi.ImportID) (fsapi.ImportStatus, error) {
	k := key{t.Repo.Key, id}
	m.mu.Lock()
	j, ok := m.jobs[k]
	m.mu.Unlock()
	if ok {
		return j.get(), nil
	}
	info, err := os.Stat(m.path(k))
	if err != nil {
		return fsapi.ImportStatus{}, &fault.Error{Kind: fault.NotFound, Op: "import", Name: hex.EncodeToString(id[:])}
	}
	return fsapi.ImportStatus{Phase: fsapi.ImportReceiving, Received: info.Size()}, nil
}

// Receive appends a piece (fsapi.Importer). The bytes are synced before it returns.
func (m *Imports) Receive(ctx context.Context, t Target, piece fsapi.ImportPiece, r io.Reader) (fsapi.ImportStatus, error) {
	if piece.Size < 0 || piece.Size > fsapi.MaxPiece || piece.Offset < 0 {
		return fsapi.ImportStatus{}, fault.Newf(fault.Invalid, "import", "a piece of %d bytes at %d; at most %d", piece.Size, piece.Offset, fsapi.MaxPiece)
	}
	if piece.Offset+piece.Size > m.MaxBytes {
		return fsapi.ImportStatus{}, fault.Newf(fault.TooLarge, "import", "more than %d bytes", m.MaxBytes)
	}
	k := key{t.Repo.Key, piece.Import}
	j, err := m.job(k, piece.Offset == 0)
	if err != nil {
		return fsapi.ImportStatus{}, err
	}
	j.writing.Lock()
	defer j.writing.Unlock()
	if now := j.get(); now.Phase != fsapi.ImportReceiving {
		return now, nil // a repeat of the last piece
	}
	received, err := m.append(k, piece, r)
	j.set(func(s *fsapi.ImportStatus) { s.Received = received })
	if err != nil {
		return j.get(), err
	}
	if piece.Last {
		return m.begin(t, k, j, caller.FromContext(ctx))
	}
	return j.get(), nil
}

// job returns the import k, and makes it if need be. An upload that begins again forgets
// that it failed before.
func (m *Imports) job(k key, begins bool) (*job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, ok := m.jobs[k]
	if ok && !(begins && j.get().Phase == fsapi.ImportFailed) {
		return j, nil
	}
	if len(m.jobs) >= maxKnown {
		m.forget()
	}
	if len(m.jobs) >= maxKnown {
		return nil, fault.Newf(fault.Unavailable, "import", "%d imports are under way", maxKnown)
	}
	j = &job{status: fsapi.ImportStatus{Phase: fsapi.ImportReceiving}}
	if info, err := os.Stat(m.path(k)); err == nil {
		j.status.Received = info.Size()
	}
	m.jobs[k] = j
	return j, nil
}

// forget drops what has ended. The caller holds mu.
func (m *Imports) forget() {
	for k, j := range m.jobs {
		if p := j.get().Phase; p == fsapi.ImportDone || p == fsapi.ImportFailed {
			delete(m.jobs, k)
		}
	}
}

// append writes a piece to the file of its import and returns the file's size, also
// when it fails. What of a piece has been written before it broke off stays: the
// next one goes on from there.
func (m *Imports) append(k key, piece fsapi.ImportPiece, r io.Reader) (size int64, err error) {
	f, err := os.OpenFile(m.path(k), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fault.Disk("import", err)
	}
	defer func() { err = fault.Disk("import", errors.Join(err, f.Close())) }()
	if size, err = f.Seek(0, io.SeekEnd); err != nil {
		return 0, fault.Disk("import", err)
	}
	if size != piece.Offset {
		return size, fault.Newf(fault.Stale, "import", "the piece begins at %d, but %d bytes are here", piece.Offset, size)
	}
	n, err := io.Copy(f, io.LimitReader(r, piece.Size))
	size += n
	if err == nil && n != piece.Size {
		err = fault.Newf(fault.Invalid, "import", "the piece holds %d bytes, not %d", n, piece.Size)
	}
	if err != nil {
		return size, err
	}
	return size, f.Sync()
}

// begin starts the checking of a bundle that is whole; who sent its end moves the refs.
func (m *Imports) begin(t Target, k key, j *job, from caller.Credential) (fsapi.ImportStatus, error) {
	j.set(func(s *fsapi.ImportStatus) { s.Phase = fsapi.ImportIndexing })
	started := m.crew.Go("import into "+t.Repo.ID.String(), func(ctx context.Context) error {
		select {
		case m.running <- struct{}{}:
			defer func() { <-m.running }()
			m.end(ctx, t, k, j, m.carry(caller.NewContext(ctx, from), t, k, j))
		case <-ctx.Done():
		}
		return nil
	})
	if !started {
		return j.get(), fault.Newf(fault.Unavailable, "import", "this node is stopping")
	}
	return j.get(), nil
}

// end tells what came of it. A bundle that is no good is thrown away; one that
// could not be stored now stays for another try.
func (m *Imports) end(ctx context.Context, t Target, k key, j *job, err error) {
	if err == nil {
		os.Remove(m.path(k)) // or after a week
		m.Log.Info("imported", "repo", t.Repo.ID, "refs", len(j.get().Refs))
		j.set(func(s *fsapi.ImportStatus) { s.Phase = fsapi.ImportDone })
		return
	}
	kind := fault.Of(err)
	m.Log.Warn("import failed", "repo", t.Repo.ID, "kind", kind.String(), "error", err)
	if kind == fault.Invalid || kind == fault.TooLarge {
		os.Remove(m.path(k))
	}
	if ctx.Err() != nil || kind == fault.Unavailable || kind == fault.Unknown {
		j.set(func(s *fsapi.ImportStatus) { s.Phase = fsapi.ImportReceiving })
		return
	}
	j.set(func(s *fsapi.ImportStatus) { s.Phase, s.Error, s.Kind = fsapi.ImportFailed, err.Error(), kind.String() })
}

func (m *Imports) path(k key) string { return filepath.Join(m.Dir, k.file()) }

func (j *job) get() fsapi.ImportStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.status
}

func (j *job) set(f func(*fsapi.ImportStatus)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.status)
}
