package pack_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

func itoa(n int) string { return strconv.Itoa(n) }

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func index(b []byte, o pack.IndexOptions) (*pack.Idx, error) {
	return pack.Index(context.Background(), bytes.NewReader(b), int64(len(b)), o)
}

func written(t testing.TB, x *pack.Idx) []byte {
	t.Helper()
	var out bytes.Buffer
	n, err := x.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatalf("WriteTo: %d of %d bytes, %v", n, out.Len(), err)
	}
	return out.Bytes()
}

// corpusPack returns the pack within the corpus's bundle.
func corpusPack(t testing.TB) []byte {
	t.Helper()
	dir := os.Getenv("RHAPSODE_CORPUS")
	if dir == "" {
		dir = "../../../../../shared/corpus"
	}
	b, err := os.ReadFile(filepath.Join(dir, "history.bundle"))
	if err != nil {
		t.Skip("left out: the corpus is not there")
	}
	return b[bytes.Index(b, []byte("\n\n"))+2:]
}

// The index of a good pack is, byte for byte, what git writes, however little
// memory there is for bases.
func TestIndexEqualsGits(t *testing.T) {
	tests := []struct {
		name   string
		pack   func(t *testing.T) []byte
		limits pack.Limits
	}{
		{"deltas by offset", func(t *testing.T) []byte { p, _, _ := gitPack(t, "offset"); return p }, pack.Limits{}},
		{"deltas by digest", func(t *testing.T) []byte { p, _, _ := gitPack(t, "digest"); return p }, pack.Limits{}},
		{"room for one base", func(t *testing.T) []byte { p, _, _ := gitPack(t, "offset"); return p }, pack.Limits{Bases: 1}},
		{"the corpus", func(t *testing.T) []byte { return corpusPack(t) }, pack.Limits{}},
		{"the corpus, room for few bases", func(t *testing.T) []byte { return corpusPack(t) }, pack.Limits{Bases: 64 << 10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packed := tt.pack(t)
			file := filepath.Join(t.TempDir(), "p.pack")
			if err := os.WriteFile(file, packed, 0o600); err != nil {
				t.Fatal(err)
			}
			git(t, ".", nil, "index-pack", "-o", file+".idx", file)
			last := int64(0)
			x, err := index(packed, pack.IndexOptions{Limits: tt.limits, Progress: func(done, total int64) {
				if done <= last || done > total {
					t.Errorf("progress %d of %d after %d", done, total, last)
				}
				last = done
			}})
			if err != nil {
				t.Fatal(err)
			}
			if last != int64(x.Len()) {
				t.Errorf("progress ended at %d of %d", last, x.Len())
			}
			if !bytes.Equal(written(t, x), read(t, file+".idx")) {
				t.Error("git's index is another")
			}
		})
	}
}

// Every byte of a pack matters: whichever is changed, it is refused.
func TestIndexRefusesEveryChangedByte(t *testing.T) {
	b := newBuilder(3)
	base := b.whole(content.KindBlob, noise(1, 90))
	b.onOffset(0, appending(base.Data, []byte("tail")))
	b.onDigest(base.Digest, appending(base.Data, []byte("other")))
	good := b.end()
	if _, err := index(good, pack.IndexOptions{}); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		if _, err := index(bad, pack.IndexOptions{}); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := index(good[:i], pack.IndexOptions{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("cut after %d bytes: %v", i, err)
		}
	}
}

// A broken pack is refused with a text that says which object, where, and what.
func TestIndexSaysWhatIsBroken(t *testing.T) {
	base := content.NewObject(content.KindBlob, noise(1, 90))
	tail := appending(base.Data, []byte("tail"))
	absent := content.NewObject(content.KindBlob, []byte("absent"))
	tests := []struct {
		name  string
		count uint32
		build func(*builder)
		kind  fault.Kind
		says  []string
	}{
		{"no type", 1, func(b *builder) { b.raw(5, nil, base.Data) }, fault.Invalid, []string{"object 1 of 1 at offset 12", "no type"}},
		{"zlib", 2, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.Write([]byte{0x3a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
		}, fault.Invalid, []string{"object 2 of 2 at offset ", "zlib"}},
		{"more bytes than the header says", 1, func(b *builder) {
			b.raw(3, nil, base.Data)
			b.Bytes()[b.at[0]]-- // the low bits of its size
		}, fault.Invalid, []string{"object 1 of 1 at offset 12", "size"}},
		{"fewer bytes than the header says", 1, func(b *builder) {
			b.raw(3, nil, base.Data)
			b.Bytes()[b.at[0]]++
		}, fault.Invalid, []string{"object 1 of 1 at offset 12", "size"}},
		{"a base that is not there", 2, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.onDigest(absent.Digest, tail)
		}, fault.Invalid, []string{"object 2 of 2 at offset ", "base missing", absent.Digest.String()}},
		{"a base between two objects", 2, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.at[0]++
			b.onOffset(0, tail)
		}, fault.Invalid, []string{"object 2 of 2 at offset ", "base missing"}},
		{"a delta for another base", 2, func(b *builder) {
			b.whole(content.KindBlob, base.Data[1:])
			b.onOffset(0, tail)
		}, fault.Invalid, []string{"object 2 of 2 at offset ", "delta", "89"}},
		{"a delta with a hole", 2, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.onOffset(0, append(bytes.Clone(tail), 0))
		}, fault.Invalid, []string{"object 2 of 2 at offset ", "delta"}},
		{"more objects than promised", 1, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.whole(content.KindBlob, []byte("two"))
		}, fault.Invalid, []string{"follow the last of 1 objects"}},
		{"fewer objects than promised", 3, func(b *builder) {
			b.whole(content.KindBlob, base.Data)
			b.whole(content.KindBlob, []byte("two"))
		}, fault.Invalid, []string{"object 3 of 3 at offset ", "cut short"}},
		{"a promise that can't be kept", 1 << 20, func(b *builder) { b.whole(content.KindBlob, base.Data) }, fault.Invalid, []string{"1048576 objects can't be in"}},
		{"too many objects", 11, func(b *builder) {
			for i := range 11 {
				b.whole(content.KindBlob, []byte{byte(i)})
			}
		}, fault.TooLarge, []string{"11 objects, more than 10"}},
		{"a delta that makes too much", 2, func(b *builder) {
			o := b.whole(content.KindBlob, noise(2, 998))
			b.onOffset(0, appending(o.Data, []byte("tail")))
		}, fault.TooLarge, []string{"object 2 of 2", "1002 bytes, more than 1000"}},
		{"a tree that is too large to hold", 1, func(b *builder) { b.whole(content.KindTree, noise(2, 1001)) }, fault.TooLarge, []string{"object 1 of 1", "1001 bytes, more than 1000"}},
		{"a chain that is too long", 7, func(b *builder) {
			o := b.whole(content.KindBlob, base.Data)
			for i := range 6 {
				b.onOffset(i, appending(o.Data, []byte{'x'}))
				o.Data = append(o.Data, 'x')
			}
		}, fault.TooLarge, []string{"object 7 of 7", "more than 5 deltas"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBuilder(tt.count)
			tt.build(b)
			_, err := index(b.end(), pack.IndexOptions{Limits: pack.Limits{Objects: limit(tt.count), Held: 1000, Depth: 5}})
			if !fault.Is(err, tt.kind) {
				t.Fatalf("%v, want %v", err, tt.kind)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
}

// limit lets the promise of a million objects pass, so that it is refused for what it is.
func limit(count uint32) int64 {
	if count > 1000 {
		return 0
	}
	return 10
}

// A thin pack is good only together with the bases it leaves out.
func TestThinPack(t *testing.T) {
	base := content.NewObject(content.KindBlob, noise(1, 90))
	b := newBuilder(2)
	b.onDigest(base.Digest, appending(base.Data, []byte("one")))
	one := content.NewObject(content.KindBlob, append(bytes.Clone(base.Data), "one"...))
	b.onDigest(one.Digest, appending(one.Data, []byte("two")))
	packed := b.end()
	have := func(_ context.Context, d content.Digest) (content.Object, error) {
		if d == base.Digest {
			return base, nil
		}
		return content.Object{}, fault.Newf(fault.NotFound, "have", "not %v", d)
	}
	if _, err := index(packed, pack.IndexOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("alone: %v, want invalid", err)
	}
	x, err := index(packed, pack.IndexOptions{External: have})
	if err != nil {
		t.Fatal(err)
	}
	p := open(t, packed, written(t, x), pack.OpenOptions{External: have})
	o, err := p.Get(t.Context(), content.NewObject(content.KindBlob, append(bytes.Clone(one.Data), "two"...)).Digest)
	if err != nil || len(o.Data) != 96 {
		t.Errorf("%d bytes, %v; want 96", len(o.Data), err)
	}
}

// An empty blob may be a base too, inside and outside of the pack.
func TestEmptyBase(t *testing.T) {
	empty := content.NewObject(content.KindBlob, nil)
	b := newBuilder(1)
	b.onDigest(empty.Digest, []byte{0, 1, 1, 'x'})
	external := func(context.Context, content.Digest) (content.Object, error) { return empty, nil }
	if _, err := index(b.end(), pack.IndexOptions{External: external}); err != nil {
		t.Errorf("outside: %v", err)
	}
	b = newBuilder(2)
	b.whole(content.KindBlob, nil)
	b.onDigest(empty.Digest, []byte{0, 1, 1, 'x'})
	if _, err := index(b.end(), pack.IndexOptions{}); err != nil {
		t.Errorf("inside: %v", err)
	}
}

// A disk that fails and a caller who leaves are no fault of the pack.
func TestIndexBlamesWhoIsToBlame(t *testing.T) {
	b := newBuilder(1)
	b.whole(content.KindBlob, noise(1, 300<<10))
	packed := b.end()
	_, err := pack.Index(t.Context(), brokenDisk{packed, 100 << 10}, int64(len(packed)), pack.IndexOptions{})
	if !fault.Is(err, fault.Internal) || !errors.Is(err, errDisk) {
		t.Errorf("a broken disk: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = pack.Index(ctx, bytes.NewReader(packed), int64(len(packed)), pack.IndexOptions{})
	if !fault.Is(err, fault.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
}

var errDisk = errors.New("the disk is broken")

// brokenDisk can't be read from offset from on.
type brokenDisk struct {
	b    []byte
	from int64
}

func (d brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > d.from {
		return 0, errDisk
	}
	return copy(p, d.b[off:]), nil
}

// Whatever stands in a pack, judging it neither panics nor passes what can't be
// read back.
func FuzzIndex(f *testing.F) {
	b := newBuilder(3)
	base := b.whole(content.KindBlob, noise(1, 90))
	b.onOffset(0, appending(base.Data, []byte("tail")))
	b.onDigest(base.Digest, appending(base.Data, []byte("other")))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, entries []byte) {
		b := &builder{}
		b.Write(entries)
		packed := b.end() // so that the trailer does not hide what stands before it
		x, err := index(packed, pack.IndexOptions{Limits: pack.Limits{Held: 1 << 20, Objects: 1000}})
		if err != nil {
			if k := fault.Of(err); k != fault.Invalid && k != fault.TooLarge {
				t.Fatalf("%v: %v", k, err)
			}
			return
		}
		p := open(t, packed, written(t, x), pack.OpenOptions{})
		if err := p.Each(func(d content.Digest) error { _, err := p.Get(t.Context(), d); return err }); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkIndexCorpus(b *testing.B) {
	packed := corpusPack(b)
	b.SetBytes(int64(len(packed)))
	for b.Loop() {
		if _, err := index(packed, pack.IndexOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
