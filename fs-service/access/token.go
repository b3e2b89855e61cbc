package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Prefix begins every token's text, so that who finds one knows what it is.
const Prefix = "rhp_"

// The sizes of a token's parts in bytes, before they are written down.
const (
	idBytes     = 10
	secretBytes = 25 // 200 bits: more than anybody can guess
)

// Limits of a token.
const (
	MaxUser  = 64
	MaxLabel = 200
	MaxScope = 32 // globs, and prefixes
	maxGlob  = 200
)

// Token is the record of a token. The text is known to its holder alone: Hash tells
// the right one, and nothing else is kept of it.
type Token struct {
	ID      string
	Hash    [sha256.Size]byte // of the secret
	User    string            // whose it is
	Label   string            // what for, in its owner's words
	Created time.Time
	Expires time.Time // zero: never
	Scope   Scope
	Admin   bool // its holder has the role of that name
}

// Scope is what a token is limited to. It gives nothing: it takes away.
type Scope struct {
	Repos []string `json:"repositories,omitempty"` // globs; none: every repository
	Paths []string `json:"paths,omitempty"`        // documents, or directories with all in them; none: all
	Verbs []Verb   `json:"verbs"`                  // at least one
}

var lower = base32.StdEncoding.WithPadding(base32.NoPadding)

// Mint draws a token's id and secret, and returns its text and t with what is kept of it.
func Mint(t Token, dice io.Reader) (text string, minted Token, err error) {
	drawn := make([]byte, idBytes+secretBytes)
	if _, err := io.ReadFull(dice, drawn); err != nil {
		return "", t, fault.New(fault.Internal, "mint token", "", err)
	}
	t.ID = strings.ToLower(lower.EncodeToString(drawn[:idBytes]))
	secret := strings.ToLower(lower.EncodeToString(drawn[idBytes:]))
	t.Hash = sha256.Sum256([]byte(secret))
	return Prefix + t.ID + "_" + secret, t, nil
}

// ParseText takes a token's text apart.
func ParseText(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, Prefix)
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	return id, secret, ok && id != "" && secret != ""
}

// Opens says whether secret is the token's, and the token still good. It takes as
// long for a wrong secret as for the right one.
func (t Token) Opens(secret string, now time.Time) bool {
	sum := sha256.Sum256([]byte(secret))
	right := subtle.ConstantTimeCompare(sum[:], t.Hash[:]) == 1
	return right && t.Lives(now)
}

// Lives says whether there is such a token, and it has not expired.
func (t Token) Lives(now time.Time) bool {
	return t.ID != "" && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Check returns why there can be no such token, or nil.
func (t Token) Check() error {
	switch {
	case t.ID == "" || strings.ContainsAny(t.ID, "/_") || t.Hash == [sha256.Size]byte{}:
		return bad("/", "a token has an id and a hash")
	case !goodUser(t.User):
		return bad("/user", "a user's name has 1 to %d letters, digits, dots, dashes, underscores or @", MaxUser)
	case len(t.Label) > MaxLabel || strings.ContainsFunc(t.Label, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return bad("/label", "a label has at most %d bytes and no control characters", MaxLabel)
	case !t.Expires.IsZero() && !t.Expires.After(t.Created):
		return bad("/expires", "it would have expired before it is made")
	}
	return t.Scope.check()
}

func (s Scope) check() error {
	switch {
	case len(s.Repos) > MaxScope:
		return bad("/scope/repositories", "more than %d", MaxScope)
	case len(s.Paths) > MaxScope:
		return bad("/scope/paths", "more than %d", MaxScope)
	case len(s.Verbs) == 0:
		return bad("/scope/verbs", "a token that may be used for nothing: say read, write, publish, moderate or admin")
	}
	for _, glob := range s.Repos {
		if _, err := path.Match(glob, ""); err != nil || glob == "" || len(glob) > maxGlob {
			return bad("/scope/repositories", "%.80q is no pattern of names", glob)
		}
	}
	for _, prefix := range s.Paths {
		if p, err := content.ParsePath(strings.TrimSuffix(prefix, "/")); err != nil || p.IsRoot() {
			return bad("/scope/paths", "%.80q is no path of a document or directory", prefix)
		}
	}
	for _, v := range s.Verbs {
		if v.permits() == 0 {
			return bad("/scope/verbs", "there is no verb %.40q", string(v))
		}
	}
	return nil
}

// permits is what the verbs leave.
func (s Scope) permits() (p Permission) {
	for _, v := range s.Verbs {
		p |= v.permits()
	}
	return p
}

// names says whether the repository is in the scope.
func (s Scope) names(repo content.RepoID) bool {
	return len(s.Repos) == 0 || slices.ContainsFunc(s.Repos, func(glob string) bool { return matches(glob, repo.String()) })
}

// covers says whether all that is at or under p is in the scope.
func (s Scope) covers(p content.Path) bool {
	if len(s.Paths) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Paths, func(prefix string) bool {
		prefix = strings.TrimSuffix(prefix, "/")
		return p.String() == prefix || strings.HasPrefix(p.String(), prefix+"/")
	})
}

// matches is path.Match with a pattern that was checked when it was written down.
func matches(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil
}

func goodUser(name string) bool {
	return name != "" && len(name) <= MaxUser && !strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune(".-_@", r):
			return false
		}
		return true
	})
}

// bad is Invalid and says where.
func bad(pointer, format string, args ...any) error {
	err := fault.Newf(fault.Invalid, "access", format, args...).(*fault.Error)
	err.Facts = map[string]string{"pointer": pointer}
	return err
}
