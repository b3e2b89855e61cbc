package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"rhapsode/internal/config"
	"rhapsode/internal/fault"
)

// write makes a configuration file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// flags parses args as the command line of part.
func flags(t *testing.T, part any, args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	config.Declare(fs, part)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestPrecedence(t *testing.T) {
	const file = "repo-api:\n  listen: 127.0.0.1:3\n  gossip:\n    join: [a:1, b:2]\n"
	tests := []struct {
		name   string
		file   string
		env    string
		args   []string
		want   config.Addr
		origin string
	}{
		{"nothing", "", "", nil, "127.0.0.1:8081", "default"},
		{"file", file, "", nil, "127.0.0.1:3", "c.yaml:2"},
		{"environment over file", file, "127.0.0.1:2", nil, "127.0.0.1:2", "environment RHAPSODE_REPO_API_LISTEN"},
		{"flag over environment", file, "127.0.0.1:2", []string{"--listen", "127.0.0.1:1"}, "127.0.0.1:1", "flag --listen"},
		{"a flag that repeats the default is a flag", file, "", []string{"--listen", "127.0.0.1:8081"}, "127.0.0.1:8081", "flag --listen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("RHAPSODE_REPO_API_LISTEN", tt.env)
			var part config.API
			values, err := config.Load("repo-api", &part, flags(t, &part, tt.args...), write(t, "c.yaml", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if part.Listen != tt.want {
				t.Errorf("listen is %q, not %q", part.Listen, tt.want)
			}
			i := slices.IndexFunc(values, func(v config.Value) bool { return v.Key == "repo-api.listen" })
			if got := values[i]; !strings.HasSuffix(got.Origin, tt.origin) || got.Text != string(tt.want) {
				t.Errorf("shown as %+v, not %q from %q", got, tt.want, tt.origin)
			}
		})
	}
}

func TestEveryKindOfValue(t *testing.T) {
	const yaml = `
fs-service:
  name: fs7
  voters: [fs1=http://127.0.0.1:1, fs2=http://127.0.0.1:2]
  replicas: 5
  election: 2s
  log-level: debug
  gossip: {join: "127.0.0.1:9, 127.0.0.1:8"}
`
	const toml = `
[fs-service]
name = "fs7"
voters = ["fs1=http://127.0.0.1:1", "fs2=http://127.0.0.1:2"]
replicas = 5
election = "2s"
log-level = "debug"
[fs-service.gossip]
join = "127.0.0.1:9, 127.0.0.1:8"
`
	for name, text := range map[string]string{"c.yaml": yaml, "c.toml": toml} {
		t.Run(name, func(t *testing.T) {
			var got config.FS
			if _, err := config.Load("fs-service", &got, nil, write(t, name, text)); err != nil {
				t.Fatal(err)
			}
			switch {
			case got.Name != "fs7", got.Replicas != 5, got.Election != 2*time.Second, got.LogLevel.String() != "DEBUG",
				!slices.Equal(got.Voters, []string{"fs1=http://127.0.0.1:1", "fs2=http://127.0.0.1:2"}),
				!slices.Equal(got.Gossip.Join, []string{"127.0.0.1:9", "127.0.0.1:8"}):
				t.Errorf("it came out as %+v", got)
			case got.Heartbeat != 0:
				t.Errorf("heartbeat, which was not set, is %v", got.Heartbeat)
			}
		})
	}
}

func TestDefaultsAreGood(t *testing.T) {
	var f config.File
	for section, part := range map[string]any{"up": &f.Up, "serve": &f.Serve, "fs-service": &f.FS, "repo-api": &f.API, "lb": &f.LB} {
		if _, err := config.Load(section, part, flags(t, part), ""); err != nil {
			t.Errorf("%s: %v", section, err)
		}
	}
	if f.Up.Nodes != 3 || f.Up.APIs != 2 || f.Up.MaxBody != 2<<30 || f.LB.Balancer != config.BalancerAuto {
		t.Errorf("defaults came out as %+v", f)
	}
}

func TestErrorsNameWhatAndWhere(t *testing.T) {
	tests := []struct {
		name string
		file string // its name and, after a line end, its text
		args []string
		want []string
	}{
		{"an unknown key", "c.yaml\nrepo-api:\n  listen: a:1\n  max-bodi: 1\n", nil, []string{"c.yaml:3", "repo-api.max-bodi", "repo-api.max-body"}},
		{"an unknown key in TOML", "c.toml\n[lb]\nname='x'\n[lb.gossip]\njion=['a:1']\n", nil, []string{"c.toml:4", "lb.gossip.jion", "lb.gossip.join"}},
		{"an unknown key of another part", "c.yaml\nlb: {lisen: a:1}\n", nil, []string{"c.yaml", "lb.lisen", "lb.listen"}},
		{"an unknown section", "c.yaml\nrepo_api:\n  listen: a:1\n", nil, []string{"c.yaml:2", "repo_api.listen", "repo-api.listen"}},
		{"a value instead of a section", "c.yaml\nrepo-api: 5\n", nil, []string{"c.yaml:1", "unknown key repo-api"}},
		{"broken YAML", "c.yaml\nrepo-api: [\n", nil, []string{"c.yaml", "line"}},
		{"another format", "c.json\n{}", nil, []string{"c.json", ".yaml"}},
		{"a bad size", "c.yaml\nrepo-api:\n  max-body: 10 apples\n", nil, []string{"repo-api.max-body", "10 apples", "c.yaml:2", "64MiB"}},
		{"a size of nothing", "", []string{"--max-body", "0"}, []string{"repo-api.max-body", `"0"`, "flag --max-body", "above 0"}},
		{"a size beyond counting", "", []string{"--max-body", "9999999TiB"}, []string{"repo-api.max-body"}},
		{"a bad address", "", []string{"--listen", "8080"}, []string{"repo-api.listen", `"8080"`, "flag --listen", "host:port"}},
		{"a bad port", "", []string{"--listen", "a:70000"}, []string{"host:port"}},
		{"a bad level", "", []string{"--log-level", "loud"}, []string{"repo-api.log-level", "loud"}},
		{"a time without unit", "", []string{"--gossip-probe", "250"}, []string{"repo-api.gossip.probe", "with its unit", "50ms"}},
		{"a time out of range", "", []string{"--gossip-probe", "1ms"}, []string{"repo-api.gossip.probe", "50ms"}},
		{"a list for one value", "c.yaml\nrepo-api:\n  name: [a, b]\n", nil, []string{"repo-api.name", "not a list"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var file string
			if name, text, ok := strings.Cut(tt.file, "\n"); ok {
				file = write(t, name, text)
			}
			var part config.API
			_, err := config.Load("repo-api", &part, flags(t, &part, tt.args...), file)
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("error is %v, not invalid", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	var part config.LB
	if _, err := config.Load("lb", &part, nil, filepath.Join(t.TempDir(), "none.yaml")); !fault.Is(err, fault.Invalid) {
		t.Errorf("error is %v, not invalid", err)
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]config.Bytes{"1": 1, "512B": 512, "64 MiB": 64 << 20, "3TiB": 3 << 40} {
		var got config.Bytes
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %d, %v; not %d", text, got, err, want)
		}
		var again config.Bytes
		if err := again.UnmarshalText([]byte(got.String())); err != nil || again != got {
			t.Errorf("%v does not read back: %v, %v", got, again, err)
		}
	}
}
