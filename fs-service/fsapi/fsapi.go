// Package fsapi is the contract between the houses: what the file system, as a
// service, does for a front end. A front end sees nothing else of it.
//
// Every implementation passes the suite in fsapitest: the coordinator over
// memory, one node in this process, and a cluster over the network (fsclient).
//
// All methods may be called from any goroutine. Errors carry a fault.Kind; those
// that any method may return are Unavailable (nothing was done), Canceled,
// Corrupt and Internal, and those special to one are named there.
package fsapi

import (
	"context"
	"io"
	"time"

	"rhapsode/content"
)

// FS is the whole file system.
type FS interface {
	Reader
	Writer
	Importer
	Git
	Merger
	Releaser
	Notes
	Differ
	Errands
	Drafter
	Accessor
	Withholder
}

// Freshness says how recent the answer about a ref has to be.
type Freshness uint8

const (
	// Linearizable answers reflect every change that was answered before the
	// question was asked. It is the default.
	Linearizable Freshness = iota
	// Any answers with what the replica knows, without asking the others. It
	// works without a quorum and may be old.
	Any
)

// At is a place in a repository.
type At struct {
	Repo  content.RepoID
	Rev   content.Revision // the zero Revision: the default branch
	Path  content.Path
	Fresh Freshness // a revision that is a commit id needs none
}

// StatQuestion is At, and how much of the body should come along.
type StatQuestion struct {
	At
	Inline int64          // send the body along if it has at most so many bytes; 0: never
	Have   content.Digest // … unless this is its digest
	Brief  bool           // leave Modified out: looking for it may take a walk through the history. Of the root, also who may read only parts is told that it is there, without its digest
	Near   bool           // of a document, tell Versions
}

// Stat is what is at a place.
type Stat struct {
	Repo     content.RepoID
	Ref      content.RefName // what the revision named; zero if it was a commit id
	Commit   content.Digest  // … and where that pointed
	Entry    content.Entry   // the root's has no name
	Modified time.Time       // when a commit last changed this path; zero if that was too long ago to look for, or not asked
	Versions Versions        // of a document, if they were asked for
	Inline   []byte          // the body, if it was asked for and may be sent along. Shared: do not write to it
}

// Versions are the version of a document that is at a place and those next to it,
// by the commits that brought them. A zero digest is one that does not exist, or that
// would take long to find.
type Versions struct {
	This   content.Digest
	Before content.Digest  // the next in History that did not delete it
	After  content.Digest  // the next on the way to Line's tip, by first parents
	Line   content.RefName // the default branch
}

// Page is a part of a long list.
type Page struct {
	After string // the cursor of the page before; "": the beginning
	Limit int    // 1 to MaxPage; 0: DefaultPage
}

// Limits of a Page.
const (
	DefaultPage = 100
	MaxPage     = 1000
)

// Reader answers questions. None of them changes anything.
//
// Beyond the common ones they return Invalid (a cursor that was never given
// out), NotFound (repository, revision, path or commit), Gone (the repository was deleted) and
// Moved (it was renamed; the error's Facts say as "to" what it is called now).
type Reader interface {
	// Stat looks at one place.
	Stat(context.Context, StatQuestion) (Stat, error)

	// Blob opens n bytes of a blob from offset off; n < 0: to its end. At is the place
	// where a Stat or List found it: who may not read all may read what is there. The caller
	// closes the reader; a Read may fail with Corrupt or Unavailable at any point.
	Blob(ctx context.Context, at At, blob content.Digest, off, n int64) (io.ReadCloser, error)

	// List returns the entries of the directory at At in git's order, with the
	// sizes of blobs. Conflict: there is no directory but a document.
	List(context.Context, At, Page) (Listing, error)

	// History returns the commits that changed At.Path, newest first, as plain
	// `git log -- path` does; for the root, all commits, as `git log` does.
	// The cursor remembers where it started, so that pages fit together though
	// the branch moves on. A path that never was there is NotFound.
	// A cursor is of one path of one repository. TooLarge: more than a million commits.
	History(context.Context, At, Page) (History, error)

	// Follow is History as `git log --follow -- path` has it, beyond renames and
	// copies. Of a tree of more than 20,000 documents only what the same commit changed
	// is taken for the origin of what is new, and a document of over 1 MiB only if it is the same.
	Follow(context.Context, At, Page) (History, error)

	// VersionAt returns the version of At.Path that was current at a time, by the
	// clocks of the committers: of those in History that did not delete it, the first
	// that is no newer, and the oldest if all are. NotFound: there is none.
	VersionAt(ctx context.Context, at At, when time.Time) (HistoryItem, error)

	// Commit returns one commit and what it changed against its first parent.
	Commit(ctx context.Context, repo content.RepoID, id content.Digest) (CommitDetail, error)

	// Repo returns a repository's record; a deleted one is Gone.
	Repo(context.Context, content.RepoID) (Repo, error)

	// Repos returns those that are not deleted, ordered by name.
	Repos(context.Context, Page) (Repos, error)

	// Refs returns the refs whose full name begins with prefix, ordered by name.
	Refs(ctx context.Context, repo content.RepoID, prefix string, page Page) (Refs, error)

	// Ref returns one ref.
	Ref(ctx context.Context, repo content.RepoID, name content.RefName) (Ref, error)
}

// Listing is a page of a directory.
type Listing struct {
	Stat    Stat // of the directory
	Entries []content.Entry
	Next    string // cursor; "" on the last page
}

// History is a page of a path's history.
type History struct {
	Items []HistoryItem
	Next  string // cursor; "" on the last page
}

// HistoryItem is a commit that changed a path, and what the path held after it.
type HistoryItem struct {
	Commit content.Commit
	Path   content.Path  // what it was called then
	Entry  content.Entry // Digest is zero if the commit deleted it
}

// CommitDetail is a commit and its changes.
type CommitDetail struct {
	Commit    content.Commit
	Changes   []content.FileChange // ordered by path
	Truncated bool                 // there are more than MaxChanges
}

// MaxChanges is how many changes a CommitDetail lists at the most.
const MaxChanges = 10_000

// Repo is the record of a repository.
type Repo struct {
	ID          content.RepoID
	Pool        content.Pool
	Default     content.RefName // the branch that a URL without a revision means
	Description string
	Created     time.Time
	Revision    int64 // grows with every change of this record
	Replicas    int   // copies that a write is sent to
	Origin      Origin
}

// Origin is what a repository was derived from; zero if it began empty.
type Origin struct {
	Repo   content.RepoID   // as it is called now; zero if it is no more, or who asks may not know of it
	Rev    content.Revision // as it was named
	Commit content.Digest
	Title  string
}

// Repos is a page of repositories.
type Repos struct {
	Repos []Repo
	Next  string
}

// Ref is where a ref points.
type Ref struct {
	Name   content.RefName
	Target content.Digest // a commit, or an annotated tag
	Commit content.Digest // Target, or what the tag stands for
}

// Refs is a page of refs.
type Refs struct {
	Refs []Ref
	Next string
}

// Writer changes things.
//
// When a method returns nil, what it did is durable on a write quorum of the
// shard's replicas, and every later linearizable read sees it. Unknown means
// that it may have been done or may still be done: the same call with the same
// request id finds out and finishes it. A call that repeats a request id with
// the same content returns what the first returned and changes nothing.
//
// Beyond the common ones they return NotFound, Gone and Moved as a Reader does.
type Writer interface {
	// Upload stores a body of exactly size bytes, more than InlineLimit, durably
	// on a write quorum, for a Change to name. Nothing refers to it yet: what no
	// Change names is collected after a day. Invalid: r held fewer or more bytes. Full.
	Upload(ctx context.Context, repo content.RepoID, size int64, r io.Reader) (content.Digest, error)

	// Change makes one commit on a branch. A default branch, or a ref under
	// refs/meta/, that does not exist yet begins with it. Stale: an expectation does not hold; an expected
	// digest that is missed by a path which already holds what the change would
	// put there is no failure (RFC 9110 13.1.1). Conflict: a path would go
	// through a document, or replace a directory. Invalid: Check, or a new name
	// that is not Creatable. NotFound: also for the branch, and for a deleted path without Expect.
	Change(context.Context, content.ChangeSet) (content.Changed, error)

	// MoveRef creates, moves or deletes a ref. Stale: Expect does not hold.
	// Conflict: the move is no fast-forward and Force is not set; the default
	// branch would be deleted; a tag would be moved. NotFound: To names nothing.
	MoveRef(context.Context, RefMove) (Ref, error)

	// PutRepo creates a repository or changes its record. Stale: its Revision does not hold.
	// One that is renamed keeps all it holds, and whoever asks for it by its former name is
	// told the new one, until another repository is made under the former. Conflict: the new
	// name is taken. NotFound: there is none to rename.
	// One that is derived shares the objects, and so the history, of another: its default
	// branch begins where the other's revision is. Who makes it has to be able to read that.
	PutRepo(context.Context, RepoChange) (repo Repo, created bool, err error)

	// DeleteRepo takes a repository away; it is Gone then, its objects and refs
	// are kept. Stale: it is not at revision (< 0: any).
	DeleteRepo(ctx context.Context, id content.RepoID, revision int64) error
}

// RefMove is what should become of a ref.
type RefMove struct {
	Repo    content.RepoID
	Name    content.RefName
	Expect  content.Expect   // of its target
	To      content.Revision // where it should point; the zero Revision: nowhere, it is deleted
	Force   bool
	Request content.RequestID
}

// RepoChange is what should become of a repository's record.
type RepoChange struct {
	ID          content.RepoID
	Name        content.RepoID  // what it is called from now on; zero: ID
	Default     content.RefName // zero: as it is, or refs/heads/main
	Description *string         // nil: as it is
	Revision    int64           // 0: must not exist; > 0: must be at it; < 0: whatever is there
	Derive      Derive          // zero: it begins empty, or is there
	Request     content.RequestID
}

// Derive says what a repository should begin as. Of an edition anybody may derive who may read it.
type Derive struct {
	Repo  content.RepoID
	Rev   content.Revision // zero: the default branch
	Title string           // of the work, to be remembered; at most MaxTitle bytes
}

// MaxTitle is the length in bytes of the longest title of an origin.
const MaxTitle = 1000

// Importer takes in a git bundle, piece by piece, so that an interrupted upload
// can go on. The bundle's sha256 is the name of the import.
type Importer interface {
	// Receive appends the bytes of r at offset off of the bundle. Last says that
	// this piece ends it; then checking and storing begin, in the background.
	// Stale: off is not ImportStatus.Received. Invalid: the bundle is broken (the text says which object, at what offset).
	Receive(ctx context.Context, piece ImportPiece, r io.Reader) (ImportStatus, error)

	// Import says how far an import has come. NotFound: nothing of it is here.
	Import(ctx context.Context, repo content.RepoID, id ImportID) (ImportStatus, error)
}

// ImportID is the sha256 of a whole bundle.
type ImportID [32]byte

// ImportPiece says which bytes of which bundle come now. At most MaxPiece bytes.
type ImportPiece struct {
	Repo   content.RepoID
	Import ImportID
	Offset int64
	Size   int64
	Last   bool
}

// MaxPiece is the size of the largest piece of a bundle, in bytes.
const MaxPiece = 16 << 20

// ImportPhase is what an import is busy with.
type ImportPhase string

// The phases, in their order.
const (
	ImportReceiving   ImportPhase = "receiving"
	ImportIndexing    ImportPhase = "indexing"    // every object is parsed, hashed and checked
	ImportReplicating ImportPhase = "replicating" // the pack goes to the other replicas
	ImportDone        ImportPhase = "done"
	ImportFailed      ImportPhase = "failed"
)

// ImportStatus is how far an import has come.
type ImportStatus struct {
	Phase    ImportPhase
	Received int64 // bytes of the bundle
	Done     int64 // of Total, within the phase
	Total    int64
	Refs     []Ref  // when done: every ref of the bundle
	Error    string // when failed: why, for a person
	Kind     string // when failed: the fault kind's name
}
