package gitfmt_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

const (
	aTree   = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	aParent = "parent 1111111111111111111111111111111111111111\n"
)

func object(k content.Kind, data string) content.Object { return content.NewObject(k, []byte(data)) }

func at(seconds int64, offset int) time.Time {
	if offset == 0 {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Unix(seconds, 0).In(time.FixedZone("", offset))
}

func TestSignaturesOfRealHistoriesAreRead(t *testing.T) {
	tests := []struct {
		name, line string
		want       content.Signature
		canonical  bool // encoding gives the same line
	}{
		{"plain", "Ann Lee <ann@x> 1700000000 +0530", content.Signature{Name: "Ann Lee", Email: "ann@x", When: at(1700000000, 19800)}, true},
		{"west of Greenwich", "A <a@x> 5 -0330", content.Signature{Name: "A", Email: "a@x", When: at(5, -12600)}, true},
		{"not UTF-8", "J\xf6rg <j@x> 5 +0000", content.Signature{Name: "J\xf6rg", Email: "j@x", When: at(5, 0)}, true},
		{"no name", " <a@x> 5 +0000", content.Signature{Email: "a@x", When: at(5, 0)}, true},
		{"no e-mail", "A <> 5 +0000", content.Signature{Name: "A", When: at(5, 0)}, true},
		{"a name that begins at once", "<a@x> 5 +0000", content.Signature{Email: "a@x", When: at(5, 0)}, false},
		{"brackets within brackets", "A <a <b@x>> 5 +0000", content.Signature{Name: "A", Email: "a <b@x", When: at(5, 0)}, false},
		{"no date", "A <a@x>", content.Signature{Name: "A", Email: "a@x", When: at(0, 0)}, false},
		{"no zone", "A <a@x> 5", content.Signature{Name: "A", Email: "a@x", When: at(5, 0)}, false},
		{"a zone of one digit", "A <a@x> 5 -7", content.Signature{Name: "A", Email: "a@x", When: at(5, -420)}, false},
		{"a zone beyond a day", "A <a@x> 5 +051800", content.Signature{Name: "A", Email: "a@x", When: at(5, 0)}, false},
		{"a year beyond 9999", "A <a@x> 99999999999999 +0000", content.Signature{Name: "A", Email: "a@x", When: at(0, 0)}, false},
		{"a date that is no number", "A <a@x> Thu +0000", content.Signature{Name: "A", Email: "a@x", When: at(0, 0)}, false},
		{"no brackets at all", "nobody", content.Signature{Name: "nobody", When: at(0, 0)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := object(content.KindCommit, aTree+"author "+tt.line+"\ncommitter "+tt.line+"\n\nm")
			c, err := gitfmt.ParseCommit(o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(c.Author, tt.want) || !reflect.DeepEqual(c.Committer, tt.want) {
				t.Errorf("read %#v and %#v, want %#v", c.Author, c.Committer, tt.want)
			}
			if same := bytes.Equal(gitfmt.EncodeCommit(c).Data, o.Data); same != tt.canonical {
				t.Errorf("encoded as read: %v, want %v", same, tt.canonical)
			}
		})
	}
}

func TestCommitsOfRealHistoriesAreRead(t *testing.T) {
	const who = "author A <a@x> 5 +0000\ncommitter B <b@x> 6 +0000\n"
	tests := []struct {
		name, data string
		parents    int
		message    string
		canonical  bool
	}{
		{"root", aTree + who + "\nHello\n", 0, "Hello\n", true},
		{"merge", aTree + aParent + aParent + who + "\nm", 2, "m", true},
		{"no message", aTree + who + "\n", 0, "", true},
		{"message with empty lines", aTree + who + "\n\n\nfirst\n\nsecond\n\n", 0, "\n\nfirst\n\nsecond\n\n", true},
		{"encoding", aTree + who + "encoding ISO-8859-1\n\n\xfc", 0, "\xfc", false},
		{"signature", aTree + who + "gpgsig -----BEGIN\n \n parent x\n -----END\n\nm", 0, "m", false},
		{"merged tag", aTree + aParent + who + "mergetag object 1\n tree 2\n\nm", 1, "m", false},
		{"no author", aTree + "committer B <b@x> 6 +0000\n\nm", 0, "m", false},
		{"nothing after the tree", strings.TrimSuffix(aTree, "\n"), 0, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := object(content.KindCommit, tt.data)
			c, err := gitfmt.ParseCommit(o)
			if err != nil {
				t.Fatal(err)
			}
			if c.ID != o.Digest || c.Tree != gitfmt.EmptyTree || len(c.Parents) != tt.parents || c.Message != tt.message {
				t.Errorf("read %+v", c)
			}
			if same := gitfmt.EncodeCommit(c).Digest == o.Digest; same != tt.canonical {
				t.Errorf("encoded as read: %v, want %v", same, tt.canonical)
			}
		})
	}
}

func TestBrokenObjectsAreInvalid(t *testing.T) {
	commit := func(o content.Object) error { _, err := gitfmt.ParseCommit(o); return err }
	tag := func(o content.Object) error { _, err := gitfmt.ParseTag(o); return err }
	tree := func(o content.Object) error { _, err := gitfmt.ParseTree(o); return err }
	id := strings.Repeat("i", content.DigestSize)
	tests := []struct {
		name  string
		parse func(content.Object) error
		o     content.Object
	}{
		{"a blob as a commit", commit, object(content.KindBlob, aTree)},
		{"an empty commit", commit, object(content.KindCommit, "")},
		{"a commit that begins with its parent", commit, object(content.KindCommit, aParent+aTree)},
		{"a commit with a short tree", commit, object(content.KindCommit, "tree 4b825\n\n")},
		{"a commit with a bad parent", commit, object(content.KindCommit, aTree+"parent x\n\n")},
		{"a tag of nothing", tag, object(content.KindTag, "type commit\n\n")},
		{"a tag of no known type", tag, object(content.KindTag, "object 1111111111111111111111111111111111111111\ntype note\n\n")},
		{"a commit as a tree", tree, object(content.KindCommit, "")},
		{"a tree without a mode", tree, object(content.KindTree, " a\x00"+id)},
		{"a tree without a name", tree, object(content.KindTree, "100644 \x00"+id)},
		{"a tree whose mode is not octal", tree, object(content.KindTree, "100648 a\x00"+id)},
		{"a tree whose mode is too long", tree, object(content.KindTree, "77777777 a\x00"+id)},
		{"a tree that is cut off", tree, object(content.KindTree, "100644 a\x00"+id[1:])},
		{"a tree without NUL", tree, object(content.KindTree, "100644 a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantKind(t, tt.parse(tt.o), fault.Invalid) })
	}
}

func TestTag(t *testing.T) {
	const object1 = "object 1111111111111111111111111111111111111111\n"
	tests := []struct{ name, data string }{
		{"annotated", object1 + "type commit\ntag v1\ntagger A <a@x> 5 +0100\n\nFirst\n"},
		{"of a tree, by nobody", object1 + "type tree\ntag v0\n\nold"},
		{"of a tag", object1 + "type tag\ntag again\ntagger A <a@x> 5 -0100\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := object(content.KindTag, tt.data)
			tag, err := gitfmt.ParseTag(o)
			if err != nil {
				t.Fatal(err)
			}
			if got := gitfmt.EncodeTag(tag); !bytes.Equal(got.Data, o.Data) {
				t.Errorf("read as %+v and written as\n%s", tag, got.Data)
			}
		})
	}
}

func TestTreesSortDirectoriesAsIfTheyEndedInASlash(t *testing.T) {
	file := func(name string) content.Entry { return content.Entry{Name: name, Mode: content.ModeRegular, Size: -1} }
	dir := func(name string) content.Entry { return content.Entry{Name: name, Mode: content.ModeDir, Size: -1} }
	want := []content.Entry{file("a"), file("a-b"), file("a.b"), dir("a.c"), dir("aa"), file("ab"), dir("b"), file("b0"), file("\xff")}
	shuffled := []content.Entry{want[8], want[4], want[0], want[6], want[2], want[7], want[1], want[5], want[3]}

	tree, err := gitfmt.ParseTree(gitfmt.EncodeTree(shuffled))
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.Entries(); !reflect.DeepEqual(got, want) {
		t.Errorf("entries %v, want %v", got, want)
	}
	for _, e := range want {
		if got, ok := tree.Lookup(e.Name); !ok || got != e {
			t.Errorf("Lookup(%q) = %v, %v", e.Name, got, ok)
		}
	}
	for _, name := range []string{"", "0", "a.", "a-", "b/", "c", "\xff\xff"} {
		if got, ok := tree.Lookup(name); ok {
			t.Errorf("Lookup(%q) found %v", name, got)
		}
	}
}

func TestCheckTree(t *testing.T) {
	id := strings.Repeat("i", content.DigestSize)
	entry := func(mode, name string) string { return mode + " " + name + "\x00" + id }
	tests := []struct {
		name, data string
		ok         bool
	}{
		{"empty", "", true},
		{"every mode", entry("40000", "a") + entry("100644", "b") + entry("100755", "c") + entry("120000", "d") + entry("160000", "e"), true},
		{"group may write", entry("100664", "a"), true},
		{"padded mode", entry("040000", "a"), true},
		{"not UTF-8", entry("100644", "\xff"), true},
		{"a directory after its own prefix", entry("100644", "a.b") + entry("40000", "a"), true},
		{"dot dot", entry("40000", ".."), false},
		{"dot", entry("40000", "."), false},
		{"slash", entry("100644", "a/b"), false},
		{".git", entry("40000", ".git"), false},
		{".GIT", entry("40000", ".GIT"), false},
		{"git~1", entry("40000", "git~1"), false},
		{".git as HFS+ sees it", entry("40000", ".g\u200cit"), false},
		{".git as NTFS sees it", entry("40000", ".git. "), false},
		{"a name of 256 bytes", entry("100644", strings.Repeat("n", 256)), false},
		{"twice", entry("100644", "a") + entry("100644", "a"), false},
		{"file and directory of one name", entry("100644", "a") + entry("100644", "a.b") + entry("40000", "a"), false},
		{"out of order", entry("100644", "b") + entry("100644", "a"), false},
		{"directory in a file's place", entry("40000", "a") + entry("100644", "a.b"), false},
		{"a fifo", entry("10644", "a"), false},
		{"no mode", entry("0", "a"), false},
		{"cut off", entry("100644", "a")[:10], false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := gitfmt.CheckTree(object(content.KindTree, tt.data))
			if tt.ok && err != nil {
				t.Error(err)
			}
			if !tt.ok {
				wantKind(t, err, fault.Invalid)
			}
		})
	}
}

func FuzzParseCommit(f *testing.F) {
	f.Add([]byte(aTree + aParent + "author A <a@x> 5 -0330\ncommitter A <a@x> 5 +0000\ngpgsig a\n b\n\nm"))
	f.Add([]byte(aTree))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := gitfmt.ParseCommit(content.NewObject(content.KindCommit, data))
		if err != nil {
			wantKind(t, err, fault.Invalid)
			return
		}
		again, err := gitfmt.ParseCommit(gitfmt.EncodeCommit(c))
		if err != nil {
			t.Fatal(err)
		}
		if again.Tree != c.Tree || !reflect.DeepEqual(again.Parents, c.Parents) || again.Message != c.Message {
			t.Errorf("%+v became %+v", c, again)
		}
		if _, err := c.Committer.When.MarshalJSON(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzParseTag(f *testing.F) {
	f.Add([]byte("object 1111111111111111111111111111111111111111\ntype commit\ntag v1\ntagger A <a@x> 5 +0100\n\nm"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tag, err := gitfmt.ParseTag(content.NewObject(content.KindTag, data))
		if err != nil {
			wantKind(t, err, fault.Invalid)
			return
		}
		again, err := gitfmt.ParseTag(gitfmt.EncodeTag(tag))
		if err != nil || again.Target != tag.Target || again.Kind != tag.Kind || again.Name != tag.Name || again.Message != tag.Message {
			t.Errorf("%+v became %+v, %v", tag, again, err)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	id := strings.Repeat("i", content.DigestSize)
	f.Add([]byte("100644 a\x00" + id + "40000 b\x00" + id))
	f.Add([]byte("40000 a\x00" + id + "100644 a.b\x00" + id))
	f.Fuzz(func(t *testing.T, data []byte) {
		o := content.NewObject(content.KindTree, data)
		tree, err := gitfmt.ParseTree(o)
		if err != nil {
			wantKind(t, err, fault.Invalid)
			return
		}
		if gitfmt.CheckTree(o) != nil {
			return
		}
		for _, e := range tree.Entries() {
			if got, ok := tree.Lookup(e.Name); !ok || got != e {
				t.Errorf("Lookup(%q) = %v, %v", e.Name, got, ok)
			}
		}
		again, err := gitfmt.ParseTree(gitfmt.EncodeTree(tree.Entries()))
		if err != nil || !reflect.DeepEqual(again.Entries(), tree.Entries()) {
			t.Errorf("%v became %v, %v", tree.Entries(), again, err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	id := strings.Repeat("0a", 20)
	for _, s := range []string{"", id + "-" + id, id, "-", id + "-" + id + "-" + id} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := gitfmt.ParseCursor(s)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("refused with %v, which is not invalid", err)
			}
			return
		}
		if again, err := gitfmt.ParseCursor(c.String()); err != nil || again != c {
			t.Fatalf("%q: %v, then %v %v", s, c, again, err)
		}
	})
}
