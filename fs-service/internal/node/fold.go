package node

import (
	"context"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/internal/fault"
)

// When the objects of a pool are folded: when there are many recent ones, when there are some
// and no more come, or when there are many packs.
const (
	foldRound  = 5 * time.Minute
	manyRecent = 4096
	someRecent = 64
	manyPacks  = 8
)

// packSettled is how old a pack has to be to be folded: it may be on its way to other replicas.
const packSettled = 2 * time.Hour

// foldTries bounds how many broken objects of a pool are mended in one round.
const foldTries = 16

// foldObjects keeps what is stored small, and little of it recent. It rests while others work.
func (n *Node) foldObjects(ctx context.Context) error {
	ticker := time.NewTicker(foldRound)
	defer ticker.Stop()
	var before map[content.Pool]objects.Load
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		loads, err := n.objects.Loads(ctx)
		if err != nil {
			n.log.Warn("objects not counted", "error", err)
			continue
		}
		for pool, load := range loads {
			if ctx.Err() == nil && due(load, before[pool]) {
				n.foldPool(ctx, pool, objects.FoldOptions{Before: n.clock().Add(-packSettled)})
			}
		}
		before = loads
	}
}

// due says whether a pool is worth a fold, given what it had a round ago.
func due(now, before objects.Load) bool {
	idle := now.Recent == before.Recent
	return now.Recent >= manyRecent || now.Recent >= someRecent && idle || now.Packs > manyPacks
}

// foldPool folds a pool, and mends what keeps it from that.
func (n *Node) foldPool(ctx context.Context, pool content.Pool, o objects.FoldOptions) {
	pace := pacer{uses: n.objects.Uses}
	o.Pace = pace.step
	began := n.clock()
	for range foldTries {
		folded, err := n.objects.Fold(ctx, pool, o)
		if fault.Is(err, fault.Corrupt) && !folded.Broken.IsZero() {
			n.log.Warn("object broken", "pool", pool, "object", folded.Broken, "error", err)
			if err = n.replicas.Fetch(ctx, pool, folded.Broken); err == nil {
				continue
			}
		}
		switch {
		case ctx.Err() != nil:
		case err != nil:
			n.log.Warn("objects not folded", "pool", pool, "error", err)
		case folded.Pack.Objects > 0:
			n.log.Info("objects folded", "pool", pool, "pack", folded.Pack.ID, "objects", folded.Pack.Objects, "bytes", folded.Pack.Size,
				"recent", folded.Recent, "packs", folded.Packs, "took", n.clock().Sub(began))
		}
		return
	}
}
