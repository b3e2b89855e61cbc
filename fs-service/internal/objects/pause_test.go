package objects

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/content"
)

// ledger is a disk that notes the most that was brought to it, or taken from it, of a pack in one
// go. One goroutine uses it for packs.
type ledger struct {
	vfs.FS
	synced  int   // bytes
	removed int64 // bytes
}

func isPack(name string) bool { return strings.Contains(filepath.Dir(name), "packs") }

func (l *ledger) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	if err != nil || !isPack(name) {
		return f, err
	}
	return &ledgerFile{File: f, ledger: l}, nil
}

func (l *ledger) Remove(name string) error {
	if info, err := l.FS.Stat(name); err == nil && isPack(name) && filepath.Base(name) != "fold.new" { // it has another name by then
		l.removed = max(l.removed, info.Size())
	}
	return l.FS.Remove(name)
}

type ledgerFile struct {
	vfs.File
	ledger *ledger
	dirty  int
}

func (f *ledgerFile) Fd() uintptr { return vfs.InvalidFd } // so that all goes by here

func (f *ledgerFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	f.dirty += n
	return n, err
}

func (f *ledgerFile) note() {
	f.ledger.synced = max(f.ledger.synced, f.dirty)
	f.dirty = 0
}

func (f *ledgerFile) Sync() error     { f.note(); return f.File.Sync() }
func (f *ledgerFile) SyncData() error { f.note(); return f.File.SyncData() }
func (f *ledgerFile) Close() error    { f.note(); return f.File.Close() }

// A write waits for one sync, and for what others bring to the disk or take from it at that
// moment: for not more than 2 MiB, whatever is folded.
func TestFoldLeavesTheDiskToOthers(t *testing.T) {
	const bound = 2 << 20
	disk := &ledger{FS: vfs.Default}
	s := openTest(t, Options{Dir: t.TempDir(), FS: disk})
	pool, objs := content.Pool{1}, []content.Object{blob(noise(1, 5<<20)), blob(noise(2, 100))}
	for _, o := range objs {
		put(t, s, pool, o)
		mustFold(t, s, pool, FoldOptions{All: true})
	}
	if disk.synced > bound || disk.removed > bound {
		t.Errorf("%d bytes were synced and %d removed in one go", disk.synced, disk.removed)
	}
	if disk.synced < bound/2 || disk.removed == 0 {
		t.Errorf("%d bytes were synced and %d removed: the ledger did not see the fold", disk.synced, disk.removed)
	}
	check(t, s, pool, objs)
}
