package fsapitest

import (
	"crypto/rand"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// draftErrand is one that nobody began.
func draftErrand(hold time.Duration) content.Errand {
	e := content.Errand{Asked: [32]byte{1}, Owner: content.NewRequestID(), Hold: hold}
	rand.Read(e.Key[:]) // never fails: crypto/rand
	return e
}

func errands(t *testing.T, d *desk) {
	e, rival := draftErrand(content.MaxHold), draftErrand(content.MaxHold)
	rival.Key = e.Key
	_, err := d.Errand(d.ctx, e.Key)
	d.fails(err, fault.NotFound, "an errand that nobody began")
	if a := must(d.BeginErrand(d.ctx, e))(t); a.Owner != e.Owner {
		t.Fatalf("begun: %+v", a)
	}
	if a := must(d.BeginErrand(d.ctx, rival))(t); a.Owner != e.Owner || a.State != content.ErrandHeld || a.Asked != e.Asked {
		t.Fatalf("begun while it is held: %+v", a)
	}
	d.fails(d.HoldErrand(d.ctx, rival), fault.Stale, "a sign of life of who does not hold it")
	if err := d.HoldErrand(d.ctx, e); err != nil {
		t.Fatal(err)
	}
	if err := d.FinishErrand(d.ctx, e, []byte("the answer"), true); err != nil {
		t.Fatal(err)
	}
	for _, a := range []content.Attempt{must(d.BeginErrand(d.ctx, rival))(t), must(d.Errand(d.ctx, e.Key))(t)} {
		if a.State != content.ErrandDone || string(a.Answer) != "the answer" || a.Key != e.Key || a.Asked != e.Asked {
			t.Errorf("after the end: %+v", a)
		}
	}
}

func openErrands(t *testing.T, d *desk) {
	e, heir := draftErrand(2*time.Second), draftErrand(content.MaxHold)
	heir.Key = e.Key
	must(d.BeginErrand(d.ctx, e))(t)
	for a := (content.Attempt{}); a.State != content.ErrandOpen; { // without a sign of life
		a = must(d.Errand(d.ctx, e.Key))(t)
	}
	other := heir
	other.Asked[0]++
	if a := must(d.BeginErrand(d.ctx, other))(t); a.Owner != e.Owner {
		t.Errorf("an open errand was begun with another request: %+v", a)
	}
	if a := must(d.BeginErrand(d.ctx, heir))(t); a.Owner != heir.Owner {
		t.Errorf("begun again: %+v", a)
	}
	d.fails(d.FinishErrand(d.ctx, e, nil, true), fault.Stale, "an end by who no longer holds it")
	if err := d.FinishErrand(d.ctx, heir, []byte("not now"), false); err != nil {
		t.Fatal(err)
	}
	if a := must(d.BeginErrand(d.ctx, e))(t); a.Owner != e.Owner {
		t.Errorf("begun after it was given back: %+v", a)
	}
}
