package bodies

import (
	"context"
	"os"
	"testing"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

func TestScrubPutsAsideWhatIsBroken(t *testing.T) {
	l := openTest(t, t.TempDir())
	good, bad := put(t, l, noise(3000)), put(t, l, noise(4000))
	if err := os.WriteFile(l.place(pool, bad), noise(4001)[1:], 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what was put aside is not found again
		var found []content.Digest
		read, err := l.Scrub(t.Context(), pool, func(context.Context) {}, func(d content.Digest) { found = append(found, d) })
		if err != nil {
			t.Fatal(err)
		}
		_, statErr := l.Stat(t.Context(), pool, bad)
		if !fault.Is(statErr, fault.NotFound) || (read == 2) != (len(found) == 1) {
			t.Errorf("%d read, broken %v; %v", read, found, statErr)
		}
	}
	if err := l.Verify(t.Context(), pool, good); err != nil {
		t.Error(err)
	}
	if again := put(t, l, noise(4000)); again != bad {
		t.Errorf("%v, not %v", again, bad)
	}
	if err := l.Verify(t.Context(), pool, bad); err != nil {
		t.Errorf("stored again: %v", err)
	}
}

// A good copy may come while the broken one is read: it keeps its name.
func TestScrubLeavesWhatCameMeanwhile(t *testing.T) {
	l := openTest(t, t.TempDir())
	d := put(t, l, noise(4000))
	if err := os.WriteFile(l.place(pool, d), noise(10), 0o644); err != nil {
		t.Fatal(err)
	}
	came := false
	_, err := l.Scrub(t.Context(), pool, func(context.Context) {
		if !came { // the broken file is open by now
			came = true
			put(t, l, noise(4000))
		}
	}, func(content.Digest) {})
	if err != nil || !came {
		t.Fatalf("came meanwhile: %v; %v", came, err)
	}
	if err := l.Verify(t.Context(), pool, d); err != nil {
		t.Errorf("what came meanwhile: %v", err)
	}
}
