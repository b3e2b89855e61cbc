package objects

import (
	"os"
	"slices"
	"testing"

	"rhapsode/content"
)

// Whatever happens to a copy, a scrub names the objects that have no good one, and no others; what
// is put again is good.
func TestScrubFindsWhatIsBroken(t *testing.T) {
	pool := content.Pool{1}
	tests := []struct {
		name   string
		harm   func(b []byte) []byte // what the pack's file holds afterwards
		broken int                   // objects without a good copy; 0: the pack can't be opened
	}{
		{"a bit", func(b []byte) []byte { b[len(b)*3/4] ^= 4; return b }, 1},
		{"zeros", func(b []byte) []byte { clear(b[100 : len(b)-20]); return b }, 150},
		{"all zeros", func(b []byte) []byte { clear(b); return b }, 0},
		{"cut short", func(b []byte) []byte { return b[:len(b)/2] }, 0},
		{"empty", func([]byte) []byte { return nil }, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openTest(t, Options{Dir: t.TempDir(), CacheBytes: 1})
			var objs []content.Object
			for i := range 300 {
				objs = append(objs, blob(noise(i, 100)))
			}
			addPack(t, s, pool, objs...)
			if got, err := s.Scrub(t.Context(), pool, nil); err != nil || got.Copies != 300 || len(got.Broken)+len(got.Packs) > 0 {
				t.Fatalf("before: %+v, %v", got, err)
			}
			put(t, s, pool, objs[:150]...)
			p := s.shelf.of(pool)[0]
			b, err := os.ReadFile(p.pack)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p.pack, tt.harm(b), 0o644); err != nil {
				t.Fatal(err)
			}
			s.shelf.handles.retire(p) // so that the file is opened again
			p.retired.Store(false)
			got, err := s.Scrub(t.Context(), pool, nil)
			if err != nil || len(got.Broken) != tt.broken || len(got.Packs) == 0 != (tt.broken > 0) {
				t.Fatalf("found: %+v, %v", got, err)
			}
			for _, d := range got.Broken {
				if slices.ContainsFunc(objs[:150], func(o content.Object) bool { return o.Digest == d }) {
					t.Errorf("%v is broken, and has a good copy", d)
				}
			}
			put(t, s, pool, objs[150:]...)
			check(t, s, pool, objs)
			if got, err := s.Scrub(t.Context(), pool, nil); err != nil || len(got.Broken) > 0 {
				t.Errorf("once it is mended: %+v, %v", got, err)
			}
		})
	}
}

func TestScrubReadsRecentObjects(t *testing.T) {
	s := openTest(t, Options{Dir: t.TempDir(), CacheBytes: 1})
	pool, other := content.Pool{1}, content.Pool{2}
	var objs []content.Object
	for i := range 600 { // more than are listed at once
		objs = append(objs, blob(noise(i, 50)))
	}
	put(t, s, pool, objs...)
	put(t, s, other, objs[0])
	bad := objs[333].Digest
	if err := s.recent.db.Set(key(objectKey, pool, bad), s.recent.codec.AppendEntry(nil, objs[1]), nil); err != nil {
		t.Fatal(err)
	}
	got, err := s.Scrub(t.Context(), pool, nil)
	if err != nil || got.Copies != 600 || !slices.Equal(got.Broken, []content.Digest{bad}) {
		t.Errorf("found: %+v, %v", got, err)
	}
}

func TestUnmark(t *testing.T) {
	s := openTest(t, Options{Dir: t.TempDir()})
	pool, other, o := content.Pool{1}, content.Pool{2}, blob([]byte("a"))
	for _, p := range []content.Pool{pool, other} {
		if err := s.Put(t.Context(), p, []content.Object{o}, []content.Digest{o.Digest}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Unmark(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[content.Pool]bool{pool: false, other: true} {
		if closed, err := s.Closed(t.Context(), p, o.Digest); err != nil || closed != want {
			t.Errorf("pool %v: closed %v, %v", p, closed, err)
		}
	}
	check(t, s, pool, []content.Object{o})
}
