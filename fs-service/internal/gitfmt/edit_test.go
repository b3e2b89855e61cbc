package gitfmt_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// files is what a tree means: a blob by path.
type files map[string]content.Digest

// names are few, so that documents and directories meet, and sort awkwardly.
var names = []string{"a", "a.b", "a-", "b", "b0", "c"}

func (f files) isDirectory(p string) bool {
	for name := range f {
		if strings.HasPrefix(name, p+"/") {
			return true
		}
	}
	return false
}

// isBlocked says whether a prefix of p is a document.
func (f files) isBlocked(p string) bool {
	for i := range p {
		if _, ok := f[p[:i]]; ok && p[i] == '/' {
			return true
		}
	}
	return false
}

// apply returns what edits make of f, and the kinds of failure that are right; none if it is right to succeed.
func (f files) apply(edits map[string]content.Digest) (files, []fault.Kind) {
	after := maps.Clone(f)
	var refused []fault.Kind
	for p, d := range edits {
		_, there := f[p]
		switch {
		case !d.IsZero():
			after[p] = d
		case f.isDirectory(p):
			refused = append(refused, fault.Conflict)
		case !there:
			refused = append(refused, fault.NotFound)
		default:
			delete(after, p)
		}
	}
	for p := range after {
		if after.isDirectory(p) {
			refused = append(refused, fault.Conflict)
		}
	}
	return after, refused
}

func (f files) edits(t testing.TB) []gitfmt.Edit {
	var edits []gitfmt.Edit
	for p, d := range f {
		edits = append(edits, gitfmt.Edit{Path: path(t, p), Mode: content.ModeRegular, Digest: d})
	}
	return edits
}

// of reads the tree root back.
func filesOf(t testing.TB, src gitfmt.Source, root content.Digest) files {
	t.Helper()
	f := files{}
	more, err := newTrees().Diff(t.Context(), src, content.Digest{}, root, 1<<20, func(c content.FileChange) error {
		f[c.Path.String()] = c.New.Digest
		return nil
	})
	if err != nil || more {
		t.Fatal(more, err)
	}
	return f
}

func drawPath(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(t, "path")
	return strings.Join(parts, "/")
}

func blob(n int) content.Digest {
	return content.NewObject(content.KindBlob, fmt.Append(nil, n)).Digest
}

func TestEditDoesWhatAMapDoes(t *testing.T) {
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		trees, src := newTrees(), memory{}
		root, held := content.Digest{}, files{}
		for range rapid.IntRange(1, 8).Draw(rt, "rounds") {
			wanted := map[string]content.Digest{}
			for range rapid.IntRange(0, 5).Draw(rt, "edits") {
				p, d := drawPath(rt), content.Digest{}
				if rapid.Bool().Draw(rt, "put") {
					d = blob(rapid.IntRange(0, 3).Draw(rt, "blob"))
				}
				wanted[p] = d
			}
			for _, p := range slices.Sorted(maps.Keys(held)) { // removals would seldom meet anything otherwise
				if rapid.IntRange(0, 3).Draw(rt, "remove") == 0 {
					wanted[p] = content.Digest{}
				}
			}
			after, refused := held.apply(wanted)
			edited, made, err := trees.Edit(ctx, src, root, files(wanted).edits(t))
			if len(refused) > 0 {
				if err == nil || !slices.Contains(refused, fault.Of(err)) {
					rt.Fatalf("%v with %v: %v, want one of %v", held, wanted, err, refused)
				}
				continue
			}
			if err != nil {
				rt.Fatalf("%v with %v: %v", held, wanted, err)
			}
			for _, o := range made {
				if err := gitfmt.CheckTree(o); err != nil || !o.Intact() {
					rt.Fatal(err)
				}
			}
			if n := len(made); n > 0 && made[n-1].Digest != edited {
				rt.Fatal("the root was not made last")
			}
			src.add(made...)
			root, held = edited, after
			if got := filesOf(t, src, root); !maps.Equal(got, held) {
				rt.Fatalf("the tree holds %v, the map %v", got, held)
			}
			fresh, _, err := newTrees().Edit(ctx, memory{}, content.Digest{}, held.edits(t))
			if err != nil || fresh != root {
				rt.Fatalf("made at once %v, made by edits %v: an empty directory stayed? %v", fresh, root, err)
			}
		}
	})
}

func TestEditMakesTheTreesThatGitMakes(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare")
	for seed := range uint64(12) {
		dice := rand.New(rand.NewPCG(seed, 1))
		want := files{}
		for range 30 {
			parts := make([]string, 1+dice.IntN(4))
			for i := range parts {
				parts[i] = names[dice.IntN(len(names))]
			}
			if p := strings.Join(parts, "/"); !want.isDirectory(p) && !want.isBlocked(p) {
				want[p] = blob(dice.IntN(100))
			}
		}
		var index strings.Builder
		for p, d := range want {
			fmt.Fprintf(&index, "100644 %v\t%s\n", d, p)
		}
		git(t, dir, nil, "read-tree", "--empty")
		git(t, dir, []byte(index.String()), "update-index", "--index-info")
		theirs := digest(t, git(t, dir, nil, "write-tree", "--missing-ok"))
		ours, _, err := newTrees().Edit(t.Context(), memory{}, content.Digest{}, want.edits(t))
		if err != nil || ours != theirs {
			t.Errorf("seed %d: %v, git makes %v: %v", seed, ours, theirs, err)
		}
	}
}

func TestEditOddCases(t *testing.T) {
	ctx, trees, src := t.Context(), newTrees(), memory{}
	b := blob(1)
	put := func(p string) gitfmt.Edit { return gitfmt.Edit{Path: path(t, p), Mode: content.ModeRegular, Digest: b} }
	remove := func(p string) gitfmt.Edit { return gitfmt.Edit{Path: path(t, p)} }
	root, made, err := trees.Edit(ctx, src, content.Digest{}, []gitfmt.Edit{put("doc"), put("dir/x")})
	if err != nil {
		t.Fatal(err)
	}
	src.add(made...)

	const none = fault.Kind(255)
	tests := []struct {
		name  string
		edits []gitfmt.Edit
		want  fault.Kind
		made  int
	}{
		{"nothing", nil, none, 0},
		{"what is there already", []gitfmt.Edit{put("doc"), put("dir/x")}, none, 0},
		{"one file in a directory makes two trees", []gitfmt.Edit{put("dir/y")}, none, 2},
		{"removing all makes the empty tree", []gitfmt.Edit{remove("doc"), remove("dir/x")}, none, 1},
		{"a document becomes a directory", []gitfmt.Edit{remove("doc"), put("doc/x")}, none, 1}, // doc's tree is dir's
		{"a directory becomes a document", []gitfmt.Edit{remove("dir/x"), put("dir")}, none, 1},
		{"through a document", []gitfmt.Edit{put("doc/x")}, fault.Conflict, 0},
		{"over a directory", []gitfmt.Edit{put("dir")}, fault.Conflict, 0},
		{"removing a directory", []gitfmt.Edit{remove("dir")}, fault.Conflict, 0},
		{"removing nothing", []gitfmt.Edit{remove("absent")}, fault.NotFound, 0},
		{"removing below a document", []gitfmt.Edit{remove("doc/x")}, fault.NotFound, 0},
		{"twice", []gitfmt.Edit{put("a"), remove("a")}, fault.Invalid, 0},
		{"the root", []gitfmt.Edit{{Mode: content.ModeRegular, Digest: b}}, fault.Invalid, 0},
		{"a directory's mode", []gitfmt.Edit{{Path: path(t, "a"), Mode: content.ModeDir, Digest: b}}, fault.Invalid, 0},
		{"no mode", []gitfmt.Edit{{Path: path(t, "a"), Digest: b}}, fault.Invalid, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, made, err := trees.Edit(ctx, src, root, tt.edits)
			if tt.want != none {
				wantKind(t, err, tt.want)
				return
			}
			unique := memory{}
			unique.add(made...)
			for d := range src {
				delete(unique, d)
			}
			if err != nil || len(unique) != tt.made {
				t.Errorf("made %d trees that were not there, want %d: %v", len(unique), tt.made, err)
			}
		})
	}
}

func TestEditReadsOnlyTheTouchedDirectories(t *testing.T) {
	ctx, src := t.Context(), memory{}
	f := files{}
	for i := range 50 {
		f[fmt.Sprintf("d%d/e/f", i)] = blob(i)
	}
	root, made, err := newTrees().Edit(ctx, src, content.Digest{}, f.edits(t))
	if err != nil {
		t.Fatal(err)
	}
	src.add(made...)
	counted := &counting{Source: src}
	_, made, err = newTrees().Edit(ctx, counted, root, []gitfmt.Edit{{Path: path(t, "d7/e/g"), Mode: content.ModeRegular, Digest: blob(1)}})
	if err != nil || len(made) != 3 || counted.reads != 3 {
		t.Errorf("read %d trees and made %d, want 3 and 3: %v", counted.reads, len(made), err)
	}
}
