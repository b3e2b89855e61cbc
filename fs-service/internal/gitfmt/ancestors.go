package gitfmt

import (
	"context"

	"rhapsode/content"
)

// Ancestors calls meet with every commit that tips were made from, and tips. It meets none
// twice, and does not go beyond one of which meet says no. TooLarge: more than any walk may meet.
func (g *Graph) Ancestors(ctx context.Context, src Source, tips []content.Digest, meet func(content.Digest) bool) error {
	met := map[content.Digest]bool{}
	var stack []content.Digest
	reach := func(ds []content.Digest) {
		for _, d := range ds {
			if met[d] {
				continue
			}
			met[d] = true
			if meet(d) {
				stack = append(stack, d)
			}
		}
	}
	for reach(tips); len(stack) > 0; {
		if err := g.mayGoOn(ctx, len(met)); err != nil {
			return err
		}
		next := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		c, err := g.Commit(ctx, src, next)
		if err != nil {
			return err
		}
		reach(c.Parents)
	}
	return nil
}
