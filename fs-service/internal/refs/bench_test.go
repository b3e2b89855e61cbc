package refs_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/fs-service/internal/refs/refstest"
)

// BenchmarkApply moves as many refs as there are writers, on the voter that
// leads three of them, all in this process and on one disk.
func BenchmarkApply(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			c := newCluster(b, 3)
			repo := refstest.NewRepo(b, c.any())
			r := c.leader(b).refs.Load()
			if err := r.Barrier(refstest.Context(b)); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			share(b, writers, func(writer int, next func() bool) error {
				name := refstest.Branch(b, strconv.Itoa(writer))
				at := int64(0)
				for n := 0; next(); n++ {
					x := refstest.Txn(b, r, repo, refs.Move{Name: name, Expect: at, New: refstest.Digest(n),
						Done: []refs.Done{{Request: content.NewRequestID(), Commit: refstest.Digest(n)}}})
					var err error
					if at, err = r.Apply(context.Background(), x); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// BenchmarkPlainPut writes what a ref holds with nothing of ours around it.
func BenchmarkPlainPut(b *testing.B) {
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			c := newCluster(b, 3)
			refstest.NewRepo(b, c.any())
			r := c.leader(b).refs.Load()
			value := strings.Repeat("x", 1200)
			b.ResetTimer()
			share(b, writers, func(writer int, next func() bool) error {
				for next() {
					if err := r.PlainPut(context.Background(), "plain/"+strconv.Itoa(writer), value); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// BenchmarkBarrier asks on a voter that follows.
func BenchmarkBarrier(b *testing.B) {
	for _, readers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			c := newCluster(b, 3)
			refstest.NewRepo(b, c.any())
			r := c.members[(c.leader(b).n+1)%3].refs.Load()
			b.ResetTimer()
			share(b, readers, func(_ int, next func() bool) error {
				for next() {
					if err := r.Barrier(context.Background()); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
}

// share has workers do b.N things between them.
func share(b *testing.B, workers int, work func(worker int, next func() bool) error) {
	b.Helper()
	var taken atomic.Int64
	next := func() bool { return taken.Add(1) <= int64(b.N) }
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			if err := work(w, next); err != nil {
				b.Error(err)
			}
		})
	}
	working.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}
