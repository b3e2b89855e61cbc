package publication

import (
	"bytes"
	"context"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/internal/lru"
	"rhapsode/repo-api/internal/book"
)

// What is remembered of documents while downloads are made of them, in bytes: each goes into
// several, and most are in the next edition too.
const (
	fileBytes = 48 << 20
	maxFile   = 4 << 20 // a larger one is read each time
)

// files remembers documents by their digests.
type files struct {
	held *lru.Cache[content.Digest, []byte]
}

func newFiles() files { return files{lru.New[content.Digest, []byte](fileBytes, maxFile)} }

// of is src, read through f.
func (f files) of(src book.Source) book.Source { return remembered{src, f.held} }

// remembered is a Source whose documents are read once.
type remembered struct {
	book.Source
	held *lru.Cache[content.Digest, []byte]
}

// Open is as book.Source says.
func (r remembered) Open(ctx context.Context, f book.File) (io.ReadCloser, error) {
	if data, ok := r.held.Get(f.Digest); ok {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	opened, err := r.Source.Open(ctx, f)
	if err != nil || f.Size > maxFile {
		return opened, err
	}
	defer opened.Close()
	data, err := io.ReadAll(opened)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "read", f.Path.String(), err)
	}
	r.held.Put(f.Digest, data, int64(len(data)))
	return io.NopCloser(bytes.NewReader(data)), nil
}
