package download

import (
	"archive/zip"
	"bytes"
	"context"
	"hash"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// archive writes a zip whose bytes depend on what goes into it alone: no clock,
// no sizes that come after the data.
type archive struct {
	zip        *zip.Writer
	packer     *packer
	date, hour uint16 // of every file, as MS-DOS writes them
}

func newArchive(w io.Writer, t time.Time, k *packer) *archive {
	t = t.UTC()
	if t.Year() < 1980 || t.Year() > 2107 {
		t = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return &archive{
		zip: zip.NewWriter(w), packer: k,
		date: uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9),
		hour: uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11),
	}
}

// packed is a file as it goes into an archive.
type packed struct {
	Method uint16 `json:"method"`
	CRC    uint32 `json:"crc"`
	Size   int64  `json:"size"`
	data   []byte // compressed, if Method says so
}

// packer compresses. What that takes is large, and used again.
type packer struct{ writers sync.Pool }

// pack compresses data, if that makes it smaller.
func (k *packer) pack(data []byte) (packed, error) {
	var out bytes.Buffer
	w, ok := k.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&out)
	} else {
		var err error
		if w, err = flate.NewWriter(&out, level); err != nil {
			return packed{}, fault.New(fault.Internal, "pack", "", err)
		}
	}
	defer k.writers.Put(w)
	if _, err := w.Write(data); err != nil {
		return packed{}, fault.New(fault.Internal, "pack", "", err)
	}
	if err := w.Close(); err != nil {
		return packed{}, fault.New(fault.Internal, "pack", "", err)
	}
	p := stored(data)
	if out.Len() < len(data) {
		p.Method, p.data = zip.Deflate, out.Bytes()
	}
	return p, nil
}

// level is how hard is tried to make a file smaller.
const level = 6

// stored is data as it is.
func stored(data []byte) packed {
	return packed{Method: zip.Store, CRC: crc32.ChecksumIEEE(data), Size: int64(len(data)), data: data}
}

func (a *archive) header(name string, method uint16, crc uint32, compressed, size int64) *zip.FileHeader {
	h := &zip.FileHeader{
		Name: name, Method: method, CRC32: crc, CompressedSize64: uint64(compressed), UncompressedSize64: uint64(size),
		ModifiedDate: a.date, ModifiedTime: a.hour,
	}
	if utf8.ValidString(name) && strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		h.Flags |= 0x800 // the name is UTF-8
	}
	return h
}

func (a *archive) add(name string, p packed) error {
	w, err := a.zip.CreateRaw(a.header(name, p.Method, p.CRC, int64(len(p.data)), p.Size))
	if err != nil {
		return err
	}
	_, err = w.Write(p.data)
	return err
}

// addPacked compresses data and adds it.
func (a *archive) addPacked(name string, data []byte) error {
	p, err := a.packer.pack(data)
	if err != nil {
		return err
	}
	return a.add(name, p)
}

// copy adds a file as it is, however long. It is read twice: its checksum stands
// before it.
func (a *archive) copy(ctx context.Context, from *work, f book.File, name string, also hash.Hash) error {
	sum := crc32.NewIEEE()
	into := io.Writer(sum)
	if also != nil {
		into = io.MultiWriter(sum, also)
	}
	if err := from.stream(ctx, f, into); err != nil {
		return err
	}
	w, err := a.zip.CreateRaw(a.header(name, zip.Store, sum.Sum32(), f.Size, f.Size))
	if err != nil {
		return err
	}
	return from.stream(ctx, f, w)
}

func (a *archive) close() error { return a.zip.Close() }

// mostHeld is how long a file may be to be held in memory.
const mostHeld = 4 << 20

// isCompressed says whether a file of this name gains nothing by compression.
func isCompressed(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".mp3", ".mp4", ".m4a", ".m4v", ".webm", ".ogg", ".zip",
		".gz", ".pdf", ".docx", ".pptx", ".xlsx", ".epub", ".woff", ".woff2", ".jar":
		return true
	}
	return false
}
