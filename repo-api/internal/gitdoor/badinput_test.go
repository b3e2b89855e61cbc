package gitdoor_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// packOf makes a pack of entries.
func packOf(entries ...[]byte) []byte {
	b := []byte("PACK\x00\x00\x00\x02")
	b = binary.BigEndian.AppendUint32(b, uint32(len(entries)))
	b = append(b, bytes.Join(entries, nil)...)
	sum := sha1.Sum(b)
	return append(b, sum[:]...)
}

// entry makes an entry of a pack; kind 7 is a delta against a base that comes as more.
func entry(kind byte, data []byte, more ...byte) []byte {
	size := len(data)
	b := []byte{kind<<4 | byte(size&15)}
	for size >>= 4; size > 0; size >>= 7 {
		b[len(b)-1] |= 0x80
		b = append(b, byte(size&0x7f))
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(data)
	w.Close()
	return append(append(b, more...), z.Bytes()...)
}

func whole(o content.Object) []byte { return entry(byte(o.Kind), o.Data) }

func blob(text string) content.Object { return content.NewObject(content.KindBlob, []byte(text)) }

// tree makes a tree of documents that all hold the same.
func tree(of content.Digest, names ...string) content.Object {
	var data []byte
	for _, n := range names {
		data = append(append(data, "100644 "+n+"\x00"...), of[:]...)
	}
	return content.NewObject(content.KindTree, data)
}

const ada = "Ada <ada@example.org> 1700000000 +0000"

func commit(tree content.Digest, author string) content.Object {
	return content.NewObject(content.KindCommit, fmt.Appendf(nil, "tree %v\nauthor %s\ncommitter %s\n\nWords\n", tree, author, ada))
}

// bomb is a delta that makes some 250 MB of a base of 64 KB.
func bomb(base content.Object) []byte {
	const copies = 4000
	delta := append(varint(len(base.Data)), varint(copies*0x10000)...)
	return entry(7, append(delta, bytes.Repeat([]byte{0x80}, copies)...), base.Digest[:]...)
}

func varint(n int) (b []byte) { return binary.AppendUvarint(nil, uint64(n)) }

func line(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	return fmt.Sprintf("%04x%s", len(text)+4, text)
}

const pushType = "application/x-git-receive-pack-request"

// post sends a request as a client that obeys no rule could.
func (s *site) post(service, mediaType, body string, fields ...string) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.repo()+"/"+service, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", mediaType)
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// push asks for ref to be moved from nothing to tip.
func (s *site) push(ref string, tip content.Digest, pack []byte) (status int, text string) {
	s.t.Helper()
	return s.post("git-receive-pack", pushType,
		line("%v %v %s\x00report-status side-band-64k", content.Digest{}, tip, ref)+"0000"+string(pack))
}

// refs are all of the book's.
func (s *site) refs() string {
	s.t.Helper()
	refs, err := s.fs.Refs(s.t.Context(), s.book, "refs/", fsapi.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(refs)
}

func TestABadPackIsRefusedAndSaysWhy(t *testing.T) {
	b := blob("text")
	good := tree(b.Digest, "a")
	base := blob(strings.Repeat("x", 0x10000))
	push := func(c content.Object, entries ...[]byte) (content.Digest, []byte) {
		return c.Digest, packOf(append(entries, whole(c))...)
	}
	withTree := func(names ...string) (content.Digest, []byte) {
		tr := tree(b.Digest, names...)
		return push(commit(tr.Digest, ada), whole(b), whole(tr))
	}
	spoilt := func(spoil func([]byte) []byte) (content.Digest, []byte) {
		tip, pack := withTree("a")
		return tip, spoil(pack)
	}
	tests := []struct {
		name string
		why  string
		make func() (content.Digest, []byte)
	}{
		{"a missing tree", "missing necessary objects", func() (content.Digest, []byte) { return push(commit(good.Digest, ada), whole(b)) }},
		{"a missing document", "missing necessary objects", func() (content.Digest, []byte) { return push(commit(good.Digest, ada), whole(good)) }},
		{"a missing base", "base missing", func() (content.Digest, []byte) {
			return push(commit(good.Digest, ada), whole(good), entry(7, []byte("\x01\x01\x01x"), base.Digest[:]...))
		}},
		{"a tip that is nowhere", "missing necessary objects", func() (content.Digest, []byte) { return good.Digest, packOf(whole(b)) }},
		{"a wrong trailer", "trailer", func() (content.Digest, []byte) {
			return spoilt(func(p []byte) []byte { p[len(p)-1] ^= 1; return p })
		}},
		{"cut short", "pack", func() (content.Digest, []byte) { return spoilt(func(p []byte) []byte { return p[:len(p)-30] }) }},
		{"no pack at all", "too few for a pack", func() (content.Digest, []byte) { return spoilt(func([]byte) []byte { return nil }) }},
		{"something behind", "follow the last", func() (content.Digest, []byte) {
			return spoilt(func(p []byte) []byte { return append(p, make([]byte, 30)...) })
		}},
		{"a delta bomb", "more than 134217728", func() (content.Digest, []byte) {
			return push(commit(good.Digest, ada), whole(b), whole(good), whole(base), bomb(base))
		}},
		{".GIT", "looks to some file system like, .git", func() (content.Digest, []byte) { return withTree(".GIT") }},
		{"git~1", "looks to some file system like, .git", func() (content.Digest, []byte) { return withTree("a", "git~1") }},
		{"..", "would leave its directory", func() (content.Digest, []byte) { return withTree("..") }},
		{"a tree out of order", "out of order", func() (content.Digest, []byte) { return withTree("b", "a") }},
		{"a name twice", "is there twice", func() (content.Digest, []byte) { return withTree("a", "a") }},
		{"a broken author", "a broken line author", func() (content.Digest, []byte) {
			return push(commit(good.Digest, "Ada ada@example.org> 1"), whole(b), whole(good))
		}},
		{"a date from before zones", "a broken line author", func() (content.Digest, []byte) {
			return push(commit(good.Digest, "Ada <ada@example.org> 1700000000"), whole(b), whole(good))
		}},
	}
	// What a push refuses while it is in memory, it has to refuse as a pack, too.
	var padding [][]byte
	for i := range 1001 {
		padding = append(padding, whole(blob(fmt.Sprint("padding ", i))))
	}
	for _, tt := range tests {
		for _, size := range []string{"few", "many"} {
			t.Run(tt.name+"/"+size, func(t *testing.T) {
				s := newSite(t, fstest.Memory(t))
				before := s.refs()
				tip, pack := tt.make()
				if size == "many" {
					pack = padded(pack, padding)
				}
				status, text := s.push("refs/heads/main", tip, pack)
				if status != http.StatusOK || !strings.Contains(text, "unpack ") || strings.Contains(text, "unpack ok") || !strings.Contains(text, tt.why) {
					t.Errorf("%d without %q:\n%s", status, tt.why, text)
				}
				if !strings.Contains(text, "ng refs/heads/main") {
					t.Errorf("main is not refused:\n%s", text)
				}
				if after := s.refs(); after != before {
					t.Errorf("refs are %s", after)
				}
				if tt.why == "missing necessary objects" {
					return
				}
				_, text = s.push("refs/heads/main", tip, packOf()) // what was refused once has not come in
				if strings.Contains(text, "ok refs/heads/main") {
					t.Errorf("the second time:\n%s", text)
				}
			})
		}
	}
}

// padded puts more entries before those of a pack; a pack that is broken stays so.
func padded(pack []byte, more [][]byte) []byte {
	if len(pack) < 32 {
		return pack
	}
	sum := sha1.Sum(pack[:len(pack)-20])
	n := binary.BigEndian.Uint32(pack[8:])
	b := append([]byte{}, pack[:8]...)
	b = binary.BigEndian.AppendUint32(b, n+uint32(len(more)))
	b = append(b, bytes.Join(more, nil)...)
	if !bytes.Equal(sum[:], pack[len(pack)-20:]) {
		return append(b, pack[12:]...)
	}
	b = append(b, pack[12:len(pack)-20]...)
	sum = sha1.Sum(b)
	return append(b, sum[:]...)
}

func TestABadRequestIsRefusedWithAStatus(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, "0000")
	z.Close()
	id := strings.Repeat("1", 40)
	type test struct {
		name    string
		service string
		typ     string
		body    string
		fields  []string
		status  int
	}
	tests := []test{
		{"a client that tries the door", "git-receive-pack", pushType, "0000", nil, 200},
		{"the same, gzipped", "git-receive-pack", pushType, zipped.String(), []string{"Content-Encoding", "gzip"}, 200},
		{"gzip that is none", "git-receive-pack", pushType, "0000", []string{"Content-Encoding", "gzip"}, 400},
		{"gzip that is cut short", "git-receive-pack", pushType, zipped.String()[:12], []string{"Content-Encoding", "gzip"}, 400},
		{"another coding", "git-receive-pack", pushType, "0000", []string{"Content-Encoding", "br"}, 415},
		{"another type", "git-receive-pack", "text/plain", "0000", nil, 415},
		{"another service", "git-archive", pushType, "0000", nil, 404},
		{"no packet lines", "git-receive-pack", pushType, "hello there", nil, 400},
		{"a line cut short", "git-receive-pack", pushType, "00ff" + id, nil, 400},
		{"half a command", "git-receive-pack", pushType, line("%s refs/heads/main", id) + "0000", nil, 400},
		{"a ref twice", "git-receive-pack", pushType, line("%s %s refs/heads/a", id, id) + line("%s %s refs/heads/a", id, id) + "0000", nil, 400},
		{"a want that is no id", "git-upload-pack", "application/x-git-upload-pack-request", line("want me") + "0000", nil, 400},
		{"a command that is none", "git-upload-pack", "application/x-git-upload-pack-request", line("command=dance") + "0000", []string{"Git-Protocol", "version=2"}, 400},
		{"a depth below one", "git-upload-pack", "application/x-git-upload-pack-request",
			line("command=fetch") + "0001" + line("want %s", id) + line("deepen -1") + "0000", []string{"Git-Protocol", "version=2"}, 400},
	}
	var many strings.Builder
	for i := range 2001 {
		many.WriteString(line("%s %s refs/heads/b%d", strings.Repeat("0", 40), id, i))
	}
	long := line("command=ls-refs") + "0001" + strings.Repeat(line("ref-prefix %s", strings.Repeat("x", 60_000)), 300)
	tests = append(tests,
		test{"too many refs", "git-receive-pack", pushType, many.String() + "0000", nil, 413},
		test{"too long", "git-upload-pack", "application/x-git-upload-pack-request", long, []string{"Git-Protocol", "version=2"}, 413},
	)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, text := s.post(tt.service, tt.typ, tt.body, tt.fields...)
			if status != tt.status {
				t.Errorf("%d, not %d: %s", status, tt.status, text)
			}
			if status >= 400 && !strings.Contains(text, `"type":"/problems/`) {
				t.Errorf("no problem: %s", text)
			}
		})
	}
	for target, want := range map[string]int{
		"/git/book.git/info/refs":                          400,
		"/git/book.git/info/refs?service=git-archive":      400,
		"/git/none.git/info/refs?service=git-upload-pack":  404,
		"/git/none.git/info/refs?service=git-receive-pack": 404,
		"/git/book/info/refs?service=git-upload-pack":      404,
		"/git/BOOK.git/info/refs?service=git-upload-pack":  400,
		"/git/book.git/git-upload-pack":                    405,
		"/git/book.git/objects/info/packs":                 404,
	} {
		answer, err := http.Get(s.url + target)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: %d %s, not %d", target, answer.StatusCode, answer.Header.Get("Content-Type"), want)
		}
	}
}

func TestRefNamesThatGitForbids(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	b := blob("text")
	tr := tree(b.Digest, "a")
	c := commit(tr.Digest, ada)
	before := s.refs()
	for _, name := range []string{"HEAD", "refs/heads/", "refs/heads/../main", "refs/heads/a..b", "refs/heads/a.lock", "refs/heads/a b", "refs/drafts/x", "refs/heads/\x7f"} {
		status, text := s.push(name, c.Digest, packOf(whole(b), whole(tr), whole(c)))
		if status != http.StatusOK || !strings.Contains(text, "ng "+name+" ") {
			t.Errorf("%q: %d %s", name, status, text)
		}
	}
	if after := s.refs(); after != before {
		t.Errorf("refs are %s", after)
	}
}

func TestAPushThatLacksHistoryIsRefused(t *testing.T) {
	s := newSite(t, fstest.Memory(t))
	s.git("", "init", "-q", "-b", "main", "other")
	for i := range 3 {
		s.commit("other", "a", fmt.Sprint(i))
	}
	s.git("", "clone", "-q", "--depth", "1", "file://"+s.dir+"/other", "shallow")
	before := s.refs()
	s.refused("shallow update not allowed", "shallow", "push", s.repo(), "main")
	if after := s.refs(); after != before {
		t.Errorf("refs are %s", after)
	}
}
