package resource_test

import (
	"net/url"
	"testing"

	"rhapsode/repo-api/internal/resource"
)

func TestAbove(t *testing.T) {
	tests := []struct {
		target, above string
		listed        bool
	}{
		{"/", "", false},
		{"/repos?limit=3", "/", false},
		{"/repos/book", "/repos", true},
		{"/repos/book/branches", "/repos/book", false},
		{"/repos/book/branches/a%2Fb", "/repos/book/branches", true},
		{"/repos/book/collections/c?ref=v%2F1", "/repos/book/collections?ref=v%2F1", true},
		{"/repos/book/versions/1.2/downloads", "/repos/book/versions/1.2", false},
		{"/repos/book/history/a/b.txt?ref=main", "/repos/book", false},
		{"/content/book@main/", "/repos/book", false},
		{"/content/book@a%2Fb/dir/", "/content/book@a%2Fb/", true},
		{"/content/book@main/dir/more/", "/content/book@main/dir/", true},
		{"/tokens/x", "/tokens", true},
		{"/docs/flow", "/docs", false},
	}
	for _, tt := range tests {
		u, err := url.Parse(tt.target)
		if err != nil {
			t.Fatal(err)
		}
		if above, listed := resource.Above(u); above != tt.above || listed != tt.listed {
			t.Errorf("%s: %q, %v", tt.target, above, listed)
		}
	}
}

func TestCanonical(t *testing.T) {
	for target, due := range map[string]string{
		"/repos": "", "/repos?as=html": "/repos", "/repos?after=x&as=json": "/repos?after=x",
	} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := resource.Canonical(u); got != due {
			t.Errorf("%s: %q", target, got)
		}
	}
}
