// Package coding makes content codings: br, zstd and gzip. The same bytes come
// out of the same bytes, so that a coding can have a strong tag.
//
// What was coded is kept by tag for a while, and at most as many bodies are coded
// at once as there are places; others wait. Coder may be used from any goroutine
// and keeps nothing that could not be made again.
package coding

import (
	"bytes"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
	"rhapsode/repo-api/flow"
)

// The levels: what a server can afford while the client waits.
const (
	brotliLevel = 5
	gzipLevel   = 6
	zstdLevel   = zstd.SpeedDefault
)

// The cache's size in bytes, and that of the largest body in it.
const (
	cacheSize = 32 << 20
	cacheBody = 1 << 20
)

// Coder makes codings and remembers them.
type Coder struct {
	cache  *lru.Cache[key, []byte]
	places chan struct{} // one is held by whoever codes
}

var _ flow.Coder = (*Coder)(nil)

type key struct {
	tag    flow.Tag
	coding string
}

// New makes a Coder that codes at most atOnce bodies at a time.
func New(atOnce int) *Coder {
	return &Coder{cache: lru.New[key, []byte](cacheSize, cacheBody), places: make(chan struct{}, atOnce)}
}

// Codings are those that are made, the one that saves most first.
func (*Coder) Codings() []string { return []string{"br", "zstd", "gzip"} }

// Code codes plain, which tag stands for.
func (c *Coder) Code(tag flow.Tag, coding string, plain []byte) ([]byte, error) {
	k := key{tag, coding}
	if coded, ok := c.cache.Get(k); ok && tag != "" {
		return coded, nil
	}
	c.places <- struct{}{}
	defer func() { <-c.places }()
	var b bytes.Buffer
	w, err := writer(&b, coding)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "code", coding, err)
	}
	c.cache.Put(k, b.Bytes(), int64(b.Cap()))
	return b.Bytes(), nil
}

func writer(b *bytes.Buffer, coding string) (io.WriteCloser, error) {
	switch coding {
	case "br":
		return brotli.NewWriterLevel(b, brotliLevel), nil
	case "zstd":
		return zstd.NewWriter(b, zstd.WithEncoderLevel(zstdLevel), zstd.WithEncoderConcurrency(1))
	case "gzip":
		return gzip.NewWriterLevel(b, gzipLevel)
	}
	return nil, fault.Newf(fault.Internal, "code", "there is no coding %s", coding)
}
