package gitfmt_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
)

// BenchmarkHistoryAgainstGit lists 500 versions of a document among 5,000 commits of
// 200 documents: the first page of 30 and all of them, with nothing in memory but what a
// restart finds on the disk, and later; and git beside it on the same data.
func BenchmarkHistoryAgainstGit(b *testing.B) {
	dir := b.TempDir()
	run := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			b.Skipf("left out: git %q: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	var stream strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&stream, "commit refs/heads/main\nmark :%d\ncommitter C <c@example.invalid> %d +0000\ndata 0\n", i+1, 1_700_000_000+i)
		if i > 0 {
			fmt.Fprintf(&stream, "from :%d\n", i)
		}
		name := fmt.Sprintf("part%d/doc%d", i%20, i%199)
		if i%10 == 0 {
			name = "part3/the one"
		}
		fmt.Fprintf(&stream, "M 100644 inline %q\ndata <<.\nversion %d\n.\n", name, i)
	}
	run("", "init", "-q", "--bare", "-b", "main")
	run(stream.String()+"done\n", "fast-import", "--quiet", "--done")
	run("", "repack", "-adq")
	tip, _ := content.ParseDigest(run("", "rev-parse", "main"))
	at, _ := content.ParsePath("part3/the one")
	src, err := gitfmt.OpenRepository(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	var records []byte
	learned := gitfmt.NewGraph(newTrees(), gitfmt.Limits{}).NewPast(src, func(r []byte) { records = append(records, r...) })
	if err := learned.Learn(b.Context(), tip, 1<<20); err != nil {
		b.Fatal(err)
	}
	for _, list := range []struct {
		name          string
		limit, expect int
	}{{"first page", 30, 30}, {"all", 1000, 500}} {
		b.Run("after a restart, "+list.name, func(b *testing.B) {
			for b.Loop() {
				past := gitfmt.NewGraph(gitfmt.NewTrees(64<<20), gitfmt.Limits{}).NewPast(src, nil)
				past.Recall(records)
				if items, _, err := past.Log(b.Context(), tip, at, gitfmt.Cursor{}, list.limit); err != nil || len(items) != list.expect {
					b.Fatal(len(items), err)
				}
			}
			b.ReportMetric(float64(len(records)), "bytes-kept")
		})
		b.Run("later, "+list.name, func(b *testing.B) {
			for b.Loop() {
				if items, _, err := learned.Log(b.Context(), tip, at, gitfmt.Cursor{}, list.limit); err != nil || len(items) != list.expect {
					b.Fatal(len(items), err)
				}
			}
		})
		b.Run("git, "+list.name, func(b *testing.B) {
			for b.Loop() {
				run("", "log", "--format=%H", "-n", fmt.Sprint(list.limit), "main", "--", at.String())
			}
		})
	}
}
