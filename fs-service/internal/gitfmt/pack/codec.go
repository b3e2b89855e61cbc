package pack

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"sync"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Codec turns objects into entries and back, and keeps what that takes (some
// hundred kilobytes each time) for the next one. The zero Codec is ready.
type Codec struct {
	inflaters sync.Pool // of *inflater
	deflaters sync.Pool // of *zlib.Writer
}

// AppendEntry appends o as an entry of a pack: header and zlib that is stored and not deflated.
// Deflating took most of the time of a write, on each replica (decisions/0008).
func (c *Codec) AppendEntry(dst []byte, o content.Object) []byte {
	out := bytes.NewBuffer(appendHeader(dst, o.Kind, int64(len(o.Data))))
	z, _ := c.deflaters.Get().(*zlib.Writer)
	if z == nil {
		z, _ = zlib.NewWriterLevel(out, zlib.NoCompression) // the level is a good one
	} else {
		z.Reset(out)
	}
	z.Write(o.Data) // a bytes.Buffer takes everything
	z.Close()
	c.deflaters.Put(z)
	return out.Bytes()
}

// Entry reads what AppendEntry wrote of the object d. Its bytes are those that d
// names; a fault.Corrupt otherwise.
func (c *Codec) Entry(d content.Digest, entry []byte) (content.Object, error) {
	o, err := c.decode(entry)
	if err == nil && !sameObject(o, d) {
		err = errors.New("its bytes are those of another object")
	}
	if err != nil {
		return content.Object{}, fault.New(fault.Corrupt, "read object", d.String(), err)
	}
	o.Digest = d
	return o, nil
}

// EntryHeader returns the kind and size of an entry that is no delta.
func EntryHeader(entry []byte) (content.Kind, int64, error) {
	h, err := readHeader(bytes.NewReader(entry))
	if err != nil || h.isDelta() {
		return 0, 0, fault.Newf(fault.Corrupt, "read entry", "kind %d: %v", h.kind, err)
	}
	return h.kind, h.size, nil
}

func (c *Codec) decode(entry []byte) (content.Object, error) {
	f := c.inflater(bytes.NewReader(entry), 0, int64(len(entry)))
	defer c.release(f)
	h, err := readHeader(f)
	if err != nil {
		return content.Object{}, err
	}
	if h.isDelta() || h.size > int64(len(entry))*maxRatio {
		return content.Object{}, fmt.Errorf("a header of kind %d and %d bytes", h.kind, h.size)
	}
	data, err := f.inflate(h.size)
	if err == nil && f.offset() != f.end {
		err = errors.New("bytes follow it")
	}
	return content.Object{Kind: h.kind, Data: data}, err
}

// maxRatio is more than what deflate can make of a byte (1,032 of them).
const maxRatio = 1040

func sameObject(o content.Object, d content.Digest) bool {
	return content.NewObject(o.Kind, o.Data).Digest == d
}

// inflater is a source whose entries can be inflated.
type inflater struct {
	source
	z io.ReadCloser // a zlib reader; nil until the first use
}

// window is what is read at once where single entries are looked up.
const window = 8 << 10

// inflater takes an idle inflater to read r from offset from.
func (c *Codec) inflater(r io.ReaderAt, from, end int64) *inflater {
	f, _ := c.inflaters.Get().(*inflater)
	if f == nil {
		f = &inflater{source: source{room: make([]byte, window)}}
	}
	f.reset(r, from, end)
	return f
}

// release gives f back; nobody uses it any more.
func (c *Codec) release(f *inflater) {
	f.reset(nil, 0, 0)
	c.inflaters.Put(f)
}

// open begins the compressed bytes at the current offset.
func (f *inflater) open() (err error) {
	if f.z == nil {
		f.z, err = zlib.NewReader(&f.source)
	} else {
		err = f.z.(zlib.Resetter).Reset(&f.source, nil)
	}
	return zlibError(err)
}

// close ends the compressed bytes: nothing may be left of them, and their
// checksum has to be right.
func (f *inflater) close() error {
	var one [1]byte
	n, err := io.ReadFull(f.z, one[:])
	if n > 0 {
		return errTooLong
	}
	if err != io.EOF {
		return zlibError(err)
	}
	return nil
}

// inflate returns the size bytes of the entry whose compressed bytes begin here.
func (f *inflater) inflate(size int64) ([]byte, error) {
	if err := f.open(); err != nil {
		return nil, err
	}
	data := make([]byte, size)
	if n, err := io.ReadFull(f.z, data); err != nil {
		return nil, short(err, int64(n), size)
	}
	return data, f.close()
}

var errTooLong = errors.New("size: it inflates to more than its header says")

// short says why only n of size bytes came out.
func short(err error, n, size int64) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("size: it ends after %d of %d bytes", n, size)
	}
	return zlibError(err)
}

func zlibError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("zlib: %w", cut(err))
}
