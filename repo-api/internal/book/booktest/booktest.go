// Package booktest has states of works for tests: made up, of a folder, and of
// the history of a real book, which is not part of the project.
package booktest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// Path is content.ParsePath of what is known to be good.
func Path(t testing.TB, s string) content.Path {
	t.Helper()
	p, err := content.ParsePath(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// memory is a Source whose bytes are all here.
type memory struct {
	files []book.File
	data  map[content.Digest][]byte
}

var _ book.Source = (*memory)(nil)

// Files returns a Source that holds files, by path.
func Files(t testing.TB, files map[string]string) book.Source {
	t.Helper()
	m := &memory{data: make(map[content.Digest][]byte)}
	for path, text := range files {
		m.add(Path(t, path), []byte(text))
	}
	m.sort()
	return m
}

// Dir returns a Source of what is in a folder.
func Dir(t testing.TB, dir string) book.Source {
	t.Helper()
	m := &memory{data: make(map[content.Digest][]byte)}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		m.add(Path(t, path), data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	m.sort()
	return m
}

func (m *memory) add(p content.Path, data []byte) {
	o := content.NewObject(content.KindBlob, data)
	m.data[o.Digest] = data
	m.files = append(m.files, book.File{Path: p, Digest: o.Digest, Size: int64(len(data))})
}

func (m *memory) sort() { slices.SortFunc(m.files, byPath) }

func byPath(a, b book.File) int { return cmp.Compare(a.Path.String(), b.Path.String()) }

func (m *memory) Files(context.Context) ([]book.File, error) { return m.files, nil }

func (m *memory) Open(_ context.Context, f book.File) (io.ReadCloser, error) {
	data, ok := m.data[f.Digest]
	if !ok {
		return nil, fault.Newf(fault.NotFound, "open", "no such file: %s", f.Path)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}
