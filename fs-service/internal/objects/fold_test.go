package objects

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// edition is one of many versions of a text that are much alike.
func edition(text, version int) content.Object {
	b := noise(text, 3000)
	for i := range b {
		b[i] = b[i]%64 + 32
	}
	copy(b[version*17%2900:], fmt.Sprintf("version %d", version))
	return blob(b)
}

func mustFold(t testing.TB, s *Store, pool content.Pool, o FoldOptions) Folded {
	t.Helper()
	f, err := s.Fold(t.Context(), pool, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t testing.TB, s *Store, pool content.Pool, objs ...content.Object) {
	t.Helper()
	if err := s.Put(t.Context(), pool, objs, nil); err != nil {
		t.Fatal(err)
	}
}

func addPack(t testing.TB, s *Store, pool content.Pool, objs ...content.Object) {
	t.Helper()
	name := s.shelf.fs.PathJoin(s.room.dir, "coming")
	write(t, s.shelf.fs, name, packOf(objs...))
	if _, err := s.AddPack(t.Context(), pool, name, nil); err != nil {
		t.Fatal(err)
	}
}

func packs(t testing.TB, s *Store, pool content.Pool) []PackInfo {
	t.Helper()
	infos, err := s.Packs(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return infos
}

func TestFold(t *testing.T) {
	for name, o := range disks(t) {
		t.Run(name, func(t *testing.T) {
			s := openTest(t, o)
			pool, other := content.Pool{1}, content.Pool{2}
			var all []content.Object
			for v := range 300 {
				all = append(all, edition(1, v))
			}
			put(t, s, pool, all[:200]...)
			addPack(t, s, pool, all[150:250]...)
			addPack(t, s, pool, all[240:]...)
			put(t, s, other, all[0])
			if err := s.MarkClosed(t.Context(), pool, []content.Digest{all[0].Digest}); err != nil {
				t.Fatal(err)
			}
			got := mustFold(t, s, pool, FoldOptions{All: true})
			if got.Recent != 200 || got.Packs != 2 || got.Pack.Objects != 300 || got.Pack.Size > 300*3000/10 {
				t.Errorf("folded: %+v", got)
			}
			if left := packs(t, s, pool); !slices.Equal(left, []PackInfo{got.Pack}) {
				t.Errorf("packs left: %+v", left)
			}
			if closed, err := s.Closed(t.Context(), pool, all[0].Digest); !closed || err != nil {
				t.Errorf("the mark is gone, %v", err)
			}
			check(t, s, pool, all)
			check(t, s, other, all[:1])
			if again := mustFold(t, s, pool, FoldOptions{All: true}); again != (Folded{}) {
				t.Errorf("nothing was there to fold, and was: %+v", again)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openTest(t, o)
			check(t, s, pool, all)
			if left := packs(t, s, pool); !slices.Equal(left, []PackInfo{got.Pack}) {
				t.Errorf("packs left after all: %+v", left)
			}
		})
	}
}

// What is folded is what is not much larger than what is folded with it, and has been here for
// some time.
func TestFoldTakesWhatIsWorthIt(t *testing.T) {
	tests := []struct {
		name    string
		recent  int
		packs   []int // objects
		options FoldOptions
		left    []int64 // objects of the packs that are there afterwards, smallest first
	}{
		{"nothing", 0, nil, FoldOptions{}, nil},
		{"one pack", 0, []int{40}, FoldOptions{}, []int64{40}},
		{"a few recent beside much", 3, []int{40}, FoldOptions{}, []int64{3, 40}},
		{"all, because asked", 3, []int{40}, FoldOptions{All: true}, []int64{43}},
		{"much recent", 20, []int{40}, FoldOptions{}, []int64{60}},
		{"one after the other", 3, []int{6, 17, 80, 12}, FoldOptions{}, []int64{38, 80}},
		{"packs that are alike", 0, []int{20, 20, 20}, FoldOptions{}, []int64{60}},
		{"what came just now", 5, []int{5}, FoldOptions{All: true, Before: time.Now().Add(-time.Hour)}, []int64{5, 5}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openTest(t, Options{Dir: t.TempDir()})
			pool, n := content.Pool{1}, 0
			some := func(count int) (objs []content.Object) {
				for range count {
					objs = append(objs, blob(noise(n, 40)))
					n++
				}
				return objs
			}
			for _, count := range tt.packs {
				addPack(t, s, pool, some(count)...)
			}
			if tt.recent > 0 {
				put(t, s, pool, some(tt.recent)...)
			}
			mustFold(t, s, pool, tt.options)
			var left []int64
			for _, p := range packs(t, s, pool) {
				left = append(left, p.Objects)
			}
			if slices.Sort(left); !slices.Equal(left, tt.left) {
				t.Errorf("packs of %v objects, want %v", left, tt.left)
			}
		})
	}
}

// Whoever reads, asks or writes while everything is folded, over and over, never finds a gap;
// and a reader that was opened before goes on to its end.
func TestNobodySeesAFold(t *testing.T) {
	s := openTest(t, Options{Dir: t.TempDir(), CacheBytes: 1})
	pool := content.Pool{1}
	var all []content.Object
	for v := range 120 {
		all = append(all, edition(1+v%3, v))
	}
	long := blob(noise(99, 2<<20))
	addPack(t, s, pool, long, all[0])
	put(t, s, pool, all...)
	_, size, before, err := s.Open(t.Context(), pool, long.Digest)
	if err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	var done atomic.Bool
	for r := range 3 {
		readers.Go(func() {
			for i := r; !done.Load(); i++ {
				want := all[i%len(all)]
				if got, err := s.Get(context.Background(), pool, want.Digest); err != nil || !bytes.Equal(got.Data, want.Data) {
					t.Errorf("get: %v", err)
				}
				if _, _, err := s.Stat(context.Background(), pool, want.Digest); err != nil {
					t.Errorf("stat: %v", err)
				}
				if missing, err := s.Missing(context.Background(), pool, []content.Digest{want.Digest}); err != nil || len(missing) > 0 {
					t.Errorf("missing: %v, %v", missing, err)
				}
				if r == 0 && i%10 == 0 {
					put(t, s, pool, want)
				}
			}
		})
	}
	for i := range 5 {
		addPack(t, s, pool, all[i*20:i*20+20]...)
		mustFold(t, s, pool, FoldOptions{All: true})
	}
	done.Store(true)
	readers.Wait()
	got, err := io.ReadAll(before)
	if err != nil || int64(len(got)) != size || !bytes.Equal(got, long.Data) {
		t.Errorf("the reader that was there before: %d of %d bytes, %v", len(got), size, err)
	}
	before.Close()
	if open := len(s.shelf.handles.open); open > 1 {
		t.Errorf("%d packs are open", open)
	}
}

// An object without a good copy stops a fold, and nothing is lost by that.
func TestFoldLeavesWhatIsBroken(t *testing.T) {
	s := openTest(t, Options{Dir: t.TempDir(), CacheBytes: 1})
	pool := content.Pool{1}
	good, bad := edition(1, 1), edition(2, 2)
	put(t, s, pool, good)
	if err := s.recent.db.Set(key(objectKey, pool, bad.Digest), s.recent.codec.AppendEntry(nil, good), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Fold(t.Context(), pool, FoldOptions{All: true}); !fault.Is(err, fault.Corrupt) || got.Broken != bad.Digest {
		t.Errorf("folded: %v, %v", got, err)
	}
	check(t, s, pool, []content.Object{good})
	put(t, s, pool, bad)
	if got := mustFold(t, s, pool, FoldOptions{All: true}); got.Pack.Objects != 2 {
		t.Errorf("once it is mended: %+v", got)
	}
	check(t, s, pool, []content.Object{good, bad})
}
