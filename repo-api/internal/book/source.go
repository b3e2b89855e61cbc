package book

import (
	"context"
	"io"

	"rhapsode/content"
)

// Source is one state of a work. It never changes: the same file always holds
// the same bytes. All methods may be called from any goroutine.
type Source interface {
	// Files returns every document, ordered by path: no directories, links or
	// submodules. The slice is shared: do not write to it.
	Files(ctx context.Context) ([]File, error)

	// Open reads one of Files. The caller closes it.
	Open(ctx context.Context, f File) (io.ReadCloser, error)
}

// File is a document of a Source.
type File struct {
	Path   content.Path
	Digest content.Digest // of its blob: the same digest, the same bytes
	Size   int64
}
