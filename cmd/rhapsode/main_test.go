package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/internal/config"
)

// command runs one command line in this process.
func command(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestExitCodes(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("lb:\n  lisen: a:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args string
		code int
		says string // on the standard error, in one line
	}{
		{"version", 0, ""},
		{"help", 0, ""},
		{"completion bash", 0, ""},
		{"config show", 0, ""},
		{"upp", 2, `did you mean "up"`},
		{"up --nodez 3", 2, "--nodez"},
		{"up --nodes 0", 2, "up.nodes"},
		{"serve here", 2, "serve [flags]"},
		{"import", 2, "import SOURCE"},
		{"import . --repo Bad", 2, `"Bad"`},
		{"import /no/such/thing --repo book", 1, "/no/such/thing"},
		{"bench jump", 1, "jump"},
		{"config show lb --config " + bad, 2, bad + ":2"},
		{"lb --config " + bad, 2, "lb.listen"},
		{"fs-service --voters fs1", 2, "name=http"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, _, errOut := command(t, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(errOut, tt.says) {
				t.Errorf("exit code %d, not %d: %s", code, tt.code, errOut)
			}
			if code != 0 && strings.Count(errOut, "\n") != 1 {
				t.Errorf("not one line: %q", errOut)
			}
		})
	}
}

func TestConfigShow(t *testing.T) {
	t.Setenv("RHAPSODE_LB_HOSTS", "a.example,b.example")
	_, out, _ := command(t, "config", "show", "lb", "--origin", "--listen", "127.0.0.1:1")
	for _, want := range []string{
		"lb.listen 127.0.0.1:1 (flag --listen)",
		"lb.hosts a.example,b.example (environment RHAPSODE_LB_HOSTS)",
		"lb.max-body 2GiB (default)",
	} {
		if !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(out, " = ", " ")), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestDeployedConfiguration holds the file that operators begin with to the law.
func TestDeployedConfiguration(t *testing.T) {
	for _, s := range sections() {
		if _, err := config.Load(s.name, s.part, nil, "../../deploy/rhapsode.yaml"); err != nil {
			t.Error(err)
		}
	}
}
