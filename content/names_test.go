package content_test

import (
	"slices"
	"testing"

	"rhapsode/content"
)

func TestCandidates(t *testing.T) {
	tests := []struct {
		revision string
		want     []string
	}{
		{"main", []string{"refs/heads/main", "refs/tags/main"}},
		{"refs/meta/config", []string{"refs/meta/config", "refs/heads/refs/meta/config", "refs/tags/refs/meta/config"}},
		{"3", []string{"refs/heads/3", "refs/tags/3", "refs/tags/v/3"}},
		{"1.12", []string{"refs/heads/1.12", "refs/tags/1.12", "refs/tags/v/1.12"}},
		{"1.0", []string{"refs/heads/1.0", "refs/tags/1.0"}},
		{"01.2", []string{"refs/heads/01.2", "refs/tags/01.2"}},
		{"1.2.3", []string{"refs/heads/1.2.3", "refs/tags/1.2.3"}},
		{"v1", []string{"refs/heads/v1", "refs/tags/v1"}},
		{"1234567890", []string{"refs/heads/1234567890", "refs/tags/1234567890"}},
		{"0123456789abcdef0123456789abcdef01234567", nil},
	}
	for _, tt := range tests {
		t.Run(tt.revision, func(t *testing.T) {
			r, err := content.ParseRevision(tt.revision)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range r.Candidates() {
				got = append(got, name.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("candidates %v, not %v", got, tt.want)
			}
		})
	}
}
