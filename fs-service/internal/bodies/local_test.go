package bodies

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

var pool = content.Pool{1}

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n), 1}).Read(b)
	return b
}

func openTest(t *testing.T, dir string) *Local {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func upload(l *Local, size int64, b []byte) (content.Digest, error) {
	u, err := l.Create(context.Background(), size)
	if err != nil {
		return content.Digest{}, err
	}
	if _, err := io.Copy(u, bytes.NewReader(b)); err != nil {
		u.Abort()
		return content.Digest{}, err
	}
	return u.Commit(pool)
}

func put(t *testing.T, l *Local, b []byte) content.Digest {
	t.Helper()
	d, err := upload(l, int64(len(b)), b)
	if err != nil {
		t.Fatal(err)
	}
	if want := content.NewObject(content.KindBlob, b).Digest; d != want {
		t.Fatalf("%v, want %v", d, want)
	}
	return d
}

// leftovers are the uploads that were not ended.
func leftovers(t *testing.T, l *Local) int {
	t.Helper()
	entries, err := os.ReadDir(l.incoming())
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// The contract: what was committed is read, whole or in part, from its own pool
// only, also after the directory was opened again.
func TestBodies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "bodies")
	for _, size := range []int{0, 1, bufferSize - 1, bufferSize, 3*bufferSize + 7} {
		b := noise(size)
		l := openTest(t, dir)
		d := put(t, l, b)
		put(t, l, b)
		l = openTest(t, dir)
		if n, err := l.Stat(t.Context(), pool, d); err != nil || n != int64(size) {
			t.Errorf("%d bytes: stat %d, %v", size, n, err)
		}
		if err := l.Verify(t.Context(), pool, d); err != nil {
			t.Error(err)
		}
		for _, part := range []struct{ off, n int64 }{{0, -1}, {0, int64(size)}, {0, 1 << 40}, {0, 10}, {int64(size) / 2, -1}, {int64(size) / 3, 100}, {int64(size), -1}, {0, 0}} {
			r, err := l.Open(t.Context(), pool, d, part.off, part.n)
			if err != nil {
				t.Fatal(err)
			}
			want := b[part.off:]
			if part.n >= 0 && part.n < int64(len(want)) {
				want = want[:part.n]
			}
			if err := iotest.TestReader(r, want); err != nil {
				t.Errorf("%d bytes, %d from %d: %v", size, part.n, part.off, err)
			}
			r.Close()
		}
		for _, off := range []int64{-1, int64(size) + 1} {
			if _, err := l.Open(t.Context(), pool, d, off, 1); !fault.Is(err, fault.Invalid) {
				t.Errorf("offset %d of %d: %v", off, size, err)
			}
		}
		_, err := l.Open(t.Context(), content.Pool{2}, d, 0, -1)
		_, statErr := l.Stat(t.Context(), content.Pool{2}, d)
		for _, err := range []error{err, statErr, l.Verify(t.Context(), content.Pool{2}, d)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("from another pool: %v", err)
			}
		}
		if n := leftovers(t, l); n != 0 {
			t.Errorf("%d uploads are left over", n)
		}
	}
}

// A body has exactly the size that was promised, or is refused without a trace.
func TestSizeIsKept(t *testing.T) {
	l := openTest(t, t.TempDir())
	for _, size := range []int64{-1, 0, 9, 11} {
		if _, err := upload(l, size, noise(10)); !fault.Is(err, fault.Invalid) {
			t.Errorf("10 bytes of %d: %v", size, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	u, err := l.Create(ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := u.Write(noise(10)); !fault.Is(err, fault.Canceled) {
		t.Errorf("the caller left: %v", err)
	}
	if _, err := u.Commit(pool); !fault.Is(err, fault.Canceled) {
		t.Errorf("the caller left: %v", err)
	}
	if _, err := u.Commit(pool); !fault.Is(err, fault.Internal) {
		t.Errorf("committed twice: %v", err)
	}
	if n := leftovers(t, l); n != 0 {
		t.Errorf("%d uploads are left over", n)
	}
}

// What a crash left of an upload is removed.
func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	l := openTest(t, dir)
	if _, err := l.Create(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if n := leftovers(t, openTest(t, dir)); n != 0 {
		t.Errorf("%d uploads are left over", n)
	}
}

// A body that changed on the disk is found out by whoever reads it to its end.
func TestChangedBody(t *testing.T) {
	b := noise(300_000)
	tests := []struct {
		name   string
		change func([]byte) []byte
	}{
		{"a bit", func(b []byte) []byte { b[1000] ^= 1; return b }},
		{"cut short", func(b []byte) []byte { return b[:len(b)-1] }},
		{"empty", func(b []byte) []byte { return nil }},
		{"longer", func(b []byte) []byte { return append(b, 0) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := openTest(t, t.TempDir())
			d := put(t, l, b)
			if err := os.WriteFile(l.place(pool, d), tt.change(bytes.Clone(b)), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := l.Verify(t.Context(), pool, d); !fault.Is(err, fault.Corrupt) {
				t.Errorf("verify: %v", err)
			}
			r, err := l.Open(t.Context(), pool, d, 0, -1)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := io.Copy(io.Discard, r); !fault.Is(err, fault.Corrupt) {
				t.Errorf("read: %v", err)
			}
			put(t, l, b)
			if err := l.Verify(t.Context(), pool, d); err != nil {
				t.Errorf("put again: %v", err)
			}
		})
	}
	t.Run("while it is read", func(t *testing.T) {
		l := openTest(t, t.TempDir())
		d := put(t, l, b)
		r, err := l.Open(t.Context(), pool, d, 10, -1)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if err := os.Truncate(l.place(pool, d), 100); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); !fault.Is(err, fault.Corrupt) {
			t.Errorf("%v", err)
		}
	})
}

// A body that is put again counts as new.
func TestPutAgainIsNewer(t *testing.T) {
	l := openTest(t, t.TempDir())
	d := put(t, l, noise(10))
	old := time.Unix(1_000_000_000, 0)
	if err := os.Chtimes(l.place(pool, d), old, old); err != nil {
		t.Fatal(err)
	}
	put(t, l, noise(10))
	info, err := os.Stat(l.place(pool, d))
	if err != nil || !info.ModTime().After(old) {
		t.Errorf("modified %v, %v", info.ModTime(), err)
	}
}

// failing is a disk whose n-th operation fails.
type failing struct {
	disk
	n, done int
	err     error
}

func newFailing(n int, err error) *failing {
	f, real := &failing{n: n, err: err}, osDisk()
	f.disk = disk{
		create: func(name string) (file, error) {
			if err := f.next(); err != nil {
				return nil, err
			}
			inner, err := real.create(name)
			return failingFile{inner, f}, err
		},
		rename:  func(old, name string) error { return firstOf(f.next(), func() error { return real.rename(old, name) }) },
		mkdir:   func(name string) error { return firstOf(f.next(), func() error { return real.mkdir(name) }) },
		syncDir: func(name string) error { return firstOf(f.next(), func() error { return real.syncDir(name) }) },
	}
	return f
}

func (f *failing) next() error {
	if f.done++; f.done == f.n {
		return f.err
	}
	return nil
}

func firstOf(err error, op func() error) error {
	if err != nil {
		return err
	}
	return op()
}

type failingFile struct {
	file
	f *failing
}

func (f failingFile) Write(b []byte) (int, error) {
	if err := f.f.next(); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f failingFile) Sync() error  { return firstOf(f.f.next(), f.file.Sync) }
func (f failingFile) Close() error { return errors.Join(f.f.next(), f.file.Close()) }

// For every n: the n-th operation of the disk fails. The upload says so, with the
// right kind; no part of a body is served; nothing is left over; and the next
// upload succeeds.
func TestFailAtEveryOperation(t *testing.T) {
	b := noise(200_000)
	for _, tt := range []struct {
		err  error
		kind fault.Kind
	}{{syscall.EIO, fault.Internal}, {syscall.ENOSPC, fault.Full}} {
		for n := 1; ; n++ {
			dir, f := filepath.Join(t.TempDir(), "x"), newFailing(n, tt.err)
			l, err := open(dir, f.disk)
			if err == nil {
				_, err = upload(l, int64(len(b)), b)
			}
			if f.done < n {
				if n < 10 || err != nil {
					t.Fatalf("%d operations, %v", f.done, err)
				}
				break
			}
			if !fault.Is(err, tt.kind) {
				t.Errorf("operation %d, %v: %v", n, tt.err, err)
			}
			if l == nil {
				continue
			}
			d := content.NewObject(content.KindBlob, b).Digest
			if err := l.Verify(t.Context(), pool, d); err != nil && !fault.Is(err, fault.NotFound) {
				t.Errorf("operation %d: %v", n, err)
			}
			if n := leftovers(t, l); n != 0 {
				t.Errorf("%d uploads are left over", n)
			}
			put(t, l, b)
			if err := l.Verify(t.Context(), pool, d); err != nil {
				t.Errorf("after operation %d failed: %v", n, err)
			}
		}
	}
}

// Many at once put and read the same bodies.
func TestConcurrentUse(t *testing.T) {
	l := openTest(t, t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 5 {
				b := noise(1000 + i)
				d, err := upload(l, int64(len(b)), b)
				if err == nil {
					err = l.Verify(t.Context(), pool, d)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkUpload(b *testing.B) {
	l, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	body := noise(16 << 20)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := upload(l, int64(len(body)), body); err != nil {
			b.Fatal(err)
		}
	}
}
