package merge_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/fs-service/internal/merge"
)

// BenchmarkAgainstGit merges two branches that changed 20 documents each, 5 of them on both
// sides, in works of two sizes, and lets git do the same, by turns. With cold caches every object
// is read from the repository's pack, as git does.
func BenchmarkAgainstGit(b *testing.B) {
	for _, size := range []int{2_000, 20_000} {
		f := newForest(1, 1)
		base := tree{}
		for i := range size {
			base[name(i)] = file{"100644", strings.Join(f.text(40), "")}
		}
		side := func(first, line int) tree {
			x := maps.Clone(base)
			for i := range 20 {
				p := name((first + i) * size / 50)
				lines := strings.SplitAfter(x[p].data, "\n")
				lines[line] = f.line()
				x[p] = file{"100644", strings.Join(lines, "")}
			}
			return x
		}
		mark := f.commit(base)
		f.commit(side(0, 3), mark)
		f.commit(side(15, 30), mark)
		repo, dir := repository(b, f.stream.Bytes())
		ours, theirs := digest(b, run(b, dir, nil, "git", "rev-parse", "c2")), digest(b, run(b, dir, nil, "git", "rev-parse", "c3"))
		want := digest(b, run(b, dir, nil, "git", "merge-tree", "--write-tree", "c2", "c3"))

		once := func(b *testing.B, m *merge.Merger) {
			r, err := m.Commits(b.Context(), repo, merge.Commits{Ours: ours, Theirs: theirs})
			if err != nil || r.Tree != want {
				b.Fatalf("%v, %d conflicts, %v, git says %v", r.Tree, len(r.Conflicts), err, want)
			}
		}
		warm, _ := newMerger()
		once(b, warm)
		b.Run(fmt.Sprintf("files=%d/cold", size), func(b *testing.B) {
			beside(b, func() { cold, _ := newMerger(); once(b, cold) }, dir)
		})
		b.Run(fmt.Sprintf("files=%d/warm", size), func(b *testing.B) {
			beside(b, func() { once(b, warm) }, dir)
		})
	}
}

// beside times ours and git's merge in turn, and reports the ratio of the medians.
func beside(b *testing.B, ours func(), dir string) {
	var us, git []time.Duration
	for range max(15, b.N) {
		begin := time.Now()
		ours()
		us = append(us, time.Since(begin))
		begin = time.Now()
		run(b, dir, nil, "git", "merge-tree", "--write-tree", "c2", "c3")
		git = append(git, time.Since(begin))
	}
	slices.Sort(us)
	slices.Sort(git)
	median, theirs := us[len(us)/2], git[len(git)/2]
	b.ReportMetric(float64(median)/float64(theirs), "of-git")
	b.ReportMetric(median.Seconds()*1000, "ms")
	b.ReportMetric(theirs.Seconds()*1000, "git-ms")
}

// name is of a document in one of a hundred in a directory, ten directories in one.
func name(i int) string { return fmt.Sprintf("d%02d/s%d/f%05d.json", i/1000, i/100%10, i) }
