package content

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"rhapsode/internal/fault"
)

// RepoID is the name of a repository, as URLs spell it.
type RepoID struct{ s string }

// ParseRepoID takes 1 to 100 of a–z, 0–9, '.', '_' and '-', of which the first
// is a letter or a digit and the last is no dot.
func ParseRepoID(s string) (RepoID, error) {
	bad := func(why string) (RepoID, error) {
		return RepoID{}, fault.Newf(fault.Invalid, "repository name",
			"%q %s; a name is 1 to 100 of a-z 0-9 . _ - and begins with a letter or digit", clip(s), why)
	}
	if s == "" || len(s) > 100 {
		return bad("is empty or too long")
	}
	for i, r := range []byte(s) {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if !letter && (i == 0 || r != '.' && r != '_' && r != '-') {
			return bad("has a character that is not allowed there")
		}
	}
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, ".git") {
		return bad("ends in a dot or in .git")
	}
	return RepoID{s}, nil
}

func (r RepoID) String() string { return r.s }

// IsZero says whether r names nothing.
func (r RepoID) IsZero() bool { return r.s == "" }

// MarshalText and UnmarshalText let a RepoID stand in JSON.
func (r RepoID) MarshalText() ([]byte, error) { return []byte(r.s), nil }

// UnmarshalText is ParseRepoID.
func (r *RepoID) UnmarshalText(b []byte) (err error) { *r, err = ParseRepoID(string(b)); return err }

// RefName is the full name of a ref: "refs/heads/main".
type RefName struct{ s string }

const (
	headsPrefix = "refs/heads/"
	tagsPrefix  = "refs/tags/"
	metaPrefix  = "refs/meta/"
	editions    = tagsPrefix + "v/"
)

// DraftsPrefix is what the names of all drafts begin with.
const DraftsPrefix = "refs/drafts/"

// ConfigRef is the ref whose commit holds a repository's settings. It is no branch of the work.
var ConfigRef = RefName{"refs/meta/config"}

// The refs that hold what is known of publications (repo-api/internal/publication), and
// what moderators say of them.
var (
	PublicationsRef = RefName{"refs/meta/publications"}
	ModerationsRef  = RefName{"refs/meta/moderations"}
)

// ParseRefName takes a full name that begins with "refs/" and that git would
// take too (git-check-ref-format(1)); at most 255 bytes.
func ParseRefName(s string) (RefName, error) {
	if !strings.HasPrefix(s, "refs/") {
		return RefName{}, fault.Newf(fault.Invalid, "ref name", "%q does not begin with refs/", clip(s))
	}
	if why := badRef(s); why != "" {
		return RefName{}, fault.Newf(fault.Invalid, "ref name", "%q %s", clip(s), why)
	}
	return RefName{s}, nil
}

// Branch returns the ref of the branch name.
func Branch(name string) (RefName, error) { return short(headsPrefix, "branch name", name) }

// Tag returns the ref of the tag name.
func Tag(name string) (RefName, error) { return short(tagsPrefix, "tag name", name) }

// Draft returns the ref under which a save of an owner is kept that was refused.
func Draft(owner, id string) (RefName, error) {
	if strings.Contains(owner, "/") || strings.Contains(id, "/") {
		return RefName{}, fault.Newf(fault.Invalid, "draft name", "%q or %q holds a slash", clip(owner), clip(id))
	}
	return ParseRefName(DraftsPrefix + owner + "/" + id)
}

// maxOwner is the length of the part of a draft's name that stands for its owner, in bytes.
const maxOwner = 64

// DraftOwner is the part of a draft's name that stands for a person. A name that can't be one as
// it is gets a hash behind what is left of it, so that no two people are one.
func DraftOwner(name string) string {
	owner := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
	if owner == name && owner != "" && len(owner) <= maxOwner {
		return owner
	}
	hash := sha256.Sum256([]byte(name))
	return owner[:min(len(owner), maxOwner-2*ownerHash-1)] + "-" + hex.EncodeToString(hash[:ownerHash])
}

// ownerHash is how many bytes of the hash there are.
const ownerHash = 4

// Draft returns whose draft r is, and which; ok is false if it is none.
func (r RefName) Draft() (owner, id string, ok bool) {
	name, is := strings.CutPrefix(r.s, DraftsPrefix)
	owner, id, cut := strings.Cut(name, "/")
	return owner, id, is && cut && !strings.Contains(id, "/")
}

func short(prefix, what, name string) (RefName, error) {
	if why := badRef(prefix + name); why != "" {
		return RefName{}, fault.Newf(fault.Invalid, what, "%q %s", clip(name), why)
	}
	if len(name) == 2*DigestSize {
		if _, err := ParseDigest(name); err == nil {
			return RefName{}, fault.Newf(fault.Invalid, what, "%q would be taken for a commit id", name)
		}
	}
	return RefName{prefix + name}, nil
}

func (r RefName) String() string { return r.s }

// IsZero says whether r names nothing.
func (r RefName) IsZero() bool { return r.s == "" }

// IsBranch says whether r is under refs/heads/.
func (r RefName) IsBranch() bool { return strings.HasPrefix(r.s, headsPrefix) }

// IsTag says whether r is under refs/tags/.
func (r RefName) IsTag() bool { return strings.HasPrefix(r.s, tagsPrefix) }

// IsMeta says whether r is under refs/meta/: what is known of the repository
// itself, kept as documents with a history of its own.
func (r RefName) IsMeta() bool { return strings.HasPrefix(r.s, metaPrefix) }

// IsEdition says whether r is under refs/tags/v/: what was published.
func (r RefName) IsEdition() bool { return strings.HasPrefix(r.s, editions) }

// Short returns the name without refs/heads/ or refs/tags/; other refs keep
// their full name.
func (r RefName) Short() string {
	return strings.TrimPrefix(strings.TrimPrefix(r.s, headsPrefix), tagsPrefix)
}

// MarshalText and UnmarshalText let a RefName stand in JSON.
func (r RefName) MarshalText() ([]byte, error) { return []byte(r.s), nil }

// UnmarshalText is ParseRefName.
func (r *RefName) UnmarshalText(b []byte) (err error) { *r, err = ParseRefName(string(b)); return err }

func badRef(s string) string {
	if len(s) > MaxName {
		return "is longer than 255 bytes"
	}
	if strings.Contains(s, "..") || strings.Contains(s, "@{") {
		return `holds ".." or "@{"`
	}
	for _, b := range []byte(s) {
		if b <= ' ' || b == 0x7f || strings.IndexByte(`~^:?*[\`, b) >= 0 {
			return "holds a space, a control character or one of ~^:?*[\\"
		}
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") || strings.HasSuffix(part, ".") {
			return `has a part that is empty, begins or ends with a dot, or ends in ".lock"`
		}
	}
	return ""
}

// Revision is what a URL puts behind the @ of a repository: a branch, a tag, the
// number of an edition, or a whole commit id. Which of them it is, is found out where
// the refs are: a commit id first, then a branch, then a tag; last an edition, 3 or
// 1.12 for the tag v/3 or v/1.12.
type Revision struct{ s string }

// ParseRevision takes a branch or tag name, a full ref name or a commit id.
func ParseRevision(s string) (Revision, error) {
	if len(s) == 2*DigestSize { // most are names, and a refusal costs
		if _, err := ParseDigest(s); err == nil {
			return Revision{strings.ToLower(s)}, nil
		}
	}
	if why := badRef(headsPrefix + s); why != "" || s == "" {
		return Revision{}, fault.Newf(fault.Invalid, "revision", "%q %s", clip(s), why)
	}
	return Revision{s}, nil
}

// AtCommit is the revision that names the commit d and nothing else.
func AtCommit(d Digest) Revision { return Revision{d.String()} }

// AtRef is the revision that names the ref r.
func AtRef(r RefName) Revision { return Revision{r.Short()} }

func (r Revision) String() string { return r.s }

// Commit returns the commit id, if that is what r is. Such a revision never
// changes its meaning.
func (r Revision) Commit() (Digest, bool) {
	if len(r.s) != 2*DigestSize {
		return Digest{}, false
	}
	d, err := ParseDigest(r.s)
	return d, err == nil
}

// Candidates returns the refs that r may stand for, in the order in which they
// are tried; none for a commit id.
func (r Revision) Candidates() []RefName {
	if _, ok := r.Commit(); ok {
		return nil
	}
	named := []RefName{{headsPrefix + r.s}, {tagsPrefix + r.s}}
	if full, err := ParseRefName(r.s); err == nil {
		return append([]RefName{full}, named...)
	}
	if isEdition(r.s) {
		return append(named, RefName{editions + r.s})
	}
	return named
}

// isEdition says whether s is N or N.M.
func isEdition(s string) bool {
	major, minor, two := strings.Cut(s, ".")
	return isNumber(major) && (!two || isNumber(minor))
}

// isNumber says whether s is a number as people write it, of at most nine digits.
func isNumber(s string) bool {
	if s == "" || len(s) > 9 || s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
