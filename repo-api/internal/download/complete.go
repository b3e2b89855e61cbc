package download

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/xhtml"
)

// Complete is the recipe for all files of the edition as they are, with their
// digests: a bag as RFC 8493 has it, in a zip.
type Complete struct{}

var _ Recipe = Complete{}

// Name is "complete".
func (Complete) Name() string { return "complete" }

// MediaType is that of a zip.
func (Complete) MediaType() string { return "application/zip" }

// FileName ends in "-complete.zip".
func (Complete) FileName(b *Book) string { return b.fileName() + "-complete.zip" }

// Make writes the bag.
func (c Complete) Make(ctx context.Context, b *Book, w io.Writer) ([]xhtml.Finding, error) {
	a := newArchive(w, b.edition.Time, b.packer)
	top := strings.TrimSuffix(c.FileName(b), ".zip") + "/"
	var manifest, tags strings.Builder
	tag := func(name, text string) error {
		fmt.Fprintf(&tags, "%x  %s\n", sha256.Sum256([]byte(text)), name)
		return a.addPacked(top+name, []byte(text))
	}

	if err := tag("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"); err != nil {
		return nil, err
	}
	if err := tag("bag-info.txt", b.bagInfo()); err != nil {
		return nil, err
	}
	err := inOrder(ctx, b.own.files, b.payload, func(f book.File, p payload) error {
		name := "data/" + f.Path.String()
		if f.Size > mostHeld {
			sum := sha256.New()
			if err := a.copy(ctx, b.own, f, top+name, sum); err != nil {
				return err
			}
			p.Sum = sum.Sum(nil)
		} else if err := a.add(top+name, p.packed); err != nil {
			return err
		}
		fmt.Fprintf(&manifest, "%x  %s\n", p.Sum, bagName(name))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := tag("manifest-sha256.txt", manifest.String()); err != nil {
		return nil, err
	}
	if err := a.addPacked(top+"tagmanifest-sha256.txt", []byte(tags.String())); err != nil {
		return nil, err
	}
	return nil, a.close()
}

// payload is a file of the bag that is short enough to be held.
type payload struct {
	packed
	Sum []byte `json:"sum"` // SHA-256
}

// payload reads a file; what takes work is kept.
func (b *Book) payload(ctx context.Context, f book.File) (payload, error) {
	var p payload
	if f.Size > mostHeld {
		return p, nil
	}
	asIs := isCompressed(f.Path.Base())
	key := keyOf("source", f.Digest)
	if !asIs && b.recall(ctx, key, &p, &p.data) {
		return p, nil
	}
	data, err := b.own.read(ctx, f)
	if err != nil {
		return p, err
	}
	if asIs {
		p.packed = stored(data)
	} else if p.packed, err = b.packer.pack(data); err != nil {
		return p, err
	}
	sum := sha256.Sum256(data)
	p.Sum = sum[:]
	if !asIs {
		err = b.keep(ctx, key, p, p.data)
	}
	return p, err
}

// bagInfo says what is in the bag. A line of it can't hold a line end.
func (b *Book) bagInfo() string {
	var total int64
	for _, f := range b.own.files {
		total += f.Size
	}
	meta := b.edition.Collection.Metadata
	var s strings.Builder
	line := func(name, value string) {
		if value = strings.Join(strings.Fields(value), " "); value != "" {
			fmt.Fprintf(&s, "%s: %s\n", name, value)
		}
	}
	line("Source-Organization", b.edition.Publisher)
	line("External-Description", b.title)
	line("External-Identifier", b.identifier())
	line("Edition", b.edition.Number)
	line("Licence", meta.Licence.URL)
	line("Bagging-Date", b.edition.Time.UTC().Format("2006-01-02"))
	line("Payload-Oxum", fmt.Sprintf("%d.%d", total, len(b.own.files)))
	return s.String()
}

// bagName escapes a name for a manifest, whose lines it would break.
func bagName(name string) string {
	return strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D").Replace(name)
}
