package objects

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
)

// text returns n bytes that compress about as prose does.
func text(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 5))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "<para id=\"p%d\">word%d word%d</para>\n", r.IntN(1e6), r.IntN(300), r.IntN(300))
	}
	return []byte(b.String()[:n])
}

// change is what one edit of a document writes: a blob, two trees, a commit.
func change(i int) []content.Object {
	seed := uint64(4 * i)
	return []content.Object{blob(text(seed, 6<<10)), blob(text(seed+1, 1000)), blob(text(seed+2, 400)), blob(text(seed+3, 250))}
}

// BenchmarkFloor is what a durable append costs on this disk.
func BenchmarkFloor(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	data := noise(1, 3000)
	for b.Loop() {
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	s := openTest(b, Options{Dir: b.TempDir()})
	var changes [][]content.Object
	for i := range 64 {
		changes = append(changes, change(i))
	}
	for i := 0; b.Loop(); i++ {
		if err := s.Put(b.Context(), content.Pool{1}, changes[i%len(changes)], nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPutBy16(b *testing.B) {
	s := openTest(b, Options{Dir: b.TempDir()})
	b.SetParallelism(8) // times GOMAXPROCS
	b.RunParallel(func(p *testing.PB) {
		objs := change(1)
		for p.Next() {
			if err := s.Put(b.Context(), content.Pool{1}, objs, nil); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	pool := content.Pool{1}
	var all []content.Object
	for i := range 200 {
		all = append(all, blob(text(uint64(i), 6<<10)))
	}
	tests := []struct {
		name  string
		cache int64
		fill  func(*Store) error
	}{
		{"recent", 1, func(s *Store) error { return s.Put(b.Context(), pool, all, nil) }},
		{"packed", 1, func(s *Store) error {
			file := filepath.Join(b.TempDir(), "p")
			write(b, s.shelf.fs, file, packOf(all...))
			_, err := s.AddPack(b.Context(), pool, file, nil)
			return err
		}},
		{"cached", 32 << 20, func(s *Store) error { return s.Put(b.Context(), pool, all, nil) }},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			s := openTest(b, Options{Dir: b.TempDir(), CacheBytes: tt.cache})
			if err := tt.fill(s); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if _, err := s.Get(b.Context(), pool, all[i%len(all)].Digest); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
