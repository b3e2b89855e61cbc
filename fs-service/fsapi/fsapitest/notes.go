package fsapitest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

func notes(t *testing.T, d *desk) {
	name := func(part string) string { return "task/" + d.repo.String() + "/" + part }
	_, err := d.Note(d.ctx, name("a"))
	d.fails(err, fault.NotFound, "a note that is not there")

	a := must(d.PutNote(d.ctx, fsapi.Note{Name: name("a"), Value: []byte("1")}))(t)
	_, err = d.PutNote(d.ctx, fsapi.Note{Name: name("a"), Value: []byte("2")})
	d.fails(err, fault.Stale, "a note that is there already")
	b := must(d.PutNote(d.ctx, fsapi.Note{Name: name("a"), Value: []byte("2"), Revision: a.Revision}))(t)
	if got := must(d.Note(d.ctx, name("a")))(t); string(got.Value) != "2" || got.Revision != b.Revision || b.Revision <= a.Revision {
		t.Errorf("read back %+v, not %+v", got, b)
	}
	d.fails(d.DeleteNote(d.ctx, name("a"), a.Revision), fault.Stale, "deleting what has changed")

	for _, part := range []string{"c", "b", "e", "d"} {
		must(d.PutNote(d.ctx, fsapi.Note{Name: name(part), Value: []byte(part), Expires: time.Hour}))(t)
	}
	var seen string
	for page := (fsapi.Page{Limit: 2}); ; {
		p := must(d.Notes(d.ctx, name(""), page))(t)
		for _, n := range p.Notes {
			seen += string(n.Value)
		}
		if page.After = p.Next; p.Next == "" {
			break
		}
	}
	if seen != "2bcde" {
		t.Errorf("the pages hold %q", seen)
	}
	if err := d.DeleteNote(d.ctx, name("a"), b.Revision); err != nil {
		t.Fatal(err)
	}
	d.fails(d.DeleteNote(d.ctx, name("a"), b.Revision), fault.NotFound, "deleting what is gone")

	for _, bad := range []fsapi.Note{{Name: "task"}, {Name: "Task/a"}, {Name: "task//a"}, {Name: "task/a b"}, {Name: name("x"), Expires: time.Millisecond}} {
		_, err := d.PutNote(d.ctx, bad)
		d.fails(err, fault.Invalid, fmt.Sprintf("%+v", bad))
	}
	_, err = d.PutNote(d.ctx, fsapi.Note{Name: name("x"), Value: make([]byte, fsapi.MaxNote+1)})
	d.fails(err, fault.TooLarge, "a note that is too large")
}

// oneClaims lets many take one note: a note is what decides who does something.
func oneClaims(t *testing.T, d *desk) {
	var wg sync.WaitGroup
	var won atomic.Int32
	for i := range 8 {
		wg.Go(func() {
			n := fsapi.Note{Name: "task/" + d.repo.String(), Value: []byte(content.NewRequestID().String())}
			if _, err := d.PutNote(d.ctx, n); err == nil {
				won.Add(1)
			} else if !fault.Is(err, fault.Stale) {
				t.Errorf("claim %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d hold the claim", won.Load())
	}
}
