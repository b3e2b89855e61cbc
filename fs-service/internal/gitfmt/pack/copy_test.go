package pack_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

// copied makes a pack of what Copy yields of ds.
func copied(t *testing.T, p *pack.Pack, ds []content.Digest, offsets bool) (packed []byte, deltas int, rest []content.Digest) {
	t.Helper()
	var began []int
	var b bytes.Buffer
	b.Write(make([]byte, 12))
	rest, err := p.Copy(t.Context(), ds, func(e *pack.Entry) error {
		distance := 0
		if e.IsDelta() {
			deltas++
			if offsets {
				distance = b.Len() - began[len(began)-e.Back]
			}
		}
		began = append(began, b.Len())
		b.Write(e.AppendHeader(nil, int64(distance)))
		_, err := e.WriteTo(&b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	copy(b.Bytes(), pack.AppendPackHeader(nil, len(began)))
	sum := sha1.Sum(b.Bytes())
	return append(b.Bytes(), sum[:]...), deltas, rest
}

func digestsOf(t *testing.T, packed []byte) []content.Digest {
	t.Helper()
	idx, err := pack.Index(t.Context(), bytes.NewReader(packed), int64(len(packed)), pack.IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return idx.Digests()
}

func TestACopyHoldsWhatWasAskedFor(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	for _, by := range []string{"offset", "digest"} {
		packed, idx, _ := gitPack(t, by)
		p := open(t, packed, idx, pack.OpenOptions{})
		all := digestsOf(t, packed)
		for _, share := range []int{1, 2, 3, 100} {
			for _, offsets := range []bool{true, false} {
				t.Run(fmt.Sprintf("bases by %s, every %d, offsets %v", by, share, offsets), func(t *testing.T) {
					some := slices.DeleteFunc(slices.Clone(all), func(content.Digest) bool { return dice.IntN(share) > 0 })
					absent := content.Digest{1: byte(share)}
					out, deltas, rest := copied(t, p, slices.Concat([]content.Digest{absent}, some), offsets)
					if !slices.Equal(rest, []content.Digest{absent}) {
						t.Errorf("%d are left, not the one that is not there", len(rest))
					}
					if got := digestsOf(t, out); !slices.Equal(got, some) {
						t.Errorf("it holds %d objects, not %d", len(got), len(some))
					}
					if share == 1 && deltas < len(all)/4 {
						t.Errorf("only %d deltas of %d objects were kept", deltas, len(all))
					}
				})
			}
		}
	}
}

func TestACopyLeavesOutWhatIsDamaged(t *testing.T) {
	packed, idx, _ := gitPack(t, "offset")
	all := digestsOf(t, packed)
	packed[len(packed)/2] ^= 0x10
	out, _, rest := copied(t, open(t, packed, idx, pack.OpenOptions{}), all, true)
	if len(rest) == 0 {
		t.Error("nothing is left out")
	}
	if got := digestsOf(t, out); len(got)+len(rest) != len(all) {
		t.Errorf("%d objects and %d that are left out are not %d", len(got), len(rest), len(all))
	}
}

func TestALongEntryIsCopiedAndJudged(t *testing.T) {
	b := newBuilder(1)
	o := b.whole(content.KindBlob, noise(1, 1<<20))
	packed := b.end()
	var idx bytes.Buffer
	x, err := pack.Index(t.Context(), bytes.NewReader(packed), int64(len(packed)), pack.IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x.WriteTo(&idx)
	out, _, _ := copied(t, open(t, packed, idx.Bytes(), pack.OpenOptions{}), []content.Digest{o.Digest}, true)
	if !bytes.Equal(out, packed) {
		t.Error("the copy differs")
	}
	packed[len(packed)/2] ^= 1
	_, err = open(t, packed, idx.Bytes(), pack.OpenOptions{}).Copy(t.Context(), []content.Digest{o.Digest}, func(e *pack.Entry) error {
		_, err := e.WriteTo(new(bytes.Buffer))
		return err
	})
	if !fault.Is(err, fault.Corrupt) {
		t.Errorf("a damaged entry: %v", err)
	}
}

func TestAThinPackIsCompleted(t *testing.T) {
	base := content.NewObject(content.KindBlob, noise(2, 5000))
	b := newBuilder(2)
	b.onDigest(base.Digest, appending(base.Data, []byte("one")))
	b.onDigest(base.Digest, appending(base.Data, []byte("two")))
	packed := b.end()
	name := filepath.Join(t.TempDir(), "thin.pack")
	if err := os.WriteFile(name, packed, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	external := func(_ context.Context, d content.Digest) (content.Object, error) {
		if d != base.Digest {
			return content.Object{}, fault.Newf(fault.NotFound, "read", "%v", d)
		}
		return base, nil
	}
	size, err := pack.Complete(t.Context(), f, int64(len(packed)), pack.IndexOptions{External: external})
	if err != nil {
		t.Fatal(err)
	}
	completed := read(t, name)
	if int64(len(completed)) != size {
		t.Errorf("%d bytes, not %d", len(completed), size)
	}
	if got := digestsOf(t, completed); len(got) != 3 || !slices.Contains(got, base.Digest) {
		t.Errorf("it holds %v", got)
	}
}

func TestAPackMayInflateToSoMuchOnly(t *testing.T) {
	base := noise(3, 1000)
	b := newBuilder(3)
	b.whole(content.KindBlob, base)
	for i := range 2 {
		b.onOffset(0, appending(base, []byte{byte(i)}))
	}
	packed := b.end()
	for total, want := range map[int64]bool{10_000: true, 2500: false, 900: false} {
		_, err := pack.Index(t.Context(), bytes.NewReader(packed), int64(len(packed)), pack.IndexOptions{Limits: pack.Limits{Total: total}})
		if ok := err == nil; ok != want || !ok && !fault.Is(err, fault.TooLarge) {
			t.Errorf("up to %d bytes: %v", total, err)
		}
	}
}
