package node

import (
	"context"

	"rhapsode/content"
)

// BeginErrand is in fsapi.Errands, and so are those below: any node may answer, whatever
// shards it holds.
func (n *Node) BeginErrand(ctx context.Context, e content.Errand) (content.Attempt, error) {
	return n.refs.BeginErrand(ctx, e)
}

func (n *Node) HoldErrand(ctx context.Context, e content.Errand) error {
	return n.refs.HoldErrand(ctx, e)
}

func (n *Node) FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error {
	return n.refs.FinishErrand(ctx, e, answer, final)
}

func (n *Node) Errand(ctx context.Context, k content.ErrandKey) (content.Attempt, error) {
	return n.refs.Errand(ctx, k)
}
