package refstest

import (
	"bytes"
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

// by is e in the hands of somebody else.
func by(e content.Errand) content.Errand {
	e.Owner = content.NewRequestID()
	return e
}

func testErrand(t *testing.T, p Pair) {
	ctx := Context(t)
	e := draftErrand(content.MaxHold)
	_, err := p.A.Errand(ctx, e.Key)
	wantKind(t, err, fault.NotFound)
	for range 2 { // a repeat of the very call is no other owner
		if a, err := p.A.BeginErrand(ctx, e); err != nil || a.Owner != e.Owner || a.State != content.ErrandHeld {
			t.Fatalf("begun: %+v, %v", a, err)
		}
	}
	rival := by(e)
	if a, err := p.B.BeginErrand(ctx, rival); err != nil || a.Owner != e.Owner || a.State != content.ErrandHeld {
		t.Fatalf("begun while it is held: %+v, %v", a, err)
	}
	wantKind(t, p.B.HoldErrand(ctx, rival), fault.Stale)
	wantKind(t, p.B.FinishErrand(ctx, rival, nil, true), fault.Stale)
	if err := p.B.HoldErrand(ctx, e); err != nil {
		t.Fatal(err)
	}
	wantKind(t, p.A.FinishErrand(ctx, e, make([]byte, content.MaxErrandAnswer+1), true), fault.TooLarge)

	given := bytes.Repeat([]byte("no"), 20)
	for range 2 {
		if err := p.A.FinishErrand(ctx, e, given, false); err != nil {
			t.Fatal(err)
		}
	}
	if a, err := p.B.Errand(ctx, e.Key); err != nil || a.State != content.ErrandOpen || !bytes.Equal(a.Answer, given) {
		t.Fatalf("given back: %+v, %v", a, err)
	}
	other := rival
	other.Asked = [32]byte{2}
	if a, err := p.B.BeginErrand(ctx, other); err != nil || a.Owner != e.Owner || a.Asked != e.Asked {
		t.Fatalf("begun with another request: %+v, %v", a, err)
	}
	if a, err := p.B.BeginErrand(ctx, rival); err != nil || a.Owner != rival.Owner {
		t.Fatalf("begun again: %+v, %v", a, err)
	}
	wantKind(t, p.A.FinishErrand(ctx, e, nil, true), fault.Stale)

	answer := bytes.Repeat([]byte{7}, content.MaxErrandAnswer)
	for range 2 {
		if err := p.B.FinishErrand(ctx, rival, answer, true); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []content.Errand{e, rival, by(e)} {
		if a, err := p.A.BeginErrand(ctx, r); err != nil || a.State != content.ErrandDone || !bytes.Equal(a.Answer, answer) {
			t.Fatalf("begun after the end: %v of %v, %d bytes, %v", a.State, a.Owner, len(a.Answer), err)
		}
	}
	wantKind(t, p.A.HoldErrand(ctx, rival), fault.Stale)

	bad := draftErrand(time.Millisecond)
	_, err = p.A.BeginErrand(ctx, bad)
	wantKind(t, err, fault.Invalid)
}

func testErrandOfTheDead(t *testing.T, p Pair) {
	ctx := Context(t)
	e := draftErrand(2 * time.Second)
	if a, err := p.A.BeginErrand(ctx, e); err != nil || a.Owner != e.Owner {
		t.Fatalf("begun: %+v, %v", a, err)
	}
	heir := by(e)
	for a := (content.Attempt{}); a.Owner != heir.Owner; {
		var err error
		if a, err = p.B.BeginErrand(ctx, heir); err != nil {
			t.Fatal(err)
		}
	}
	wantKind(t, p.A.FinishErrand(ctx, e, nil, true), fault.Stale)
	if err := p.B.FinishErrand(ctx, heir, []byte("done"), true); err != nil {
		t.Fatal(err)
	}
}
