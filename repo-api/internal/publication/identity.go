package publication

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// UUID is the identity of a work, wherever it is.
type UUID [16]byte

// ParseUUID reads the usual form: 32 hexadecimal digits with dashes after the 8th, 12th, 16th
// and 20th.
func ParseUUID(s string) (u UUID, err error) {
	parts := strings.Split(strings.ToLower(s), "-")
	bad := len(parts) != 5
	for i, want := range [...]int{8, 4, 4, 4, 12} {
		bad = bad || len(parts[i]) != want
	}
	b, err := hex.DecodeString(strings.Join(parts, ""))
	if bad || err != nil || len(b) != len(u) {
		return u, fault.Newf(fault.Invalid, "identity", "%.60q is no uuid", s)
	}
	return UUID(b), nil
}

func (u UUID) String() string {
	s := hex.EncodeToString(u[:])
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// Short is the form for people: the first eight characters of its base64.
func (u UUID) Short() string { return base64.RawURLEncoding.EncodeToString(u[:])[:8] }

const (
	identityPrefix = "identity/"
	shortPrefix    = "short/"
)

// Home is where a work is published.
type Home struct {
	Repo content.RepoID `json:"repo"`
	Kind string         `json:"kind"`
	ID   string         `json:"id"` // in that repository
	UUID string         `json:"uuid"`
}

// identify makes the works of an edition known by their uuids in the whole cell. The first
// repository that publishes a work is its home; a copy that is published elsewhere under the same
// uuid does not take it away.
func (j *job) identify(ctx context.Context, e Edition) error {
	for _, w := range e.Works {
		u, err := ParseUUID(w.UUID)
		if err != nil || !w.Changed {
			continue
		}
		value, err := json.Marshal(Home{Repo: j.repo, Kind: w.Kind, ID: w.ID, UUID: u.String()})
		if err != nil {
			return fault.New(fault.Internal, "identity", w.UUID, err)
		}
		for _, name := range []string{identityPrefix + u.String(), shortPrefix + u.Short()} {
			_, err := j.fs.PutNote(ctx, fsapi.Note{Name: name, Value: value})
			if err := ignore(err, fault.Stale); err != nil {
				return err
			}
		}
	}
	return nil
}

// Find returns where the work with this identity is published: a uuid, or its short form. NotFound.
func (p *Publisher) Find(ctx context.Context, id string) (h Home, short bool, err error) {
	name := shortPrefix + id
	if u, err := ParseUUID(id); err == nil {
		name = identityPrefix + u.String()
	} else if len(id) != 8 {
		return h, false, fault.Newf(fault.NotFound, "identity", "%.60q is no uuid, nor the eight characters of a short one", id)
	}
	n, err := p.FS.Note(ctx, name)
	if err != nil {
		return h, false, err
	}
	if err := json.Unmarshal(n.Value, &h); err != nil {
		return h, false, fault.New(fault.Corrupt, "identity", id, err)
	}
	return h, strings.HasPrefix(name, shortPrefix), nil
}

// EditionOf returns the edition of a repository in which one of its works has a number, or, if
// that is zero, the latest. NotFound.
func (p *Publisher) EditionOf(ctx context.Context, h Home, n book.Number) (Edition, Work, error) {
	l := p.ledger(h.Repo)
	x, _, err := l.index(ctx)
	if err != nil {
		return Edition{}, Work{}, err
	}
	at := x.Latest
	if !n.IsZero() {
		at = x.Newest()
	}
	for ; !at.IsZero(); at = x.Before(at) {
		e, _, err := l.edition(ctx, at)
		if err != nil {
			return Edition{}, Work{}, err
		}
		for _, w := range e.Works {
			if w.Kind == h.Kind && w.ID == h.ID && (n.IsZero() || w.Number == n) {
				return e, w, nil
			}
		}
		if n.IsZero() {
			break
		}
	}
	return Edition{}, Work{}, fault.Newf(fault.NotFound, "edition", "%s was not published as %v", h.ID, n)
}
