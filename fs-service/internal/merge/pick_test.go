package merge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/merge"
)

// order is a pick that git is asked for too.
type order struct {
	onto, commit string
	revert       bool
	mainline     int
}

// pickWithGit lets git carry out orders in the repository at dir. Not every ort can be told not to
// look for renames; where there is an older strategy of that name, recursive can.
func pickWithGit(t *testing.T, dir string, orders []order) []opinion {
	t.Helper()
	work, answers := filepath.Join(t.TempDir(), "work"), t.TempDir()
	var list strings.Builder
	for i, o := range orders {
		verb, mainline := "cherry-pick --allow-empty --keep-redundant-commits", ""
		if o.revert {
			verb = "revert --no-edit"
		}
		if o.mainline > 0 {
			mainline = fmt.Sprintf("-m %d", o.mainline)
		}
		fmt.Fprintf(&list, "git read-tree -q --reset -u %s && git update-ref --no-deref HEAD %s || exit 1\n", o.onto, o.onto)
		fmt.Fprintf(&list, "git %s --strategy=recursive -Xno-renames %s %s >%s/said 2>&1; echo $? >%s/%d.status\n", verb, mainline, o.commit, answers, answers, i)
		fmt.Fprintf(&list, "git ls-files -u >%[1]s/%[2]d.stages; git write-tree >%[1]s/%[2]d.tree 2>/dev/null\n", answers, i)
		fmt.Fprintf(&list, "rm -f $(git rev-parse --git-path CHERRY_PICK_HEAD) $(git rev-parse --git-path REVERT_HEAD); rm -rf $(git rev-parse --git-path sequencer)\n")
	}
	run(t, dir, nil, "git", "worktree", "add", "-q", "--no-checkout", "--detach", work, orders[0].onto)
	for _, setting := range [][]string{{"user.name", "A"}, {"user.email", "a@example.invalid"}, {"merge.directoryRenames", "false"}, {"core.autocrlf", "false"}} {
		run(t, dir, nil, "git", append([]string{"config"}, setting...)...)
	}
	run(t, work, []byte(list.String()), "sh", "-s")
	opinions := make([]opinion, len(orders))
	for i := range orders {
		read := func(what string) string {
			b, err := os.ReadFile(filepath.Join(answers, fmt.Sprintf("%d.%s", i, what)))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		o := opinion{stages: map[string]bool{}}
		for line := range strings.Lines(read("stages")) {
			stage, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			f := strings.Fields(stage)
			name, _, _ = strings.Cut(name, "~") // git gives what is in the way another name
			o.stages[strings.Join([]string{name, f[2], f[0], f[1]}, " ")] = true
		}
		if o.clean = len(o.stages) == 0; o.clean {
			o.tree = digest(t, read("tree"))
		}
		opinions[i] = o
	}
	return opinions
}

// judgePicks compares our answers with git's and returns how many were clean.
func judgePicks(t *testing.T, dir string, orders []order) (clean int) {
	t.Helper()
	repo := open(t, dir)
	m, _ := newMerger()
	id := func(name string) content.Digest { return digest(t, run(t, dir, nil, "git", "rev-parse", name)) }
	for i, want := range pickWithGit(t, dir, orders) {
		o := orders[i]
		got, err := m.Pick(t.Context(), repo, merge.Pick{Onto: id(o.onto), Commit: id(o.commit), Revert: o.revert, Mainline: o.mainline})
		switch {
		case err != nil:
			t.Fatal(err)
		case want.clean && (got.Tree != want.tree || len(got.Conflicts) > 0):
			t.Errorf("%+v: tree %v, conflicts %v, git says %v", o, got.Tree, got.Conflicts, want.tree)
		case !want.clean && !maps.Equal(stagesOf(got.Conflicts), want.stages):
			t.Errorf("%+v: conflicts\n%v, git says\n%v", o, lines(stagesOf(got.Conflicts)), lines(want.stages))
		case want.clean:
			clean++
			judgeMade(t, repo, got)
		}
	}
	return clean
}

func TestPicksAgreeWithGit(t *testing.T) {
	f := newForest(newSeed(t), 12, "a", "b", "c.txt", "d/x", "d/y", "d/e/z", "f-g", "f", "h")
	ref := func(mark string) string { return strings.ReplaceAll(mark, ":", "c") }
	var orders []order
	for n := range count(t, 40, 10) {
		base := f.change(tree{}, 12)
		b := f.commit(base)
		changed, side := f.change(base, 6), f.change(base, 6)
		commit, onto := f.commit(changed, b), f.commit(side, b)
		o := order{onto: ref(onto), commit: ref(commit)}
		switch n % 4 {
		case 1: // a later state takes the change back
			o = order{onto: ref(f.commit(f.change(changed, 6), commit)), commit: ref(commit), revert: true}
		case 2:
			o = order{onto: ref(f.commit(f.change(side, 4), onto)), commit: ref(f.commit(f.change(changed, 4), commit, onto)), mainline: 1 + n%8/4}
		case 3:
			o.commit, o.revert = ref(b), n%8 == 3 // a root
		}
		orders = append(orders, o)
	}
	_, dir := repository(t, f.stream.Bytes())
	clean := judgePicks(t, dir, orders)
	t.Logf("%d picks, %d of them clean", len(orders), clean)
	if clean == 0 || clean == len(orders) {
		t.Error("the cases say nothing")
	}
}

// TestCorpusPicksAgreeWithGit does commits of a real book over on top of other states of it, and undoes them.
func TestCorpusPicksAgreeWithGit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "book.git")
	run(t, "", nil, "git", "clone", "-q", "--mirror", filepath.Join(corpus(t), "history.bundle"), dir)
	ids := strings.Fields(run(t, dir, nil, "git", "rev-list", "--no-merges", "--min-parents=1", "HEAD"))
	r := rand.New(rand.NewPCG(newSeed(t), 13))
	var orders []order
	for range count(t, 30, 6) {
		orders = append(orders,
			order{onto: ids[r.IntN(len(ids))], commit: ids[r.IntN(len(ids))]},
			order{onto: ids[r.IntN(len(ids))], commit: ids[r.IntN(len(ids))], revert: true})
	}
	t.Logf("%d picks, %d of them clean", len(orders), judgePicks(t, dir, orders))
}
