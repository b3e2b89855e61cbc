package pack_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

func open(t testing.TB, packed, idx []byte, o pack.OpenOptions) *pack.Pack {
	t.Helper()
	p, err := pack.Open(bytes.NewReader(packed), int64(len(packed)), bytes.NewReader(idx), int64(len(idx)), o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every way to read a pack that git made gives what git gives.
func TestPackEqualsGits(t *testing.T) {
	packed, idx, repo := gitPack(t, "offset")
	p := open(t, packed, idx, pack.OpenOptions{})
	count := 0
	for line := range strings.Lines(string(git(t, repo, nil, "cat-file", "--batch-all-objects", "--batch-check"))) {
		f := strings.Fields(line)
		d, err := content.ParseDigest(f[0])
		if err != nil {
			t.Fatal(err)
		}
		count++
		k, n, err := p.Stat(t.Context(), d)
		if err != nil || k.String() != f[1] || itoa(int(n)) != f[2] {
			t.Errorf("stat: %v %d, %v; git says %s", k, n, err, line)
		}
		o, err := p.Get(t.Context(), d)
		if err != nil || o.Kind != k || int64(len(o.Data)) != n || !o.Intact() {
			t.Errorf("get %v: %v", d, err)
		}
		k2, n2, r, err := p.Open(t.Context(), d)
		if err != nil || k2 != k || n2 != n {
			t.Fatalf("open %v: %v %d, %v", d, k2, n2, err)
		}
		b, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(b, o.Data) {
			t.Errorf("read %v: %d bytes, %v", d, len(b), err)
		}
		r.Close()
		if ok, err := p.Has(d); !ok || err != nil {
			t.Errorf("has %v: %v, %v", d, ok, err)
		}
	}
	if count != p.Len() {
		t.Errorf("%d objects, git says %d", p.Len(), count)
	}
	for i := range 256 {
		absent := content.Digest{byte(i), 1, 2, 3}
		if _, err := p.Get(t.Context(), absent); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v: %v, want not found", absent, err)
		}
	}
}

// Each visits every digest once, in order, and stops when told to.
func TestEach(t *testing.T) {
	packed, idx, _ := gitPack(t, "offset")
	p := open(t, packed, idx, pack.OpenOptions{})
	var last content.Digest
	n := 0
	if err := p.Each(func(d content.Digest) error {
		if bytes.Compare(last[:], d[:]) >= 0 {
			t.Errorf("%v after %v", d, last)
		}
		last, n = d, n+1
		return nil
	}); err != nil || n != p.Len() {
		t.Errorf("%d of %d, %v", n, p.Len(), err)
	}
	if err := p.Each(func(content.Digest) error { return io.ErrNoProgress }); err != io.ErrNoProgress {
		t.Errorf("stopped with %v", err)
	}
}

// A byte that changed after a pack was judged never changes what is read: an
// object is right, or refused.
func TestChangedPackIsCorrupt(t *testing.T) {
	b := newBuilder(3)
	objects := []content.Object{b.whole(content.KindBlob, noise(1, 90)), b.whole(content.KindTree, nil)}
	b.onOffset(0, appending(objects[0].Data, []byte("tail")))
	objects = append(objects, content.NewObject(content.KindBlob, append(bytes.Clone(objects[0].Data), "tail"...)))
	packed := b.end()
	x, err := index(packed, pack.IndexOptions{})
	if err != nil {
		t.Fatal(err)
	}
	idx := written(t, x)
	tests := []struct {
		name string
		flip func(i int) (packed, idx []byte)
		size int
	}{
		{"pack", func(i int) ([]byte, []byte) { return flipped(packed, i), idx }, len(packed)},
		{"index", func(i int) ([]byte, []byte) { return packed, flipped(idx, i) }, len(idx)},
	}
	for _, tt := range tests {
		for i := range tt.size {
			packed, idx := tt.flip(i)
			p, err := pack.Open(bytes.NewReader(packed), int64(len(packed)), bytes.NewReader(idx), int64(len(idx)), pack.OpenOptions{})
			if err != nil {
				wantCorrupt(t, err)
				continue
			}
			for _, want := range objects {
				got, err := p.Get(t.Context(), want.Digest)
				if err == nil && (got.Kind != want.Kind || !bytes.Equal(got.Data, want.Data)) {
					t.Errorf("%s, byte %d: wrong bytes", tt.name, i)
				}
				wantCorrupt(t, err)
				if _, _, r, err := p.Open(t.Context(), want.Digest); err == nil {
					got, err := io.ReadAll(r)
					if err == nil && !bytes.Equal(got, want.Data) {
						t.Errorf("%s, byte %d: wrong bytes stream by", tt.name, i)
					}
					wantCorrupt(t, err)
					r.Close()
				}
				if _, _, err := p.Stat(t.Context(), want.Digest); err != nil {
					wantCorrupt(t, err)
				}
			}
		}
	}
}

func flipped(b []byte, i int) []byte {
	b = bytes.Clone(b)
	b[i] ^= 1
	return b
}

// wantCorrupt allows no error, Corrupt, and what a changed digest in the index looks like.
func wantCorrupt(t *testing.T, err error) {
	t.Helper()
	if err != nil && !fault.Is(err, fault.Corrupt) && !fault.Is(err, fault.NotFound) {
		t.Errorf("%v, want corrupt", err)
	}
}

// An entry reads back as what was written, and only as that.
func TestCodec(t *testing.T) {
	var c pack.Codec
	for _, n := range []int{0, 1, 15, 16, 2047, 2048, 300_000} {
		o := content.NewObject(content.KindBlob, noise(uint64(n), n))
		entry := c.AppendEntry(nil, o)
		got, err := c.Entry(o.Digest, entry)
		if err != nil || got.Kind != o.Kind || !bytes.Equal(got.Data, o.Data) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if k, size, err := pack.EntryHeader(entry); err != nil || k != o.Kind || size != int64(n) {
			t.Errorf("%d bytes: header %v %d, %v", n, k, size, err)
		}
		for _, bad := range [][]byte{nil, entry[:len(entry)-1], append(bytes.Clone(entry), 0)} {
			if _, err := c.Entry(o.Digest, bad); !fault.Is(err, fault.Corrupt) {
				t.Errorf("%d bytes, %d of %d: %v, want corrupt", n, len(bad), len(entry), err)
			}
		}
		if _, err := c.Entry(content.Digest{1}, entry); !fault.Is(err, fault.Corrupt) {
			t.Errorf("as another object: %v, want corrupt", err)
		}
	}
}

func FuzzEntry(f *testing.F) {
	var c pack.Codec
	f.Add(c.AppendEntry(nil, content.NewObject(content.KindBlob, []byte("hello"))))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, entry []byte) {
		if _, err := c.Entry(content.Digest{1}, entry); !fault.Is(err, fault.Corrupt) {
			t.Errorf("%v, want corrupt", err)
		}
		if k, n, err := pack.EntryHeader(entry); err == nil && (k < content.KindCommit || k > content.KindTag || n < 0) {
			t.Errorf("kind %v, %d bytes", k, n)
		}
	})
}
