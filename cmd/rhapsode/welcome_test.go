package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shellLines are the commands among what was said.
func shellLines(said []string) (lines []string) {
	for _, line := range said {
		if strings.HasPrefix(line, "  ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestWhatServeSaysWorks types what serve says, as it stands, to a service that is closed
// to everybody else.
func TestWhatServeSaysWorks(t *testing.T) {
	for _, tool := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("no " + tool + " here")
		}
	}
	data := t.TempDir()
	s := serve(t, data)
	said := shellLines(s.said)
	for i, line := range said {
		said[i] = strings.Replace(line, "  curl ", "  curl -sSf ", 1)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(said, "\n"))
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, tokenVariable+"=") })
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"user":"admin"`) || strings.Count(string(out), "201 Created") != 2 {
		t.Errorf("%v: %s\nof %q", err, out, said)
	}
	if status, _ := do(t, http.MethodGet, s.url+"/content/notes@main/hello.txt", "", "", ""); status != http.StatusUnauthorized {
		t.Errorf("who brings nothing gets %d", status)
	}
	first := tokenIn(t, s.said)
	s.stop()

	s = serve(t, data)
	defer s.stop()
	if strings.Contains(strings.Join(s.said, ""), first) {
		t.Errorf("it is told again: %q", s.said)
	}
	if status, body := do(t, http.MethodGet, s.url+"/content/notes@main/hello.txt", "", "Authorization", "Bearer "+first); status != http.StatusOK || body != "Hello." {
		t.Errorf("the first token gets %d %q", status, body)
	}
}

// tokenIn finds the token that was told.
func tokenIn(t *testing.T, said []string) string {
	t.Helper()
	for _, line := range said {
		if _, token, is := strings.Cut(line, "export "+tokenVariable+"="); is {
			return token
		}
	}
	t.Fatalf("no token in %q", said)
	return ""
}

// TestCommandsBringATokenToAClosedService goes in by import, bench and token, with the token
// as a flag and in the environment; without, they say what is missing.
func TestCommandsBringATokenToAClosedService(t *testing.T) {
	s := serve(t, t.TempDir())
	defer s.stop()
	t.Setenv(tokenVariable, "")
	admin := tokenIn(t, s.said)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := map[string][]string{
		"import":  {"import", folder, "--repo", "book", "--url", s.url, "--quiet"},
		"bench":   {"bench", "write", "--url", s.url, "--conns", "2", "--files", "4", "--for", "100ms"},
		"conform": {"conform", s.url, "--only", "9110/13.1.1"},
		"token":   {"token", "list", "--url", s.url},
	}
	for name, args := range commands {
		t.Run(name, func(t *testing.T) {
			if code, out, errOut := command(t, args...); code != 1 || !strings.Contains(out+errOut, "token") {
				t.Errorf("without a token: exit code %d, %q, %q", code, out, errOut)
			}
			if code, out, errOut := command(t, append(args, "--token", admin)...); code != 0 {
				t.Errorf("with --token: exit code %d, %q, %q", code, out, errOut)
			}
			t.Setenv(tokenVariable, admin)
			if code, out, errOut := command(t, args...); code != 0 || strings.Contains(out+errOut, admin) {
				t.Errorf("with %s: exit code %d, %q, %q", tokenVariable, code, out, errOut)
			}
		})
	}
}
