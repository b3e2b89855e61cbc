package gitfmt

import (
	"context"

	"rhapsode/content"
)

// Overlay is a Source that reads what was made before what is stored: for trees and
// commits that are judged, or built upon, before they are written anywhere.
type Overlay struct {
	Stored Source
	Made   map[content.Digest]content.Object // may be nil; whoever adds to it does so alone
}

// Object is in Source.
func (s Overlay) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	if o, ok := s.Made[d]; ok {
		return o, nil
	}
	return s.Stored.Object(ctx, d)
}
