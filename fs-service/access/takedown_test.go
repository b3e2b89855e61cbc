package access_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/internal/fault"
)

func edition(t *testing.T, number string) content.RefName {
	t.Helper()
	name, err := content.ParseRefName("refs/tags/v/" + number)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

func TestWhatATakedownSays(t *testing.T) {
	const address = "https://court.example/7"
	tests := []struct {
		reason, address string
		good            bool
	}{
		{"an order", address, true},
		{"", address, false},
		{"  ", address, false},
		{strings.Repeat("x", 501), address, false},
		{"an order", "", false},
		{"an order", "court", false},
		{"an order", "javascript:alert(1)", false},
		{"an order", `https://court.example/">`, false},
		{"an order", "https://court.example/" + strings.Repeat("x", 500), false},
	}
	for _, tt := range tests {
		err := access.Takedown{Reason: tt.reason, BlockedBy: tt.address}.Check()
		if (err == nil) != tt.good || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%.30q by %.40q: %v", tt.reason, tt.address, err)
		}
	}
}

func TestTakedownsAreKeptAndBounded(t *testing.T) {
	at := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	var ts access.Takedowns
	add := func(number, reason string) error {
		more, err := ts.With(access.Takedown{Edition: edition(t, number), Reason: reason, By: "ada", At: at})
		if err == nil {
			ts = more
		}
		return err
	}
	for n := range access.MaxTakedowns {
		if err := add(fmt.Sprint(n+1), "first"); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("1000", "one too many"); !fault.Is(err, fault.TooLarge) {
		t.Errorf("more than may be in force: %v", err)
	}
	if err := add("2", "second"); err != nil { // which lifts the first, and that is forgotten
		t.Fatal(err)
	}
	if now, ok := ts.Of(edition(t, "2")); !ok || now.Reason != "second" || len(ts) != access.MaxTakedowns {
		t.Errorf("%d, in force is %+v", len(ts), now)
	}
	lifted, ok := ts.Without(edition(t, "3"), "eva", at.Add(time.Hour))
	if _, still := lifted.Of(edition(t, "3")); !ok || still || len(lifted) != len(ts) || len(lifted.Editions()) != len(ts)-1 {
		t.Errorf("after lifting one: %v, still %v, %d", ok, still, len(lifted))
	}
	if _, was := ts.Of(edition(t, "3")); !was {
		t.Error("to lift changed what it was asked of")
	}
	if _, ok := lifted.Without(edition(t, "3"), "eva", at); ok {
		t.Error("it was lifted twice")
	}
}
