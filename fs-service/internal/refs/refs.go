package refs

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/internal/placement"
	"rhapsode/internal/fault"
)

// Limits of what one record or transaction holds.
const (
	MaxMoves   = 2000             // of one Txn
	MaxDone    = 32               // of one Record
	Remembered = 10 * time.Minute // how long a deleted ref's Done are kept
)

// Refs is the truth about refs, as one node sees it and changes it.
//
// The questions are answered from the node's view, at once and without asking
// anybody. Changes, and Barrier, ask the other voters; beyond what is named with
// them they return Unavailable (nothing was done), Canceled and Full.
type Refs interface {
	// Barrier returns once the view reflects everything that was acknowledged
	// to anybody before the call. One question under way serves all who wait.
	Barrier(context.Context) error

	// Repo returns a repository by its name, a deleted one too, and what is left at a name
	// that was given up.
	Repo(content.RepoID) (Repo, bool)
	// RepoOf returns the repository whose Key is k now.
	RepoOf(k Key) (Repo, bool)
	// Repos returns at most limit repositories whose names follow after, ordered
	// by name, deleted and renamed ones too.
	Repos(after string, limit int) []Repo

	// Ref returns a ref. One that does not exist has Revision 0, and still its
	// Done if it was deleted less than Remembered ago.
	Ref(k Key, name content.RefName) (Record, bool)
	// List returns at most limit refs whose full names begin with prefix and
	// follow after, ordered by name.
	List(k Key, prefix, after string, limit int) []Named
	// Each calls f with every ref of every repository. Each repository is shown
	// as it was at one moment. No lock is held while f runs.
	Each(f func(Key, content.RefName, Record))

	// Placement returns where a shard is.
	Placement(content.Shard) (placement.Placement, bool)
	// Node and Nodes return who registered; Nodes is ordered by name.
	Node(name string) (Node, bool)
	Nodes() []Node

	// Apply moves refs and returns the revision at which it did; the view has
	// reached it then. Stale: some ref is not as expected; the view shows what
	// it is. Misplaced: the epoch is over. Gone: the repository was deleted.
	// Unknown: it may have been done or may still be done; the same Txn again
	// finds out and finishes it.
	Apply(context.Context, Txn) (revision int64, err error)

	// PutRepo writes a repository's record if it is at revision expect (0: if
	// there is none), and returns it as it is then. Stale, Unknown as for Apply;
	// r.Request makes its repeat known.
	PutRepo(ctx context.Context, r Repo, expect int64) (Repo, error)

	// RenameRepo has a repository go by another name: now is its record under that name,
	// was the one that stays under the former, with Renamed set. Each has the Revision at
	// which its name's record is now; 0: there is none. Stale, Unknown as for PutRepo.
	RenameRepo(ctx context.Context, was, now Repo) (Repo, error)

	// Derive writes the record of a new repository as PutRepo does, and with it, all or
	// nothing, its first ref and that the pool is shared. Stale, Unknown as for PutRepo;
	// Stale also: the origin, the epoch or a ground is not as it was.
	Derive(context.Context, Derivation) (Repo, error)

	// Note returns a note; Notes at most limit of those whose names begin with
	// prefix and follow after, ordered by name.
	Note(name string) (Note, bool)
	Notes(prefix, after string, limit int) []Note
	// PutNote writes a note if it is at n.Revision (0: if there is none), and returns
	// it as it is then; it expires after a time, if that is not 0. DeleteNote takes one away
	// that is at revision. Stale, Unknown as for Apply; NotFound.
	PutNote(ctx context.Context, n Note, expires time.Duration) (Note, error)
	DeleteNote(ctx context.Context, name string, revision int64) error
	// Token returns a token by its id, and Tokens at most limit of those whose ids
	// follow after, ordered by id. Expired ones are among them.
	Token(id string) (Token, bool)
	Tokens(after string, limit int) []Token
	// PutToken stores a new token. Stale: there is another of its id.
	PutToken(context.Context, access.Token) error
	// DeleteToken takes a token away; the view shows it no longer. NotFound.
	DeleteToken(ctx context.Context, id string) error

	// Register tells the others of a node.
	Register(context.Context, Node) error

	// EnsurePlacements places all shards on the nodes, unless that was done
	// before, by whomever. All or none; what is there is never overwritten.
	EnsurePlacements(ctx context.Context, nodes []string, replicas int) error

	// BeginErrand claims e for its owner, if nobody holds it and either nobody began
	// it yet or it is open and asks for the same. It returns what is there then: the
	// caller's claim, or what keeps it from one. The owner is the caller's own if the
	// claim is. Full: too many are remembered.
	BeginErrand(context.Context, content.Errand) (content.Attempt, error)
	// HoldErrand is a sign of life of e's owner. Stale: the claim ended. NotFound.
	HoldErrand(context.Context, content.Errand) error
	// FinishErrand ends the claim of e's owner and keeps the answer. If that is
	// final, nobody begins e again while it is remembered. Stale, NotFound.
	FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error
	// Errand returns what is true of an errand now. NotFound.
	Errand(context.Context, content.ErrandKey) (content.Attempt, error)

	// Watch calls f with every change of a ref in the order in which they
	// happened, until ctx ends. The first Change is a Missed one. f may take its
	// time: who falls behind by more than a thousand changes misses some.
	Watch(ctx context.Context, f func(Change)) error
}

// Key is the identity of a repository. It is drawn when the repository is made
// and never changes nor comes again, whatever happens to the name.
type Key [16]byte

// NewKey makes a key that nobody else has.
func NewKey() Key {
	var k Key
	rand.Read(k[:]) // never fails: crypto/rand
	return k
}

// ParseKey reads 32 hexadecimal digits.
func ParseKey(s string) (Key, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Key{}) {
		return Key{}, fault.Newf(fault.Invalid, "repository key", "%.40q is not 32 hexadecimal digits", s)
	}
	return Key(b), nil
}

func (k Key) String() string { return hex.EncodeToString(k[:]) }

// IsZero says whether k names nothing.
func (k Key) IsZero() bool { return k == Key{} }

// MarshalText and UnmarshalText let a Key stand in JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is ParseKey.
func (k *Key) UnmarshalText(b []byte) (err error) { *k, err = ParseKey(string(b)); return err }

// Repo is the record of a repository.
type Repo struct {
	Key         Key
	ID          content.RepoID
	Pool        content.Pool
	Default     content.RefName
	Description string
	Owner       string // the user who made it; "": nobody known
	Created     time.Time
	Deleted     time.Time // zero while it lives
	Renamed     time.Time // since then Key goes by another name; zero: by this
	Former      []Key     // of deleted repositories that had the name before
	Shared      bool      // others have the same pool, or had: what is in it need not be this one's
	Origin      Origin    // zero: it began empty
	Takedowns   access.Takedowns
	Request     content.RequestID // that wrote the record
	Revision    int64             // set by the store
}

// Origin is what a repository was derived from, as it was then.
type Origin struct {
	Repo   Key            `json:"repo"`
	Rev    string         `json:"rev"`
	Commit content.Digest `json:"commit"`
	Title  string         `json:"title,omitempty"`
}

// Derivation is a repository that begins as another one is.
type Derivation struct {
	Repo    Repo  // the new one; what it shares is set by Derive
	Expect  int64 // the revision of the record that has its name; 0: there is none
	From    Repo  // what it is derived from, as it was seen
	Epoch   int64 // of the placement of From's pool
	Grounds []Ground
}

// Record is where a ref points.
type Record struct {
	Target   content.Digest
	Revision int64  // at which it was moved last; 0: it does not exist
	Done     []Done // the newest last, at most MaxDone. Shared: do not write to it
}

// Done is a request that was carried out, and the commit that came of it.
type Done struct {
	Request content.RequestID
	Commit  content.Digest
}

// Named is a Record with its ref's name.
type Named struct {
	Name content.RefName
	Record
}

// Node is a process that holds replicas.
type Node struct {
	Name   string  `json:"name"`
	Addr   string  `json:"addr"` // gRPC, host:port
	Weight float64 `json:"weight,omitempty"`
	Zone   string  `json:"zone,omitempty"`
}

// Token is a token's record.
type Token struct {
	access.Token
	Revision int64 // at which it was stored
}

// Ground is a record that a decision rested on, as it was then. A transaction that names it
// is Stale if the record has changed: nothing is done on the word of who lost their right to it.
type Ground struct {
	key      string
	revision int64
}

// Ground says that the token is there still.
func (t Token) Ground() Ground { return Ground{tokenKey(t.ID), t.Revision} }

// GroundOf says that a ref points where r says, or is still not there.
func GroundOf(k Key, name content.RefName, r Record) Ground {
	return Ground{refKey(k, name), r.Revision}
}

// Change is something that happened to a ref.
type Change struct {
	Repo   Key
	Name   content.RefName
	Record Record // Revision 0: it was deleted
	Missed bool   // nothing of the above is set, but changes were left out: look at everything again
}

// Txn is what should become of some refs of one repository.
type Txn struct {
	Repo  Key
	Shard content.Shard // of the repository's pool
	Epoch int64         // the placement's Revision, as the coordinator knows it
	Moves []Move        // of different refs

	Grounds []Ground // what permits them
}

// Move is what should become of one ref.
type Move struct {
	Name   content.RefName
	Expect int64          // its Record's Revision; 0: it does not exist
	New    content.Digest // zero: delete it
	Done   []Done         // appended to those it has; at most MaxDone
}

// Check returns why t could never be carried out, or nil.
func (t Txn) Check() error {
	switch {
	case t.Repo.IsZero() || t.Epoch <= 0:
		return fault.Newf(fault.Invalid, "move refs", "no repository or no epoch")
	case len(t.Moves) == 0:
		return fault.Newf(fault.Invalid, "move refs", "no move")
	case len(t.Moves) > MaxMoves:
		return fault.Newf(fault.TooLarge, "move refs", "%d moves, more than %d", len(t.Moves), MaxMoves)
	}
	seen := make(map[content.RefName]bool, len(t.Moves))
	for _, m := range t.Moves {
		switch {
		case m.Name.IsZero() || m.Expect < 0 || seen[m.Name]:
			return fault.Newf(fault.Invalid, "move refs", "%v: no name, or named twice, or a negative revision", m.Name)
		case m.New.IsZero() && m.Expect == 0:
			return fault.Newf(fault.Invalid, "move refs", "%v: what does not exist can't be deleted", m.Name)
		case len(m.Done) > MaxDone:
			return fault.Newf(fault.TooLarge, "move refs", "%v: %d requests, more than %d", m.Name, len(m.Done), MaxDone)
		}
		seen[m.Name] = true
	}
	return nil
}
