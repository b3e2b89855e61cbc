package gitfmt_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// history writes n random commits for git fast-import: branches and merges of
// two or three parents, merges that take one side whole, commits that change
// nothing, several roots, clocks that stand still and clocks that run backwards.
// Commit i is refs/heads/c<i>.
func history(seed uint64, n int) string {
	dice := rand.New(rand.NewPCG(seed, 2))
	paths := []string{"a", "d/a", "d/b", "d/e/a", "d/e/b", "f.x", "f/x"}
	var stream strings.Builder
	var states []map[string]int
	for i := range n {
		var parents []int
		for range []int{0, 1, 1, 1, 1, 2, 2, 3}[dice.IntN(8)] {
			if p := i - 1 - dice.IntN(min(i+1, 6)); p >= 0 && !slices.Contains(parents, p) {
				parents = append(parents, p)
			}
		}
		state := map[string]int{}
		if len(parents) > 0 {
			state = maps.Clone(states[parents[dice.IntN(len(parents))]])
		}
		for range dice.IntN(3) {
			if p := paths[dice.IntN(len(paths))]; dice.IntN(4) == 0 {
				delete(state, p)
			} else {
				state[p] = dice.IntN(3)
			}
		}
		states = append(states, state)
		when := 1_700_000_000 + i/3*10
		if dice.IntN(8) == 0 {
			when -= 200
		}
		fmt.Fprintf(&stream, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@example.invalid> %d +0000\ndata 0\n", i, i+1, when)
		for j, p := range parents {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge", "merge"}[j], p+1)
		}
		stream.WriteString("deleteall\n")
		for _, p := range slices.Sorted(maps.Keys(state)) {
			fmt.Fprintf(&stream, "M 100644 inline %s\ndata 1\n%d\n", p, state[p])
		}
	}
	stream.WriteString("done\n")
	return stream.String()
}

func TestHistoryIsWhatGitSaysItIs(t *testing.T) {
	const commits = 60
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			var dir string
			repo := repository(t, func(d string) {
				dir = d
				git(t, d, []byte(history(seed, commits)), "fast-import", "--quiet", "--done")
			})
			past := newPast(repo)
			for _, i := range []int{commits - 1, commits - 2, commits / 2} {
				ref := fmt.Sprintf("refs/heads/c%d", i)
				tip := digest(t, git(t, dir, nil, "rev-parse", ref))
				for _, p := range []string{"", "a", "d", "d/a", "d/b", "d/e", "d/e/a", "f.x", "f", "f/x", "never"} {
					args := []string{"log", "--format=%H", ref}
					if p != "" {
						args = append(args, "--", p)
					}
					judgeLog(t, past, repo, tip, p, digests(t, git(t, dir, nil, args...)))
				}
				for _, p := range []string{"a", "d/e/b", "f/x"} {
					judgeFollow(t, past, dir, tip, ref, p)
				}
			}
		})
	}
}

// judgeLog holds Log, in one page and in small ones, and LastChange to what git says.
func judgeLog(t *testing.T, past *gitfmt.Past, src gitfmt.Source, tip content.Digest, p string, want []content.Digest) {
	t.Helper()
	ctx := t.Context()
	for _, limit := range []int{1 << 20, 3} {
		var got []content.Digest
		var after gitfmt.Cursor
		for {
			items, next, err := past.Log(ctx, tip, path(t, p), after, limit)
			if err != nil || len(items) > limit {
				t.Fatalf("%q: %d items, %v", p, len(items), err)
			}
			for _, item := range items {
				got = append(got, item.Commit.ID)
				e, err := newTrees().Lookup(ctx, src, item.Commit.Tree, path(t, p))
				if fault.Is(err, fault.NotFound) {
					e, err = content.Entry{}, nil
				}
				if err != nil || e != item.Entry {
					t.Errorf("%q in %v: %+v, want %+v, %v", p, item.Commit.ID, item.Entry, e, err)
				}
			}
			if next.IsZero() {
				break
			}
			if after, err = gitfmt.ParseCursor(next.String()); err != nil || after != next {
				t.Fatalf("%v is read as %v, %v", next, after, err)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("log of %q, %d a page:\n%v\ngit says\n%v", p, limit, got, want)
		}
	}
	commit, _, ok, err := past.LastChange(ctx, tip, path(t, p))
	if err != nil || ok != (len(want) > 0) || ok && commit != want[0] {
		t.Errorf("last change of %q: %v, %v, %v; git says %v", p, commit, ok, err, want)
	}
}

// What is next to a version, and what was there at a time, follow from the log.
func TestVersionsFollowFromTheLog(t *testing.T) {
	const commits = 80
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			ctx := t.Context()
			var dir string
			repo := repository(t, func(d string) {
				dir = d
				git(t, d, []byte(history(seed, commits)), "fast-import", "--quiet", "--done")
			})
			past := newPast(repo)
			line := digests(t, git(t, dir, nil, "rev-list", "--first-parent", fmt.Sprintf("refs/heads/c%d", commits-1)))
			for _, name := range []string{"a", "d/a", "d/e/b", "f/x", "never"} {
				p := path(t, name)
				var after content.Digest // of the line, the newest version behind the commit
				for i, tip := range line {
					log, _, err := past.Log(ctx, tip, p, gitfmt.Cursor{}, 1000)
					if err != nil {
						t.Fatal(err)
					}
					var want gitfmt.Versions
					if len(log) > 0 {
						want = gitfmt.Versions{This: log[0].Commit.ID, When: log[0].Commit.Committer.When.UTC(), After: after}
						judgeTimes(t, past, tip, p, log)
					}
					for _, item := range log[min(1, len(log)):] {
						if want.Before.IsZero() && item.Entry.Mode != 0 {
							want.Before = item.Commit.ID
						}
					}
					got, err := past.Versions(ctx, tip, line[0], p)
					if err != nil || got != want {
						t.Fatalf("%s at %d commits before the end: %+v, want %+v, %v", name, i, got, want, err)
					}
					if i == len(line)-1 {
						break
					}
					now, was := entryAt(t, repo, tip, p), entryAt(t, repo, line[i+1], p)
					if now.Mode != 0 && now != was {
						after = tip
					}
				}
			}
		})
	}
}

// entryAt is what a commit holds at a path; zero if that is nothing.
func entryAt(t *testing.T, src gitfmt.Source, commit content.Digest, p content.Path) content.Entry {
	t.Helper()
	c, err := gitfmt.NewGraph(newTrees(), gitfmt.Limits{}).Commit(t.Context(), src, commit)
	if err != nil {
		t.Fatal(err)
	}
	e, err := newTrees().Lookup(t.Context(), src, c.Tree, p)
	if err != nil && !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	return e
}

// judgeTimes asks for the version at each second of a log, before it and after it.
func judgeTimes(t *testing.T, past *gitfmt.Past, tip content.Digest, p content.Path, log []gitfmt.Logged) {
	t.Helper()
	log = slices.DeleteFunc(slices.Clone(log), func(l gitfmt.Logged) bool { return l.Entry.Mode == 0 })
	for _, second := range append(log, gitfmt.Logged{}, gitfmt.Logged{Commit: content.Commit{Committer: content.Signature{When: time.Unix(1<<40, 0)}}}) {
		when := second.Commit.Committer.When
		var want content.Digest
		for _, l := range log {
			if want = l.Commit.ID; !l.Commit.Committer.When.After(when) {
				break
			}
		}
		got, ok, err := past.VersionAt(t.Context(), tip, p, when)
		if err != nil || ok != (len(log) > 0) || got.Commit.ID != want {
			t.Fatalf("%v at %v: %v, %v, %v, want %v", p, when, got.Commit.ID, ok, err, want)
		}
	}
}

// judgeFollow holds Follow, in pages, to the commits that git gives out and what
// the document was called then.
func judgeFollow(t *testing.T, past *gitfmt.Past, dir string, tip content.Digest, ref, p string) {
	t.Helper()
	var got, want []string
	var after gitfmt.Cursor
	for {
		items, next, err := past.Follow(t.Context(), tip, path(t, p), after, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			got = append(got, item.Commit.ID.String()+" "+item.Path.String())
		}
		if after = next; next.IsZero() {
			break
		}
	}
	out := git(t, dir, nil, "log", "--follow", "--format=%x01%H", "--name-status", ref, "--", p)
	for _, block := range strings.Split(out, "\x01")[1:] {
		fields := strings.FieldsFunc(block, func(r rune) bool { return r == '\n' || r == '\t' })
		want = append(want, fields[0]+" "+fields[len(fields)-1])
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%q of %s is followed as\n%s\ngit says\n%s", p, ref, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// moves writes n random commits for git fast-import in which documents are renamed
// and copied while they change, by a little or a lot.
func moves(seed uint64, n int) string {
	dice := rand.New(rand.NewPCG(seed, 3))
	var stream strings.Builder
	state := map[string][]string{}
	name := func() string {
		return []string{"", "x/", "x/y/", "z/"}[dice.IntN(4)] + string(rune('a'+dice.IntN(8)))
	}
	text := func() string {
		return strings.Repeat(string(rune('a'+dice.IntN(26))), 1+dice.IntN(90)) + []string{"\n", "\n", "\r\n", "\x00"}[dice.IntN(4)]
	}
	for i := range n {
		names := slices.Sorted(maps.Keys(state))
		to := name()
		switch kind := dice.IntN(6); {
		case len(names) < 4 || kind == 0:
			state[to] = nil
			for range dice.IntN(12) {
				state[to] = append(state[to], text())
			}
		case kind < 5:
			from := names[dice.IntN(len(names))]
			lines := slices.Clone(state[from])
			for range dice.IntN(5) {
				if len(lines) > 0 {
					lines[dice.IntN(len(lines))] = text()
				}
			}
			if kind < 3 {
				delete(state, from)
			}
			if kind != 3 {
				to = from
			}
			if kind < 2 {
				to = name()
			}
			state[to] = lines
		default:
			delete(state, names[dice.IntN(len(names))])
		}
		fmt.Fprintf(&stream, "commit refs/heads/main\nmark :%d\ncommitter C <c@example.invalid> %d +0000\ndata 0\n", i+1, 1_700_000_000+i)
		if i > 0 {
			fmt.Fprintf(&stream, "from :%d\n", i)
		}
		stream.WriteString("deleteall\n")
		for _, p := range slices.Sorted(maps.Keys(state)) {
			body := strings.Join(state[p], "")
			fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", p, len(body), body)
		}
	}
	stream.WriteString("done\n")
	return stream.String()
}

func TestRenamesAreFollowedAsGitFollowsThem(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			var dir string
			repo := repository(t, func(d string) {
				dir = d
				git(t, d, []byte(moves(seed, 60)), "fast-import", "--quiet", "--done")
			})
			past := newPast(repo)
			tip := digest(t, git(t, dir, nil, "rev-parse", "main"))
			for p := range strings.Lines(git(t, dir, nil, "ls-tree", "-r", "--name-only", "main")) {
				judgeFollow(t, past, dir, tip, "main", strings.TrimSpace(p))
			}
		})
	}
}

func TestAncestorsWhateverTheClocksSay(t *testing.T) {
	const commits = 40
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			var out string
			repo := repository(t, func(d string) {
				git(t, d, []byte(history(seed, commits)), "fast-import", "--quiet", "--done")
				out = git(t, d, nil, "rev-list", "--all", "--parents", "--topo-order", "--reverse")
			})
			graph := gitfmt.NewGraph(newTrees(), gitfmt.Limits{})
			ancestors := map[content.Digest]map[content.Digest]bool{}
			var all []content.Digest
			for line := range strings.Lines(out) {
				ids := digests(t, strings.Join(strings.Fields(line), "\n"))
				mine := map[content.Digest]bool{ids[0]: true}
				for _, p := range ids[1:] {
					maps.Copy(mine, ancestors[p])
				}
				ancestors[ids[0]] = mine
				all = append(all, ids[0])
			}
			for _, a := range all {
				for _, b := range all {
					got, err := graph.IsAncestor(t.Context(), repo, a, b)
					if err != nil || got != ancestors[b][a] {
						t.Fatalf("is %v an ancestor of %v: %v, %v", a, b, got, err)
					}
				}
			}
		})
	}
}

func TestClosureIsWhatGitListsAsReachable(t *testing.T) {
	var dir string
	repo := repository(t, func(d string) {
		dir = d
		git(t, d, []byte(history(7, 40)), "fast-import", "--quiet", "--done")
		git(t, d, nil, "tag", "-a", "-m", "first", "v1", "c20")
		git(t, d, nil, "tag", "-a", "-m", "of a tag", "v2", "v1")
	})
	tests := []struct {
		name string
		tips []string
		done []string
		list []string // for git rev-list
	}{
		{"a commit", []string{"c30"}, nil, []string{"c30"}},
		{"a tag of a tag", []string{"v2"}, nil, []string{"v2"}},
		{"several, twice", []string{"c30", "v2", "c35", "c30"}, nil, []string{"c30", "v2", "c35"}},
		{"a tree", []string{"c30^{tree}"}, nil, []string{"c30^{tree}"}},
		{"nothing", nil, nil, nil},
		{"what is done", []string{"c30"}, []string{"c30"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ids := func(names []string) (ds []content.Digest) {
				for _, n := range names {
					ds = append(ds, digest(t, git(t, dir, nil, "rev-parse", n)))
				}
				return ds
			}
			done := ids(tt.done)
			got := map[string]int{}
			err := gitfmt.Closure(t.Context(), repo, ids(tt.tips),
				func(d content.Digest) bool { return slices.Contains(done, d) },
				func(d content.Digest, k content.Kind) error { got[fmt.Sprintf("%v %v", d, k)]++; return nil })
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{}
			if len(tt.list) > 0 {
				out := git(t, dir, nil, append([]string{"rev-list", "--objects", "--no-object-names"}, tt.list...)...)
				for line := range strings.Lines(git(t, dir, []byte(out), "cat-file", "--batch-check=%(objectname) %(objecttype)")) {
					want[strings.TrimSpace(line)] = 1
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("visited %v\ngit lists %v", got, want)
			}
		})
	}
}

// line makes a history of one file, changed by every commit in changes.
func line(t *testing.T, src memory, commits int, changes ...int) (tips []content.Digest) {
	t.Helper()
	var c content.Commit
	for i := range commits {
		f := files{"other": blob(1000 + i)}
		for _, n := range changes {
			if n <= i {
				f["doc"] = blob(n)
			}
		}
		root, made, err := newTrees().Edit(t.Context(), src, content.Digest{}, f.edits(t))
		if err != nil {
			t.Fatal(err)
		}
		src.add(made...)
		when := time.Unix(int64(i), 0).UTC()
		c = content.Commit{Tree: root, Author: content.Signature{Name: "A", When: when}, Committer: content.Signature{Name: "A", When: when}}
		if i > 0 {
			c.Parents = []content.Digest{tips[i-1]}
		}
		o := gitfmt.EncodeCommit(c)
		src.add(o)
		tips = append(tips, o.Digest)
	}
	return tips
}

func newPast(src gitfmt.Source) *gitfmt.Past {
	return gitfmt.NewGraph(newTrees(), gitfmt.Limits{}).NewPast(src, nil)
}

// What one question has read serves questions about every other path and tip, and
// a commit that comes later costs a look at what it changed.
func TestHistoryIsReadOnce(t *testing.T) {
	ctx, src := t.Context(), memory{}
	tips := line(t, src, 300, 10)
	counted := &counting{Source: src}
	// A graph that remembers nothing shows every comparison of commits as a read.
	past := gitfmt.NewGraph(gitfmt.NewTrees(0), gitfmt.Limits{CacheBytes: 1}).NewPast(counted, nil)
	tests := []struct {
		name        string
		tip         int
		path        string
		there       bool
		least, most int // reads
	}{
		{"the first", 297, "doc", true, 280, 10_000},
		{"the same", 297, "doc", true, 0, 0},
		{"another path", 297, "never", false, 0, 0},
		{"an older tip", 150, "doc", true, 0, 0},
		{"two commits later", 299, "doc", true, 1, 16},
	}
	for _, tt := range tests {
		before := counted.reads
		commit, when, ok, err := past.LastChange(ctx, tips[tt.tip], path(t, tt.path))
		if err != nil || ok != tt.there || ok && (commit != tips[10] || when.Unix() != 10) {
			t.Errorf("%s: %v, %v, %v, %v", tt.name, commit, when, ok, err)
		}
		if n := counted.reads - before; n < tt.least || n > tt.most {
			t.Errorf("%s took %d reads", tt.name, n)
		}
	}
}

func TestWalksEndAtTheirLimits(t *testing.T) {
	ctx, src := t.Context(), memory{}
	tips := line(t, src, 50, 10)
	graph := gitfmt.NewGraph(newTrees(), gitfmt.Limits{LastChange: 20, Walk: 30})
	past := graph.NewPast(src, nil)
	if _, _, ok, err := past.LastChange(ctx, tips[49], path(t, "doc")); ok || err != nil {
		t.Errorf("LastChange went on: %v, %v", ok, err)
	}
	for _, i := range []int{19, 38} {
		if commit, _, ok, err := past.LastChange(ctx, tips[i], path(t, "doc")); !ok || commit != tips[10] || err != nil {
			t.Errorf("LastChange gave up early: %v, %v, %v", commit, ok, err)
		}
	}
	_, _, err := graph.NewPast(src, nil).Log(ctx, tips[49], path(t, "absent"), gitfmt.Cursor{}, 10)
	wantKind(t, err, fault.TooLarge)
	_, err = graph.IsAncestor(ctx, src, tips[0], tips[49])
	wantKind(t, err, fault.TooLarge)
}

func TestCursorsThatWereNeverGivenOut(t *testing.T) {
	ctx, src := t.Context(), memory{}
	tips := line(t, src, 20, 5, 10)
	graph := gitfmt.NewGraph(newTrees(), gitfmt.Limits{})
	past := graph.NewPast(src, nil)
	_, _, err := past.Log(ctx, tips[19], path(t, "doc"), gitfmt.Cursor{Tip: tips[19], Last: tips[7]}, 10)
	wantKind(t, err, fault.Invalid)
	_, _, err = past.Log(ctx, tips[19], path(t, "doc"), gitfmt.Cursor{Tip: blob(1), Last: tips[7]}, 10)
	wantKind(t, err, fault.NotFound)
	_, _, err = graph.NewPast(memory{}, nil).Log(ctx, tips[19], path(t, "doc"), gitfmt.Cursor{Tip: tips[19], Last: tips[10]}, 10)
	wantKind(t, err, fault.NotFound) // remembered, but from another repository
	for _, s := range []string{"x", "-", tips[0].String(), tips[0].String() + "-", tips[0].String() + "+" + tips[1].String()} {
		_, err := gitfmt.ParseCursor(s)
		wantKind(t, err, fault.Invalid)
	}
}

func TestPagesFitTogetherThoughTheBranchMovesOn(t *testing.T) {
	ctx, src := t.Context(), memory{}
	tips := line(t, src, 30, 1, 2, 3, 4, 25)
	past := newPast(src)
	first, next, err := past.Log(ctx, tips[20], path(t, "doc"), gitfmt.Cursor{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	second, next, err := past.Log(ctx, tips[29], path(t, "doc"), next, 2)
	if err != nil || !next.IsZero() {
		t.Fatal(next, err)
	}
	var got []content.Digest
	for _, item := range append(first, second...) {
		got = append(got, item.Commit.ID)
	}
	if want := []content.Digest{tips[4], tips[3], tips[2], tips[1]}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPeel(t *testing.T) {
	ctx, src := t.Context(), memory{}
	tips := line(t, src, 1, 0)
	tag := func(target content.Digest, k content.Kind) content.Digest {
		o := gitfmt.EncodeTag(gitfmt.Tag{Target: target, Kind: k, Name: "v"})
		src.add(o)
		return o.Digest
	}
	v1 := tag(tips[0], content.KindCommit)
	ofTree := tag(gitfmt.EmptyTree, content.KindTree)
	src.add(content.NewObject(content.KindTree, nil))
	for name, d := range map[string]content.Digest{"a commit": tips[0], "a tag": v1, "a tag of a tag": tag(v1, content.KindTag)} {
		if got, err := gitfmt.Peel(ctx, src, d); got != tips[0] || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := gitfmt.Peel(ctx, src, ofTree)
	wantKind(t, err, fault.Invalid)
	_, err = gitfmt.Peel(ctx, src, tag(blob(1), content.KindCommit))
	wantKind(t, err, fault.NotFound)
}

func TestClosureRefusesWhatIsNamedAsTwoKinds(t *testing.T) {
	src := memory{}
	inner := gitfmt.EncodeTree([]content.Entry{{Name: "x", Mode: content.ModeRegular, Digest: blob(1)}})
	outer := gitfmt.EncodeTree([]content.Entry{
		{Name: "a", Mode: content.ModeRegular, Digest: inner.Digest},
		{Name: "b", Mode: content.ModeDir, Digest: inner.Digest},
	})
	src.add(inner, outer)
	err := gitfmt.Closure(t.Context(), src, []content.Digest{outer.Digest}, nil, func(content.Digest, content.Kind) error { return nil })
	wantKind(t, err, fault.Corrupt)
}

func TestClosureLeavesSubmodulesAlone(t *testing.T) {
	src := memory{}
	tree := gitfmt.EncodeTree([]content.Entry{
		{Name: "a", Mode: content.ModeRegular, Digest: blob(1)},
		{Name: "s", Mode: content.ModeSubmodule, Digest: blob(2)},
	})
	src.add(tree)
	var got []content.Digest
	err := gitfmt.Closure(t.Context(), src, []content.Digest{tree.Digest}, nil, func(d content.Digest, _ content.Kind) error {
		got = append(got, d)
		return nil
	})
	if want := []content.Digest{tree.Digest, blob(1)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	var dir string
	repo := repository(t, func(d string) { dir = d; fill(t, d, 5, 40) })
	tip := digest(t, git(t, dir, nil, "rev-parse", "c39"))
	trees := gitfmt.NewTrees(4 << 10) // so small that it forgets all the time
	past := gitfmt.NewGraph(trees, gitfmt.Limits{CacheBytes: 8 << 10}).NewPast(repo, nil)
	ask := func() (string, error) {
		var answers []any
		for _, p := range []string{"", "a", "d/e"} {
			items, next, err := past.Log(t.Context(), tip, path(t, p), gitfmt.Cursor{}, 5)
			if err != nil {
				return "", err
			}
			commit, _, ok, err := past.LastChange(t.Context(), tip, path(t, p))
			if err != nil {
				return "", err
			}
			answers = append(answers, items, next, commit, ok)
		}
		return fmt.Sprint(answers...), nil
	}
	want, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	var all errgroup.Group
	for range 8 {
		all.Go(func() error {
			if got, err := ask(); err != nil || got != want {
				return fmt.Errorf("%s, %w\nwant %s", got, err, want)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}
