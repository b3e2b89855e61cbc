package content

import (
	"strings"
	"time"

	"rhapsode/internal/fault"
)

// Mode is the mode of a tree entry, as git writes it in octal.
type Mode uint32

// The modes that git knows.
const (
	ModeDir       Mode = 0o040000
	ModeRegular   Mode = 0o100644
	ModeExec      Mode = 0o100755
	ModeSymlink   Mode = 0o120000
	ModeSubmodule Mode = 0o160000
)

// IsDir says whether the entry is a directory (a tree).
func (m Mode) IsDir() bool { return m == ModeDir }

// IsFile says whether the entry is a document: a blob that is not a link.
// Old histories hold regular files with other permission bits (100664).
func (m Mode) IsFile() bool { return m&0o170000 == 0o100000 }

// Entry is one name in a directory.
type Entry struct {
	Name   string
	Mode   Mode
	Digest Digest // of a blob, a tree, or a submodule's commit
	Size   int64  // of a blob in bytes; -1 where nobody has looked
}

// Signature says who did something and when, to the second and with the
// zone it was done in.
type Signature struct {
	Name  string
	Email string
	When  time.Time
}

// NewSignature refuses what would break the line that git keeps it in:
// angle brackets, NUL and line ends; an empty name; more than 255 bytes each.
func NewSignature(name, email string, when time.Time) (Signature, error) {
	name, email = strings.TrimSpace(name), strings.TrimSpace(email)
	if name == "" {
		return Signature{}, fault.Newf(fault.Invalid, "signature", "the name is empty")
	}
	for _, s := range []string{name, email} {
		if strings.ContainsAny(s, "<>\n\r\x00") || len(s) > MaxName {
			return Signature{}, fault.Newf(fault.Invalid, "signature", "%q holds <, >, NUL or a line end, or is longer than %d bytes", clip(s), MaxName)
		}
	}
	return Signature{Name: name, Email: email, When: when.Truncate(time.Second)}, nil
}

// Commit is a state of the work, who made it, and what it was made from.
type Commit struct {
	ID        Digest
	Tree      Digest
	Parents   []Digest // first parent first
	Author    Signature
	Committer Signature
	Message   string // whole, as stored
}

// Subject returns the first line of the message.
func (c Commit) Subject() string {
	s, _, _ := strings.Cut(strings.TrimLeft(c.Message, "\n"), "\n")
	return s
}

// FileChange is one difference between two trees.
type FileChange struct {
	Path     Path
	Old, New Entry // Digest is zero where the path is absent on that side
}
