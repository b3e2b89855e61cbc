// Package gitfmt knows git's formats and its graph: how commits, trees and tags
// are written, what a tree looks like after an edit, how two trees differ, which
// commits changed a path, and what can be reached from where.
//
// It owns no bytes. Every question brings the Source that it may read, and the
// answer depends on nothing but the objects. What Trees and Graph remember is
// therefore true for ever; they are bounded, and only a saving. Nothing here is
// durable, nothing here starts a goroutine, and everything may be called from
// any goroutine.
//
// The formats are ours because they have to give back what real histories hold,
// byte for byte, and because history and edits live from not decoding what
// they do not need. go-git is used where a repository on disk is read (Repository).
package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Source gives objects by digest: fault.NotFound if it has none. It is called
// from any goroutine.
type Source interface {
	Object(ctx context.Context, d content.Digest) (content.Object, error)
}

// read asks src for an object that has to be of kind k.
func read(ctx context.Context, src Source, d content.Digest, k content.Kind) (content.Object, error) {
	o, err := src.Object(ctx, d)
	if err != nil {
		return content.Object{}, err
	}
	if o.Kind != k {
		return content.Object{}, fault.Newf(fault.Corrupt, "read "+k.String(), "%v is a %v", d, o.Kind)
	}
	return o, nil
}
