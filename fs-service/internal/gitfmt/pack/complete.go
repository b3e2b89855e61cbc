package pack

import (
	"context"
	"crypto/sha1"
	"io"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// File is a pack that may be changed.
type File interface {
	io.ReaderAt
	io.WriterAt
}

// Complete judges a pack as Index does and puts the bases that it leaves out, and
// that external gives, at its end. It returns the new size.
func Complete(ctx context.Context, f File, size int64, o IndexOptions) (int64, error) {
	bases := map[content.Digest]bool{}
	given := o.External
	o.External = func(ctx context.Context, d content.Digest) (content.Object, error) {
		base, err := given(ctx, d)
		if err == nil {
			bases[d] = true
		}
		return base, err
	}
	idx, err := Index(ctx, f, size, o)
	if err != nil || len(bases) == 0 {
		return size, err
	}
	var codec Codec
	end := size - trailerSize
	for d := range bases {
		base, err := given(ctx, d)
		if err != nil {
			return 0, err
		}
		entry := codec.AppendEntry(nil, base)
		if _, err := f.WriteAt(entry, end); err != nil {
			return 0, fault.Disk("complete pack", err)
		}
		end += int64(len(entry))
	}
	if _, err := f.WriteAt(AppendPackHeader(nil, idx.Len()+len(bases)), 0); err != nil {
		return 0, fault.Disk("complete pack", err)
	}
	sum := sha1.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, end)); err != nil {
		return 0, fault.Disk("complete pack", err)
	}
	_, err = f.WriteAt(sum.Sum(nil), end)
	return end + trailerSize, fault.Disk("complete pack", err)
}

// Digests returns what the pack holds, in order and without repeats.
func (x *Idx) Digests() []content.Digest {
	ds := make([]content.Digest, len(x.objects))
	for i, o := range x.objects {
		ds[i] = o.digest
	}
	return slices.Compact(ds)
}
