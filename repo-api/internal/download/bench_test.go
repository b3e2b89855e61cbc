package download_test

import (
	"context"
	"io"
	"syscall"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/download"
)

// BenchmarkEdition makes all downloads of the real book: the whole of it, and
// after one module changed. What the processor did is the figure to compare.
func BenchmarkEdition(b *testing.B) {
	e := corpusEdition(b)
	b.Run("whole", func(b *testing.B) {
		measure(b, func(int) {
			e.Store = newMemory()
			makeAll(b, e)
		})
	})
	b.Run("one module changed", func(b *testing.B) {
		e.Store = newMemory()
		makeAll(b, e)
		src := e.Source
		measure(b, func(n int) {
			e.Source = changed{src, "modules/m00040/index.cnxml", n}
			makeAll(b, e)
		})
	})
}

func makeAll(b *testing.B, e download.Edition) {
	opened := open(b, e)
	for _, r := range download.Recipes() {
		if _, err := r.Make(context.Background(), opened, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func measure(b *testing.B, run func(n int)) {
	before := processorTime(b)
	n := 0
	for b.Loop() {
		run(n)
		n++
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(time.Millisecond)/float64(n), "cpu-ms/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// changed is a Source in which one file has another digest every time.
type changed struct {
	book.Source
	path string
	n    int
}

func (c changed) Files(ctx context.Context) ([]book.File, error) {
	files, err := c.Source.Files(ctx)
	if err != nil {
		return nil, err
	}
	files = append([]book.File(nil), files...)
	for i := range files {
		if files[i].Path.String() == c.path {
			files[i].Digest = content.Digest{1, byte(c.n >> 8), byte(c.n)}
		}
	}
	return files, nil
}

func (c changed) Open(ctx context.Context, f book.File) (io.ReadCloser, error) {
	if f.Path.String() != c.path {
		return c.Source.Open(ctx, f)
	}
	files, err := c.Source.Files(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range files {
		if g.Path == f.Path {
			return c.Source.Open(ctx, g)
		}
	}
	return c.Source.Open(ctx, f)
}
