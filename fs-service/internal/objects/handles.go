package objects

import (
	"container/list"
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/fs-service/internal/gitfmt/pack"
)

// What open packs may take.
const (
	maxOpenPacks = 64       // that nobody reads at the moment; two descriptors each
	basesBytes   = 16 << 20 // for bases of deltas, of all packs together
)

// handles keeps packs open that were used last.
type handles struct {
	fs    vfs.FS
	cache *pack.Cache

	mu     sync.Mutex
	open   map[*shelved]*handle // guarded by mu
	idle   *list.List           // guarded by mu; of *handle that nobody uses, last used first
	closed bool                 // guarded by mu
}

// handle is an open pack.
type handle struct {
	pack  *pack.Pack
	of    *shelved
	files [2]vfs.File
	users int           // guarded by handles.mu
	idle  *list.Element // guarded by handles.mu; nil while there are users
}

func newHandles(fs vfs.FS) *handles {
	return &handles{fs: fs, cache: pack.NewCache(basesBytes), open: make(map[*shelved]*handle), idle: list.New()}
}

// take opens p, or finds it open. Whoever takes gives back.
func (hs *handles) take(p *shelved) (*handle, error) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h, ok := hs.open[p]
	if !ok {
		var err error
		if h, err = hs.openPack(p); err != nil {
			return nil, err
		}
		hs.open[p] = h
	}
	if h.idle != nil {
		hs.idle.Remove(h.idle)
		h.idle = nil
	}
	h.users++
	return h, nil
}

// give says that a user of h is done.
func (hs *handles) give(h *handle) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if h.users--; h.users > 0 {
		return
	}
	h.idle = hs.idle.PushFront(h)
	if h.of.retired.Load() {
		hs.drop(h)
		return
	}
	if hs.closed || hs.idle.Len() > maxOpenPacks {
		hs.drop(hs.idle.Back().Value.(*handle))
	}
}

// retire closes p, or sees to it that its last user does.
func (hs *handles) retire(p *shelved) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	p.retired.Store(true)
	if h, ok := hs.open[p]; ok && h.idle != nil {
		hs.drop(h)
	}
}

// has says whether p is open.
func (hs *handles) has(p *shelved) bool {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.open[p] != nil
}

// close closes what nobody uses; the rest is closed when it is given back.
func (hs *handles) close() {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.closed = true
	for hs.idle.Len() > 0 {
		hs.drop(hs.idle.Back().Value.(*handle))
	}
}

func (hs *handles) drop(h *handle) {
	hs.idle.Remove(h.idle)
	delete(hs.open, h.of)
	closeAll(h.files)
}

// closeAll closes files that were only read: nothing can be lost.
func closeAll(files [2]vfs.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}

func (hs *handles) openPack(p *shelved) (*handle, error) {
	h := &handle{of: p}
	var sizes [2]int64
	var err error
	for i, name := range []string{p.pack, p.idx} {
		f, openErr := hs.fs.Open(name)
		if openErr != nil {
			err = errors.Join(err, openErr)
			continue
		}
		h.files[i] = f
		info, statErr := f.Stat()
		if err = errors.Join(err, statErr); statErr == nil {
			sizes[i] = info.Size()
		}
	}
	if err == nil {
		h.pack, err = pack.Open(h.files[0], sizes[0], h.files[1], sizes[1], pack.OpenOptions{Cache: hs.cache})
	}
	if err != nil {
		closeAll(h.files)
		return nil, diskFault("open pack", p.info.ID.String(), err)
	}
	return h, nil
}
