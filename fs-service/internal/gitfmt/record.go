package gitfmt

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"rhapsode/content"
)

// A Past is kept as records, one for each commit in the order of their places: a
// length, so many bytes, and the checksum of these. Numbers are varints.
//
//	the commit's digest, the committer's time
//	how many parents, and how far before the commit each of them is
//	how many comparisons, and for each: 0 if its outcome is not known, otherwise
//	  1 + how many paths, and each of these as 1 + twice its number, and 1 more if it
//	  was removed. Before a path that has no number yet is a 0, its length and its
//	  bytes; it gets the next.

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends what is learned of the commit that will be at v. The
// caller holds mu.
func (p *Past) appendRecord(to []byte, v int32, l lesson) []byte {
	b := append(make([]byte, 0, 128), l.id[:]...)
	b = binary.AppendVarint(b, l.when)
	b = binary.AppendUvarint(b, uint64(len(l.parents)))
	for _, parent := range l.parents {
		b = binary.AppendUvarint(b, uint64(v-parent))
	}
	b = binary.AppendUvarint(b, uint64(len(l.touched)))
	for _, touched := range l.touched {
		if touched == nil {
			b = binary.AppendUvarint(b, 0)
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(touched)+1))
		for _, t := range touched {
			for ; p.written <= t.path; p.written++ {
				name := p.paths[p.written].String()
				b = append(binary.AppendUvarint(append(b, 0), uint64(len(name))), name...)
			}
			b = binary.AppendUvarint(b, uint64(2*t.path+int32(yes(t.removed)))+1)
		}
	}
	to = append(binary.AppendUvarint(to, uint64(len(b))), b...)
	return binary.LittleEndian.AppendUint32(to, crc32.Checksum(b, castagnoli))
}

// Recall adds what records tell, up to the first that is broken, cut short, or
// does not follow from those before it, and returns how many bytes that took.
// Nobody else uses the Past meanwhile.
func (p *Past) Recall(records []byte) (taken int) {
	for {
		b, n := frame(records[taken:])
		if n == 0 {
			return taken
		}
		l, err := p.read(b)
		if err != nil {
			return taken
		}
		p.add(l, nil)
		taken += n
	}
}

// frame returns the first record of b and how many bytes it takes; 0 if it is not whole.
func frame(b []byte) (record []byte, taken int) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) || len(b)-n-int(size) < crc32.Size {
		return nil, 0
	}
	end := n + int(size)
	if binary.LittleEndian.Uint32(b[end:]) != crc32.Checksum(b[n:end], castagnoli) {
		return nil, 0
	}
	return b[n:end], end + crc32.Size
}

// errRecord is a record that is whole and says what can't be.
var errRecord = errors.New("gitfmt: a record of a past that does not follow from those before it")

// read reads a record of the commit that comes next.
func (p *Past) read(b []byte) (l lesson, err error) {
	r := reader{b}
	v := int32(len(p.commits))
	copy(l.id[:], r.bytes(content.DigestSize))
	l.when = r.varint()
	for range r.count() {
		back := r.uvarint()
		if back == 0 || back > uint64(v) {
			return l, errRecord
		}
		l.parents = append(l.parents, v-int32(back))
	}
	for range r.count() {
		n := r.count()
		if n == 0 {
			l.touched = append(l.touched, nil)
			continue
		}
		touched := make([]touch, 0, n-1)
		for len(touched) < n-1 && !r.short() {
			switch code := r.uvarint(); {
			case code > 2*uint64(len(p.paths)):
				return l, errRecord
			case code > 0:
				touched = append(touched, touch{int32((code - 1) / 2), code%2 == 0})
				continue
			}
			at, err := content.ParsePath(string(r.bytes(r.count())))
			if err != nil {
				return l, err
			}
			p.enter(at)
		}
		l.touched = append(l.touched, touched)
	}
	p.written = int32(len(p.paths))
	if r.short() || len(r.rest) > 0 || len(l.touched) > maxJudged {
		return l, errRecord
	}
	return l, nil
}

// reader takes a record apart. At its end it goes on with nothing.
type reader struct{ rest []byte }

func (r *reader) short() bool { return r.rest == nil }

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.rest = nil
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) uvarint() uint64 {
	u, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return u
}

func (r *reader) varint() int64 {
	i, n := binary.Varint(r.rest)
	if n <= 0 {
		r.rest = nil
		return 0
	}
	r.rest = r.rest[n:]
	return i
}

// count reads how many of something follow, each of which takes a byte at least.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest))+1 {
		r.rest = nil
		return 0
	}
	return int(n)
}
