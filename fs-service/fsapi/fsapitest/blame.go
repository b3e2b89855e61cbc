package fsapitest

import (
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// blame asks for the lines of a document of the default branch.
func (d *desk) blame(name string) ([]fsapi.Blamed, error) {
	d.t.Helper()
	return d.Blame(d.ctx, fsapi.At{Repo: d.repo, Rev: content.AtRef(d.main), Path: path(d.t, name)})
}

func blames(t *testing.T, d *desk) {
	first := d.write("dir/text", "a\nb\nc\n").Commit
	d.write("other", "x\n")
	d.fork("side", put(t, "dir/text", "a\nb\nC\n", content.Expect{}))
	side := must(d.stat("side", "dir/text"))(t).Commit
	second := d.write("dir/text", "new\na\nb\nc\n").Commit
	must(d.Merge(d.ctx, d.into(must(content.Branch("side"))(t))))(t)
	d.reads("main", "dir/text", "new\na\nb\nC\n")

	got := must(d.blame("dir/text"))(t)
	want := []fsapi.Blamed{
		{First: 1, Last: 1, Then: 1, Commit: second},
		{First: 2, Last: 3, Then: 1, Commit: first},
		{First: 4, Last: 4, Then: 3, Commit: side},
	}
	if len(got) != len(want) {
		t.Fatalf("blamed %+v", got)
	}
	for i, b := range got {
		if b.Author.Name != "Ada" || b.Author.When.IsZero() || b.Subject == "" {
			t.Errorf("blamed %+v", b)
		}
		b.Author, b.Subject = content.Signature{}, ""
		if b != want[i] {
			t.Errorf("blamed %+v, not %+v", b, want[i])
		}
	}
	d.write("empty", "")
	if none := must(d.blame("empty"))(t); len(none) != 0 {
		t.Errorf("of an empty document: %+v", none)
	}
	d.write("picture", "\x00\x01")
	must(d.Change(d.ctx, d.set(d.putLarge("large", strings.Repeat("x\n", content.InlineLimit/2+1)))))(t)
	for _, c := range []struct {
		path string
		kind fault.Kind
	}{
		{"nowhere", fault.NotFound},
		{"other/x", fault.NotFound},
		{"dir", fault.Invalid},
		{"", fault.Invalid},
		{"picture", fault.Invalid},
		{"large", fault.TooLarge},
	} {
		_, err := d.blame(c.path)
		d.fails(err, c.kind, "blame of "+c.path)
	}
}
