package objects

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
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
	"rhapsode/internal/fault"
)

func blob(b []byte) content.Object { return content.NewObject(content.KindBlob, b) }

// noise returns n bytes that do not compress, different for each seed.
func noise(seed, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), 7}).Read(b)
	return b
}

// packOf returns a pack of objects that are all stored whole.
func packOf(objs ...content.Object) []byte {
	var c pack.Codec
	b := []byte{'P', 'A', 'C', 'K', 0, 0, 0, 2, 0, 0, byte(len(objs) >> 8), byte(len(objs))}
	for _, o := range objs {
		b = c.AppendEntry(b, o)
	}
	return append(b, sha1sum(b)...)
}

func openTest(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && s.Err() == nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func write(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(b)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// disks are those on which the contract has to hold.
func disks(t *testing.T) map[string]Options {
	return map[string]Options{
		"memory": {Dir: "/objects", FS: vfs.NewMem(), Reserve: -1},
		"disk":   {Dir: filepath.Join(t.TempDir(), "a", "objects")},
	}
}

// The contract: what was put in either tier is read by every method, from its own
// pool only, also after the store was opened again; the rest is not found.
func TestStore(t *testing.T) {
	for disk, o := range disks(t) {
		t.Run(disk, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			pool, other := content.Pool{1}, content.Pool{2}
			recent := []content.Object{blob(nil), blob(noise(1, 6000)), blob(noise(2, 900_000)), content.NewObject(content.KindTree, nil)}
			packed := []content.Object{blob(noise(3, 5000)), blob(noise(4, 3<<20)), content.NewObject(content.KindTag, []byte("tag"))}
			commit, open := content.Digest{1}, content.Digest{2}
			s, err := Open(o)
			if err != nil {
				t.Fatal(err)
			}
			fs := s.shelf.fs
			file := fs.PathJoin(o.Dir, "incoming")
			for range 2 { // all of it may be repeated
				if err := s.Put(t.Context(), pool, recent, []content.Digest{commit}); err != nil {
					t.Fatal(err)
				}
				write(t, fs, file, packOf(packed...))
				info, err := s.AddPack(t.Context(), pool, file, nil)
				if err != nil || info.Objects != 3 || info.Size != int64(len(packOf(packed...))) {
					t.Fatalf("%+v, %v", info, err)
				}
				if _, err := fs.Stat(file); err == nil {
					t.Error("the pack is still where it came from")
				}
			}
			for range 2 { // before and after it is opened again
				check(t, s, pool, append(recent, packed...))
				var all []content.Digest
				for _, want := range append(recent, packed...) {
					all = append(all, want.Digest)
				}
				if m, err := s.Missing(t.Context(), pool, append(all, commit)); err != nil || len(m) != 1 || m[0] != commit {
					t.Errorf("missing %v, %v", m, err)
				}
				if m, err := s.Missing(t.Context(), other, all); err != nil || len(m) != len(all) {
					t.Errorf("%d missing in another pool, %v", len(m), err)
				}
				if _, err := s.Get(t.Context(), other, recent[1].Digest); !fault.Is(err, fault.NotFound) {
					t.Errorf("from another pool: %v", err)
				}
				if ok, err := s.Closed(t.Context(), pool, commit); !ok || err != nil {
					t.Errorf("closed: %v, %v", ok, err)
				}
				if ok, err := s.Closed(t.Context(), pool, commit, open); ok || err != nil {
					t.Errorf("closed with one that is not: %v, %v", ok, err)
				}
				infos, err := s.Packs(t.Context(), pool)
				if err != nil || len(infos) != 1 {
					t.Fatalf("packs %v, %v", infos, err)
				}
				r, n, err := s.OpenPack(t.Context(), pool, infos[0].ID)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r)
				if err != nil || n != int64(len(b)) || !bytes.Equal(b, packOf(packed...)) {
					t.Errorf("the pack came back with %d of %d bytes, %v", len(b), n, err)
				}
				r.Close()
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Get(t.Context(), pool, recent[1].Digest); !fault.Is(err, fault.Unavailable) {
					t.Errorf("closed: %v", err)
				}
				if s, err = Open(o); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// check reads each of want by every method.
func check(t *testing.T, s *Store, pool content.Pool, want []content.Object) {
	t.Helper()
	for _, w := range want {
		for range 2 { // from the disk and from memory
			k, n, err := s.Stat(t.Context(), pool, w.Digest)
			if err != nil || k != w.Kind || n != int64(len(w.Data)) {
				t.Errorf("stat %v: %v %d, %v", w.Digest, k, n, err)
			}
			k, n, r, err := s.Open(t.Context(), pool, w.Digest)
			if err != nil {
				t.Fatalf("open %v: %v", w.Digest, err)
			}
			b, err := io.ReadAll(r)
			if err != nil || k != w.Kind || n != int64(len(b)) || !bytes.Equal(b, w.Data) {
				t.Errorf("open %v: %d bytes, %v", w.Digest, len(b), err)
			}
			if err := errors.Join(r.Close(), r.Close()); err != nil {
				t.Error(err)
			}
			o, err := s.Get(t.Context(), pool, w.Digest)
			if err != nil || o.Kind != w.Kind || !bytes.Equal(o.Data, w.Data) {
				t.Errorf("get %v: %v", w.Digest, err)
			}
		}
	}
}

// What can't be right is refused, and leaves nothing behind.
func TestStoreRefuses(t *testing.T) {
	s := openTest(t, Options{Dir: "/o", FS: vfs.NewMem(), Reserve: -1})
	pool := content.Pool{1}
	good := blob([]byte("good"))
	wrong := content.Object{Digest: content.Digest{9}, Kind: content.KindBlob, Data: []byte("wrong")}
	if err := s.Put(t.Context(), pool, []content.Object{good, wrong}, nil); !fault.Is(err, fault.Corrupt) {
		t.Errorf("a wrong object: %v", err)
	}
	bad := packOf(good)
	bad[20] ^= 1
	write(t, s.shelf.fs, "/bad", bad)
	if _, err := s.AddPack(t.Context(), pool, "/bad", nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a broken pack: %v", err)
	}
	if m, err := s.Missing(t.Context(), pool, []content.Digest{good.Digest}); err != nil || len(m) != 1 {
		t.Errorf("it came in all the same: %v", err)
	}
	if _, err := s.shelf.fs.Stat("/bad"); err != nil {
		t.Errorf("a refused pack is its sender's to remove: %v", err)
	}
	if _, _, err := s.OpenPack(t.Context(), pool, content.Digest{1}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a pack that is not here: %v", err)
	}
}

// A changed bit in a pack is found; a good copy beside it is used.
func TestGoodCopyIsUsed(t *testing.T) {
	fs := vfs.NewMem()
	pool, o := content.Pool{1}, blob(noise(1, 4000))
	s := openTest(t, Options{Dir: "/o", FS: fs, CacheBytes: 1, Reserve: -1})
	write(t, fs, "/p", packOf(o))
	info, err := s.AddPack(t.Context(), pool, "/p", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := fs.UnsafeGetFileDataBuffer(s.shelf.place(pool, info.ID).pack)
	if err != nil {
		t.Fatal(err)
	}
	b[1000] ^= 4
	if _, err := s.Get(t.Context(), pool, o.Digest); !fault.Is(err, fault.Corrupt) {
		t.Errorf("changed: %v", err)
	}
	write(t, fs, "/q", packOf(o, blob(nil)))
	if _, err := s.AddPack(t.Context(), pool, "/q", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), pool, o.Digest); err != nil {
		t.Errorf("a good copy in another pack: %v", err)
	}
	if err := s.Put(t.Context(), pool, []content.Object{o}, nil); err != nil {
		t.Fatal(err)
	}
	check(t, s, pool, []content.Object{o})
}

// No more packs stay open than allowed, and all of them can be read.
func TestHandlesAreBounded(t *testing.T) {
	fs := vfs.NewMem()
	s := openTest(t, Options{Dir: "/o", FS: fs, CacheBytes: 1, Reserve: -1})
	pool := content.Pool{1}
	var all []content.Object
	for i := range maxOpenPacks + 20 {
		o := blob(noise(i, 100))
		all = append(all, o)
		write(t, fs, "/p", packOf(o))
		if _, err := s.AddPack(t.Context(), pool, "/p", nil); err != nil {
			t.Fatal(err)
		}
	}
	check(t, s, pool, all)
	if n := len(s.shelf.handles.open); n > maxOpenPacks {
		t.Errorf("%d packs are open", n)
	}
}

// Many at once put and read the same and different objects.
func TestConcurrentUse(t *testing.T) {
	fs := vfs.NewMem()
	s := openTest(t, Options{Dir: "/o", FS: fs, CacheBytes: 64 << 10, Reserve: -1})
	pool := content.Pool{1}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 30 {
				o := blob(noise(i%20, 2000))
				if err := s.Put(t.Context(), pool, []content.Object{o}, nil); err != nil {
					t.Error(err)
				}
				if i%10 == g {
					file := "/p" + string(rune('a'+g))
					write(t, fs, file, packOf(o, blob(noise(99, 50))))
					if _, err := s.AddPack(t.Context(), pool, file, nil); err != nil {
						t.Error(err)
					}
				}
				if got, err := s.Get(t.Context(), pool, o.Digest); err != nil || !bytes.Equal(got.Data, o.Data) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// A disk that is nearly full takes no change, and takes them again when it has room.
func TestReserve(t *testing.T) {
	fs := vfs.NewMem()
	s := openTest(t, Options{Dir: "/o", FS: fs, Reserve: 1000})
	put := func() error { return s.Put(t.Context(), content.Pool{1}, []content.Object{blob(nil)}, nil) }
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 999})
	if err := put(); !fault.Is(err, fault.Full) {
		t.Errorf("nearly full: %v", err)
	}
	if _, err := s.AddPack(t.Context(), content.Pool{1}, "/p", nil); !fault.Is(err, fault.Full) {
		t.Errorf("nearly full: %v", err)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1000})
	if err := put(); err != nil {
		t.Errorf("room again: %v", err)
	}
}

// A disk that is full under a write in progress refuses changes, loses nothing,
// and goes on by itself once there is room.
func TestFullDisk(t *testing.T) {
	full := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate {
			return &os.PathError{Op: "write", Path: op.Path, Err: syscall.ENOSPC}
		}
		return nil
	})
	toggle := &errorfs.Toggle{Injector: full}
	o := Options{Dir: "/o", FS: errorfs.Wrap(vfs.NewMem(), toggle), Reserve: -1}
	s, err := open(o, tuning{memTable: 64 << 10, retry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	pool := content.Pool{1}
	before, during := blob(noise(1, 5000)), blob(noise(2, 5000))
	if err := s.Put(t.Context(), pool, []content.Object{before}, nil); err != nil {
		t.Fatal(err)
	}
	toggle.On()
	for range 3 {
		if err := s.Put(t.Context(), pool, []content.Object{during}, nil); !fault.Is(err, fault.Full) {
			t.Errorf("full: %v", err)
		}
	}
	check(t, s, pool, []content.Object{before})
	toggle.Off()
	for s.guard.refusal() != nil {
		<-time.After(time.Millisecond)
	}
	var many []content.Object
	for i := range 40 { // enough for a flush
		many = append(many, blob(noise(100+i, 4000)))
		if err := s.Put(t.Context(), pool, many[i:], nil); err != nil {
			t.Fatal(err)
		}
	}
	check(t, s, pool, append(many, before, during))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// A disk that fails ends the store, and not the process: changes are refused,
// nobody waits for ever, and reads go on.
func TestBrokenDisk(t *testing.T) {
	toggle := &errorfs.Toggle{Injector: errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSync {
			return errorfs.ErrInjected
		}
		return nil
	})}
	s, err := open(Options{Dir: "/o", FS: errorfs.Wrap(vfs.NewMem(), toggle), Reserve: -1}, tuning{memTable: 64 << 10, retry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	pool, before := content.Pool{1}, blob([]byte("before"))
	if err := s.Put(t.Context(), pool, []content.Object{before}, nil); err != nil {
		t.Fatal(err)
	}
	toggle.On()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := s.Put(context.Background(), pool, []content.Object{blob(noise(i, 3000))}, nil); !fault.Is(err, fault.Internal) {
				t.Errorf("broken: %v", err)
			}
		})
	}
	wg.Wait()
	<-s.Failed()
	toggle.Off()
	if err := s.Put(t.Context(), pool, nil, []content.Digest{{1}}); !fault.Is(err, fault.Internal) || s.Err() == nil {
		t.Errorf("after it broke: %v", err)
	}
	check(t, s, pool, []content.Object{before})
	if err := s.Close(); !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("closed with %v", err)
	}
}
