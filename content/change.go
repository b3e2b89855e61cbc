package content

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"rhapsode/internal/fault"
)

// InlineLimit is the size in bytes up to which a body travels inside a change
// and is stored among the objects. A larger one is uploaded first and stored
// among the bodies.
const InlineLimit = 1 << 20

// Limits of a ChangeSet.
const (
	MaxChanges = 10_000
	MaxMessage = 64 << 10 // bytes
)

// Body is what a document holds.
type Body struct {
	Digest Digest // of the blob
	Size   int64  // in bytes
	Inline []byte // the bytes; nil if they were uploaded before
}

// InlineBody is a body that travels with its change. len(b) is at most InlineLimit.
func InlineBody(b []byte) Body {
	if b == nil {
		b = []byte{}
	}
	return Body{Digest: NewObject(KindBlob, b).Digest, Size: int64(len(b)), Inline: b}
}

// Change is what should become of one path: it holds Body afterwards, or is
// gone if Delete is set. Deleting a directory's last document deletes the directory.
type Change struct {
	Path   Path
	Delete bool
	Body   Body
	Mode   Mode   // 0: keep the mode that is there, or ModeRegular
	Expect Expect // of the blob at Path
}

// ChangeSet is what should become of one branch in one commit, all or nothing. A
// ref under refs/meta/ is changed like a branch, and begins with its first change.
type ChangeSet struct {
	Repo    RepoID
	Branch  RefName
	Head    Expect // of the branch's commit
	Changes []Change
	Author  Signature // When is zero: the coordinator's clock
	Message string    // "": made from the changes
	Request RequestID
	DryRun  bool // say what would come of it, and change nothing
}

// Check returns why cs could never be carried out, or nil.
func (cs ChangeSet) Check() error {
	switch {
	case cs.Repo.IsZero():
		return fault.Newf(fault.Invalid, "change", "no repository")
	case !cs.Branch.IsBranch() && !cs.Branch.IsMeta():
		return fault.Newf(fault.Invalid, "change", "%v is not a branch, nor under %s", cs.Branch, metaPrefix)
	case len(cs.Changes) == 0 || len(cs.Changes) > MaxChanges:
		return fault.Newf(fault.Invalid, "change", "%d changes, not 1 to %d", len(cs.Changes), MaxChanges)
	case len(cs.Message) > MaxMessage:
		return fault.Newf(fault.TooLarge, "change", "a message of %d bytes, more than %d", len(cs.Message), MaxMessage)
	}
	seen := make(map[Path]bool, len(cs.Changes))
	for _, c := range cs.Changes {
		if err := c.check(); err != nil {
			return err
		}
		if seen[c.Path] {
			return fault.Newf(fault.Invalid, "change", "%v is named twice", c.Path)
		}
		seen[c.Path] = true
	}
	return nil
}

func (c Change) check() error {
	switch {
	case c.Path.IsRoot():
		return fault.Newf(fault.Invalid, "change", "the root is a directory")
	case c.Delete:
		return nil
	case c.Body.Inline != nil && len(c.Body.Inline) > InlineLimit:
		return fault.Newf(fault.TooLarge, "change", "%v: %d bytes inline, more than %d", c.Path, len(c.Body.Inline), InlineLimit)
	case c.Body.Inline != nil && InlineBody(c.Body.Inline).Digest != c.Body.Digest:
		return fault.Newf(fault.Invalid, "change", "%v: its bytes are not those of %v", c.Path, c.Body.Digest)
	}
	return nil
}

// Changed is what came of a ChangeSet.
type Changed struct {
	Commit   Digest // the commit in which the branch is as asked; an older one if nothing had to change
	Modified bool   // a commit was made, or would be
	Outcomes []Outcome
}

// Outcome is what came of one Change, in the ChangeSet's order.
type Outcome struct {
	Created bool   // the path was free before
	Digest  Digest // of what it holds now; zero if it is gone
	Size    int64
}

// RequestID names one request of one client, so that its repeat is known as a
// repeat. Equal ids with different content are different requests: see Of.
type RequestID [16]byte

// NewRequestID makes an id that nobody else has.
func NewRequestID() RequestID {
	var id RequestID
	rand.Read(id[:]) // never fails: crypto/rand
	return id
}

// RequestIDOf is the id of a request that its client called name and that asks
// for what parts say. A careless client that uses one name for two different
// requests gets two ids, so neither is taken for a repeat of the other.
func RequestIDOf(name string, parts ...[]byte) RequestID {
	h := sha256.New()
	for _, p := range append([][]byte{[]byte(name)}, parts...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	return RequestID(h.Sum(nil))
}

// IsZero says whether id names no request; such a request has no repeats.
func (id RequestID) IsZero() bool { return id == RequestID{} }

func (id RequestID) String() string { return hex.EncodeToString(id[:]) }

// Pool names the set of objects that a repository reads and writes. It is drawn
// at random when the repository is made and outlives its name; a repository
// derived from another shares its pool.
type Pool [16]byte

// NewPool makes a pool that nobody else has.
func NewPool() Pool {
	var p Pool
	rand.Read(p[:]) // never fails: crypto/rand
	return p
}

// ParsePool reads 32 hexadecimal digits.
func ParsePool(s string) (Pool, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Pool{}) {
		return Pool{}, fault.Newf(fault.Invalid, "pool", "%q is not 32 hexadecimal digits", clip(s))
	}
	return Pool(b), nil
}

func (p Pool) String() string { return hex.EncodeToString(p[:]) }

// MarshalText and UnmarshalText let a Pool stand in JSON.
func (p Pool) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParsePool.
func (p *Pool) UnmarshalText(b []byte) (err error) { *p, err = ParsePool(string(b)); return err }

// Shards is the number of shards in a cell. It never changes.
const Shards = 256

// Shard is a set of pools that live on the same replicas.
type Shard uint8

// Shard returns the shard of p.
func (p Pool) Shard() Shard { return Shard(p[0]) }
