package gitfmt_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// counting counts what is read.
type counting struct {
	gitfmt.Source
	reads int
}

func (c *counting) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	c.reads++
	return c.Source.Object(ctx, d)
}

// drawFiles draws files that can stand in one tree.
func drawFiles(t *rapid.T) files {
	f := files{}
	for range rapid.IntRange(0, 8).Draw(t, "files") {
		if p := drawPath(t); !f.isDirectory(p) && !f.isBlocked(p) {
			f[p] = blob(rapid.IntRange(0, 2).Draw(t, "blob"))
		}
	}
	return f
}

func TestDiffSaysHowTwoMapsDiffer(t *testing.T) {
	ctx := t.Context()
	rapid.Check(t, func(rt *rapid.T) {
		trees, src := newTrees(), memory{}
		old, new := drawFiles(rt), drawFiles(rt)
		if rapid.Bool().Draw(rt, "related") {
			maps.Copy(new, old)
			for p := range new {
				if new.isBlocked(p) {
					delete(new, p)
				}
			}
		}
		root := func(f files) content.Digest {
			d, made, err := trees.Edit(ctx, src, content.Digest{}, f.edits(t))
			if err != nil {
				rt.Fatal(err)
			}
			src.add(made...)
			return d
		}
		a, b := root(old), root(new)
		var want []string
		for p := range old {
			if old[p] != new[p] {
				want = append(want, p)
			}
		}
		for p := range new {
			if _, there := old[p]; !there {
				want = append(want, p)
			}
		}
		slices.Sort(want)

		max := rapid.IntRange(0, 10).Draw(rt, "max")
		var got []string
		more, err := trees.Diff(ctx, src, a, b, max, func(c content.FileChange) error {
			p := c.Path.String()
			if c.Old.Digest != old[p] || c.New.Digest != new[p] {
				rt.Errorf("%+v, want %v and %v", c, old[p], new[p])
			}
			got = append(got, p)
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		if more != (len(want) > max) || !slices.Equal(got, want[:min(max, len(want))]) {
			rt.Errorf("%v (more: %v), want %v up to %d", got, more, want, max)
		}
	})
}

func TestDiffReadsOnlyWhatDiffers(t *testing.T) {
	ctx, src := t.Context(), memory{}
	f := files{"a/x": blob(1), "b/x": blob(2), "c/d/x": blob(3)}
	old, made, err := newTrees().Edit(ctx, src, content.Digest{}, f.edits(t))
	if err != nil {
		t.Fatal(err)
	}
	src.add(made...)
	f["c/d/x"] = blob(4)
	new, made, err := newTrees().Edit(ctx, src, content.Digest{}, f.edits(t))
	if err != nil {
		t.Fatal(err)
	}
	src.add(made...)
	counted := &counting{Source: src}
	stop := errors.New("seen")
	_, err = newTrees().Diff(ctx, counted, old, new, 10, func(content.FileChange) error { return stop })
	if !errors.Is(err, stop) || counted.reads != 6 {
		t.Errorf("read %d trees, want 6; ended with %v, want %v", counted.reads, err, stop)
	}
}

func TestLookup(t *testing.T) {
	ctx, src, trees := t.Context(), memory{}, newTrees()
	root, made, err := trees.Edit(ctx, src, content.Digest{}, files{"doc": blob(1), "dir/x": blob(2)}.edits(t))
	if err != nil {
		t.Fatal(err)
	}
	src.add(made...)
	tests := []struct {
		path string
		mode content.Mode // 0: not found
		want content.Digest
	}{
		{"", content.ModeDir, root},
		{"doc", content.ModeRegular, blob(1)},
		{"dir", content.ModeDir, made[0].Digest},
		{"dir/x", content.ModeRegular, blob(2)},
		{"dir/y", 0, content.Digest{}},
		{"doc/x", 0, content.Digest{}},
		{"absent/x", 0, content.Digest{}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			e, err := trees.Lookup(ctx, src, root, path(t, tt.path))
			if tt.mode == 0 {
				wantKind(t, err, fault.NotFound)
				return
			}
			if err != nil || e.Mode != tt.mode || e.Digest != tt.want || e.Name != path(t, tt.path).Base() || e.Size != -1 {
				t.Errorf("%+v, %v", e, err)
			}
		})
	}
}

func TestTreesAreForgottenWhenTheyWouldBeTooMany(t *testing.T) {
	ctx, src := t.Context(), memory{}
	var roots []content.Digest
	for i := range 100 {
		o := gitfmt.EncodeTree([]content.Entry{{Name: "a", Mode: content.ModeRegular, Digest: blob(i)}})
		src.add(o)
		roots = append(roots, o.Digest)
	}
	counted := &counting{Source: src}
	trees := gitfmt.NewTrees(4000) // some ten of them
	read := func(d content.Digest) int {
		before := counted.reads
		if _, err := trees.Tree(ctx, counted, d); err != nil {
			t.Fatal(err)
		}
		return counted.reads - before
	}
	for _, d := range roots {
		read(d)
	}
	if read(roots[99]) != 0 || read(roots[0]) != 1 {
		t.Error("the last tree was forgotten, or the first remembered")
	}
}
