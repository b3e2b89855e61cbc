package objects

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// Copy yields those of ds that are here as entries of a pack, as they are stored: no
// bytes are inflated, but for deltas that have lost their base. A base comes
// before its deltas. What is not here, or is damaged, it returns.
//
// Ds is ordered and without repeats. An entry is good until the next one. The store may be
// closed meanwhile; Unavailable then.
func (s *Store) Copy(ctx context.Context, pool content.Pool, ds []content.Digest, yield func(*pack.Entry) error) (rest []content.Digest, err error) {
	rest = ds
	for _, p := range s.shelf.of(pool) {
		if len(rest) == 0 {
			return nil, nil
		}
		if rest, err = s.copyPack(ctx, p, rest, yield); err != nil {
			return nil, err
		}
	}
	return s.copyRecent(ctx, pool, rest, yield)
}

func (s *Store) copyPack(ctx context.Context, p *shelved, ds []content.Digest, yield func(*pack.Entry) error) ([]content.Digest, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	h, err := s.shelf.handles.take(p)
	s.life.RUnlock()
	if elsewhere(err) {
		return ds, nil
	}
	if err != nil {
		return nil, err
	}
	defer s.shelf.handles.give(h)
	return h.pack.Copy(ctx, ds, yield)
}

func (s *Store) copyRecent(ctx context.Context, pool content.Pool, ds []content.Digest, yield func(*pack.Entry) error) (rest []content.Digest, err error) {
	var raw []byte
	for _, d := range ds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if raw, err = s.raw(pool, d, raw[:0]); elsewhere(err) {
			rest = append(rest, d)
			continue
		} else if err != nil {
			return nil, err
		}
		e, err := pack.ParseEntry(d, raw)
		if fault.Is(err, fault.Corrupt) {
			rest = append(rest, d)
			continue
		}
		if err := yield(&e); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// raw appends a recent object as it is stored.
func (s *Store) raw(pool content.Pool, d content.Digest, to []byte) ([]byte, error) {
	if err := s.enter(); err != nil {
		return to, err
	}
	defer s.life.RUnlock()
	err := s.recent.value(key(objectKey, pool, d), d, func(v []byte) error {
		to = append(to, v...)
		return nil
	})
	return to, err
}
