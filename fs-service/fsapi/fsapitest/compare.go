package fsapitest

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// between is a question about two revisions.
func (d *desk) between(from, to string) fsapi.CompareQuestion {
	d.t.Helper()
	return fsapi.CompareQuestion{
		Repo: d.repo, From: must(content.ParseRevision(from))(d.t), To: must(content.ParseRevision(to))(d.t),
	}
}

// diverge makes side and main out of one commit, which it returns.
func (d *desk) diverge() (base content.Digest) {
	d.t.Helper()
	d.write("text", "a\nb\nc\nd\ne\n")
	d.write("gone", "old\n")
	base = d.write("dir/same", "same\n").Commit
	d.fork("side", put(d.t, "text", "a\nB\nc\nd\ne", content.Expect{}), put(d.t, "dir/new one", "new\n", content.Expect{}),
		content.Change{Path: path(d.t, "gone"), Delete: true})
	d.write("text", "A\nb\nc\nd\ne\n")
	return base
}

func compares(t *testing.T, d *desk) {
	base := d.diverge()
	c := must(d.Compare(d.ctx, d.between("main", "side")))(t)
	main, side := must(d.stat("main", ""))(t).Commit, must(d.stat("side", ""))(t).Commit
	if c.Base != base || c.From != main || c.To != side || c.Truncated || c.Patch != nil {
		t.Errorf("compared: %+v", c)
	}
	var changed []string
	for _, f := range c.Changes {
		changed = append(changed, f.Path.String())
	}
	if want := []string{"dir/new one", "gone", "text"}; !slices.Equal(changed, want) {
		t.Fatalf("changed %q, not %q", changed, want)
	}
	if f := c.Changes[0]; !f.Old.Digest.IsZero() || f.New.Digest != content.InlineBody([]byte("new\n")).Digest {
		t.Errorf("added: %+v", f)
	}
	if f := c.Changes[1]; !f.New.Digest.IsZero() || f.Old.Mode != content.ModeRegular {
		t.Errorf("deleted: %+v", f)
	}
	if f := c.Changes[2]; f.Old.Digest != content.InlineBody([]byte("a\nb\nc\nd\ne\n")).Digest {
		t.Errorf("modified not from the base: %+v", f)
	}
	byID := must(d.Compare(d.ctx, d.between(base.String(), side.String())))(t)
	if byID.Base != base || len(byID.Changes) != 3 {
		t.Errorf("from the base: %+v", byID)
	}
	back := must(d.Compare(d.ctx, d.between("side", base.String())))(t)
	if back.Base != base || len(back.Changes) != 0 {
		t.Errorf("to an ancestor: %+v", back)
	}
	for _, q := range []fsapi.CompareQuestion{d.between("main", "nowhere"), d.between("nowhere", "main"), d.between(content.Digest{9}.String(), "main")} {
		_, err := d.Compare(d.ctx, q)
		d.fails(err, fault.NotFound, q.From.String()+"..."+q.To.String())
	}
}

func patches(t *testing.T, d *desk) {
	d.diverge()
	q := d.between("main", "side")
	q.Patch = true
	c := must(d.Compare(d.ctx, q))(t)
	if len(c.Changes) > 0 || !bytes.Contains(c.Patch, []byte("-b\n+B\n")) || !bytes.Contains(c.Patch, []byte("\\ No newline at end of file\n")) {
		t.Fatalf("patch:\n%s", c.Patch)
	}
	applied := apply(t, map[string]string{"text": "a\nb\nc\nd\ne\n", "gone": "old\n"}, c.Patch)
	for name, want := range map[string]string{"text": "a\nB\nc\nd\ne", "dir/new one": "new\n"} {
		if got, err := os.ReadFile(filepath.Join(applied, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; not %q", name, got, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(applied, "gone")); !os.IsNotExist(err) {
		t.Errorf("gone: %v", err)
	}

	tip := must(d.stat("side", ""))(t).Commit.String()
	cs := d.set(put(t, "picture", "\x00one", content.Expect{}),
		d.putLarge("long", strings.Repeat("x\n", content.InlineLimit)), d.putLarge("too long", strings.Repeat("y\n", content.InlineLimit+1)))
	cs.Branch = must(content.Branch("side"))(t)
	must(d.Change(d.ctx, cs))(t)
	q = d.between(tip, "side")
	q.Patch = true
	c = must(d.Compare(d.ctx, q))(t)
	for _, name := range []string{"picture", "too long"} {
		if !bytes.Contains(c.Patch, fmt.Appendf(nil, "Binary files /dev/null and b/%s differ\n", name)) {
			t.Errorf("nothing of %s in %d bytes", name, len(c.Patch))
		}
	}
	if n := bytes.Count(c.Patch, []byte("\n+x")); n != content.InlineLimit {
		t.Errorf("%d lines, not %d", n, content.InlineLimit)
	}
}

// putLarge is a change to a text that has to be uploaded first.
func (d *desk) putLarge(name, text string) content.Change {
	d.t.Helper()
	digest := must(d.Upload(d.ctx, d.repo, int64(len(text)), strings.NewReader(text)))(d.t)
	return content.Change{Path: path(d.t, name), Body: content.Body{Digest: digest, Size: int64(len(text))}}
}

func comparesUnrelated(t *testing.T, d *desk) {
	main := d.write("text", "one\n").Commit
	other := d.pushRoot("other", must(d.stat("main", ""))(t).Entry.Digest)
	d.write("text", "two\n")
	c := must(d.Compare(d.ctx, d.between("other", "main")))(t)
	if !c.Base.IsZero() || c.From != other || len(c.Changes) != 1 || c.Changes[0].Old.Digest != content.InlineBody([]byte("one\n")).Digest {
		t.Errorf("unrelated: %+v", c)
	}
	if c = must(d.Compare(d.ctx, d.between("other", main.String())))(t); len(c.Changes) != 0 {
		t.Errorf("unrelated and alike: %+v", c)
	}
}

// pushRoot makes a branch of one commit that has a tree and no parents.
func (d *desk) pushRoot(branch string, tree content.Digest) content.Digest {
	d.t.Helper()
	text := fmt.Appendf(nil, "tree %v\nauthor Eve <eve@example.invalid> 1700000000 +0000\ncommitter Eve <eve@example.invalid> 1700000000 +0000\n\nroot\n", tree)
	commit := content.NewObject(content.KindCommit, text).Digest
	pack := bytes.NewBufferString("PACK\x00\x00\x00\x02\x00\x00\x00\x01")
	pack.Write([]byte{0x80 | 1<<4 | byte(len(text)&15), byte(len(text) >> 4)}) // a commit of less than 2 KiB
	z := zlib.NewWriter(pack)
	z.Write(text)
	z.Close()
	sum := sha1.Sum(pack.Bytes())
	pack.Write(sum[:])
	request := packet("%v %v refs/heads/%s\x00report-status", content.Digest{}, commit, branch) + "0000" + pack.String()
	if says, err := d.speak(fsapi.GitCall{Service: fsapi.ReceivePack}, request); err != nil || !strings.Contains(says, "ok refs/heads/"+branch) {
		d.t.Fatalf("push: %q, %v", says, err)
	}
	return commit
}

func patchTooLarge(t *testing.T, d *desk) {
	first := d.write("a", "one").Commit.String()
	text := strings.Repeat(strings.Repeat("x", 1022)+"\n", content.InlineLimit/1024)
	for i := range fsapi.MaxPatch/len(text) + 1 {
		d.write("large/"+strings.Repeat("n", i+1), text)
	}
	q := d.between(first, "main")
	if c := must(d.Compare(d.ctx, q))(t); c.Truncated || len(c.Changes) < 32 {
		t.Fatalf("%d changes, truncated %v", len(c.Changes), c.Truncated)
	}
	q.Patch = true
	_, err := d.Compare(d.ctx, q)
	d.fails(err, fault.TooLarge, "a patch of too many bytes")
}

// apply has git apply a patch to files, and returns the folder that holds what came of it.
func apply(t *testing.T, files map[string]string, patch []byte) (dir string) {
	t.Helper()
	program, err := exec.LookPath("git")
	if err != nil {
		t.Skip("left out: there is no git program to apply patches")
	}
	dir = t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), program, "apply", "-")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(patch)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git apply: %v\n%s\n%s", err, out, patch)
	}
	return dir
}
