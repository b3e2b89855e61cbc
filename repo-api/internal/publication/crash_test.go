package publication_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/publication"
)

// mortal is the file system as a process sees it that dies at one of its changes: before
// it was done, or after, so that nobody hears the answer. What is dead does nothing more.
type mortal struct {
	publication.FS
	mu     sync.Mutex
	left   int  // guarded by mu; changes until death
	after  bool // it dies when the change is done
	dead   bool // guarded by mu
	buried chan struct{}
}

var errDead = fault.Newf(fault.Unavailable, "test", "the process is dead")

func dies[V any](m *mortal, change func() (V, error)) (v V, err error) {
	m.mu.Lock()
	defer m.mu.Unlock() // the changes of the dying process come one after the other
	if m.dead {
		return v, errDead
	}
	if m.left--; m.left > 0 {
		return change()
	}
	m.dead = true
	close(m.buried)
	if m.after {
		if _, err := change(); err != nil {
			return v, err
		}
	}
	return v, errDead
}

func (m *mortal) Change(ctx context.Context, cs content.ChangeSet) (content.Changed, error) {
	return dies(m, func() (content.Changed, error) { return m.FS.Change(ctx, cs) })
}

func (m *mortal) Release(ctx context.Context, r fsapi.Release) (fsapi.Released, error) {
	return dies(m, func() (fsapi.Released, error) { return m.FS.Release(ctx, r) })
}

func (m *mortal) Upload(ctx context.Context, repo content.RepoID, size int64, r io.Reader) (content.Digest, error) {
	return dies(m, func() (content.Digest, error) { return m.FS.Upload(ctx, repo, size, r) })
}

func (m *mortal) PutNote(ctx context.Context, n fsapi.Note) (fsapi.Note, error) {
	return dies(m, func() (fsapi.Note, error) { return m.FS.PutNote(ctx, n) })
}

func (m *mortal) DeleteNote(ctx context.Context, name string, revision int64) error {
	_, err := dies(m, func() (struct{}, error) { return struct{}{}, m.FS.DeleteNote(ctx, name, revision) })
	return err
}

// TestAnyDeathEndsInOneEdition lets the working process die before and after each of its
// changes. Another takes the work up; who asked and heard nothing asks again.
func TestAnyDeathEndsInOneEdition(t *testing.T) {
	for n, finished := 1, false; !finished; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %v", n, after), func(t *testing.T) {
				h := newHouse(t)
				m := &mortal{FS: h.FS, left: n, after: after, buried: make(chan struct{})}
				p, stop := h.publisher(m)
				pub, _, err := p.Ask(t.Context(), h.repo, ada())
				if err == nil {
					finished = h.survives(p, m, pub.ID)
				}
				stop()
				h.takenUp(t, pub.ID)
			})
		}
	}
}

// survives waits until the process is dead, or done with its work.
func (h *house) survives(p *publication.Publisher, m *mortal, id int) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			notes, err := h.Notes(context.Background(), "publish/", fsapi.Page{})
			if err == nil && len(notes.Notes) == 0 {
				return
			}
			select {
			case <-m.buried:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	<-done
	select {
	case <-m.buried:
		return false
	default:
		return true
	}
}

// takenUp has another process finish what the dead one began.
func (h *house) takenUp(t *testing.T, id int) {
	t.Helper()
	h.clock.advance(time.Minute) // past every lease
	p, stop := h.publisher(h.FS)
	defer stop()
	if id == 0 { // nobody heard of a publication: it is asked for again
		again, same, err := p.Ask(t.Context(), h.repo, ada())
		if err != nil {
			t.Fatal(err)
		}
		if id = again.ID; same != nil {
			id = same.Publication
		}
	}
	pub := h.until(p, id, publication.Done)
	if pub.Edition != "1.1" && id == 1 {
		t.Errorf("it became edition %s", pub.Edition)
	}
	list, _, err := p.Editions(t.Context(), h.repo, book.Number{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	byPublication := map[int]int{}
	for _, e := range list {
		byPublication[e.Publication]++
		if e.State != publication.Good || len(e.Downloads) != 1 {
			t.Errorf("edition %v is %s with %d downloads", e.Number, e.State, len(e.Downloads))
		}
	}
	for publication, n := range byPublication {
		if n != 1 {
			t.Errorf("publication %d made %d editions", publication, n)
		}
	}
	if byPublication[id] != 1 {
		t.Errorf("publication %d made no edition", id)
	}
}
