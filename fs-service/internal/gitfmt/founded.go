package gitfmt

import (
	"context"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Founded returns nil if all that tips reach was brought, or is own: then nothing else was
// got hold of by naming it. Own holds with each commit all that it reaches. NotFound names what is neither.
func Founded(ctx context.Context, src Source, tips []content.Digest, own, brought func(content.Digest) bool) error {
	return Closure(ctx, src, tips, own, func(d content.Digest, _ content.Kind) error {
		if d == EmptyTree || brought(d) || own(d) {
			return nil
		}
		return &fault.Error{Kind: fault.NotFound, Op: "find object", Name: d.String()}
	})
}
