package reqid_test

import (
	"strings"
	"testing"

	"rhapsode/internal/reqid"
)

func TestGood(t *testing.T) {
	tests := []struct {
		id   string
		good bool
	}{
		{"4f3c-1", true},
		{reqid.New(), true},
		{strings.Repeat("x", reqid.MaxLen), true},
		{"", false},
		{strings.Repeat("x", reqid.MaxLen+1), false},
		{"two words", false},
		{"line\nend", false},
		{"é", false},
	}
	for _, tt := range tests {
		if got := reqid.Good(tt.id); got != tt.good {
			t.Errorf("Good(%q) = %v", tt.id, got)
		}
	}
}

func TestContext(t *testing.T) {
	if got := reqid.FromContext(t.Context()); got != "" {
		t.Errorf("an id out of nowhere: %q", got)
	}
	if got := reqid.FromContext(reqid.NewContext(t.Context(), "a")); got != "a" {
		t.Errorf("got %q, want a", got)
	}
}
