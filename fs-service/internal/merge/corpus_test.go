package merge_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
)

// known is a merge of the corpus, and git's answer.
type known struct {
	Parents, Bases       []content.Digest // of a real merge
	BaseTree             content.Digest   `json:"base_tree"` // and so on: of one that never was
	OursTree             content.Digest   `json:"ours_tree"`
	TheirsTree           content.Digest   `json:"theirs_tree"`
	Status               string
	AutoTree, ResultTree *content.Digest
	ConflictPaths        []string `json:"conflict_paths"`
	Stages               []struct {
		Path  string
		Stage int
		Mode  string
		Blob  content.Digest
	}
	PlainSame bool `json:"plain_same"` // without looking for renames git says the same
}

func (k *known) UnmarshalJSON(b []byte) error {
	type plain known // without this method
	trees := struct {
		*plain
		Auto   *content.Digest `json:"auto_tree"`
		Result *content.Digest `json:"result_tree"`
	}{plain: (*plain)(k)}
	err := json.Unmarshal(b, &trees)
	k.AutoTree, k.ResultTree = trees.Auto, trees.Result
	return err
}

// book returns the corpus's objects and the merges of one of its files.
func book(t *testing.T, name string) (*gitfmt.Repository, []known) {
	t.Helper()
	dir := corpus(t)
	clone := filepath.Join(t.TempDir(), "book.git")
	run(t, "", nil, "git", "clone", "-q", "--mirror", filepath.Join(dir, "history.bundle"), clone)
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []known
	for lines := bufio.NewReader(f); ; {
		text, err := lines.ReadBytes('\n')
		if len(text) == 0 {
			return open(t, clone), all
		}
		var k known
		if err := json.Unmarshal(text, &k); err != nil {
			t.Fatal(err, string(text))
		}
		all = append(all, k)
		if err != nil {
			return open(t, clone), all
		}
	}
}

// judgeKnown compares r with git's answer and says whether they agree.
func judgeKnown(t *testing.T, n int, k known, r merge.Result) {
	t.Helper()
	if !k.PlainSame {
		t.Logf("%d: not compared, git saw a rename; ours is %v with %d conflicts", n, r.Tree, len(r.Conflicts))
		return
	}
	if k.Status == "clean" {
		want := k.AutoTree
		if want == nil {
			want = k.ResultTree
		}
		if len(r.Conflicts) > 0 || r.Tree != *want {
			t.Errorf("%d: %v, conflicts %v, git says %v", n, r.Tree, r.Conflicts, *want)
		}
		return
	}
	var got []string
	for _, c := range r.Conflicts {
		got = append(got, c.Path.String())
	}
	slices.Sort(k.ConflictPaths)
	if !slices.Equal(got, k.ConflictPaths) {
		t.Errorf("%d: conflicts %v, git says %v", n, got, k.ConflictPaths)
	}
	stages := stagesOf(r.Conflicts)
	for _, s := range k.Stages {
		delete(stages, s.Path+" "+string(rune('0'+s.Stage))+" "+s.Mode+" "+s.Blob.String())
	}
	if len(k.Stages) > 0 && len(stages) > 0 {
		t.Errorf("%d: stages that git does not have: %s", n, lines(stages))
	}
	if len(r.Made) > 0 || !r.Tree.IsZero() {
		t.Errorf("%d: made %d objects and %v in spite of conflicts", n, len(r.Made), r.Tree)
	}
}

func TestCorpusMerges(t *testing.T) {
	repo, all := book(t, "merges.jsonl")
	m, _ := newMerger()
	for n, k := range all {
		r, err := m.Commits(t.Context(), repo, merge.Commits{Ours: k.Parents[0], Theirs: k.Parents[1]})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(r.Bases, k.Bases) {
			t.Errorf("%d: bases %v, git says %v", n, r.Bases, k.Bases)
		}
		judgeKnown(t, n, k, r)
	}
	if len(all) != 10 {
		t.Errorf("%d merges, not 10", len(all))
	}
}

// TestCorpusReverts merges what a revert of a real commit from a later state merges.
func TestCorpusReverts(t *testing.T) {
	repo, all := book(t, "whatif.jsonl")
	m, _ := newMerger()
	for n, k := range all {
		r, err := m.Trees(t.Context(), repo, k.BaseTree, k.OursTree, k.TheirsTree, nil)
		if err != nil {
			t.Fatal(err)
		}
		judgeKnown(t, n, k, r)
	}
	if len(all) != 120 {
		t.Errorf("%d merges, not 120", len(all))
	}
}
