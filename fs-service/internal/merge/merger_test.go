package merge_test

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
)

func newMerger() (*merge.Merger, *gitfmt.Graph) {
	trees := gitfmt.NewTrees(16 << 20)
	graph := gitfmt.NewGraph(trees, gitfmt.Limits{})
	return merge.New(trees, graph), graph
}

// withMade is a Source with a result's objects.
type withMade struct {
	gitfmt.Source
	made []content.Object
}

func (s withMade) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	for _, o := range s.made {
		if o.Digest == d {
			return o, nil
		}
	}
	return s.Source.Object(ctx, d)
}
