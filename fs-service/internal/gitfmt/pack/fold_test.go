package pack_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
)

// members lists what a pack holds.
func members(t testing.TB, p *pack.Pack) (ms []pack.Member) {
	t.Helper()
	err := p.Each(func(d content.Digest) error {
		kind, size, err := p.Stat(t.Context(), d)
		ms = append(ms, pack.Member{Digest: d, Kind: kind, Size: size})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

// folded folds what a pack holds and has git judge the result.
func folded(t testing.TB, packed, idx []byte) []byte {
	t.Helper()
	p := open(t, packed, idx, pack.OpenOptions{Cache: pack.NewCache(16 << 20)})
	var out bytes.Buffer
	began := time.Now()
	if err := pack.Fold(t.Context(), &out, members(t, p), p, nil); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects of %d bytes folded into %d in %v", p.Len(), len(packed), out.Len(), time.Since(began))
	x, err := index(out.Bytes(), pack.IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, out.Bytes(), written(t, x), pack.OpenOptions{})
	if err := p.Each(func(d content.Digest) error { _, err := again.Get(t.Context(), d); return err }); err != nil {
		t.Fatal(err)
	}
	if again.Len() != p.Len() {
		t.Errorf("%d objects of %d", again.Len(), p.Len())
	}
	dir := t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare")
	git(t, dir, out.Bytes(), "index-pack", "--stdin", "--strict")
	return out.Bytes()
}

// A folded pack is one that git takes, and little larger than git's own of the same objects.
func TestFoldIsNearGitsOwnSize(t *testing.T) {
	near := func(t *testing.T, git, ours int) {
		t.Helper()
		if ratio := float64(ours) / float64(git); ratio > 1.3 {
			t.Errorf("%d bytes are %.2f times git's %d", ours, ratio, git)
		} else {
			t.Logf("%.2f times git's size", ratio)
		}
	}
	t.Run("one file of a long history", func(t *testing.T) {
		packed, idx, _ := gitPack(t, "offset")
		near(t, len(packed), len(folded(t, packed, idx)))
	})
	t.Run("corpus", func(t *testing.T) {
		packed := corpusPack(t) // git's own
		x, err := index(packed, pack.IndexOptions{})
		if err != nil {
			t.Fatal(err)
		}
		near(t, len(packed), len(folded(t, packed, written(t, x))))
	})
}

func TestFoldPassesOnWhatGoesWrong(t *testing.T) {
	packed, idx, _ := gitPack(t, "offset")
	p := open(t, packed, idx, pack.OpenOptions{})
	broken := errors.New("broken on purpose")
	if err := pack.Fold(t.Context(), failing{broken}, members(t, p), p, nil); !errors.Is(err, broken) {
		t.Errorf("a writer that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	stop := func(context.Context) {
		if steps++; steps == 200 {
			cancel()
		}
	}
	if err := pack.Fold(ctx, &bytes.Buffer{}, members(t, p), p, stop); !errors.Is(err, context.Canceled) || steps != 200 {
		t.Errorf("the end of its context at step %d of 200: %v", steps, err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
