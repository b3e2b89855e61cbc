package gitfmt_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

func TestCheckRefusesWhatGitCallsAnError(t *testing.T) {
	tree := "tree " + gitfmt.EmptyTree.String() + "\n"
	parent := "parent " + strings.Repeat("1", 40) + "\n"
	const who = " A U Thor <a@example.org> 1700000000 +0100\n"
	const end = "\nwords\n"
	tests := []struct {
		name string
		kind content.Kind
		data string
		good bool
	}{
		{"a commit", content.KindCommit, tree + "author" + who + "committer" + who + end, true},
		{"more headers", content.KindCommit, tree + "author" + who + "committer" + who + "encoding latin1\ngpgsig a\n b\n" + end, true},
		{"an empty name", content.KindCommit, tree + "author  <> 0 +0000\ncommitter" + who + end, true},
		{"no message", content.KindCommit, tree + "author" + who + "committer" + who, true},
		{"no tree", content.KindCommit, "author" + who + "committer" + who + end, false},
		{"a tree that is no id", content.KindCommit, "tree x\nauthor" + who + "committer" + who + end, false},
		{"a parent that is no id", content.KindCommit, tree + "parent x\nauthor" + who + "committer" + who + end, false},
		{"a parent too late", content.KindCommit, tree + "author" + who + parent + "committer" + who + end, false},
		{"no author", content.KindCommit, tree + "committer" + who + end, false},
		{"two authors", content.KindCommit, tree + "author" + who + "author" + who + "committer" + who + end, false},
		{"no committer", content.KindCommit, tree + "author" + who + end, false},
		{"no address", content.KindCommit, tree + "author A 1700000000 +0000\ncommitter" + who + end, false},
		{"no name and no space", content.KindCommit, tree + "author <a@b> 1 +0000\ncommitter" + who + end, false},
		{"no space before the address", content.KindCommit, tree + "author A<a@b> 1 +0000\ncommitter" + who + end, false},
		{"no space before the date", content.KindCommit, tree + "author A <a@b>1 +0000\ncommitter" + who + end, false},
		{"no date", content.KindCommit, tree + "author A <a@b>\ncommitter" + who + end, false},
		{"a date that begins with 0", content.KindCommit, tree + "author A <a@b> 01 +0000\ncommitter" + who + end, false},
		{"no zone", content.KindCommit, tree + "author A <a@b> 1\ncommitter" + who + end, false},
		{"half a zone", content.KindCommit, tree + "author A <a@b> 1 +00\ncommitter" + who + end, false},
		{"a header without end", content.KindCommit, strings.TrimSuffix(tree+"author"+who+"committer"+who, "\n"), false},
		{"a NUL", content.KindCommit, tree + "author" + who + "committer" + who + "x \x00\n" + end, false},
		{"a tag", content.KindTag, "object " + gitfmt.EmptyTree.String() + "\ntype tree\ntag t\ntagger" + who + end, true},
		{"a tag without tagger", content.KindTag, "object " + gitfmt.EmptyTree.String() + "\ntype tree\ntag t\n" + end, true},
		{"a tag of nothing", content.KindTag, "type tree\ntag t\ntagger" + who + end, false},
		{"a tag of no kind", content.KindTag, "object " + gitfmt.EmptyTree.String() + "\ntype word\ntag t\ntagger" + who + end, false},
		{"a tag without name", content.KindTag, "object " + gitfmt.EmptyTree.String() + "\ntype tree\ntagger" + who + end, false},
		{"a broken tagger", content.KindTag, "object " + gitfmt.EmptyTree.String() + "\ntype tree\ntag t\ntagger A\n" + end, false},
		{"a document", content.KindBlob, "\x00", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := gitfmt.Check(content.NewObject(tt.kind, []byte(tt.data)))
			if (err == nil) != tt.good || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%v", err)
			}
			if got := fsckTakes(t, tt.kind, tt.data); got != tt.good {
				t.Errorf("git fsck: %v", got)
			}
		})
	}
}

// fsckTakes says whether git fsck finds no error in an object.
func fsckTakes(t *testing.T, k content.Kind, data string) bool {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, nil, "init", "-q", "--bare")
	git(t, dir, nil, "hash-object", "-w", "-t", "tree", "--stdin")
	git(t, dir, []byte(data), "hash-object", "-w", "--literally", "-t", k.String(), "--stdin")
	cmd := exec.Command("git", "fsck", "--no-dangling")
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput()
	return !strings.Contains(string(out), "error")
}

func TestUnlikeFindsWhatIsNew(t *testing.T) {
	file := func(name string, of int) content.Entry {
		return content.Entry{Name: name, Mode: content.ModeRegular, Digest: blob(of)}
	}
	dir := func(name string, of int) content.Entry {
		return content.Entry{Name: name, Mode: content.ModeDir, Digest: blob(of)}
	}
	tests := []struct {
		name     string
		old, now []content.Entry
		want     string
	}{
		{"nothing", nil, nil, ""},
		{"all", nil, []content.Entry{file("a", 1), dir("b", 2)}, "a<- b<-"},
		{"the same", []content.Entry{file("a", 1), dir("b", 2)}, []content.Entry{file("a", 1), dir("b", 2)}, ""},
		{"one changed", []content.Entry{file("a", 1), file("b", 2), file("c", 3)}, []content.Entry{file("a", 1), file("b", 9), file("c", 3)}, "b<-b"},
		{"some gone", []content.Entry{file("a", 1), file("b", 2), file("c", 3)}, []content.Entry{file("c", 3)}, ""},
		{"one between", []content.Entry{file("a", 1), file("c", 3)}, []content.Entry{file("a", 1), file("b", 2), file("c", 3)}, "b<-"},
		{"a document becomes a directory", []content.Entry{file("a", 1), file("a.b", 2)}, []content.Entry{dir("a", 1), file("a.b", 2)}, "a<-a"},
		{"a directory becomes a document", []content.Entry{dir("a", 1), file("a.b", 2)}, []content.Entry{file("a", 3), file("a.b", 2)}, "a<-a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parse := func(entries []content.Entry) *gitfmt.Tree {
				tree, err := gitfmt.ParseTree(gitfmt.EncodeTree(entries))
				if err != nil {
					t.Fatal(err)
				}
				return tree
			}
			var got []string
			err := parse(tt.now).Unlike(parse(tt.old), func(now, was content.Entry) error {
				got = append(got, fmt.Sprintf("%s<-%s", now.Name, was.Name))
				return nil
			})
			if s := strings.Join(got, " "); err != nil || s != tt.want {
				t.Errorf("%q, %v; not %q", s, err, tt.want)
			}
		})
	}
}
