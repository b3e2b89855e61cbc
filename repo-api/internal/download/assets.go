package download

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// asset is a file of the work that pages show or lead to.
type asset struct {
	work      *work
	file      book.File
	name      string // in the archive, beside the pages
	mediaType string
}

// findAssets finds what the pages refer to, and looks at what it is.
func (b *Book) findAssets(ctx context.Context) error {
	for _, p := range b.pages {
		for _, ref := range p.outline.References {
			if ref.URL == "" {
				continue
			}
			if t := p.work.index.Find(p.file.Path, ref.URL); t.Place == book.Inside && p.work.pages[t.File.Path] == nil {
				p.work.asset(t.File)
			}
		}
	}
	if f, ok := b.coverFile(); ok {
		b.cover = b.own.asset(f)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers())
	for _, a := range b.sortedAssets() {
		g.Go(func() (err error) {
			a.mediaType, err = kept(ctx, b.store, keyOf("type", a.file.Digest, path.Ext(a.name)), func() (string, error) {
				return a.sniff(ctx)
			})
			return err
		})
	}
	return g.Wait()
}

// fileName is the path of a file, in signs that need no care in any URL or file
// system; a path that had others is told apart by what it was.
func fileName(p content.Path) string {
	var names []string
	changed := false
	for _, n := range p.Names() {
		safe := unsafeInNames.ReplaceAllString(n, "_")
		changed = changed || safe != n
		names = append(names, safe)
	}
	joined := strings.Join(names, "/")
	if !changed {
		return joined
	}
	o := content.NewObject(content.KindBlob, []byte(p.String()))
	ext := path.Ext(joined)
	return strings.TrimSuffix(joined, ext) + "-" + hex.EncodeToString(o.Digest[:4]) + ext
}

// coverFile is the picture on the front: the one that was asked for, or the one
// that books are known to keep.
func (b *Book) coverFile() (book.File, bool) {
	c := b.edition.Collection
	var candidates []string
	if !b.edition.Cover.IsRoot() {
		candidates = append(candidates, "/"+b.edition.Cover.String())
	} else {
		slug := c.Metadata.Slug
		for _, ext := range [...]string{".jpg", ".png"} {
			if slug != "" {
				candidates = append(candidates, "/cover/"+slug+"-cover"+ext)
			}
			candidates = append(candidates, "/cover/cover"+ext, "/cover"+ext)
		}
	}
	for _, at := range candidates {
		if t := b.own.index.Find(content.Root, at); t.Place == book.Inside {
			return t.File, true
		}
	}
	return book.File{}, false
}

// sniff tells the media type of a file. Of what browsers show, its bytes decide:
// names lie, and readers of EPUB mind.
func (a *asset) sniff(ctx context.Context) (string, error) {
	r, err := a.work.src.Open(ctx, a.file)
	if err != nil {
		return "", err
	}
	defer r.Close()
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	found, _, _ := strings.Cut(http.DetectContentType(head[:n]), ";")
	ext := strings.ToLower(path.Ext(a.file.Path.Base()))
	switch {
	case xhtml.Shown(xhtml.Site, found), xhtml.Played(found):
		return found, nil
	case ext == ".svg" && strings.Contains(string(head[:n]), "<svg"), ext == ".svg" && strings.HasPrefix(found, "text/"):
		return "image/svg+xml", nil
	case ext == ".mp3" && n > 0:
		return "audio/mpeg", nil
	case ext == ".m4a" && n > 0:
		return "audio/mp4", nil
	}
	return found, nil
}

// addFiles adds assets to an archive, in their order; each is told to added.
func (b *Book) addFiles(ctx context.Context, a *archive, under string, assets []*asset, added func(*asset)) error {
	create := func(ctx context.Context, as *asset) (packed, error) {
		if as.file.Size > mostHeld {
			return packed{}, nil
		}
		data, err := as.work.read(ctx, as.file)
		if err != nil {
			return packed{}, err
		}
		if isCompressed(as.name) {
			return stored(data), nil
		}
		return b.packer.pack(data)
	}
	return inOrder(ctx, assets, create, func(as *asset, p packed) error {
		added(as)
		if as.file.Size > mostHeld {
			return a.copy(ctx, as.work, as.file, under+as.name, nil)
		}
		return a.add(under+as.name, p)
	})
}
