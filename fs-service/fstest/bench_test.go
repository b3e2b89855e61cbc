package fstest_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// shelf is a cluster of three with a repository of some files of 6 KiB.
func shelf(b *testing.B, files int) (*fstest.Cluster, content.RepoID, []content.Path) {
	b.Helper()
	c := fstest.NewCluster(b, 3)
	id, _ := content.ParseRepoID("shelf")
	if _, _, err := c.PutRepo(b.Context(), fsapi.RepoChange{ID: id}); err != nil {
		b.Fatal(err)
	}
	paths := make([]content.Path, files)
	var changes []content.Change
	for i := range paths {
		paths[i], _ = content.ParsePath(fmt.Sprintf("d%02d/s%02d/f%05d.json", i/1000, i/100%10, i))
		changes = append(changes, content.Change{Path: paths[i], Body: content.InlineBody(body(i))})
	}
	for len(changes) > 0 {
		n := min(len(changes), 1000)
		if _, err := c.Change(b.Context(), change(id, changes[:n]...)); err != nil {
			b.Fatal(err)
		}
		changes = changes[n:]
	}
	return c, id, paths
}

func body(seed int) []byte {
	line := fmt.Sprintf("%d: what was written here is not important\n", seed)
	return []byte(strings.Repeat(line, 6<<10/len(line)))
}

func change(id content.RepoID, changes ...content.Change) content.ChangeSet {
	main, _ := content.Branch("main")
	return content.ChangeSet{Repo: id, Branch: main, Author: content.Signature{Name: "Ada"}, Changes: changes}
}

func BenchmarkStatOfATip(b *testing.B) {
	c, id, paths := shelf(b, 2000)
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			at := fsapi.At{Repo: id, Path: paths[int(n.Add(1)*7919)%len(paths)]}
			if _, err := c.Stat(b.Context(), fsapi.StatQuestion{At: at, Inline: 64 << 10}); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkChangesOfOneBranch(b *testing.B) {
	for _, files := range []int{100, 2000, 20000} {
		for _, writers := range []int{1, 16} {
			b.Run(fmt.Sprintf("files=%d/writers=%d", files, writers), func(b *testing.B) {
				c, id, paths := shelf(b, files)
				var next atomic.Int64
				b.ResetTimer()
				var wg sync.WaitGroup
				for w := range writers {
					wg.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							ch := content.Change{Path: paths[w], Body: content.InlineBody(body(int(i) + 1_000_000))}
							if _, err := c.Change(b.Context(), change(id, ch)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				wg.Wait()
			})
		}
	}
}
