package download

import (
	"context"
	"io"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// work is one state of one repository that pages come from.
type work struct {
	name  string // of another repository and its edition; "" for the book's own
	src   book.Source
	files []book.File
	index *book.Index

	pages  map[content.Path]*page
	assets map[content.Path]*asset
}

func newWork(ctx context.Context, name string, src book.Source) (*work, error) {
	files, err := src.Files(ctx)
	if err != nil {
		return nil, err
	}
	return &work{
		name: name, src: src, files: files, index: book.NewIndex(files),
		pages: make(map[content.Path]*page), assets: make(map[content.Path]*asset),
	}, nil
}

// module finds the page that goes by id, for the collection at from.
func (w *work) module(from content.Path, id string) (book.File, bool) {
	if f, ok := w.index.Module(from, id); ok {
		return f, true
	}
	t := w.index.Find(content.Root, "/"+id)
	return t.File, t.Place == book.Inside && book.KindOf(t.File.Path).IsPage()
}

// asset returns the asset of a file, which is one from now on.
func (w *work) asset(f book.File) *asset {
	a := w.assets[f.Path]
	if a == nil {
		name := fileName(f.Path)
		if w.name != "" {
			name = unsafeInNames.ReplaceAllString(w.name, "_") + "/" + name
		}
		a = &asset{work: w, file: f, name: "files/" + name}
		w.assets[f.Path] = a
	}
	return a
}

// read returns the bytes of a file that is to be held.
func (w *work) read(ctx context.Context, f book.File) ([]byte, error) {
	r, err := w.src.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, f.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, readFault(f, err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, readFault(f, err)
	}
	return data, nil
}

// readFault is what a failure to read f comes to: a file that ends early, or does
// not end, is not the one that was promised.
func readFault(f book.File, err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fault.Newf(fault.Corrupt, "read", "%s is not of the %d bytes that it was said to be", f.Path, f.Size)
	}
	return err
}

// stream writes exactly the bytes of f, however many.
func (w *work) stream(ctx context.Context, f book.File, to io.Writer) error {
	r, err := w.src.Open(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.Copy(to, io.LimitReader(r, f.Size+1))
	if err == nil && n != f.Size {
		err = readFault(f, nil)
	}
	return err
}
