package problem_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/problem"
)

func TestElsewhere(t *testing.T) {
	moved := &fault.Error{Kind: fault.Moved, Name: "old.book", Facts: map[string]string{"to": "new"}}
	tests := []struct {
		target string
		err    error
		to     string
	}{
		{"/repos/old.book", moved, "/repos/new"},
		{"/repos/old%2Ebook/branches/a%2Fb?as=json", moved, "/repos/new/branches/a%2Fb?as=json"},
		{"/content/old.book", moved, "/content/new"},
		{"/content/old.book/a/b", moved, "/content/new/a/b"},
		{"/content/old.book@main/", moved, "/content/new@main/"},
		{"/content/old.book@a%2Fb/c%20d?x", moved, "/content/new@a%2Fb/c%20d?x"},
		{"/git/old.book.git/info/refs?service=git-upload-pack", moved, "/git/new.git/info/refs?service=git-upload-pack"},
		{"/repos/old.book", fmt.Errorf("wrapped: %w", moved), "/repos/new"},
		{"/repos/other/merges", moved, ""}, // which speaks of the book, but is not it
		{"/repos", moved, ""},
		{"/operations/old.book", moved, ""},
		{"/repos/old.book", fault.Newf(fault.Gone, "repository", "gone"), ""},
	}
	for _, tt := range tests {
		if got := problem.Elsewhere(httptest.NewRequest("GET", tt.target, nil), tt.err); got != tt.to {
			t.Errorf("%s: %v: %q, want %q", tt.target, tt.err, got, tt.to)
		}
	}
}
