package gitfmt

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strconv"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// EmptyTree is the digest of the tree that holds nothing. Every Source is
// taken to have it.
var EmptyTree = content.NewObject(content.KindTree, nil).Digest

// Tree is one directory: its entries in git's order, in which a directory sorts
// as if its name ended in a slash. A Tree never changes.
//
// It keeps the object's bytes and where each entry begins in them. A directory of
// 20,000 documents is looked into far more often than it is listed.
type Tree struct {
	data []byte
	at   []span // in git's order
}

// span is where an entry lies in a tree's bytes: mode, space, name, NUL, digest.
type span struct{ begin, name, end uint32 }

// minEntry is the size of the shortest entry: a mode of five digits, a name of one byte.
const minEntry = len("40000 a\x00") + content.DigestSize

// emptyTree holds nothing.
var emptyTree = &Tree{}

// ParseTree reads a tree. It keeps o.Data. Entries that old tools left out of
// order come out in order; CheckTree is the one that refuses.
func ParseTree(o content.Object) (*Tree, error) {
	if o.Kind != content.KindTree {
		return nil, fault.Newf(fault.Invalid, "parse tree", "%v is a %v", o.Digest, o.Kind)
	}
	t := &Tree{data: o.Data, at: make([]span, 0, len(o.Data)/minEntry)}
	for i := 0; i < len(o.Data); {
		space := bytes.IndexByte(o.Data[i:], ' ')
		nul := bytes.IndexByte(o.Data[i:], 0)
		end := i + nul + 1 + content.DigestSize
		if space < 1 || nul < space+2 || end > len(o.Data) {
			return nil, fault.Newf(fault.Invalid, "parse tree", "%v: entry %d, at byte %d, is cut off or malformed", o.Digest, len(t.at), i)
		}
		if _, err := strconv.ParseUint(string(o.Data[i:i+space]), 8, 20); err != nil {
			return nil, fault.Newf(fault.Invalid, "parse tree", "%v: the mode of entry %d, at byte %d, is not an octal number", o.Digest, len(t.at), i)
		}
		t.at = append(t.at, span{uint32(i), uint32(i + space + 1), uint32(end)})
		i = end
	}
	inOrder := func(a, b span) int { return compareNames(t.name(a), t.mode(a).IsDir(), t.name(b), t.mode(b).IsDir()) }
	if !slices.IsSortedFunc(t.at, inOrder) {
		slices.SortStableFunc(t.at, inOrder)
	}
	return t, nil
}

// EncodeTree makes the tree of entries, given in any order. No two have one name.
func EncodeTree(entries []content.Entry) content.Object {
	entries = slices.SortedFunc(slices.Values(entries), func(a, b content.Entry) int {
		return compareNames([]byte(a.Name), a.Mode.IsDir(), []byte(b.Name), b.Mode.IsDir())
	})
	var data []byte
	for _, e := range entries {
		data = appendEntry(data, e)
	}
	return content.NewObject(content.KindTree, data)
}

func appendEntry(data []byte, e content.Entry) []byte {
	data = strconv.AppendUint(data, uint64(e.Mode), 8)
	data = append(data, ' ')
	data = append(data, e.Name...)
	data = append(data, 0)
	return append(data, e.Digest[:]...)
}

// Len returns the number of entries.
func (t *Tree) Len() int { return len(t.at) }

// At returns the i-th entry in git's order. Its Size is -1.
func (t *Tree) At(i int) content.Entry {
	s := t.at[i]
	return content.Entry{
		Name:   string(t.name(s)),
		Mode:   t.mode(s),
		Digest: content.Digest(t.data[s.end-content.DigestSize : s.end]),
		Size:   -1,
	}
}

// Entries returns all entries in git's order.
func (t *Tree) Entries() []content.Entry {
	entries := make([]content.Entry, t.Len())
	for i := range entries {
		entries[i] = t.At(i)
	}
	return entries
}

// Lookup returns the entry called name.
func (t *Tree) Lookup(name string) (content.Entry, bool) {
	for _, dir := range []bool{false, true} {
		i, found := sort.Find(len(t.at), func(i int) int {
			return compareNames([]byte(name), dir, t.name(t.at[i]), t.mode(t.at[i]).IsDir())
		})
		// A name with a slash, which no path has, compares like a directory.
		if found && string(t.name(t.at[i])) == name {
			return t.At(i), true
		}
	}
	return content.Entry{}, false
}

// cost is the memory that t takes, in bytes.
func (t *Tree) cost() int64 { return int64(len(t.data) + 12*cap(t.at) + 64) }

func (t *Tree) raw(i int) []byte { return t.data[t.at[i].begin:t.at[i].end] }

func (t *Tree) name(s span) []byte { return t.data[s.name : s.end-content.DigestSize-1] }

func (t *Tree) mode(s span) content.Mode {
	var m content.Mode
	for _, digit := range t.data[s.begin : s.name-1] {
		m = m<<3 | content.Mode(digit-'0')
	}
	return m
}

// compareNames is git's order of the names in a tree.
func compareNames(a []byte, aDir bool, b []byte, bDir bool) int {
	n := min(len(a), len(b))
	if c := bytes.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return cmp.Compare(after(a, n, aDir), after(b, n, bDir))
}

// after is the byte that git sees at place n of a name, which it has n bytes of
// at least: a directory's name goes on with a slash.
func after(name []byte, n int, dir bool) byte {
	switch {
	case n < len(name):
		return name[n]
	case dir:
		return '/'
	}
	return 0
}

// CheckTree returns why the tree o may not come in from outside, or nil: a name
// that content.CheckName refuses, one name twice, entries out of order, a mode
// that git never wrote. Zero-padded modes and group-writable files are in real
// histories and pass.
func CheckTree(o content.Object) error {
	t, err := ParseTree(o)
	if err != nil {
		return err
	}
	names := make(map[string]bool, t.Len())
	for i := range t.at {
		e := t.At(i)
		switch m := e.Mode; {
		case i > 0 && t.at[i].begin < t.at[i-1].begin:
			return refuse(o, e, "is out of order")
		case names[e.Name]:
			return refuse(o, e, "is there twice")
		case !m.IsFile() && !m.IsDir() && m != content.ModeSymlink && m != content.ModeSubmodule:
			return refuse(o, e, "has a mode that git does not know: "+strconv.FormatUint(uint64(m), 8))
		}
		if err := content.CheckName(e.Name); err != nil {
			return fault.New(fault.Invalid, "check tree", o.Digest.String(), err)
		}
		names[e.Name] = true
	}
	return nil
}

func refuse(o content.Object, e content.Entry, why string) error {
	return fault.Newf(fault.Invalid, "check tree", "%v: %q %s", o.Digest, clip([]byte(e.Name)), why)
}
