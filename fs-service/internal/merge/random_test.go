package merge_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
)

// file is what a path of a made-up tree holds.
type file struct{ mode, data string }

// tree is a made-up tree.
type tree map[string]file

// put makes p hold f; what is in its way goes.
func (x tree) put(p string, f file) {
	for q := range x {
		if strings.HasPrefix(q, p+"/") || strings.HasPrefix(p, q+"/") {
			delete(x, q)
		}
	}
	x[p] = f
}

// forest makes trees. Every line is new: so what Myers and git merge's histogram make of lines that
// repeat does not matter, and no two documents are alike enough for git to see a rename, which not
// every git can be told not to look for.
type forest struct {
	edits
	places  []string
	stream  bytes.Buffer // for git fast-import
	commits int
}

func newForest(seed, stream uint64, places ...string) *forest {
	return &forest{edits: edits{r: rand.New(rand.NewPCG(seed, stream))}, places: places}
}

var modes = []string{"100644", "100644", "100644", "100755", "120000"}

func (f *forest) file() file {
	mode := modes[f.r.IntN(len(modes))]
	switch {
	case mode == "120000":
		return file{mode, strings.TrimSpace(f.line())}
	case f.r.IntN(10) == 0:
		return file{mode, "\x00" + f.line()}
	}
	return file{mode, strings.Join(f.text(10), "")}
}

// change returns x after up to n changes.
func (f *forest) change(x tree, n int) tree {
	x = maps.Clone(x)
	for range f.r.IntN(n + 1) {
		p := f.places[f.r.IntN(len(f.places))]
		old, there := x[p]
		switch dice := f.r.IntN(10); {
		case !there && dice < 5, dice == 0:
			x.put(p, f.file())
		case dice < 3:
			delete(x, p)
		case dice < 4 && there && old.mode != "120000":
			old.mode = modes[f.r.IntN(4)]
			x[p] = old
		case there && old.mode == "120000":
			x[p] = file{old.mode, strings.TrimSpace(f.line())}
		case there:
			lines := f.edit(slices.Collect(strings.Lines(old.data)), 2)
			x[p] = file{old.mode, string(f.join(lines))}
		}
	}
	return x
}

// commit writes a commit of x and returns its mark. Each is a minute after the last.
func (f *forest) commit(x tree, parents ...string) (mark string) {
	f.commits++
	mark = fmt.Sprintf(":%d", f.commits)
	fmt.Fprintf(&f.stream, "commit refs/heads/c%d\nmark %s\ncommitter A <a@example.invalid> %d +0000\ndata 0\n",
		f.commits, mark, 1_700_000_000+60*f.commits)
	for i, p := range parents {
		fmt.Fprintf(&f.stream, "%s %s\n", []string{"from", "merge"}[min(i, 1)], p)
	}
	f.stream.WriteString("deleteall\n")
	for _, p := range slices.Sorted(maps.Keys(x)) {
		fmt.Fprintf(&f.stream, "M %s inline %s\ndata %d\n%s\n", x[p].mode, p, len(x[p].data), x[p].data)
	}
	return mark
}

// pair is two commits to merge, by mark.
type pair struct{ ours, theirs string }

func (p pair) refs() string {
	return strings.ReplaceAll(p.ours+" "+p.theirs, ":", "c")
}

// opinion is what git says of a merge.
type opinion struct {
	bases  []content.Digest
	clean  bool
	tree   content.Digest
	stages map[string]bool // "path stage mode digest" of each conflict
}

// askGit lets git merge all pairs, without looking for renames.
func askGit(t *testing.T, dir string, pairs []pair) []opinion {
	t.Helper()
	var list strings.Builder
	for _, p := range pairs {
		fmt.Fprintln(&list, p.refs())
	}
	run(t, dir, []byte(list.String()), "sh", "-c", `i=0; while read a b; do
		git merge-base --all $a $b >$i.bases
		git -c merge.renames=false -c merge.directoryRenames=false merge-tree --write-tree $a $b >$i.merged; echo $? >$i.status; i=$((i+1)); done`)
	opinions := make([]opinion, len(pairs))
	for i := range pairs {
		read := func(what string) []string {
			b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.%s", i, what)))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		}
		o := opinion{clean: read("status")[0] == "0", stages: map[string]bool{}}
		for _, line := range read("bases") {
			o.bases = append(o.bases, digest(t, line))
		}
		lines := read("merged")
		o.tree = digest(t, lines[0])
		for _, line := range lines[1:] {
			if line == "" || o.clean {
				break // messages follow
			}
			stage, name, _ := strings.Cut(line, "\t")
			f := strings.Fields(stage)
			name, _, _ = strings.Cut(name, "~") // git gives what is in the way another name
			o.stages[strings.Join([]string{name, f[2], f[0], f[1]}, " ")] = true
		}
		opinions[i] = o
	}
	return opinions
}

// stagesOf is a result's conflicts as git lists them.
func stagesOf(conflicts []merge.Conflict) map[string]bool {
	stages := map[string]bool{}
	for _, c := range conflicts {
		for i, e := range []content.Entry{c.Base, c.Ours, c.Theirs} {
			if e.Mode != 0 && !e.Mode.IsDir() {
				stages[fmt.Sprintf("%v %d %o %v", c.Path, i+1, e.Mode, e.Digest)] = true
			}
		}
	}
	return stages
}

// judge compares our answer with git's, for every pair, and returns how many were
// clean, and how many had several bases.
func judge(t *testing.T, f *forest, pairs []pair) (clean, crossed int) {
	t.Helper()
	repo, dir := repository(t, f.stream.Bytes())
	ids := map[string]content.Digest{}
	for line := range strings.Lines(run(t, dir, nil, "git", "for-each-ref", "--format=%(refname:short) %(objectname)")) {
		name, id, _ := strings.Cut(line, " ")
		ids[":"+name[1:]] = digest(t, id)
	}
	m, graph := newMerger()
	for i, want := range askGit(t, dir, pairs) {
		ours, theirs := ids[pairs[i].ours], ids[pairs[i].theirs]
		bases, err := merge.Bases(t.Context(), graph, repo, ours, theirs)
		if err != nil || !slices.Equal(bases, want.bases) {
			t.Errorf("pair %d: bases %v, %v, git says %v", i, bases, err, want.bases)
		}
		got, err := m.Commits(t.Context(), repo, merge.Commits{Ours: ours, Theirs: theirs})
		if err != nil {
			t.Fatal(err)
		}
		if len(bases) > 1 {
			crossed++
		}
		switch {
		case want.clean && (got.Tree != want.tree || len(got.Conflicts) > 0):
			t.Errorf("pair %d, %s: tree %v, conflicts %v, git says %v", i, pairs[i].refs(), got.Tree, got.Conflicts, want.tree)
		case !want.clean && !maps.Equal(stagesOf(got.Conflicts), want.stages):
			t.Errorf("pair %d, %s, bases %v: conflicts\n%v, git says\n%v", i, pairs[i].refs(), bases, lines(stagesOf(got.Conflicts)), lines(want.stages))
		case want.clean:
			clean++
			judgeMade(t, repo, got)
		}
	}
	return clean, crossed
}

func lines(set map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(set)), "\n")
}

// judgeMade checks that nothing of the result is missing, and that nothing was made in vain.
func judgeMade(t *testing.T, repo gitfmt.Source, r merge.Result) {
	t.Helper()
	made := map[content.Digest]bool{}
	for _, o := range r.Made {
		if made[o.Digest] {
			t.Errorf("%v was made twice", o.Digest)
		}
		if !o.Intact() {
			t.Errorf("%v is not what it is called", o.Digest)
		}
		made[o.Digest] = true
	}
	src := withMade{repo, r.Made}
	needed := map[content.Digest]bool{r.Tree: true}
	trees := gitfmt.NewTrees(1 << 20)
	if _, err := trees.Diff(t.Context(), src, content.Digest{}, r.Tree, 1<<20, func(c content.FileChange) error {
		needed[c.New.Digest] = true
		_, err := src.Object(t.Context(), c.New.Digest)
		return err
	}); err != nil {
		t.Errorf("the result is not whole: %v", err)
	}
	for _, o := range r.Made {
		if o.Kind == content.KindBlob && !needed[o.Digest] {
			t.Errorf("%v was made in vain", o.Digest)
		}
	}
}

// count is how many cases a test tries: a few with -short, and RHAPSODE_TIMES as many as usual.
func count(t *testing.T, usual, short int) int {
	t.Helper()
	if testing.Short() {
		return short
	}
	times := 1
	if s := os.Getenv("RHAPSODE_TIMES"); s != "" {
		if _, err := fmt.Sscan(s, &times); err != nil {
			t.Fatal(err)
		}
	}
	return usual * times
}

func TestTreesAgreeWithGitMerge(t *testing.T) {
	f := newForest(newSeed(t), 10, "a", "b", "c.txt", "d", "d/x", "d/y", "d/e/z", "e", "e/x", "f-g", "f", "f/h")
	var pairs []pair
	for range count(t, 100, 30) {
		base := f.change(tree{}, 12)
		b := f.commit(base)
		pairs = append(pairs, pair{f.commit(f.change(base, 6), b), f.commit(f.change(base, 6), b)})
	}
	clean, _ := judge(t, f, pairs)
	t.Logf("%d merges, %d of them clean", len(pairs), clean)
	if clean == 0 || clean == len(pairs) {
		t.Error("the cases say nothing")
	}
}

// head is a branch of a made-up history.
type head struct {
	tree tree
	mark string
}

// cross makes a merge of a and b as a person might: each path is as in one of them.
func (f *forest) cross(a, b head) head {
	x := maps.Clone(a.tree)
	for _, p := range slices.Sorted(maps.Keys(b.tree)) {
		if f.r.IntN(2) == 0 {
			x.put(p, b.tree[p])
		}
	}
	return head{x, f.commit(x, a.mark, b.mark)}
}

// No document stands in the way of a directory here: git moves such a one aside in the merged base, and then
// takes it for renamed.
func TestCrissCrossHistoriesAgreeWithGitMerge(t *testing.T) {
	f := newForest(newSeed(t), 11, "a", "b", "d/x", "d/y", "d/e/z")
	var pairs []pair
	for range count(t, 8, 3) {
		first := f.change(tree{}, 30)
		root := head{first, f.commit(first)}
		heads := []head{root, root, root}
		for range 14 {
			i, k := f.r.IntN(3), f.r.IntN(3)
			a, b := heads[i], heads[k]
			if a.mark != b.mark && f.r.IntN(2) == 0 {
				heads[i], heads[k] = f.cross(a, b), f.cross(b, a)
			} else {
				x := f.change(a.tree, 4)
				heads[i] = head{x, f.commit(x, a.mark)}
			}
			if heads[0].mark != heads[1].mark {
				pairs = append(pairs, pair{heads[0].mark, heads[1].mark})
			}
		}
	}
	clean, crossed := judge(t, f, pairs)
	t.Logf("%d merges, %d of them clean, %d with several bases", len(pairs), clean, crossed)
	if clean == 0 || crossed == 0 {
		t.Error("the cases say nothing")
	}
}
