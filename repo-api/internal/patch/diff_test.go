package patch_test

import (
	"strings"
	"testing"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/patch"
	"rhapsode/repo-api/internal/problem"
)

const names = "--- a/dir/doc.txt\n+++ b/dir/doc.txt\n"

func TestADiffChangesLines(t *testing.T) {
	tests := []struct{ name, doc, diff, want string }{
		{"a line", "1\n2\n3\n", names + "@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n", "1\ntwo\n3\n"},
		{"further down than it says", "0\n0\n1\n2\n3\n4\n", names + "@@ -2,3 +2,3 @@\n 1\n-2\n+two\n 3\n", "0\n0\n1\ntwo\n3\n4\n"},
		{"the nearest of several, and of two the later", "a\nb\nx\na\nb\nx\na\nb\nx\n", names + "@@ -3,3 +3,3 @@\n a\n-b\n+B\n x\n", "a\nb\nx\na\nB\nx\na\nb\nx\n"},
		{"an empty document", "", names + "@@ -0,0 +1,2 @@\n+1\n+2\n", "1\n2\n"},
		{"all of it", "1\n", names + "@@ -1 +0,0 @@\n-1\n", ""},
		{"a missing line end", "1", names + "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n", "1\n"},
		{"a line end taken away", "1\n", names + "@@ -1 +1 @@\n-1\n+1\n\\ No newline at end of file\n", "1"},
		{"empty context without its blank", "1\n\n2\n", names + "@@ -1,3 +1,3 @@\n 1\n\n-2\n+two\n", "1\n\ntwo\n"},
		{"words around it, and a quoted name", "1\n", "From: Ada\n\nWhy.\n---\ndiff --git \"a/dir/doc.txt\" b/dir/doc.txt\nindex 1..2 100644\n--- \"a/dir/doc\\056txt\"\n+++ x/dir/doc.txt\t2026-11-21\n@@ -1 +1 @@ heading\n-1\n+2\n-- \n2.39.5\n", "2\n"},
	}
	for _, tt := range tests {
		got, err := patch.Text("dir/doc.txt", []byte(tt.doc), []byte(tt.diff))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v, not %q", tt.name, got, err, tt.want)
		}
	}
}

func TestADiffFailsAsItShould(t *testing.T) {
	const one = "@@ -1 +1 @@\n-1\n+2\n"
	tests := []struct {
		name, doc, diff string
		status          int
	}{
		{"nothing", "1\n", "", 400},
		{"no names", "1\n", one, 400},
		{"no hunk", "1\n", names, 400},
		{"a range that is none", "1\n", names + "@@ -1 +x @@\n-1\n+2\n", 400},
		{"a range that is too large", "1\n", names + "@@ -1,99999999999 +1 @@\n-1\n+2\n", 400},
		{"too few lines", "1\n", names + "@@ -1,2 +1 @@\n-1\n+2\n", 400},
		{"too many lines", "1\n", names + "@@ -1 +1 @@\n-1\n-1\n+2\n", 400},
		{"a line of no kind", "1\n", names + "@@ -1 +1 @@\n-1\n*2\n", 400},
		{"a line that is cut short", "1\n", names + "@@ -1 +1 @@\n-1\n+2", 400},
		{"no change", "1\n", names + "@@ -1 +1 @@\n 1\n", 400},
		{"a name in open quotes", "1\n", "--- \"a/dir\n+++ b/dir/doc.txt\n" + one, 400},
		{"other lines", "3\n", names + one, 409},
		{"other context", "1\n2\n", names + "@@ -1,2 +1,2 @@\n-1\n+2\n 3\n", 409},
		{"a line end where there is none", "1", names + one, 409},
		{"no line end where there is one", "1\n", names + "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+2\n", 409},
		{"not at the end", "1\n2\n", names + one, 409},
		{"the same twice", "1\n", names + one + one, 409},
		{"another document", "1\n", strings.ReplaceAll(names, "doc", "other") + one, 422},
		{"a document that is new", "", "--- /dev/null\n+++ b/dir/doc.txt\n@@ -0,0 +1 @@\n+1\n", 422},
		{"two documents", "1\n", names + one + strings.ReplaceAll(names, "doc", "other") + one, 422},
		{"another mode", "1\n", "diff --git a/dir/doc.txt b/dir/doc.txt\nold mode 100644\nnew mode 100755\n" + names + one, 422},
		{"another name", "1\n", "diff --git a/dir/doc.txt b/dir/doc.txt\nrename from x\nrename to dir/doc.txt\n" + names + one, 422},
		{"no text", "\x001\n", names + one, 422},
	}
	for _, tt := range tests {
		got, err := patch.Text("dir/doc.txt", []byte(tt.doc), []byte(tt.diff))
		if err == nil || problem.Status(err) != tt.status {
			t.Errorf("%s: %q, %v, not a failure with %d", tt.name, got, err, tt.status)
		}
		if tt.status == 409 && !strings.Contains(err.Error(), "hunk ") || !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v does not say what", tt.name, err)
		}
	}
}

// TestADiffThatIsALotOfWorkIsRefused has many hunks, each a little further from where it says.
func TestADiffThatIsALotOfWorkIsRefused(t *testing.T) {
	doc := strings.Repeat("\n", patch.MaxSize-40) + strings.Repeat("a\n", 20)
	diff := names + strings.Repeat("@@ -2,3 +2,3 @@\n \n-\n+c\n \n", 40_000)
	if _, err := patch.Text("dir/doc.txt", []byte(doc), []byte(diff)); problem.Status(err) != 422 || !strings.Contains(err.Error(), "too far") {
		t.Errorf("%v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("1\n2\n3\n", names+"@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n")
	f.Add("1", names+"@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n")
	f.Add("", "diff --git a b\n@@ -0,0 +1 @@\n\\\n+")
	f.Fuzz(func(t *testing.T, doc, diff string) {
		_, err := patch.Text("dir/doc.txt", []byte(doc), []byte(diff))
		if status := problem.Status(err); err != nil && status != 400 && status != 409 && status != 422 {
			t.Fatalf("%d: %v", status, err)
		}
	})
}
