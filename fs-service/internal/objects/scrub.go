package objects

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// Scrubbed is what a Scrub found.
type Scrubbed struct {
	Copies int64            // that were read: an object may have several
	Broken []content.Digest // objects without a good copy; at most MaxBroken
	Packs  []content.Digest // that can't be opened or listed: what they hold may be missing
	Enough bool             // MaxBroken was reached, and the rest not looked at
}

// MaxBroken is how many broken objects one Scrub returns.
const MaxBroken = 1024

// Scrub reads every copy of every object of a pool, and compares its bytes with its digest. It
// mends nothing: who knows other replicas does, by Put. An error is that of a disk that can't be
// read, or the end of ctx.
func (s *Store) Scrub(ctx context.Context, pool content.Pool, pace pack.Pace) (Scrubbed, error) {
	if err := s.enter(); err != nil {
		return Scrubbed{}, err
	}
	defer s.life.RUnlock()
	c := scrub{store: s, pool: pool, pace: pace}
	err := c.recent(ctx)
	for _, p := range s.shelf.of(pool) {
		if err != nil {
			break
		}
		err = c.pack(ctx, p)
	}
	if errors.Is(err, errEnough) {
		c.found.Enough, err = true, nil
	}
	return c.found, err
}

// scrub is one Scrub under way.
type scrub struct {
	store *Store
	pool  content.Pool
	pace  pack.Pace
	found Scrubbed
}

// recent reads the recent objects, some at a time: a look at all of them would keep on the disk
// what is removed meanwhile.
func (c *scrub) recent(ctx context.Context) error {
	const atOnce = 256
	var after content.Digest
	for {
		ds, err := c.store.recent.following(ctx, c.pool, after, atOnce)
		if err != nil {
			return err
		}
		for _, d := range ds {
			_, err := c.store.recent.get(c.pool, d)
			if err := c.judge(ctx, d, err); err != nil {
				return err
			}
		}
		if len(ds) < atOnce {
			return nil
		}
		after = ds[len(ds)-1]
	}
}

func (c *scrub) pack(ctx context.Context, p *shelved) error {
	err := c.store.shelf.with(p, func(pk *pack.Pack) error {
		return pk.Each(func(d content.Digest) error {
			_, err := pk.Get(ctx, d)
			return c.judge(ctx, d, err)
		})
	})
	if fault.Is(err, fault.Corrupt) && !p.retired.Load() {
		c.found.Packs = append(c.found.Packs, p.info.ID)
		return nil
	}
	return err
}

// judge notes an object of which a copy could not be read for err, unless there is a better one.
func (c *scrub) judge(ctx context.Context, d content.Digest, err error) error {
	c.found.Copies++
	if elsewhere(err) {
		_, err = c.store.stored(ctx, c.pool, d)
	}
	switch {
	case elsewhere(err):
		if c.found.Broken = append(c.found.Broken, d); len(c.found.Broken) == MaxBroken {
			return errEnough
		}
	case err != nil && !fault.Is(err, fault.TooLarge): // a TooLarge one is judged when it streams
		return err
	}
	return c.pace.Step(ctx)
}

// Unmark takes all marks of a pool away, durably: what its commits reach may be missing.
func (s *Store) Unmark(ctx context.Context, pool content.Pool) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.life.RUnlock()
	from, to := span(closedKey, pool)
	b := s.recent.db.NewBatch()
	if err := b.DeleteRange(from, to, nil); err != nil {
		return readFault("unmark", content.Digest{}, err)
	}
	return s.recent.commit(ctx, b, pebble.Sync)
}
