package gitfmt_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
)

// book is the corpus as a repository.
func book(t *testing.T) (repo *gitfmt.Repository, dir, corpusDir string) {
	t.Helper()
	corpusDir = corpus(t)
	dir = filepath.Join(t.TempDir(), "book.git")
	git(t, "", nil, "clone", "-q", "--mirror", filepath.Join(corpusDir, "history.bundle"), dir)
	return open(t, dir), dir, corpusDir
}

func TestCorpusCommitsAreReadEncodedAndCompared(t *testing.T) {
	repo, _, dir := book(t)
	f, err := os.Open(filepath.Join(dir, "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	trees := gitfmt.NewTrees(16 << 20)
	graph := gitfmt.NewGraph(trees, gitfmt.Limits{})
	n := 0
	for lines := bufio.NewReader(f); ; n++ {
		text, err := lines.ReadBytes('\n')
		if len(text) == 0 {
			break
		}
		var want struct {
			Commit, Tree content.Digest
			Parents      []content.Digest
			Message      string
			Changes      []struct{ Op, Path, Blob string }
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		c, err := graph.Commit(t.Context(), repo, want.Commit)
		if err != nil || c.Tree != want.Tree || !slices.Equal(c.Parents, want.Parents) || c.Message != want.Message {
			t.Errorf("%v is read as %+v, %v", want.Commit, c, err)
		}
		if o := gitfmt.EncodeCommit(c); o.Digest != want.Commit {
			t.Errorf("%v is written as %v:\n%s", want.Commit, o.Digest, o.Data)
		}
		var old content.Digest
		if len(c.Parents) > 0 {
			parent, err := graph.Commit(t.Context(), repo, c.Parents[0])
			if err != nil {
				t.Fatal(err)
			}
			old = parent.Tree
		}
		var got, changes []string
		for _, c := range want.Changes {
			changes = append(changes, strings.Join([]string{c.Path, c.Op, c.Blob}, " "))
		}
		_, err = trees.Diff(t.Context(), repo, old, c.Tree, 1<<20, func(c content.FileChange) error {
			op, d := "M", c.New.Digest.String()
			switch {
			case c.New.Mode == 0:
				op, d = "D", ""
			case c.Old.Mode == 0:
				op = "A"
			}
			got = append(got, strings.Join([]string{c.Path.String(), op, d}, " "))
			return nil
		})
		slices.Sort(changes)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, changes) {
			t.Errorf("%v changed %v, %v\nwant %v", want.Commit, got, err, changes)
		}
	}
	if n != 659 {
		t.Errorf("%d commits, not 659", n)
	}
}

func TestCorpusHistoryOfEveryPath(t *testing.T) {
	repo, dir, corpusDir := book(t)
	tip := digest(t, git(t, dir, nil, "rev-parse", "refs/heads/main"))
	past := gitfmt.NewGraph(gitfmt.NewTrees(16<<20), gitfmt.Limits{}).NewPast(repo, nil)
	table, err := os.ReadFile(filepath.Join(corpusDir, "versions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	for i, row := range rows {
		columns := strings.Split(row, "\t")
		want, err := strconv.Atoi(columns[1])
		if err != nil {
			t.Fatal(err)
		}
		items, _, err := past.Log(t.Context(), tip, path(t, columns[0]), gitfmt.Cursor{}, 1000)
		if err != nil || len(items) != want {
			t.Errorf("%s changed in %d commits, git says %d: %v", columns[0], len(items), want, err)
		}
		if want, err = strconv.Atoi(columns[3]); err != nil {
			t.Fatal(err)
		}
		items, _, err = past.Follow(t.Context(), tip, path(t, columns[0]), gitfmt.Cursor{}, 1000)
		if err != nil || len(items) != want {
			t.Errorf("%s was followed to %d commits, git to %d: %v", columns[0], len(items), want, err)
		}
		if i%20 == 0 { // git's own list takes a process
			judgeFollow(t, past, dir, tip, "main", columns[0])
			judgeLog(t, past, repo, tip, columns[0], digests(t, git(t, dir, nil, "log", "--format=%H", "main", "--", columns[0])))
		}
	}
	for _, p := range []string{"modules", "media", "collections"} {
		judgeLog(t, past, repo, tip, p, digests(t, git(t, dir, nil, "log", "--format=%H", "main", "--", p)))
	}
	judgeLog(t, past, repo, tip, "", digests(t, git(t, dir, nil, "log", "--format=%H", "main")))
}
