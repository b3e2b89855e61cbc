package bench

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// makeBundle writes the documents as one commit in a git bundle: a header and
// a pack without deltas (gitformat-bundle(5), gitformat-pack(5)). The same
// options give the same bytes.
func makeBundle(o Options) ([]byte, error) {
	p := newPack()
	root := folder{}
	for i := range o.Files {
		root.add(docPath(i), p.object("blob", seeded(o, i)))
	}
	tree := p.tree(root)
	commit := p.object("commit", fmt.Appendf(nil,
		"tree %x\nauthor Bench <bench@example.invalid> 1700000000 +0000\n"+
			"committer Bench <bench@example.invalid> 1700000000 +0000\n\n%d documents to measure with\n", tree, o.Files))
	head := fmt.Appendf(nil, "# v2 git bundle\n%x refs/heads/%s\n\n", commit, o.Branch)
	body, err := p.bytes()
	return append(head, body...), err
}

type oid = [sha1.Size]byte

// folder holds documents and folders by name.
type folder map[string]any // oid or folder

func (f folder) add(path string, blob oid) {
	name, rest, deeper := strings.Cut(path, "/")
	if !deeper {
		f[name] = blob
		return
	}
	sub, ok := f[name].(folder)
	if !ok {
		sub = folder{}
		f[name] = sub
	}
	sub.add(rest, blob)
}

// pack collects objects. The first failure stays and is returned by bytes.
type pack struct {
	buf   bytes.Buffer
	zip   *zlib.Writer
	count uint32
	err   error
}

func newPack() *pack {
	p := &pack{}
	p.zip, p.err = zlib.NewWriterLevel(&p.buf, zlib.BestSpeed)
	p.buf.WriteString("PACK\x00\x00\x00\x02\x00\x00\x00\x00") // the count comes last
	return p
}

// object appends one object and returns its id.
func (p *pack) object(kind string, data []byte) oid {
	p.count++
	number := map[string]byte{"commit": 1, "tree": 2, "blob": 3}[kind]
	size := len(data)
	first := number<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		p.buf.WriteByte(first | 0x80)
		first = byte(size & 0x7f)
	}
	p.buf.WriteByte(first)
	p.zip.Reset(&p.buf)
	_, err := p.zip.Write(data)
	p.err = cmp.Or(p.err, err, p.zip.Close())
	return sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(data)), data...))
}

// tree appends f and everything in it.
func (p *pack) tree(f folder) oid {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names) // no document here has a name that begins with a folder's, so this is git's order
	var data []byte
	for _, name := range names {
		switch e := f[name].(type) {
		case oid:
			data = append(fmt.Appendf(data, "100644 %s\x00", name), e[:]...)
		case folder:
			id := p.tree(e)
			data = append(fmt.Appendf(data, "40000 %s\x00", name), id[:]...)
		}
	}
	return p.object("tree", data)
}

// bytes closes the pack.
func (p *pack) bytes() ([]byte, error) {
	b := p.buf.Bytes()
	binary.BigEndian.PutUint32(b[8:], p.count)
	sum := sha1.Sum(b)
	return append(b, sum[:]...), p.err
}
