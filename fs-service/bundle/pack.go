package bundle

import (
	"bufio"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"io"
	"math"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// opener gives the bytes of objects as a stream. gitfmt.Repository is one.
type opener interface {
	Open(ctx context.Context, d content.Digest) (content.Kind, int64, io.ReadCloser, error)
}

// write writes a bundle of the objects ids, which src opens. Objects are packed
// whole, in the order of ids: what it costs is disk and not time, and the server
// packs again.
func write(ctx context.Context, w io.Writer, h Header, src opener, ids []content.Digest, o Options) error {
	if int64(len(ids)) > math.MaxUint32 {
		return fault.Newf(fault.TooLarge, "write pack", "%d objects are more than a pack can count", len(ids))
	}
	out := bufio.NewWriterSize(w, 1<<18)
	if err := h.write(out); err != nil {
		return fault.New(fault.Internal, "write bundle", "", err)
	}
	p := newPackWriter(out, uint32(len(ids)))
	for i, d := range ids {
		if err := p.copy(ctx, src, d); err != nil {
			return err
		}
		o.progress(Packing, int64(i+1), int64(len(ids)))
	}
	return p.close()
}

// packWriter writes a git pack (gitformat-pack(5), version 2) as a stream.
type packWriter struct {
	disk *bufio.Writer
	sum  hash.Hash
	out  io.Writer // both of the above
	zip  *zlib.Writer
}

// newPackWriter begins a pack of so many objects. What goes wrong shows in close.
func newPackWriter(disk *bufio.Writer, objects uint32) *packWriter {
	sum := sha1.New()
	out := io.MultiWriter(disk, sum)
	zip, _ := zlib.NewWriterLevel(out, zlib.BestSpeed) // the level is a good one
	head := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), objects)
	out.Write(head)
	return &packWriter{disk, sum, out, zip}
}

// copy writes the object d. Corrupt: its bytes are not what d says.
func (p *packWriter) copy(ctx context.Context, src opener, d content.Digest) error {
	kind, size, body, err := src.Open(ctx, d)
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err := p.out.Write(entryHeader(kind, size)); err != nil {
		return fault.New(fault.Internal, "write pack", "", err)
	}
	p.zip.Reset(p.out)
	check := content.NewHasher(kind, size)
	if _, err := io.Copy(io.MultiWriter(p.zip, check), interruptible{ctx, body}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fault.New(fault.Internal, "pack", d.String(), err)
	}
	if check.Missing() != 0 || check.Sum() != d {
		return fault.Newf(fault.Corrupt, "pack", "%v %v: its bytes are others", kind, d)
	}
	if err := p.zip.Close(); err != nil {
		return fault.New(fault.Internal, "write pack", "", err)
	}
	return nil
}

// entryHeader is the kind and size that an object in a pack begins with: four
// bits of the size beside the kind, then seven at a time, the lowest first.
func entryHeader(k content.Kind, size int64) []byte {
	b := []byte{byte(k)<<4 | byte(size&0xf)}
	for size >>= 4; size > 0; size >>= 7 {
		b[len(b)-1] |= 0x80
		b = append(b, byte(size&0x7f))
	}
	return b
}

// close ends the pack with its checksum.
func (p *packWriter) close() error {
	p.disk.Write(p.sum.Sum(nil))
	if err := p.disk.Flush(); err != nil { // bufio remembers the first failure
		return fault.New(fault.Internal, "write pack", "", err)
	}
	return nil
}
