package replica

import (
	"context"
	"io"

	"rhapsode/content"
)

// Peer is the store of one replica: this node's Disk, or another's through its door.
// All methods may be called from any goroutine.
type Peer interface {
	// Put stores b. On return it is synced to disk.
	Put(context.Context, content.Pool, Batch) error

	// Open reads one object, whichever tier it is in. NotFound if it is not here.
	// The bytes are not checked: that is for whoever reads them to the end.
	Open(context.Context, content.Pool, content.Digest) (Header, io.ReadCloser, error)

	// Missing returns which of ds are not here.
	Missing(context.Context, content.Pool, []content.Digest) ([]content.Digest, error)

	// Close returns once the commits are closed here, and fetches what is missing
	// from the other replicas for that.
	Close(context.Context, content.Pool, []content.Digest) error

	// PutBody stores a large blob from r. On return it is synced to disk.
	// Invalid if r does not hold d's bytes.
	PutBody(ctx context.Context, pool content.Pool, d content.Digest, size int64, r io.Reader) error

	// PutPack stores a pack from r. On return it is indexed, every object in it
	// checked, and synced to disk.
	PutPack(ctx context.Context, pool content.Pool, p Pack, r io.Reader) error
}

// Header is the beginning of an object.
type Header struct {
	Kind content.Kind
	Size int64 // in bytes
}

// Batch is a set of objects that are stored together, and what that completes.
type Batch struct {
	Objects []content.Object
	Bases   []content.Digest // commits
	Needs   []content.Digest // large blobs that were uploaded before
	Tips    []content.Digest // commits: closed by this batch where Bases are closed and Needs present
}

// Pack is a pack that is on its way, and what it completes.
type Pack struct {
	Size  int64
	Bases []content.Digest // commits that the pack builds on
	Tips  []content.Digest // commits and tags: closed by this pack where Bases are closed
}
