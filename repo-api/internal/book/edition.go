package book

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strconv"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Number is the number of an edition. A collection's is major.minor; a module
// has no Minor and counts 1, 2, 3…. The zero Number is that of nothing published.
type Number struct{ Major, Minor int }

// ParseNumber reads "3" or "3.1".
func ParseNumber(s string) (Number, error) {
	major, minor, dotted := strings.Cut(s, ".")
	n, err := count(major)
	if err != nil || n == 0 {
		return Number{}, fault.Newf(fault.Invalid, "edition", "%q is no number such as 3 or 3.1", clip(s))
	}
	if !dotted {
		return Number{Major: n}, nil
	}
	m, err := count(minor)
	if err != nil || m == 0 {
		return Number{}, fault.Newf(fault.Invalid, "edition", "%q is no number such as 3 or 3.1", clip(s))
	}
	return Number{n, m}, nil
}

// count reads digits as String writes them: one number has one spelling.
func count(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err == nil && strconv.FormatUint(n, 10) != s {
		err = strconv.ErrSyntax
	}
	return int(n), err
}

func (n Number) String() string {
	if n.Minor == 0 {
		return strconv.Itoa(n.Major)
	}
	return fmt.Sprintf("%d.%d", n.Major, n.Minor)
}

// IsZero says whether n numbers nothing.
func (n Number) IsZero() bool { return n == Number{} }

// MarshalText and UnmarshalText let a Number stand in JSON.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText is ParseNumber.
func (n *Number) UnmarshalText(b []byte) (err error) { *n, err = ParseNumber(string(b)); return err }

// Compare orders numbers: 1.9 comes before 1.10.
func (n Number) Compare(o Number) int {
	return slices.Compare([]int{n.Major, n.Minor}, []int{o.Major, o.Minor})
}

// NextOfModule is the number of the edition that follows a module's edition n.
func NextOfModule(n Number) Number { return Number{Major: n.Major + 1} }

// NextOfCollection is the number of the edition that follows a collection's
// edition n after a change. Nothing that was published is followed by 1.1.
func NextOfCollection(n Number, c Change) Number {
	switch {
	case n == Number{} || c == MajorChange:
		return Number{n.Major + 1, 1}
	case c == MinorChange:
		return Number{n.Major, n.Minor + 1}
	}
	return n
}

// Change is how much of a collection changed between two states.
type Change uint8

// The changes.
const (
	Unchanged   Change = iota
	MinorChange        // contents or metadata
	MajorChange        // the title, or which modules are in it, where and in which order
)

// Fingerprint is what of a collection has to be the same for nothing to have changed.
type Fingerprint struct {
	Structure [sha256.Size]byte // its title and its tree
	Contents  [sha256.Size]byte // the collection's own bytes, and those of all that it shows
}

// FingerprintOf is the fingerprint of c, whose document and whatever it shows are
// files: its own, its modules, and what these refer to.
func FingerprintOf(c *Collection, files []File) (f Fingerprint) {
	structure := sha256.New()
	write(structure, c.Metadata.Title)
	writeItems(structure, c.Items)
	structure.Sum(f.Structure[:0])

	contents := sha256.New()
	for _, file := range slices.SortedFunc(slices.Values(files), func(a, b File) int {
		return strings.Compare(a.Path.String(), b.Path.String())
	}) {
		write(contents, file.Path.String(), string(file.Digest[:]))
	}
	contents.Sum(f.Contents[:0])
	return f
}

// To says how much changed from f to g.
func (f Fingerprint) To(g Fingerprint) Change {
	switch {
	case f.Structure != g.Structure:
		return MajorChange
	case f.Contents != g.Contents:
		return MinorChange
	}
	return Unchanged
}

// writeItems writes a tree. A module that is pinned to another edition is other
// contents in the same place.
func writeItems(h hash.Hash, items []Item) {
	write(h, strconv.Itoa(len(items)))
	for _, it := range items {
		if it.Module != nil {
			write(h, "module", it.Title, it.Module.Repo.String(), it.Module.ID)
			continue
		}
		write(h, "section", it.Title)
		writeItems(h, it.Items)
	}
}

// write writes each text with its length before it, so that none runs into the next.
func write(h hash.Hash, texts ...string) {
	for _, s := range texts {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
}

// Shown are the files of this work that a collection shows: its own, its modules,
// and what these refer to, each once.
func (l *Library) Shown(c *Collection, modules []*Module) []File {
	var files []File
	seen := make(map[content.Path]bool)
	add := func(f File) {
		if !seen[f.Path] {
			seen[f.Path] = true
			files = append(files, f)
		}
	}
	if f, ok := l.Index.At(c.Path); ok {
		add(f)
	}
	for _, m := range modules {
		if f, ok := l.Index.At(m.Path); ok {
			add(f)
		}
		for _, r := range m.References {
			if t := l.Index.Find(m.Path, r.URL); r.Document == "" && t.Place == Inside {
				add(t.File)
			}
		}
	}
	return files
}
