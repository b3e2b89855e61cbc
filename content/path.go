package content

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rhapsode/internal/fault"
)

// The limits of a path, in bytes.
const (
	MaxName  = 255
	MaxPath  = 4096
	MaxDepth = 64
)

// Path is the place of a document or directory in a tree: names joined by
// slashes, with no slash at either end. The zero Path is the root.
type Path struct{ s string }

// Root is the top directory.
var Root Path

// ParsePath takes a path as a URL or a tree spells it, already unescaped.
//
// It refuses what could never be stored or would leave the tree: an empty
// name, "." and "..", NUL, a name of more than 255 bytes, a path of more than
// 4,096 bytes or 64 names, and ".git" however it is disguised. It accepts every other
// name that a git tree may hold, so that all of an imported history can be
// read; Creatable is stricter.
func ParsePath(s string) (Path, error) {
	if s == "" {
		return Root, nil
	}
	if len(s) > MaxPath {
		return Path{}, fault.Newf(fault.Invalid, "path", "%d bytes, more than %d", len(s), MaxPath)
	}
	names := strings.Split(s, "/")
	if len(names) > MaxDepth {
		return Path{}, fault.Newf(fault.Invalid, "path", "%d names deep, more than %d", len(names), MaxDepth)
	}
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return Path{}, fault.New(fault.Invalid, "path", clip(s), err)
		}
	}
	return Path{s}, nil
}

// CheckName returns why one name of a path is refused, or nil.
func CheckName(name string) error {
	switch {
	case name == "":
		return fault.Newf(fault.Invalid, "name", "empty (two slashes together, or one at an end)")
	case name == "." || name == "..":
		return fault.Newf(fault.Invalid, "name", "%q would leave its directory", name)
	case len(name) > MaxName:
		return fault.Newf(fault.Invalid, "name", "%d bytes, more than %d", len(name), MaxName)
	case strings.IndexByte(name, 0) >= 0:
		return fault.Newf(fault.Invalid, "name", "%q holds a NUL", clip(name))
	case strings.IndexByte(name, '/') >= 0:
		return fault.Newf(fault.Invalid, "name", "%q holds a slash", clip(name))
	case isDotGit(name):
		return fault.Newf(fault.Invalid, "name", "%q is, or looks to some file system like, .git", clip(name))
	}
	return nil
}

// Creatable returns why nobody may make something new at p, or nil. Beyond
// ParsePath it asks for UTF-8 without control characters: such names break the
// tools of those who would have to live with them.
func (p Path) Creatable() error {
	if p.IsRoot() {
		return fault.Newf(fault.Invalid, "path", "the root is a directory")
	}
	if !utf8.ValidString(p.s) {
		return fault.Newf(fault.Invalid, "path", "%q is not UTF-8", clip(p.s))
	}
	if i := strings.IndexFunc(p.s, unicode.IsControl); i >= 0 {
		return fault.Newf(fault.Invalid, "path", "%q holds a control character at byte %d", clip(p.s), i)
	}
	return nil
}

func (p Path) String() string { return p.s }

// IsRoot says whether p is the top directory.
func (p Path) IsRoot() bool { return p.s == "" }

// Names returns p's names from the top down; the root has none.
func (p Path) Names() []string {
	if p.IsRoot() {
		return nil
	}
	return strings.Split(p.s, "/")
}

// Base returns the last name of p, "" for the root.
func (p Path) Base() string { return p.s[strings.LastIndexByte(p.s, '/')+1:] }

// Parent returns the directory that holds p; the root's is the root.
func (p Path) Parent() Path {
	i := strings.LastIndexByte(p.s, '/')
	if i < 0 {
		return Root
	}
	return Path{p.s[:i]}
}

// Join returns the path of name within p.
func (p Path) Join(name string) (Path, error) {
	if err := CheckName(name); err != nil {
		return Path{}, err
	}
	if p.IsRoot() {
		return Path{name}, nil
	}
	return ParsePath(p.s + "/" + name)
}

// isDotGit says whether some file system would take name for ".git": NTFS drops
// trailing dots and spaces, ignores what follows a colon, treats a backslash as a
// slash and knows the short name git~1; HFS+ ignores some code points.
// (git: is_ntfs_dotgit, is_hfs_dotgit in path.c and utf8.c.)
func isDotGit(name string) bool {
	for part := range strings.SplitSeq(name, `\`) {
		part, _, _ = strings.Cut(part, ":")
		part = strings.Map(visible, part)
		part = strings.TrimRight(part, ". ")
		if strings.EqualFold(part, ".git") || strings.EqualFold(part, "git~1") {
			return true
		}
	}
	return false
}

// visible drops the code points that HFS+ ignores in names.
func visible(r rune) rune {
	switch {
	case r >= 0x200c && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x206a && r <= 0x206f, r == 0xfeff:
		return -1
	}
	return r
}
