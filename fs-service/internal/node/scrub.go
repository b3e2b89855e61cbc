package node

import (
	"context"
	"errors"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/objects"
	"rhapsode/internal/fault"
)

// Every object is read again once in a scrubEvery; what is due is looked for each scrubRound.
const (
	scrubEvery = 7 * 24 * time.Hour
	scrubRound = time.Hour
)

// scrubObjects reads what this node stores, over and over, and mends from peers what has no good
// copy. It takes a twentieth of a processor. What was read is forgotten when the node ends.
func (n *Node) scrubObjects(ctx context.Context) error {
	ticker := time.NewTicker(scrubRound)
	defer ticker.Stop()
	read := map[content.Pool]time.Time{} // when; of pools that are here
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
		for pool := range loads {
			if ctx.Err() == nil && n.clock().Sub(read[pool]) >= scrubEvery && n.scrubPool(ctx, pool) {
				read[pool] = n.clock()
			}
		}
	}
}

// scrubPool reads a pool and mends it, and says whether there is nothing more to gain from it soon.
func (n *Node) scrubPool(ctx context.Context, pool content.Pool) bool {
	pace := pacer{rest: 19 * workSlice}
	found, err := n.objects.Scrub(ctx, pool, pace.step)
	bodies, bodiesErr := n.replicas.Disk().ScrubBodies(ctx, pool, pace.step, func(d content.Digest) {
		if len(found.Broken) < objects.MaxBroken {
			found.Broken = append(found.Broken, d)
		} else {
			found.Enough = true // the rest is missing now, and found by who walks
		}
	})
	if ctx.Err() != nil {
		return false
	}
	if err = errors.Join(err, bodiesErr); err != nil {
		n.log.Warn("objects not read", "pool", pool, "error", err)
	}
	mended := 0
	for _, d := range found.Broken {
		if err := n.replicas.Fetch(ctx, pool, d); err != nil {
			n.log.Error("object broken, and not mended", "pool", pool, "object", d, "error", err)
			continue
		}
		mended++
	}
	if len(found.Packs) > 0 || mended < len(found.Broken) || found.Enough {
		n.doubt(ctx, pool)
	}
	if len(found.Broken)+len(found.Packs) > 0 {
		n.log.Warn("objects scrubbed", "pool", pool, "copies", found.Copies, "bodies", bodies, "mended", mended, "not_mended", len(found.Broken)-mended, "packs_unreadable", len(found.Packs))
	} else {
		n.log.Info("objects scrubbed", "pool", pool, "copies", found.Copies, "bodies", bodies)
	}
	return err == nil && (!found.Enough || mended == 0)
}

// doubt has the healer walk all that a pool's refs reach, and fetch what is missing: an index that
// is wrong does not say what it should name.
func (n *Node) doubt(ctx context.Context, pool content.Pool) {
	if err := n.objects.Unmark(ctx, pool); err != nil && !fault.Is(err, fault.Canceled) {
		n.log.Error("marks stay", "pool", pool, "error", err)
	}
	n.healer.Rescan()
}
