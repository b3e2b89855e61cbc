package merge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/merge"
	"rhapsode/internal/fault"
)

func newMerger() (*merge.Merger, *gitfmt.Graph) {
	trees := gitfmt.NewTrees(16 << 20)
	graph := gitfmt.NewGraph(trees, gitfmt.Limits{})
	return merge.New(trees, graph), graph
}

// withMade is a Source with a result's objects.
type withMade struct {
	gitfmt.Source
	made []content.Object
}

func (s withMade) Object(ctx context.Context, d content.Digest) (content.Object, error) {
	for _, o := range s.made {
		if o.Digest == d {
			return o, nil
		}
	}
	return s.Source.Object(ctx, d)
}

// memory is a Source of what was put into it. It counts what is read.
type memory struct {
	objects map[content.Digest]content.Object
	large   map[content.Digest]bool // can only be streamed
	reads   int
}

func newMemory() *memory {
	return &memory{objects: map[content.Digest]content.Object{}, large: map[content.Digest]bool{}}
}

func (m *memory) Object(_ context.Context, d content.Digest) (content.Object, error) {
	m.reads++
	o, ok := m.objects[d]
	switch {
	case m.large[d]:
		return content.Object{}, fault.Newf(fault.TooLarge, "read", "%v", d)
	case !ok:
		return content.Object{}, fault.Newf(fault.NotFound, "read", "%v", d)
	}
	return o, nil
}

func (m *memory) add(o content.Object) content.Digest {
	m.objects[o.Digest] = o
	return o.Digest
}

func (m *memory) blob(data string) content.Digest {
	return m.add(content.NewObject(content.KindBlob, []byte(data)))
}

// root stores a tree.
func (m *memory) root(t testing.TB, files tree) content.Digest {
	t.Helper()
	var edits []gitfmt.Edit
	for p, f := range files {
		var mode content.Mode
		fmt.Sscanf(f.mode, "%o", &mode)
		edits = append(edits, gitfmt.Edit{Path: path(t, p), Mode: mode, Digest: m.blob(f.data)})
	}
	root, made, err := gitfmt.NewTrees(1<<20).Edit(t.Context(), m, content.Digest{}, edits)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range made {
		m.add(o)
	}
	return root
}

// parse reads "path=text path*=text path@=target": plain, executable and linked documents.
// Lines are parted by commas.
func parse(text string) tree {
	x := tree{}
	for word := range strings.FieldsSeq(text) {
		p, data, _ := strings.Cut(word, "=")
		mode := "100644"
		switch p[len(p)-1] {
		case '*':
			p, mode = p[:len(p)-1], "100755"
		case '@':
			p, mode = p[:len(p)-1], "120000"
		}
		x[p] = file{mode, strings.ReplaceAll(data, ",", "\n")}
	}
	return x
}

// format is the inverse of parse.
func format(t testing.TB, src gitfmt.Source, root content.Digest) string {
	t.Helper()
	var words []string
	_, err := gitfmt.NewTrees(1<<20).Diff(t.Context(), src, content.Digest{}, root, 1<<20, func(c content.FileChange) error {
		o, err := src.Object(t.Context(), c.New.Digest)
		sign := map[content.Mode]string{content.ModeExec: "*", content.ModeSymlink: "@"}[c.New.Mode]
		words = append(words, c.Path.String()+sign+"="+strings.ReplaceAll(string(o.Data), "\n", ","))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(words, " ")
}

func describe(conflicts []merge.Conflict) string {
	var words []string
	for _, c := range conflicts {
		words = append(words, fmt.Sprintf("%v:%v", c.Path, c.Kind))
	}
	return strings.Join(words, " ")
}

func TestTrees(t *testing.T) {
	const doc = "doc=1,2,3,4,5,"
	tests := []struct {
		name               string
		base, ours, theirs string
		merged             string
		conflicts          string
	}{
		{"nothing changed", doc, doc, doc, doc, ""},
		{"nothing at all", "", "", "", "", ""},
		{"one side each", "a=1 b=1", "a=2 b=1", "a=1 b=2", "a=2 b=2", ""},
		{"both alike", "a=1", "a=2", "a=2", "a=2", ""},
		{"lines", doc, "doc=X,2,3,4,5,", "doc=1,2,3,4,Y,", "doc=X,2,3,4,Y,", ""},
		{"the same lines", doc, "doc=X,2,3,4,5,", "doc=Y,2,3,4,5,", "", "doc:content"},
		{"added on either side", "", "a=1", "d/b=1", "a=1 d/b=1", ""},
		{"added on both, alike", "", "a=1", "a=1", "a=1", ""},
		{"added on both, not alike", "", "a=1,", "a=2,", "", "a:add/add"},
		{"removed, untouched there", "a=1 b=1", "b=1", "a=1 b=2", "b=2", ""},
		{"removed, changed there", "a=1", "", "a=2", "", "a:modify/delete"},
		{"a directory removed, a document of it changed", "d/a=1 d/b=1", "", "d/a=2 d/b=1", "", "d/a:modify/delete"},
		{"the last document of a directory", "d/a=1 b=1", "b=1", "d/a=1 b=2", "b=2", ""},
		{"all is removed", "a=1 b=1", "a=1", "b=1", "", ""},
		{"a mode here, bytes there", "a=1", "a*=1", "a=2", "a*=2", ""},
		{"modes that are not alike", "", "a*=1", "a=1", "", "a:mode"},
		{"a type that is not alike", "a=1", "a=2", "a@=x", "", "a:mode"},
		{"links have no lines", "a@=x", "a@=y", "a@=z", "", "a:binary"},
		{"NUL is no text", "a=1,\x00,3,4,5", "a=X,\x00,3,4,5", "a=1,\x00,3,4,Y", "", "a:binary"},
		{"a document becomes a directory", "d=1 e=1", "d/a=1 d/b=1 e=1", "d=1 e=2", "d/a=1 d/b=1 e=2", ""},
		{"a directory becomes a document", "d/a=1 e=1", "d/a=1 e=2", "d=1 e=1", "d=1 e=2", ""},
		{"a document changed, a directory there", "d=1", "d=2", "d/a=1", "", "d:file/directory"},
		{"a document here, a directory there", "", "d=1", "d/a=1", "", "d:file/directory"},
		{"a document for a directory, changed there", "d/a=1 d/b=1", "d=1", "d/a=2 d/b=1", "", "d:file/directory d/a:modify/delete"},
		{"a name between document and directory", "", "d=1 d.x=1", "d/a=1 d.y=1", "", "d:file/directory"},
		{"what is made for two paths is made once", "a/x=1,2,3, b/x=1,2,3,", "a/x=0,2,3, b/x=0,2,3,", "a/x=1,2,4, b/x=1,2,4,",
			"a/x=0,2,4, b/x=0,2,4,", ""},
		{"every conflict is named", "a=1 b=1 c=1", "a=2 b=2 c=2", "a=3 b=2 c=3", "", "a:content c:content"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := newMemory()
			base, ours, theirs := src.root(t, parse(tt.base)), src.root(t, parse(tt.ours)), src.root(t, parse(tt.theirs))
			for _, turned := range []bool{false, true} {
				if turned {
					ours, theirs = theirs, ours
				}
				m, _ := newMerger()
				r, err := m.Trees(t.Context(), src, base, ours, theirs, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got := describe(r.Conflicts); got != tt.conflicts {
					t.Errorf("conflicts %q, want %q", got, tt.conflicts)
				}
				if tt.conflicts != "" {
					if !r.Tree.IsZero() || r.Made != nil {
						t.Errorf("made %v in spite of conflicts", r.Tree)
					}
					continue
				}
				if got := format(t, withMade{src, r.Made}, r.Tree); got != tt.merged {
					t.Errorf("merged %q, want %q", got, tt.merged)
				}
				if tt.merged != "" {
					judgeMade(t, src, r)
				}
			}
		})
	}
}

func TestResolutions(t *testing.T) {
	const (
		content1   = "a=1 b=1"
		content2   = "a=2 b=2"
		content3   = "a=3 b=1"
		documented = "d=1"
		foldered   = "d/a=2 d/b=1"
		before     = "d/a=1 d/b=1"
	)
	src := newMemory()
	blob := merge.Use(content.ModeExec, src.blob("mine"))
	tests := []struct {
		name               string
		base, ours, theirs string
		resolutions        map[string]merge.Resolution
		merged             string
		conflicts          string
	}{
		{"ours", content1, content2, content3, map[string]merge.Resolution{"a": merge.UseOurs()}, "a=2 b=2", ""},
		{"theirs", content1, content2, content3, map[string]merge.Resolution{"a": merge.UseTheirs()}, "a=3 b=2", ""},
		{"base", content1, content2, content3, map[string]merge.Resolution{"a": merge.UseBase()}, "a=1 b=2", ""},
		{"bytes", content1, content2, content3, map[string]merge.Resolution{"a": blob}, "a*=mine b=2", ""},
		{"remove", content1, content2, content3, map[string]merge.Resolution{"a": merge.Remove()}, "b=2", ""},
		{"a side that removed it", "a=1 b=1", "b=1", "a=2 b=1", map[string]merge.Resolution{"a": merge.UseOurs()}, "b=1", ""},
		{"some are left", "a=1 b=1", "a=2 b=2", "a=3 b=3", map[string]merge.Resolution{"a": blob}, "", "b:content"},
		{"the document drops the directory", before, documented, foldered, map[string]merge.Resolution{"d": merge.UseOurs()}, "d=1", ""},
		{"and what was resolved in it", before, documented, foldered,
			map[string]merge.Resolution{"d": blob, "d/a": merge.UseTheirs()}, "d*=mine", ""},
		{"the directory keeps its conflicts", before, documented, foldered, map[string]merge.Resolution{"d": merge.UseTheirs()}, "", "d/a:modify/delete"},
		{"the directory, resolved", before, documented, foldered,
			map[string]merge.Resolution{"d": merge.UseTheirs(), "d/a": merge.UseTheirs()}, "d/a=2", ""},
		{"one is left, though the other leaves nothing in its way", before, documented, foldered,
			map[string]merge.Resolution{"d/a": merge.Remove()}, "", "d:file/directory"},
		{"neither", before, documented, foldered,
			map[string]merge.Resolution{"d": merge.Remove(), "d/a": merge.Remove()}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _ := newMerger()
			resolutions := merge.Resolutions{}
			for p, r := range tt.resolutions {
				resolutions[path(t, p)] = r
			}
			r, err := m.Trees(t.Context(), src, src.root(t, parse(tt.base)), src.root(t, parse(tt.ours)), src.root(t, parse(tt.theirs)), resolutions)
			if err != nil {
				t.Fatal(err)
			}
			if got := describe(r.Conflicts); got != tt.conflicts {
				t.Fatalf("conflicts %q, want %q", got, tt.conflicts)
			}
			if tt.conflicts != "" {
				return
			}
			if got := format(t, withMade{src, r.Made}, r.Tree); got != tt.merged {
				t.Errorf("merged %q, want %q", got, tt.merged)
			}
		})
	}
}

func TestResolutionsThatMakeNoSenseAreInvalid(t *testing.T) {
	src := newMemory()
	base, ours, theirs := src.root(t, parse("a=1 b=1")), src.root(t, parse("a=2 b=2")), src.root(t, parse("a=3 b=1"))
	for name, resolutions := range map[string]merge.Resolutions{
		"not in conflict":  {path(t, "a"): merge.UseOurs(), path(t, "b"): merge.UseOurs()},
		"not there":        {path(t, "a"): merge.UseOurs(), path(t, "x/y"): merge.UseOurs()},
		"empty":            {path(t, "a"): {}},
		"a directory":      {path(t, "a"): merge.Use(content.ModeDir, base)},
		"bytes of nothing": {path(t, "a"): merge.Use(content.ModeRegular, content.Digest{})},
	} {
		m, _ := newMerger()
		if _, err := m.Trees(t.Context(), src, base, ours, theirs, resolutions); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: error %v, want one of kind %v", name, err, fault.Invalid)
		}
	}
}

func TestDocumentsThatCanOnlyBeStreamedAreNotMergedByLines(t *testing.T) {
	src := newMemory()
	base, ours, theirs := src.root(t, parse("a=1,2,3,4,")), src.root(t, parse("a=X,2,3,4,")), src.root(t, parse("a=1,2,3,Y,"))
	src.large[src.blob("1\n2\n3\nY\n")] = true
	m, _ := newMerger()
	r, err := m.Trees(t.Context(), src, base, ours, theirs, nil)
	if err != nil || describe(r.Conflicts) != "a:binary" {
		t.Errorf("conflicts %q, %v", describe(r.Conflicts), err)
	}
}

func TestAMergeReadsOnlyWhatDiffers(t *testing.T) {
	files := tree{}
	for d := range 50 {
		for f := range 20 {
			files[fmt.Sprintf("d%d/f%d", d, f)] = file{"100644", fmt.Sprint(d, f)}
		}
	}
	src := newMemory()
	change := func(p string) content.Digest {
		x := maps.Clone(files)
		x[p] = file{"100644", "changed"}
		return src.root(t, x)
	}
	base, ours, theirs := src.root(t, files), change("d1/f1"), change("d2/f2")
	src.reads = 0
	m, _ := newMerger()
	if r, err := m.Trees(t.Context(), src, base, ours, theirs, nil); err != nil || len(r.Conflicts) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if src.reads != 3 {
		t.Errorf("%d objects were read, not the 3 roots alone", src.reads)
	}
}

func TestConflictsAreCountedButNotAllListed(t *testing.T) {
	base, ours, theirs := tree{}, tree{}, tree{}
	for i := range merge.MaxConflicts + 1 {
		p := fmt.Sprintf("%d/%d", i/1000, i)
		base[p], ours[p], theirs[p] = file{"100644", "1"}, file{"100644", "2"}, file{"100644", "3"}
	}
	src := newMemory()
	m, _ := newMerger()
	r, err := m.Trees(t.Context(), src, src.root(t, base), src.root(t, ours), src.root(t, theirs), nil)
	if err != nil || len(r.Conflicts) != merge.MaxConflicts || !r.More {
		t.Errorf("%d conflicts, more: %v, %v", len(r.Conflicts), r.More, err)
	}
}

// commit stores a commit made at a second.
func (m *memory) commit(t testing.TB, second int, files string, parents ...content.Digest) content.Digest {
	t.Helper()
	c := content.Commit{Tree: m.root(t, parse(files)), Parents: parents}
	var err error
	c.Author, err = content.NewSignature("A", "a@example.invalid", time.Unix(1_700_000_000+int64(second), 0).UTC())
	if err != nil {
		t.Fatal(err)
	}
	c.Committer = c.Author
	return m.add(gitfmt.EncodeCommit(c))
}

func TestCommits(t *testing.T) {
	src := newMemory()
	first := src.commit(t, 1, "a=1,2,3,4,5,")
	left := src.commit(t, 2, "a=X,2,3,4,5,", first)
	right := src.commit(t, 3, "a=1,2,3,4,Y,", first)
	stranger := src.commit(t, 4, "b=1")
	// Made from the first, by a clock that was wrong.
	early := src.commit(t, -100, "a=1,2,3,4,5, c=1", right)

	tests := []struct {
		name         string
		ours, theirs content.Digest
		bases        []content.Digest
		merged       string
	}{
		{"diverged", left, right, []content.Digest{first}, "a=X,2,3,4,Y,"},
		{"nothing to do", left, first, []content.Digest{first}, "a=X,2,3,4,5,"},
		{"into itself", left, left, []content.Digest{left}, "a=X,2,3,4,5,"},
		{"behind", first, right, []content.Digest{first}, "a=1,2,3,4,Y,"},
		{"a clock that went back", left, early, []content.Digest{first}, "a=X,2,3,4,5, c=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _ := newMerger()
			r, err := m.Commits(t.Context(), src, merge.Commits{Ours: tt.ours, Theirs: tt.theirs})
			if err != nil || !slices.Equal(r.Bases, tt.bases) {
				t.Fatalf("bases %v, conflicts %q, %v", r.Bases, describe(r.Conflicts), err)
			}
			if got := format(t, withMade{src, r.Made}, r.Tree); got != tt.merged {
				t.Errorf("merged %q, want %q", got, tt.merged)
			}
		})
	}
	t.Run("unrelated", func(t *testing.T) {
		m, _ := newMerger()
		if _, err := m.Commits(t.Context(), src, merge.Commits{Ours: left, Theirs: stranger}); !fault.Is(err, fault.Conflict) || !errors.Is(err, merge.ErrUnrelated) {
			t.Errorf("error %v", err)
		}
		r, err := m.Commits(t.Context(), src, merge.Commits{Ours: left, Theirs: stranger, Unrelated: true})
		if err != nil || len(r.Bases) > 0 {
			t.Fatalf("bases %v, %v", r.Bases, err)
		}
		if got, want := format(t, withMade{src, r.Made}, r.Tree), "a=X,2,3,4,5, b=1"; got != want {
			t.Errorf("merged %q, want %q", got, want)
		}
	})
}

// TestWhatOnlyTheMergedBaseHoldsCanBeSeenAndTaken resolves a criss-cross conflict to a
// base that no commit has.
func TestWhatOnlyTheMergedBaseHoldsCanBeSeenAndTaken(t *testing.T) {
	src := newMemory()
	first := src.commit(t, 1, "a=1,")
	left, right := src.commit(t, 2, "a=L,", first), src.commit(t, 3, "a=R,", first)
	ours, theirs := src.commit(t, 4, "a=O,", left, right), src.commit(t, 5, "a=T,", right, left)
	m, _ := newMerger()
	r, err := m.Commits(t.Context(), src, merge.Commits{Ours: ours, Theirs: theirs})
	if err != nil || describe(r.Conflicts) != "a:content" || len(r.Bases) != 2 || len(r.Unstored) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	const marked = "<<<<<<<<< Temporary merge branch 1\nL\n=========\nR\n>>>>>>>>> Temporary merge branch 2\n"
	if got := string(r.Unstored[0].Data); got != marked || r.Conflicts[0].Base.Digest != r.Unstored[0].Digest {
		t.Errorf("the base is %q", got)
	}
	r, err = m.Commits(t.Context(), src, merge.Commits{Ours: ours, Theirs: theirs,
		Resolutions: merge.Resolutions{path(t, "a"): merge.UseBase()}})
	if err != nil {
		t.Fatal(err)
	}
	if got := format(t, withMade{src, r.Made}, r.Tree); got != "a="+strings.ReplaceAll(marked, "\n", ",") {
		t.Errorf("merged %q", got)
	}
}

func TestBasesThatCrossOften(t *testing.T) {
	for crossings, tooMany := range map[int]bool{200: false, 300: true} {
		src := newMemory()
		first := src.commit(t, 0, "a=1, b=1,")
		left, right := src.commit(t, 1, "a=2, b=1,", first), src.commit(t, 2, "a=1, b=2,", first)
		for i := range crossings {
			left, right = src.commit(t, 2*i+3, "a=2, b=2,", left, right), src.commit(t, 2*i+4, "a=2, b=2,", right, left)
		}
		m, _ := newMerger()
		r, err := m.Commits(t.Context(), src, merge.Commits{Ours: left, Theirs: right})
		if tooMany != fault.Is(err, fault.TooLarge) {
			t.Errorf("%d crossings: error %v", crossings, err)
		}
		if !tooMany && format(t, withMade{src, r.Made}, r.Tree) != "a=2, b=2," {
			t.Errorf("%d crossings: %+v", crossings, r)
		}
	}
}
